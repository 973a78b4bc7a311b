//! The plan of a run, made before any work is done: engine, task, languages, prompt.

use std::sync::Arc;

use inkstream_wire::{ErrorCode, RunOptions, SizeMode, Task, TextLayer};

use super::{
    Runs,
    languages::{self, Languages},
};
use crate::{
    Error, Result,
    engines::EngineHandle,
    page_range::PageSelection,
    page_reader::{PagePlan, Route},
    ports::{EngineInfo, Prompt, ReadRequest},
};

/// The accepted range of `dpi`. Below, no engine recognizes anything; above, page images are enormous.
const DPI: std::ops::RangeInclusive<f32> = 36.0..=1200.0;

/// A checked request.
pub(super) struct Plan {
    pub(super) pages: PagePlan,
    pub(super) selection: PageSelection,
    pub(super) keep: bool,
    /// Names of options that have no effect with this engine.
    pub(super) ignored: Vec<String>,
}

impl Plan {
    /// `is_stored`: whether the document is a stored one, of which pages may already be done.
    pub(super) fn new(runs: &Runs, options: &RunOptions, is_stored: bool) -> Result<Self> {
        let handle = runs.engines.choose(options.model.as_deref())?;
        let info = handle.info();
        let task = options.task.unwrap_or(info.capabilities.tasks[0]);
        if !info.capabilities.tasks.contains(&task) {
            return Err(unsupported_task(runs, info, task));
        }
        if let Some(dpi) = options.dpi.filter(|dpi| !DPI.contains(dpi)) {
            let detail = format!("dpi must be between {} and {}; {dpi} is not.", DPI.start(), DPI.end());
            return Err(Error::new(ErrorCode::InvalidOption, detail));
        }
        let known = &runs.limits.sizes;
        if options.size.as_ref().is_some_and(|size| !known.contains(size)) {
            let names: Vec<&str> = known.iter().map(SizeMode::as_str).collect();
            let detail = format!("size: one of {} was expected.", names.join(", "));
            return Err(Error::new(ErrorCode::InvalidOption, detail).of_field("size"));
        }
        if task == Task::Locate && reference(options).is_none() {
            let detail = "locate needs a reference: the text to look for.";
            return Err(Error::new(ErrorCode::InvalidOption, detail));
        }
        let requested = route(runs, options, handle, task)?;
        // One attempt is kept for each fallback. Skip fallbacks that cannot serve this request.
        let max = info.limits.attempts.saturating_sub(1).max(1) as usize;
        let fallbacks = runs.engines.fallbacks(handle).take(max).filter_map(|other| {
            let task = fallback_task(task, options.task.is_some(), other.info())?;
            route(runs, options, other, task).ok()
        });
        // A caller that sends a prompt wants more than the page's text.
        let accepts_text_layer = [Task::Markdown, Task::Text, Task::Layout, Task::Locate].contains(&task)
            && (options.prompt.is_none() || !info.capabilities.takes_prompt);
        Ok(Self {
            selection: PageSelection::parse(options.pages.as_deref().unwrap_or_default(), is_stored)?,
            keep: options.store.unwrap_or(true),
            ignored: ignored(options, info, task, accepts_text_layer),
            pages: PagePlan {
                route: requested,
                fallbacks: fallbacks.collect(),
                dpi: options.dpi,
                text_layer: accepts_text_layer && options.text_layer == Some(TextLayer::Prefer),
                dehyphenate: options.dehyphenate && task != Task::Locate,
            },
        })
    }
}

/// The request to one engine.
fn route(runs: &Runs, options: &RunOptions, handle: &Arc<EngineHandle>, task: Task) -> Result<Route> {
    let (engine, info) = (handle.engine(), handle.info());
    let languages = if info.capabilities.takes_language {
        Languages::of(options.language.as_deref(), &runs.limits.languages, &**engine)?
    } else {
        Languages::default()
    };
    // The caller's prompt, else the task's own (the engine knows it), else the operator's, else the engine's.
    let operator_prompt = || runs.limits.prompt.clone().filter(|_| options.task.is_none()).map(Prompt::Operator);
    let prompt = options.prompt.clone().map(Prompt::Caller).or_else(operator_prompt);
    let request = ReadRequest {
        prompt: prompt.filter(|_| info.capabilities.takes_prompt),
        task,
        size: options.size.clone().filter(|size| info.capabilities.sizes.contains(size)),
        reference: reference(options).filter(|_| task == Task::Locate).map(str::to_owned),
        languages: languages.named,
        detect_languages: languages.detect,
        boxes: options.boxes || task.returns_boxes(),
        attempt: 0,
        rotation: 0,
        last: false,
        max_tokens: None,
        resets: options.resets,
    };
    Ok(Route { handle: Arc::clone(handle), request })
}

fn reference(options: &RunOptions) -> Option<&str> {
    options.reference.as_deref().map(str::trim).filter(|reference| !reference.is_empty())
}

/// The task of a fallback: the same; else, if the caller chose no task, the fallback's default; else plain text in place of
/// Markdown, which is better than nothing.
fn fallback_task(task: Task, chosen_by_caller: bool, info: &EngineInfo) -> Option<Task> {
    let default = info.capabilities.tasks.first().copied().filter(|_| !chosen_by_caller);
    let text = (task == Task::Markdown).then_some(Task::Text);
    [Some(task), default, text].into_iter().flatten().find(|task| info.capabilities.tasks.contains(task))
}

fn unsupported_task(runs: &Runs, engine: &EngineInfo, task: Task) -> Error {
    let own: Vec<_> = engine.capabilities.tasks.iter().map(|task| task.as_str()).collect();
    let capable: Vec<_> = runs
        .engines
        .all()
        .iter()
        .filter(|engine| engine.info().capabilities.tasks.contains(&task))
        .map(|engine| engine.info().identity.model.as_str())
        .collect();
    let others = if capable.is_empty() {
        format!("No engine here does {}.", task.as_str())
    } else {
        format!("Models that do {}: {}.", task.as_str(), capable.join(", "))
    };
    let detail = format!("{} does these tasks: {}. {others}", engine.identity.model, own.join(", "));
    Error::new(ErrorCode::UnsupportedTask, detail)
}

/// Whether the caller names languages. An engine that takes none detects them by itself.
fn names_languages(options: &RunOptions) -> bool {
    options.language.as_deref().is_some_and(|language| !languages::is_detected(language))
}

fn ignored(options: &RunOptions, info: &EngineInfo, task: Task, accepts_text_layer: bool) -> Vec<String> {
    let uses_text_layer = accepts_text_layer && options.text_layer == Some(TextLayer::Prefer);
    [
        ("prompt", options.prompt.is_some() && !info.capabilities.takes_prompt),
        ("language", !info.capabilities.takes_language && names_languages(options)),
        ("size", options.size.as_ref().is_some_and(|size| !info.capabilities.sizes.contains(size))),
        ("reference", options.reference.is_some() && task != Task::Locate),
        (
            "dehyphenate",
            options.dehyphenate && (task == Task::Locate || (!info.capabilities.sends_lines && !uses_text_layer)),
        ),
        ("text_layer", options.text_layer == Some(TextLayer::Prefer) && !accepts_text_layer),
    ]
    .into_iter()
    .filter(|&(_, is_ignored)| is_ignored)
    .map(|(name, _)| name.to_owned())
    .collect()
}

//! Engines in words: states, tasks, attempts, and the choice of another engine.

use inkstream_wire::{EngineCondition, EngineState, PDF_TEXT, PageAttempt, SizeMode, Task};

use crate::state::span;

/// The state in words: `ready`, `busy, 3 waiting` or `down for 5 min`. `seconds` is the duration of the state, if known.
pub(crate) fn standing(engine: &EngineState, seconds: Option<f64>) -> String {
    match (engine.state, engine.waiting, seconds) {
        (EngineCondition::Ready, ..) => "ready".to_owned(),
        (EngineCondition::Busy, 0, _) => "busy".to_owned(),
        (EngineCondition::Busy, waiting, _) => format!("busy, {waiting} waiting"),
        (EngineCondition::Down, _, Some(seconds)) => format!("down for {}", span(seconds)),
        (EngineCondition::Down, ..) => "down".to_owned(),
    }
}

/// Whether the engine or its fallback can take a page.
pub(crate) fn takes_pages(engine: &EngineState, engines: &[EngineState]) -> bool {
    let up = |engine: &EngineState| engine.state != EngineCondition::Down;
    let is_up = |model: &String| engines.iter().any(|other| other.model == *model && up(other));
    up(engine) || engine.fallback.as_ref().is_some_and(is_up)
}

/// Another engine that supports the task, preferably one that can take pages now.
pub(crate) fn able<'a>(engines: &'a [EngineState], task: Task, not: Option<&str>) -> Option<&'a EngineState> {
    let mut able = engines.iter().filter(|engine| engine.tasks.contains(&task) && Some(engine.model.as_str()) != not);
    able.clone().find(|engine| takes_pages(engine, engines)).or_else(|| able.next())
}

/// What to do while an engine is down: its fallback or another choice. `None` if nothing helps or is needed.
pub(crate) fn way_out(engine: &EngineState, engines: &[EngineState]) -> Option<String> {
    let up = |engine: &EngineState| engine.state != EngineCondition::Down;
    match &engine.fallback {
        _ if up(engine) => None,
        Some(model) if takes_pages(engine, engines) => Some(format!("fallback: {model}")),
        _ => engines.iter().any(up).then(|| "choose another".to_owned()),
    }
}

/// Another engine that is up and can read instead of one that failed. Tasks that read text may be replaced by each other; other tasks
/// need an engine that supports them.
pub(crate) fn another<'a>(
    engines: &'a [EngineState],
    task: Option<Task>,
    not: Option<&str>,
) -> Option<&'a EngineState> {
    let up = |engine: &&EngineState| engine.state != EngineCondition::Down && Some(engine.model.as_str()) != not;
    let same = engines.iter().filter(up).find(|engine| task.is_some_and(|task| engine.tasks.contains(&task)));
    let reads = |task: &Task| matches!(task, Task::Markdown | Task::Text | Task::Layout);
    let text = || engines.iter().filter(up).find(|engine| engine.tasks.iter().any(reads));
    same.or_else(|| task.as_ref().is_none_or(reads).then(text).flatten())
}

/// Why another model than the requested one has read: `Read by tesseract: nanonets could not be reached.`
pub(crate) fn fallback_words(model: &str, asked: &str, reason: Option<&str>) -> String {
    let why = reason.map_or_else(|| format!("{asked} is down"), |it| reason_words(it).replace("the engine", asked));
    format!("Read by {model}: {why}.")
}

/// The label of an engine in a list. The embedded ones are known, so that it tells what each is for.
pub(crate) fn engine_name(engine: &EngineState) -> String {
    let purpose = match engine.profile.as_str() {
        "embedded" => "picks by language",
        "ppocr" => "Latin, Chinese, Japanese",
        "tesseract" => "faster, all scripts",
        _ => return engine.model.clone(),
    };
    format!("{} ({purpose})", engine.model)
}

/// The label of a task.
pub(crate) const fn task_name(task: Task) -> &'static str {
    match task {
        Task::Markdown => "Markdown",
        Task::Text => "Plain text",
        Task::Layout => "Text with places",
        Task::Locate => "Find on the page",
        Task::Figure => "Figure as data",
        Task::Describe => "Description",
    }
}

/// The label of a size; its name, if it is not known here.
pub(crate) fn size_name(size: &SizeMode) -> &str {
    match size.as_str() {
        "tiny" => "tiny, 512 px",
        "small" => "small, 640 px",
        "base" => "base, 1024 px",
        "large" => "large, 1280 px",
        "gundam" => "gundam, in tiles",
        other => other,
    }
}

/// The label of a page's model.
pub(crate) fn model_name(model: &str) -> &str {
    if model == PDF_TEXT { "the PDF’s own text" } else { model }
}

/// Why an attempt failed, as part of a sentence.
pub(crate) fn reason_words(reason: &str) -> &'static str {
    match reason {
        "repetition" => "the engine repeated itself",
        "invalid" => "the engine’s answer was not valid",
        "timeout" => "the engine took too long",
        "unreachable" => "the engine could not be reached",
        "refused" => "the engine refused",
        "busy" => "the engine was busy",
        "limited" => "the engine took no more requests for a while",
        "broken" => "the connection to the engine broke off",
        "protocol" => "the engine’s answer made no sense",
        "too_complex" => "it took too much time or memory",
        "crashed" => "the engine crashed",
        _ => "the engine failed",
    }
}

/// `deepseek-ocr, 1.5 s: the engine repeated itself`.
pub(crate) fn attempt_words(attempt: &PageAttempt) -> String {
    let end = if attempt.outcome == "ok" { "read" } else { reason_words(&attempt.outcome) };
    format!("{}, {:.1}\u{a0}s: {end}", model_name(&attempt.model), attempt.seconds)
}

/// The default engine, ready.
#[cfg(test)]
pub(crate) fn engine_with(model: &str, tasks: &[Task]) -> EngineState {
    EngineState {
        model: model.to_owned(),
        ready: true,
        state: EngineCondition::Ready,
        since: "2026-11-21T12:00:00Z".to_owned(),
        profile: "tesseract".to_owned(),
        tasks: tasks.to_vec(),
        sizes: Vec::new(),
        concurrency: 2,
        reading: 0,
        waiting: 0,
        fallback: None,
        languages: Vec::new(),
        detects_languages: false,
        takes_prompt: false,
        sends_lines: false,
        omitted: Vec::new(),
        default: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(model: &str) -> EngineState {
        engine_with(model, &[Task::Text, Task::Locate])
    }

    #[test]
    fn the_state_of_an_engine_has_its_relevant_details() {
        let ready = engine("a");
        assert_eq!(standing(&ready, Some(90.0)), "ready");
        let busy = EngineState { state: EngineCondition::Busy, waiting: 3, ..ready.clone() };
        assert_eq!(standing(&busy, None), "busy, 3 waiting");
        let down = EngineState { state: EngineCondition::Down, ..ready };
        assert_eq!(standing(&down, Some(250.0)), "down for 5 min");
        assert_eq!(standing(&down, None), "down");
    }

    #[test]
    fn an_engine_that_is_down_takes_pages_only_through_its_fallback() {
        let down = EngineState { state: EngineCondition::Down, ..engine("a") };
        assert!(!takes_pages(&down, &[]));
        let stood_in = EngineState { fallback: Some("b".to_owned()), ..down.clone() };
        assert!(takes_pages(&stood_in, &[engine("b")]));
        let both = [EngineState { model: "b".to_owned(), ..down }];
        assert!(!takes_pages(&stood_in, &both), "the fallback is down, too");
        assert_eq!(way_out(&stood_in, &[engine("b")]).as_deref(), Some("fallback: b"));
        assert_eq!(way_out(&stood_in, &[both[0].clone(), engine("c")]).as_deref(), Some("choose another"));
        assert_eq!((way_out(&stood_in, &both), way_out(&engine("c"), &both)), (None, None));
    }

    #[test]
    fn the_engine_to_switch_to_supports_the_task_and_is_another() {
        let down = EngineState { state: EngineCondition::Down, ..engine("down") };
        let engines = [engine("same"), down, engine("other")];
        let to = |task, not| able(&engines, task, Some(not)).map(|engine| engine.model.as_str());
        assert_eq!(to(Task::Locate, "same"), Some("other"));
        assert_eq!(to(Task::Locate, "other"), Some("same"));
        assert_eq!(able(&engines[..2], Task::Text, Some("same")).unwrap().model, "down");
        assert_eq!(to(Task::Describe, "same"), None);
    }

    #[test]
    fn another_engine_is_up_and_reads_text_or_supports_the_task() {
        let down = EngineState { state: EngineCondition::Down, ..engine("down") };
        let engines = [down, engine("same"), engine_with("deepseek", &[Task::Markdown, Task::Describe])];
        let to = |task, not| another(&engines, task, Some(not)).map(|engine| engine.model.as_str());
        assert_eq!((to(None, "down"), to(None, "same")), (Some("same"), Some("deepseek")));
        assert_eq!(to(Some(Task::Markdown), "deepseek"), Some("same"), "plain text in place of Markdown");
        assert_eq!((to(Some(Task::Describe), "down"), to(Some(Task::Describe), "deepseek")), (Some("deepseek"), None));
    }

    #[test]
    fn a_fallback_is_shown_with_its_reason() {
        assert_eq!(fallback_words("b", "a", Some("unreachable")), "Read by b: a could not be reached.");
        assert_eq!(fallback_words("b", "a", None), "Read by b: a is down.");
    }

    #[test]
    fn the_picker_describes_embedded_engines_and_only_names_others() {
        let of =
            |model: &str, profile: &str| engine_name(&EngineState { profile: profile.to_owned(), ..engine(model) });
        assert_eq!(of("embedded", "embedded"), "embedded (picks by language)");
        assert_eq!(of("nanonets", "nanonets"), "nanonets");
    }

    #[test]
    fn an_attempt_is_shown_with_its_outcome() {
        let attempt = |model: &str, outcome: &str| PageAttempt {
            model: model.to_owned(),
            outcome: outcome.to_owned(),
            seconds: 1.52,
            prompt_tokens: 0,
            completion_tokens: 0,
        };
        assert_eq!(attempt_words(&attempt("a", "repetition")), "a, 1.5\u{a0}s: the engine repeated itself");
        assert_eq!(attempt_words(&attempt(PDF_TEXT, "ok")), "the PDF’s own text, 1.5\u{a0}s: read");
        assert_eq!(reason_words("a newer server's"), "the engine failed");
    }
}

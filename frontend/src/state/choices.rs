//! The chosen options of a run.

use inkstream_wire::{EngineState, RunOptions, SizeMode, Task, TextLayer};

use crate::state::pages_in;

/// The choices of the home page and the workspace. Empty values mean the server's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) model: Option<String>,
    /// The task. A task that the engine does not support is ignored.
    pub(crate) task: Option<Task>,
    /// The reference of the locate task.
    pub(crate) reference: String,
    /// The size mode. One that the engine does not have is ignored.
    pub(crate) size: Option<SizeMode>,
    /// The languages, in the order of choice, or only [`RunOptions::DETECT`].
    pub(crate) languages: Vec<String>,
    /// The page range as typed.
    pub(crate) pages: String,
    /// The prompt.
    pub(crate) prompt: String,
    /// Whether a PDF's text layer is used where it is sound.
    pub(crate) text_layer: bool,
    /// Whether hyphenated words are joined.
    pub(crate) dehyphenate: bool,
    /// The gap that last prevented reading, and how often.
    pub(crate) stopped: Option<(Gap, u32)>,
}

/// A choice that must be completed before reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// The page range is invalid, or the document has none of the pages.
    Pages,
    /// The reference is empty.
    Reference,
}

impl Choices {
    /// The chosen engine, otherwise the default.
    pub(crate) fn engine<'a>(&self, engines: &'a [EngineState]) -> Option<&'a EngineState> {
        let chosen = self.model.as_deref().and_then(|model| engines.iter().find(|engine| engine.model == model));
        chosen.or_else(|| engines.iter().find(|engine| engine.default)).or(engines.first())
    }

    /// The chosen task if the engine supports it, otherwise the engine's default.
    pub(crate) fn task_on(&self, engine: Option<&EngineState>) -> Option<Task> {
        let Some(engine) = engine else { return self.task };
        self.task.filter(|task| engine.tasks.contains(task)).or(engine.tasks.first().copied())
    }

    /// The requested size, if the engine has sizes.
    pub(crate) fn size_on(&self, engine: Option<&EngineState>) -> Option<SizeMode> {
        self.size.clone().filter(|size| engine.is_none_or(|engine| engine.sizes.contains(size)))
    }

    /// Whether hyphenated words can be joined: the engine reads lines, or the PDF's own text is used.
    pub(crate) fn joins_on(&self, engine: Option<&EngineState>) -> bool {
        self.text_layer || engine.is_none_or(|engine| engine.sends_lines)
    }

    /// The gap that prevents reading. `pages`: whether the page range is used.
    pub(crate) fn gap(&self, engines: &[EngineState], pages: bool) -> Option<Gap> {
        if pages && !self.pages_valid() {
            return Some(Gap::Pages);
        }
        let locates = self.task_on(self.engine(engines)) == Some(Task::Locate);
        (locates && self.reference.trim().is_empty()).then_some(Gap::Reference)
    }

    /// Records that a gap prevented reading.
    pub(crate) fn stop_at(&mut self, gap: Gap) {
        let times = self.stopped.map_or(0, |(_, times)| times);
        self.stopped = Some((gap, times + 1));
    }

    /// How often this gap has prevented reading, while it is open.
    pub(crate) fn stops_at(&self, gap: Gap) -> u32 {
        self.stopped.filter(|(at, _)| *at == gap).map_or(0, |(_, times)| times)
    }

    /// The page range; `None` for all pages or an invalid range, which [`Choices::gap`] reports.
    pub(crate) fn range(&self) -> Option<String> {
        filled(&self.pages).filter(|_| self.pages_valid())
    }

    /// The choices after a run, without the page range, which is for one run.
    pub(crate) fn after_reading(&self) -> Self {
        Self { pages: String::new(), stopped: None, ..self.clone() }
    }

    /// Sets the page range as typed.
    pub(crate) fn type_pages(&mut self, pages: String) {
        self.pages = pages;
        if self.pages_valid() {
            self.close(Gap::Pages);
        }
    }

    /// Sets the reference.
    pub(crate) fn type_reference(&mut self, reference: String) {
        self.reference = reference;
        if !self.reference.trim().is_empty() {
            self.close(Gap::Reference);
        }
    }

    /// The error of the page range with what to do, ending in `then`.
    pub(crate) fn pages_hint(&self, then: &str) -> Option<String> {
        match (self.pages_valid(), self.stops_at(Gap::Pages)) {
            (true, 0) => None,
            (true, _) => Some(format!("The document has no such pages. Write others, then {then}")),
            (false, 0) => Some("Write pages as 1-3,7".to_owned()),
            (false, _) => Some(format!("Write pages as 1-3,7, then {then}")),
        }
    }

    /// Adds or removes a language. [`RunOptions::DETECT`] stands alone.
    pub(crate) fn toggle_language(&mut self, code: &str) {
        self.languages
            .retain(|chosen| chosen == code || (chosen == RunOptions::DETECT) == (code == RunOptions::DETECT));
        match self.languages.iter().position(|chosen| chosen == code) {
            Some(index) => drop(self.languages.remove(index)),
            None => self.languages.push(code.to_owned()),
        }
    }

    /// The options of the request without the pages, which are [`Choices::range`]. Boxes and resets are always requested, because the view of
    /// the page image needs them. Options that the chosen engine does not use are omitted.
    pub(crate) fn options(&self, engines: &[EngineState]) -> RunOptions {
        let engine = self.engine(engines);
        let is_known =
            |code: &&str| engine.is_none_or(|engine| language_choices(engine).any(|offered| offered == *code));
        let known: Vec<&str> = self.languages.iter().map(String::as_str).filter(is_known).collect();
        // Omit the default task, so that the server's default applies.
        let task = self.task.filter(|&task| self.task_on(engine) == Some(task));
        let reference = if self.task_on(engine) == Some(Task::Locate) { filled(&self.reference) } else { None };
        RunOptions {
            prompt: filled(&self.prompt).filter(|_| engine.is_none_or(|engine| engine.takes_prompt)),
            model: self.model.clone(),
            task,
            size: self.size_on(engine),
            reference,
            language: filled(&known.join("+")),
            boxes: true,
            content: true,
            text_layer: self.text_layer.then_some(TextLayer::Prefer),
            dehyphenate: self.dehyphenate && self.joins_on(engine),
            resets: true,
            ..RunOptions::default()
        }
    }

    /// Whether the page range is valid or empty.
    pub(crate) fn pages_valid(&self) -> bool {
        self.pages.trim().is_empty() || pages_in(&self.pages).is_some()
    }

    fn close(&mut self, gap: Gap) {
        self.stopped = self.stopped.filter(|(at, _)| *at != gap);
    }
}

/// What the engine offers as a page's language: to detect it, if it can, and its languages.
pub(crate) fn language_choices(engine: &EngineState) -> impl Iterator<Item = &str> {
    let detect = engine.detects_languages.then_some(RunOptions::DETECT);
    // `osd` is orientation data rather than a language.
    detect.into_iter().chain(engine.languages.iter().map(String::as_str).filter(|code| *code != "osd"))
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::engine_with;

    fn tesseract() -> EngineState {
        engine_with("tesseract", &[Task::Text, Task::Layout, Task::Locate])
    }

    #[test]
    fn without_choices_only_boxes_and_resets_are_requested() {
        let options = Choices::default().options(&[tesseract()]);
        assert_eq!(options, RunOptions { boxes: true, content: true, resets: true, ..RunOptions::default() });
    }

    #[test]
    fn options_that_the_chosen_engine_does_not_use_are_omitted() {
        let first = EngineState { languages: vec!["eng".to_owned(), "deu".to_owned()], ..tesseract() };
        let deepseek = EngineState {
            tasks: vec![Task::Markdown, Task::Figure],
            sizes: vec![SizeMode::new("tiny")],
            takes_prompt: true,
            default: false,
            ..engine_with("deepseek", &[])
        };
        let engines = [first, deepseek];
        let mut choices = Choices {
            prompt: " Read it. ".to_owned(),
            task: Some(Task::Figure),
            size: Some(SizeMode::new("tiny")),
            ..Choices::default()
        };
        choices.toggle_language("eng");
        choices.toggle_language("deu");
        let options = choices.options(&engines);
        assert_eq!(options.language.as_deref(), Some("eng+deu"));
        assert_eq!((options.prompt, options.task, options.size), (None, None, None));
        choices.model = Some("deepseek".to_owned());
        let options = choices.options(&engines);
        assert_eq!((options.language, options.prompt.as_deref()), (None, Some("Read it.")));
        assert_eq!((options.task, options.size), (Some(Task::Figure), Some(SizeMode::new("tiny"))));
    }

    #[test]
    fn an_unsupported_task_is_replaced_by_the_engines_default() {
        let choices = Choices { task: Some(Task::Describe), ..Choices::default() };
        assert_eq!(choices.task_on(Some(&tesseract())), Some(Task::Text));
        assert_eq!(choices.task_on(None), Some(Task::Describe));
    }

    #[test]
    fn an_empty_reference_is_a_gap_and_a_typed_one_is_sent_only_with_the_locate_task() {
        let engines = [tesseract()];
        let mut choices = Choices { task: Some(Task::Locate), ..Choices::default() };
        assert_eq!(choices.gap(&engines, true), Some(Gap::Reference));
        choices.stop_at(Gap::Reference);
        choices.type_reference(" total ".to_owned());
        assert_eq!((choices.gap(&engines, true), choices.stops_at(Gap::Reference)), (None, 0));
        assert_eq!(choices.options(&engines).reference.as_deref(), Some("total"));
        choices.task = Some(Task::Text);
        assert_eq!(choices.options(&engines).reference, None);
    }

    #[test]
    fn the_text_layer_is_used_only_on_request() {
        let choices = Choices { text_layer: true, ..Choices::default() };
        assert_eq!(choices.options(&[]).text_layer, Some(TextLayer::Prefer));
    }

    #[test]
    fn hyphenated_words_are_joined_only_on_request() {
        let choices = Choices { dehyphenate: true, ..Choices::default() };
        assert!(choices.options(&[]).dehyphenate && !Choices::default().options(&[]).dehyphenate);
    }

    #[test]
    fn an_invalid_page_range_prevents_reading_and_is_never_ignored() {
        let mut choices = Choices::default();
        assert_eq!((choices.gap(&[], true), choices.range()), (None, None));
        choices.type_pages(" 1-3,7 ".to_owned());
        assert_eq!((choices.gap(&[], true), choices.range()), (None, Some("1-3,7".to_owned())));
        choices.type_pages("3-1x".to_owned());
        assert_eq!((choices.gap(&[], true), choices.gap(&[], false)), (Some(Gap::Pages), None));
        assert_eq!(choices.pages_hint("try again").as_deref(), Some("Write pages as 1-3,7"));
        choices.stop_at(Gap::Pages);
        assert_eq!(choices.pages_hint("try again").as_deref(), Some("Write pages as 1-3,7, then try again"));
        choices.type_pages("3".to_owned());
        assert_eq!((choices.pages_hint(""), choices.stops_at(Gap::Pages)), (None, 0));
        choices.stop_at(Gap::Pages);
        let hint = "The document has no such pages. Write others, then try again";
        assert_eq!((choices.gap(&[], true), choices.pages_hint("try again").as_deref()), (None, Some(hint)));
        choices.type_pages(String::new());
        assert_eq!(choices.pages_hint("try again"), None);
    }

    #[test]
    fn a_language_chosen_twice_is_removed() {
        let mut choices = Choices::default();
        choices.toggle_language("eng");
        choices.toggle_language("eng");
        assert!(choices.languages.is_empty());
    }

    #[test]
    fn detecting_the_language_stands_alone_and_is_sent_to_engines_that_can() {
        let mut choices = Choices::default();
        for code in ["eng", "deu", "auto"] {
            choices.toggle_language(code);
        }
        assert_eq!(choices.languages, ["auto"]);
        let engine = EngineState { languages: vec!["eng".to_owned()], detects_languages: true, ..tesseract() };
        assert_eq!(language_choices(&engine).collect::<Vec<_>>(), ["auto", "eng"]);
        assert_eq!(choices.options(&[engine]).language.as_deref(), Some("auto"));
        assert_eq!(choices.options(&[tesseract()]).language, None);
        choices.toggle_language("eng");
        assert_eq!(choices.languages, ["eng"]);
    }
}

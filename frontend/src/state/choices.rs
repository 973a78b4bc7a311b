//! What a person chose before reading.

use inkstream_wire::{EngineState, RunOptions, SizeMode, Task, TextLayer};

use crate::state::pages_in;

/// The choices of the home page and the workspace. Empty means: as the server has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    /// The engine's model.
    pub(crate) model: Option<String>,
    /// What is to be made of a page; one that the engine cannot do is as none.
    pub(crate) task: Option<Task>,
    /// What is to be found, where the task is to find something.
    pub(crate) reference: String,
    /// The size mode; one that the engine has not is as none.
    pub(crate) size: Option<SizeMode>,
    /// Languages, in the order they were chosen.
    pub(crate) languages: Vec<String>,
    /// Pages as typed.
    pub(crate) pages: String,
    /// What to ask the model.
    pub(crate) prompt: String,
    /// Whether a PDF's own text is taken where it is sound.
    pub(crate) text_layer: bool,
    /// What reading last stopped at, and how often it did.
    pub(crate) stopped: Option<(Gap, u32)>,
}

/// What is missing before anything can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// What was typed as pages names none, or none that the document has.
    Pages,
    /// There is nothing to look for.
    Reference,
}

impl Choices {
    /// The engine that these choices are for: the chosen one, else the default.
    pub(crate) fn engine<'a>(&self, engines: &'a [EngineState]) -> Option<&'a EngineState> {
        let chosen = self.model.as_deref().and_then(|model| engines.iter().find(|engine| engine.model == model));
        chosen.or_else(|| engines.iter().find(|engine| engine.default)).or(engines.first())
    }

    /// What the engine will make of a page: what was chosen if it can, else its default.
    pub(crate) fn task_on(&self, engine: Option<&EngineState>) -> Option<Task> {
        let Some(engine) = engine else { return self.task };
        self.task.filter(|task| engine.tasks.contains(task)).or(engine.tasks.first().copied())
    }

    /// The size that the engine is asked for, if it has sizes.
    pub(crate) fn size_on(&self, engine: Option<&EngineState>) -> Option<SizeMode> {
        self.size.filter(|size| engine.is_none_or(|engine| engine.sizes.contains(size)))
    }

    /// What is missing before a file can be read. `pages` is whether the typed pages count.
    pub(crate) fn gap(&self, engines: &[EngineState], pages: bool) -> Option<Gap> {
        if pages && !self.pages_valid() {
            return Some(Gap::Pages);
        }
        let locates = self.task_on(self.engine(engines)) == Some(Task::Locate);
        (locates && self.reference.trim().is_empty()).then_some(Gap::Reference)
    }

    /// Reading stopped at a gap: its field is to be filled.
    pub(crate) fn stop_at(&mut self, gap: Gap) {
        let times = self.stopped.map_or(0, |(_, times)| times);
        self.stopped = Some((gap, times + 1));
    }

    /// How often reading stopped at this gap, as long as it is open.
    pub(crate) fn stops_at(&self, gap: Gap) -> u32 {
        self.stopped.filter(|(at, _)| *at == gap).map_or(0, |(_, times)| times)
    }

    /// The typed pages; none where all are meant or no range was typed. A gap is told by [`Choices::gap`].
    pub(crate) fn range(&self) -> Option<String> {
        filled(&self.pages).filter(|_| self.pages_valid())
    }

    /// What is left of the choices once something is read with them: pages are for one reading.
    pub(crate) fn after_reading(&self) -> Self {
        Self { pages: String::new(), stopped: None, ..self.clone() }
    }

    /// Sets the pages as typed.
    pub(crate) fn type_pages(&mut self, pages: String) {
        self.pages = pages;
        if self.pages_valid() {
            self.close(Gap::Pages);
        }
    }

    /// Sets what is looked for.
    pub(crate) fn type_reference(&mut self, reference: String) {
        self.reference = reference;
        if !self.reference.trim().is_empty() {
            self.close(Gap::Reference);
        }
    }

    /// What is wrong with the pages, and what to do, ending in `then`.
    pub(crate) fn pages_hint(&self, then: &str) -> Option<String> {
        match (self.pages_valid(), self.stops_at(Gap::Pages)) {
            (true, 0) => None,
            (true, _) => Some(format!("The document has no such pages. Write others, then {then}")),
            (false, 0) => Some("Write pages as 1-3,7".to_owned()),
            (false, _) => Some(format!("Write pages as 1-3,7, then {then}")),
        }
    }

    /// Adds or takes away a language.
    pub(crate) fn toggle_language(&mut self, code: &str) {
        match self.languages.iter().position(|chosen| chosen == code) {
            Some(index) => drop(self.languages.remove(index)),
            None => self.languages.push(code.to_owned()),
        }
    }

    /// The request's options but for the pages, which [`Choices::range`] tells. Boxes and resets are always asked
    /// for: the picture needs them. What the chosen engine has no use for is left out.
    pub(crate) fn options(&self, engines: &[EngineState]) -> RunOptions {
        let engine = self.engine(engines);
        let known: Vec<&str> = self
            .languages
            .iter()
            .map(String::as_str)
            .filter(|code| engine.is_none_or(|engine| engine.languages.iter().any(|has| has == code)))
            .collect();
        // The default task goes unsaid, so that the server may have another.
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
            text_layer: self.text_layer.then_some(TextLayer::Prefer),
            resets: true,
            ..RunOptions::default()
        }
    }

    /// Whether the typed pages are a range, or all.
    pub(crate) fn pages_valid(&self) -> bool {
        self.pages.trim().is_empty() || pages_in(&self.pages).is_some()
    }

    fn close(&mut self, gap: Gap) {
        self.stopped = self.stopped.filter(|(at, _)| *at != gap);
    }
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
    fn without_a_choice_only_boxes_and_resets_are_asked_for() {
        let options = Choices::default().options(&[tesseract()]);
        assert_eq!(options, RunOptions { boxes: true, resets: true, ..RunOptions::default() });
    }

    #[test]
    fn what_the_chosen_engine_cannot_use_is_left_out() {
        let first = EngineState { languages: vec!["eng".to_owned(), "deu".to_owned()], ..tesseract() };
        let deepseek = EngineState {
            tasks: vec![Task::Markdown, Task::Figure],
            sizes: vec![SizeMode::Tiny],
            takes_prompt: true,
            default: false,
            ..engine_with("deepseek", &[])
        };
        let engines = [first, deepseek];
        let mut choices = Choices {
            prompt: " Read it. ".to_owned(),
            task: Some(Task::Figure),
            size: Some(SizeMode::Tiny),
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
        assert_eq!((options.task, options.size), (Some(Task::Figure), Some(SizeMode::Tiny)));
    }

    #[test]
    fn a_task_that_the_engine_cannot_do_falls_back_to_its_own() {
        let choices = Choices { task: Some(Task::Describe), ..Choices::default() };
        assert_eq!(choices.task_on(Some(&tesseract())), Some(Task::Text));
        assert_eq!(choices.task_on(None), Some(Task::Describe));
    }

    #[test]
    fn there_is_nothing_to_locate_until_it_is_typed_and_then_it_is_sent_with_that_task_alone() {
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
    fn a_pdfs_own_text_is_taken_only_when_asked_for() {
        let choices = Choices { text_layer: true, ..Choices::default() };
        assert_eq!(choices.options(&[]).text_layer, Some(TextLayer::Prefer));
    }

    #[test]
    fn pages_that_are_none_stop_the_reading_and_are_never_left_out_of_it() {
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
    fn a_language_chosen_twice_is_gone() {
        let mut choices = Choices::default();
        choices.toggle_language("eng");
        choices.toggle_language("eng");
        assert!(choices.languages.is_empty());
    }
}

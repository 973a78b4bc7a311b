//! What a person chose before reading.

use inkstream_wire::{EngineState, RunOptions};

use crate::state::pages_in;

/// The choices of the home page. Empty means: as the server has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    /// The engine's model.
    pub(crate) model: Option<String>,
    /// Languages, in the order they were chosen.
    pub(crate) languages: Vec<String>,
    /// Pages as typed.
    pub(crate) pages: String,
    /// What to ask the model.
    pub(crate) prompt: String,
    /// How often a file was not taken because the pages are none.
    pub(crate) stops: u32,
}

/// What was typed as pages names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRange;

impl Choices {
    /// The engine that these choices are for: the chosen one, else the default.
    pub(crate) fn engine<'a>(&self, engines: &'a [EngineState]) -> Option<&'a EngineState> {
        let chosen = self.model.as_deref().and_then(|model| engines.iter().find(|engine| engine.model == model));
        chosen.or_else(|| engines.iter().find(|engine| engine.default)).or(engines.first())
    }

    /// Whether the pages are empty or a range.
    pub(crate) fn pages_valid(&self) -> bool {
        self.pages.trim().is_empty() || pages_in(&self.pages).is_some()
    }

    /// The pages to read; all without a range. A range that is none is no reason to read all.
    pub(crate) fn range(&self) -> Result<Option<String>, NoRange> {
        if self.pages_valid() { Ok(filled(&self.pages)) } else { Err(NoRange) }
    }

    /// Sets the pages as typed.
    pub(crate) fn type_pages(&mut self, pages: String) {
        self.pages = pages;
        if self.pages_valid() {
            self.stops = 0;
        }
    }

    /// What is wrong with the pages, and what to do.
    pub(crate) fn pages_hint(&self) -> Option<&'static str> {
        match (self.pages_valid(), self.stops) {
            (true, _) => None,
            (false, 0) => Some("Write pages as 1-3,7"),
            (false, _) => Some("Write pages as 1-3,7, then choose the file again"),
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
        RunOptions {
            prompt: filled(&self.prompt).filter(|_| engine.is_none_or(|engine| engine.takes_prompt)),
            model: self.model.clone(),
            language: filled(&known.join("+")),
            boxes: true,
            resets: true,
            ..RunOptions::default()
        }
    }
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(model: &str, languages: &[&str], takes_prompt: bool, default: bool) -> EngineState {
        let languages = languages.iter().map(|&code| code.to_owned()).collect();
        EngineState { model: model.to_owned(), ready: true, languages, takes_prompt, default }
    }

    #[test]
    fn without_a_choice_only_boxes_and_resets_are_asked_for() {
        let options = Choices::default().options(&[engine("tesseract", &["eng"], false, true)]);
        assert_eq!(options, RunOptions { boxes: true, resets: true, ..RunOptions::default() });
    }

    #[test]
    fn what_the_chosen_engine_cannot_use_is_left_out() {
        let engines = [engine("tesseract", &["eng", "deu"], false, true), engine("deepseek", &[], true, false)];
        let mut choices = Choices { prompt: " Read it. ".to_owned(), ..Choices::default() };
        choices.toggle_language("eng");
        choices.toggle_language("deu");
        assert_eq!(choices.options(&engines).language.as_deref(), Some("eng+deu"));
        assert_eq!(choices.options(&engines).prompt, None);
        choices.model = Some("deepseek".to_owned());
        assert_eq!(choices.options(&engines).language, None);
        assert_eq!(choices.options(&engines).prompt.as_deref(), Some("Read it."));
    }

    #[test]
    fn pages_that_are_none_stop_the_reading_and_are_never_left_out_of_it() {
        let mut choices = Choices::default();
        assert_eq!(choices.range(), Ok(None));
        choices.type_pages(" 1-3,7 ".to_owned());
        assert_eq!(choices.range(), Ok(Some("1-3,7".to_owned())));
        choices.type_pages("3-1x".to_owned());
        assert_eq!(choices.range(), Err(NoRange));
        assert_eq!(choices.pages_hint(), Some("Write pages as 1-3,7"));
        choices.stops += 1;
        assert!(choices.pages_hint().is_some_and(|hint| hint.contains("choose the file again")));
        choices.type_pages("3".to_owned());
        assert_eq!((choices.pages_hint(), choices.stops), (None, 0));
    }

    #[test]
    fn a_language_chosen_twice_is_gone() {
        let mut choices = Choices::default();
        choices.toggle_language("eng");
        choices.toggle_language("eng");
        assert!(choices.languages.is_empty());
    }
}

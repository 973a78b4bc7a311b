//! The micro-service's dialect: one picture in, its text out.

use serde::{Deserialize, Serialize};

/// The answer to `POST /`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MicroText {
    /// The lines with something on them, without white space around them.
    pub results: Vec<String>,
    /// The whole text as the engine gave it; a form feed between pages.
    pub original: String,
}

impl MicroText {
    /// The answer for this text.
    pub fn of(original: String) -> Self {
        let lines = original.split(['\n', '\u{c}']).map(str::trim).filter(|line| !line.is_empty());
        Self { results: lines.map(str::to_owned).collect(), original }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_the_lines_that_say_something_and_the_original_is_untouched() {
        let text = "  Halden & Voss \r\n\n \t\nInvoice 7\u{c}last page";
        let answer = MicroText::of(text.to_owned());
        assert_eq!(answer.results, ["Halden & Voss", "Invoice 7", "last page"]);
        assert_eq!(answer.original, text);
        assert!(MicroText::of(" \n\u{c}".to_owned()).results.is_empty());
    }
}

//! The micro-service API: one image in, its text out.

use serde::{Deserialize, Serialize};

use crate::PageWarning;

/// The answer to `POST /`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MicroText {
    /// The lines that are not blank, trimmed.
    pub results: Vec<String>,
    /// The whole text, with a form feed between pages.
    pub original: String,
    /// True if the engine stopped before a page's end, so that text may be missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Warnings about the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<MicroWarning>,
}

/// A warning about the text of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MicroWarning {
    /// The page, from 1.
    pub page: u32,
    /// The warning.
    #[serde(flatten)]
    pub warning: PageWarning,
}

impl MicroText {
    /// The answer for this text with these warnings.
    pub fn new(original: String, warnings: Vec<MicroWarning>) -> Self {
        let lines = original.split(['\n', '\u{c}']).map(str::trim).filter(|line| !line.is_empty());
        let partial = warnings.iter().any(|of| of.warning.code.is_partial());
        Self { results: lines.map(str::to_owned).collect(), original, partial, warnings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_the_lines_that_are_not_blank_and_the_original_is_unchanged() {
        let text = "  Halden & Voss \r\n\n \t\nInvoice 7\u{c}last page";
        let answer = MicroText::new(text.to_owned(), Vec::new());
        assert_eq!(answer.results, ["Halden & Voss", "Invoice 7", "last page"]);
        assert_eq!(answer.original, text);
        assert!(MicroText::new(" \n\u{c}".to_owned(), Vec::new()).results.is_empty());
    }
}

//! Which pages of a document: `1-3,7`, `5-`, `missing`, or all.

use std::ops::RangeInclusive;

use inkstream_wire::ErrorCode;

use crate::{Error, Result};

/// The maximum number of ranges in a selection.
const MAX_RANGES: usize = 1_000;

/// A selection of pages, as a caller wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PageSelection {
    /// Every page.
    #[default]
    All,
    /// Pages that have no complete result.
    Missing,
    /// Pages by number, from 1.
    Ranges(Vec<RangeInclusive<u32>>),
}

impl PageSelection {
    /// Parses a caller's selection: `InvalidOption` with the expected format if it is malformed. `is_stored`: whether the document is a
    /// stored one; only then does the message offer `missing`.
    pub fn parse(text: &str, is_stored: bool) -> Result<Self> {
        match text.trim() {
            "" | "all" => Ok(Self::All),
            "missing" => Ok(Self::Missing),
            text => {
                let malformed = || malformed(is_stored);
                let ranges: Vec<_> = text.split(',').map(parse_range).collect::<Option<_>>().ok_or_else(malformed)?;
                if ranges.len() > MAX_RANGES { Err(malformed()) } else { Ok(Self::Ranges(ranges)) }
            }
        }
    }

    /// The selected page numbers, sorted and without duplicates, of a document with `total` pages. `done` says which pages have a
    /// complete result. An empty selection is `PagesOutOfRange`.
    pub fn resolve(&self, total: u32, done: impl Fn(u32) -> bool) -> Result<Vec<u32>> {
        let pages: Vec<u32> = match self {
            Self::All => (1..=total).collect(),
            Self::Missing => (1..=total).filter(|&page| !done(page)).collect(),
            Self::Ranges(ranges) => {
                (1..=total).filter(|page| ranges.iter().any(|range| range.contains(page))).collect()
            }
        };
        if !pages.is_empty() {
            return Ok(pages);
        }
        let detail = match self {
            Self::Missing => "Every page of the document has been read already.".to_owned(),
            _ => format!("The document has pages 1 to {total}; none of them was asked for."),
        };
        Err(Error::new(ErrorCode::PagesOutOfRange, detail))
    }
}

/// `7`, `1-3` or `5-`.
fn parse_range(text: &str) -> Option<RangeInclusive<u32>> {
    let number = |text: &str| {
        let text = text.trim();
        (text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u32>().ok()).flatten()
    };
    let (from, to) = match text.split_once('-') {
        None => (number(text)?, number(text)?),
        Some((from, to)) if to.trim().is_empty() => (number(from)?, u32::MAX),
        Some((from, to)) => (number(from)?, number(to)?),
    };
    (1 <= from && from <= to).then_some(from..=to)
}

fn malformed(is_stored: bool) -> Error {
    let missing = if is_stored { ", or be missing" } else { "" };
    let detail = format!("pages must look like 1-3,7 or 5- (numbers from 1){missing}.");
    Error::new(ErrorCode::InvalidOption, detail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pages(text: &str, total: u32) -> Result<Vec<u32>> {
        PageSelection::parse(text, true)?.resolve(total, |page| page == 2)
    }

    #[test]
    fn ranges_are_sorted_deduplicated_and_clipped() {
        assert_eq!(pages("7, 1-3,2-4,90", 8).unwrap(), [1, 2, 3, 4, 7]);
        assert_eq!(pages("3-", 5).unwrap(), [3, 4, 5]);
        assert_eq!(pages("", 2).unwrap(), [1, 2]);
        assert_eq!(pages("missing", 3).unwrap(), [1, 3]);
    }

    #[test]
    fn malformed_ranges_are_refused() {
        for text in ["0", "3-1", "a", "1,,2", "-3", "+1", "1-2-3", "4294967296", "1;2", "½"] {
            assert_eq!(pages(text, 9).unwrap_err().code, ErrorCode::InvalidOption, "{text}");
        }
    }

    #[test]
    fn the_error_names_missing_only_for_stored_documents() {
        let detail = |is_stored| PageSelection::parse("x", is_stored).unwrap_err().detail;
        assert!(detail(true).contains("5-") && detail(true).contains("missing"));
        assert!(detail(false).contains("5-") && !detail(false).contains("missing"));
    }

    #[test]
    fn an_empty_selection_is_out_of_range() {
        assert_eq!(pages("9", 8).unwrap_err().code, ErrorCode::PagesOutOfRange);
        assert_eq!(PageSelection::Missing.resolve(3, |_| true).unwrap_err().code, ErrorCode::PagesOutOfRange);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_page_is_in_the_document(text in ".{0,40}", total in 1u32..500) {
            if let Ok(pages) = pages(&text, total) {
                prop_assert!(pages.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(pages.iter().all(|page| (1..=total).contains(page)));
            }
        }
    }
}

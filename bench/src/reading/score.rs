//! The measures of a page, and their means over pages.

use serde::Serialize;

use super::{
    Reading, cells, text,
    truth::{Page, Truth},
};

/// The measures of one page. A measure that the page has no truth for is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Score {
    pub(crate) cer: Option<f64>,
    pub(crate) bag_of_words_wer: Option<f64>,
    pub(crate) order: Option<f64>,
    pub(crate) upright: Option<bool>,
    pub(crate) cell_f1: Option<f64>,
}

/// A page counts as read the right way up if at least this part of its words or of its characters is right. What is read upside down or on
/// its side has next to none.
const UPRIGHT: f64 = 0.5;

impl Score {
    /// Compares a reading with the page's truth.
    pub(crate) fn compute(page: &Page, reading: &Reading) -> Self {
        match &page.truth {
            Truth::Tables(tables) => Self { cell_f1: cells::f1(tables, &reading.tables), ..Self::default() },
            Truth::Text(truth) => {
                let cer = text::character_error_rate(truth, &reading.text);
                let bag_of_words_wer = text::bag_of_words_error_rate(truth, &reading.text);
                let is_upright = || [cer, bag_of_words_wer].into_iter().flatten().any(|error| error <= 1.0 - UPRIGHT);
                Self {
                    cer,
                    bag_of_words_wer,
                    order: text::order(truth, &reading.text),
                    upright: page.tests_orientation.then(is_upright),
                    cell_f1: None,
                }
            }
        }
    }
}

/// The mean measures of some pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) pages: usize,
    pub(crate) cer: Option<f64>,
    pub(crate) bag_of_words_wer: Option<f64>,
    pub(crate) order: Option<f64>,
    /// The number of pages read the right way up, and of all that test it.
    pub(crate) upright: Option<(usize, usize)>,
    pub(crate) cell_f1: Option<f64>,
    pub(crate) seconds: Option<f64>,
}

impl Summary {
    /// The means of these scores with the seconds of each page.
    pub(crate) fn aggregate(scores: &[(Score, f64)]) -> Self {
        let mean = |of: fn(&Score) -> Option<f64>| mean(scores.iter().filter_map(|(score, _)| of(score)));
        let upright: Vec<bool> = scores.iter().filter_map(|(score, _)| score.upright).collect();
        Self {
            pages: scores.len(),
            cer: mean(|score| score.cer),
            bag_of_words_wer: mean(|score| score.bag_of_words_wer),
            order: mean(|score| score.order),
            upright: (!upright.is_empty()).then(|| (upright.iter().filter(|right| **right).count(), upright.len())),
            cell_f1: mean(|score| score.cell_f1),
            seconds: self::mean(scores.iter().map(|(_, seconds)| *seconds)),
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::reading::truth::Set;

    fn page(truth: Truth, tests_orientation: bool) -> Page {
        Page {
            set: Set::Fixtures,
            group: String::new(),
            name: String::new(),
            path: PathBuf::new(),
            language: None,
            tests_orientation,
            truth,
        }
    }

    fn score(truth: &str, reading: &str) -> Score {
        let reading = Reading { text: reading.to_owned(), ..Reading::default() };
        Score::compute(&page(Truth::Text(truth.to_owned()), true), &reading)
    }

    #[test]
    fn a_page_is_upright_if_half_of_its_words_or_characters_are_right() {
        assert_eq!(score("one two three four", "one two thrcc foor").upright, Some(true));
        assert_eq!(score("我是中国人", "我是中国入").upright, Some(true));
        assert_eq!(score("one two three four", "jnoj aaJu1 om1 auo").upright, Some(false));
        assert_eq!(score("one two", "").upright, Some(false));
        assert_eq!(Score::compute(&page(Truth::Text("a".to_owned()), false), &Reading::default()).upright, None);
    }

    #[test]
    fn means_are_over_the_pages_that_have_the_measure() {
        let table = Score { cell_f1: Some(0.5), ..Score::default() };
        let summary = Summary::aggregate(&[(score("abcd", "abcd"), 1.0), (score("abcd", "xbcd"), 2.0), (table, 3.0)]);
        assert_eq!((summary.pages, summary.cer, summary.cell_f1), (3, Some(0.125), Some(0.5)));
        assert_eq!((summary.upright, summary.seconds), (Some((2, 2)), Some(2.0)));
        assert_eq!(Summary::aggregate(&[]).cer, None);
    }

    #[test]
    fn an_engine_without_tables_scores_nothing_on_them() {
        let cell = cells::Cell { row: 0, column: 0, row_span: 1, column_span: 1, text: "a".to_owned() };
        let page = page(Truth::Tables(vec![vec![cell]]), false);
        let reading = Reading { text: "a".to_owned(), ..Reading::default() };
        assert_eq!(Score::compute(&page, &reading), Score { cell_f1: Some(0.0), ..Score::default() });
    }
}

//! Reading quality: pages with truth, the programs that read them, measures, and reports.

pub(crate) mod cells;
pub(crate) mod confidence;
pub(crate) mod others;
pub(crate) mod ours;
pub(crate) mod report;
pub(crate) mod score;
pub(crate) mod text;
pub(crate) mod truth;

use cells::Table;

/// What a program read of a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    pub(crate) text: String,
    /// The words with their confidence, 0 to 100, if the program has one for each.
    pub(crate) words: Vec<(String, f64)>,
    /// The confidence of the page, 0 to 100, if the program has one.
    pub(crate) confidence: Option<f64>,
    pub(crate) tables: Vec<Table>,
    /// The rotation that the program applied, clockwise in degrees, if it tells.
    pub(crate) rotation: Option<u16>,
    pub(crate) seconds: f64,
    /// Why nothing, or not all, was read.
    pub(crate) error: Option<String>,
}

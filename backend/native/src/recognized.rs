//! The result of recognizing a page, whichever library did it.

use inkstream_content::{CellPlace, LayoutBlock};
use inkstream_wire::PixelBox;
use serde::{Deserialize, Serialize};

/// A recognized line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLine {
    /// The text with a line feed at its end, and with another one before it if it begins a paragraph. The concatenated lines are the
    /// text of the page.
    pub text: String,
    /// Its bounds in the image.
    pub bounds: PixelBox,
}

/// The result of a page, beside its lines.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadPage {
    /// Blocks with their lines and words, and figures.
    pub layout: Vec<LayoutBlock>,
    /// The tables among the blocks.
    #[serde(default)]
    pub tables: Vec<ReadTable>,
    /// The mean confidence of the words, 0 to 100; `None` on a page without words.
    pub confidence: Option<f32>,
}

/// The structure of a block that is a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadTable {
    /// The position of its block in the layout.
    pub block: usize,
    /// Its cells, row by row.
    pub cells: Vec<CellPlace>,
}

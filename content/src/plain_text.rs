//! The projection to plain text, for search and copying.

use crate::{Block, BlockKind, ListItem, PageContent, Table};

impl PageContent {
    /// The text without markup. Blocks are separated by an empty line, cells by a tab, rows by a line feed.
    pub fn plain_text(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            append(&mut out, "\n\n", &block.plain_text());
        }
        out
    }
}

impl Block {
    /// The text of this block without markup.
    pub fn plain_text(&self) -> String {
        match &self.kind {
            BlockKind::Heading { text, .. }
            | BlockKind::Paragraph { text }
            | BlockKind::Figure { text }
            | BlockKind::Furniture { text, .. } => text.text.clone(),
            BlockKind::Quote { blocks } => of_blocks(blocks),
            BlockKind::List { items } => of_list(items),
            BlockKind::Table(table) => of_table(table),
            BlockKind::Formula { latex } => latex.clone(),
            BlockKind::Code { code, .. } => code.clone(),
            BlockKind::Rule => String::new(),
        }
    }
}

fn of_blocks(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        append(&mut out, "\n", &block.plain_text());
    }
    out
}

/// Keeps markers as written, because a `-` may be the sign of an amount.
fn of_list(items: &[ListItem]) -> String {
    let mut out = String::new();
    for item in items {
        let marker = match item.checked {
            Some(true) => "☑",
            Some(false) => "☐",
            None => &item.marker,
        };
        let text = of_blocks(&item.blocks);
        append(&mut out, "\n", &format!("{marker} {}", text.replace('\n', "\n  ")));
    }
    out
}

fn of_table(table: &Table) -> String {
    let mut out = table.caption.as_ref().map(|caption| caption.text.clone()).unwrap_or_default();
    for row in 0..table.rows {
        let mut line = String::new();
        let mut column = 0;
        for cell in table.cells.iter().filter(|cell| cell.row == row) {
            line.extend(std::iter::repeat_n('\t', (cell.column - column) as usize));
            column = cell.column;
            line.push_str(&one_line(&cell.text.text));
        }
        append(&mut out, "\n", &line);
    }
    out
}

/// A cell's text on one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn append(out: &mut String, separator: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push_str(separator);
    }
    out.push_str(text);
}

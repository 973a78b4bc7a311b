//! Office Open XML text (ECMA-376 part 1), written by `docx-rs`: headings, paragraphs, lists, tables with spans, captions,
//! code, and a page break before each further page.
//!
//! Nothing in it refers to anything outside: links are their text, figures their caption. A formula is its LaTeX. Lists whose items have
//! numbers keep them as text, because numbers that were read need not be consecutive.

mod styled_text;
mod styles;
mod table;

use std::io::{Cursor, Write};

use docx_rs::{
    BreakType, Docx, IndentLevel, NumberingId, Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders,
    Run, SpecialIndentType, Table,
};
use inkstream_content::{Block, BlockKind, ListItem, RichText};

use crate::{Export, ExportError, SourcePage};

/// The maximum number of paragraphs and table cells of a text: it is in memory until its end, each with 5 kB (measured).
pub const MAX_PARAGRAPHS: usize = 50_000;
/// How far a level of lists and quotations is indented, in twentieths of a point: a quarter of an inch, as Word does.
const INDENT: i32 = 360;
/// The deepest level that is still indented further; Word has nine.
const MAX_LEVEL: usize = 8;

/// A text that is being written.
pub(crate) struct Text<W> {
    out: W,
    parts: Vec<Part>,
    paragraphs: usize,
    pages: u64,
}

enum Part {
    Paragraph(Box<Paragraph>),
    Table(Box<Table>),
}

impl<W: Write> Text<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, parts: Vec::new(), paragraphs: 0, pages: 0 }
    }

    fn count(&mut self, paragraphs: usize) -> Result<(), ExportError> {
        self.paragraphs = self.paragraphs.saturating_add(paragraphs);
        if self.paragraphs > MAX_PARAGRAPHS {
            let message = format!(
                "The document has more than {MAX_PARAGRAPHS} paragraphs and cells, too many for a Word file. Export it as Markdown or in parts."
            );
            return Err(ExportError::TooLarge(message));
        }
        Ok(())
    }

    fn add(&mut self, paragraph: Paragraph) -> Result<(), ExportError> {
        self.count(1)?;
        self.parts.push(Part::Paragraph(Box::new(paragraph)));
        Ok(())
    }

    fn blocks(&mut self, blocks: &[Block], level: usize) -> Result<(), ExportError> {
        blocks.iter().try_for_each(|block| self.block(block, level))
    }

    /// Writes a block within so many lists and quotations.
    fn block(&mut self, block: &Block, level: usize) -> Result<(), ExportError> {
        match &block.kind {
            BlockKind::Heading { level, text } => self.text(&styles::heading(*level), text, 0),
            BlockKind::Paragraph { text } => self.text(styles::NORMAL, text, level),
            BlockKind::Furniture { text, .. } => self.text(styles::FURNITURE, text, level),
            BlockKind::Figure { text } => self.text(styles::CAPTION, text, level),
            BlockKind::Formula { latex } => self.text(styles::FORMULA, &RichText::plain(latex.as_str()), level),
            BlockKind::Code { code, .. } => self.text(styles::CODE, &RichText::plain(code.as_str()), level),
            BlockKind::Quote { blocks } => self.blocks(blocks, level + 1),
            BlockKind::List { items } => items.iter().try_for_each(|item| self.item(item, level)),
            BlockKind::Table(table) => self.table(table),
            BlockKind::Rule => {
                let mut rule = Paragraph::new();
                let line = ParagraphBorder::new(ParagraphBorderPosition::Bottom);
                rule.property = rule.property.set_borders(ParagraphBorders::with_empty().set(line));
                self.add(rule)
            }
        }
    }

    fn text(&mut self, style: &str, text: &RichText, level: usize) -> Result<(), ExportError> {
        if text.is_blank() {
            return Ok(());
        }
        self.add(indented(styled_text::write(Paragraph::new().style(style), text, &Run::new()), level))
    }

    /// Writes an item: its first paragraph beside its mark, the rest below.
    fn item(&mut self, item: &ListItem, level: usize) -> Result<(), ExportError> {
        let (first, rest) = match item.blocks.split_first() {
            Some((Block { kind: BlockKind::Paragraph { text }, .. }, rest)) => (Some(text), rest),
            _ => (None, item.blocks.as_slice()),
        };
        let mut paragraph = Paragraph::new().style(styles::LIST);
        let bullet = styles::bullet(&item.marker).filter(|_| item.checked.is_none());
        if let Some(bullet) = bullet {
            paragraph = paragraph.numbering(NumberingId::new(bullet), IndentLevel::new(level.min(MAX_LEVEL)));
        } else {
            let mark = match item.checked {
                Some(true) => "☑",
                Some(false) => "☐",
                None => &item.marker,
            };
            let run = styled_text::plain(Run::new(), mark).add_tab();
            let hanging = Some(SpecialIndentType::Hanging(INDENT));
            paragraph = paragraph.add_run(run).indent(Some(width(level + 1)), hanging, None, None);
        }
        if let Some(text) = first {
            paragraph = styled_text::write(paragraph, text, &Run::new());
        }
        self.add(paragraph)?;
        self.blocks(rest, level + 1)
    }

    fn table(&mut self, table: &inkstream_content::Table) -> Result<(), ExportError> {
        if let Some(caption) = &table.caption {
            self.text(styles::CAPTION, caption, 0)?;
        }
        if table.columns > table::MAX_COLUMNS {
            let rows =
                Block::new(BlockKind::Table(inkstream_content::Table { caption: None, ..table.clone() })).plain_text();
            return rows.lines().try_for_each(|row| self.text(styles::NORMAL, &RichText::plain(row), 0));
        }
        self.count(table.rows as usize * table.columns as usize)?;
        self.parts.push(Part::Table(Box::new(table::write(table))));
        // Word joins tables that follow each other.
        self.add(Paragraph::new())
    }
}

impl<W: Write> Export for Text<W> {
    fn page(&mut self, page: &SourcePage<'_>) -> Result<(), ExportError> {
        self.pages += 1;
        if self.pages > 1 {
            self.add(Paragraph::new().add_run(Run::new().add_break(BreakType::Page)))?;
        }
        self.blocks(&page.content.blocks, 0)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        let docx = self.parts.into_iter().fold(styles::document(), |docx: Docx, part| match part {
            Part::Paragraph(paragraph) => docx.add_paragraph(*paragraph),
            Part::Table(table) => docx.add_table(*table),
        });
        // The library goes back in its file.
        let mut file = Cursor::new(Vec::new());
        docx.pack(&mut file).map_err(std::io::Error::other)?;
        self.out.write_all(file.get_ref())?;
        self.out.flush()?;
        Ok(())
    }
}

fn width(level: usize) -> i32 {
    INDENT * i32::try_from(level.min(MAX_LEVEL)).unwrap_or_default()
}

fn indented(paragraph: Paragraph, level: usize) -> Paragraph {
    if level == 0 { paragraph } else { paragraph.indent(Some(width(level)), None, None, None) }
}

//! hOCR 1.2 (<https://kba.github.io/hocr-spec/1.2/>), as XHTML: pages, areas, paragraphs, lines and words with their bounding boxes in
//! pixels and their confidence (`x_wconf`, 0 to 100).
//!
//! The standard demands no boxes. What has no place on the page, as the text of a vision model, is written without one.

use std::io::{self, Write};

use inkstream_content::{Block, BlockKind, BoundingBox, FurnitureRole, ListItem, RichText, Table};

use crate::{
    Export, ExportError, SourcePage,
    placed_text::{self, PlacedLine, PlacedWord},
    table_rows::{self, Place},
    xml::{Attribute, Xml},
};

/// What elements of this file may be (`ocr-capabilities`).
const CAPABILITIES: &str = "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocr_table ocr_image ocr_caption ocr_display ocr_header \
                            ocr_footer ocr_pageno ocr_textfloat ocr_separator ocrp_lang ocrp_wconf";

/// A file that is being written.
pub(crate) struct Hocr<W: Write> {
    xml: Xml<W>,
    /// The numbers of the last page, and of the last block and line of that page.
    page: u64,
    block: u64,
    line: u64,
}

impl<W: Write> Hocr<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { xml: Xml::new(out), page: 0, block: 0, line: 0 }
    }

    fn head(&mut self, page: &SourcePage<'_>) -> io::Result<()> {
        self.xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>\n")?;
        self.xml.start("html", &[("xmlns", "http://www.w3.org/1999/xhtml".to_owned())])?;
        self.xml.start("head", &[])?;
        self.xml.with_text("title", &[], page.file)?;
        self.xml.empty("meta", &[("charset", "utf-8".to_owned())])?;
        for (name, content) in [("ocr-system", "inkstream"), ("ocr-capabilities", CAPABILITIES)] {
            self.xml.empty("meta", &[("name", name.to_owned()), ("content", content.to_owned())])?;
        }
        self.xml.end("head")?;
        self.xml.start("body", &[])
    }

    fn blocks(&mut self, blocks: &[Block]) -> io::Result<()> {
        blocks.iter().try_for_each(|block| self.block(block))
    }

    fn block(&mut self, block: &Block) -> io::Result<()> {
        match &block.kind {
            BlockKind::Heading { level, text } => {
                self.paragraph(&format!("h{}", (*level).clamp(1, 6)), "ocr_par", block.bounds, text)
            }
            BlockKind::Paragraph { text } => self.paragraph("p", "ocr_par", block.bounds, text),
            BlockKind::Furniture { role, text } => self.paragraph("p", furniture(*role), block.bounds, text),
            BlockKind::Quote { blocks } => {
                self.xml.start("blockquote", &[])?;
                self.blocks(blocks)?;
                self.xml.end("blockquote")
            }
            BlockKind::List { items } => {
                self.xml.start("ul", &[("style", "list-style: none".to_owned())])?;
                items.iter().try_for_each(|item| self.item(item))?;
                self.xml.end("ul")
            }
            BlockKind::Table(table) => self.table(block.bounds, table),
            BlockKind::Figure { text } => {
                self.xml.start("div", &element("ocr_image", &properties(block.bounds, None)))?;
                self.paragraph("p", "ocr_caption", None, text)?;
                self.xml.end("div")
            }
            BlockKind::Formula { latex } => {
                self.xml.with_text("div", &element("ocr_display", &properties(block.bounds, None)), latex)
            }
            BlockKind::Code { code, .. } => {
                self.xml.with_text("pre", &element("ocr_par", &properties(block.bounds, None)), code)
            }
            BlockKind::Rule => self.xml.empty("hr", &element("ocr_separator", &properties(block.bounds, None))),
        }
    }

    fn item(&mut self, item: &ListItem) -> io::Result<()> {
        let mark = match item.checked {
            Some(true) => "☑",
            Some(false) => "☐",
            None => &item.marker,
        };
        self.xml.start("li", &[])?;
        self.word(&PlacedWord { text: mark, bounds: None, confidence: None })?;
        self.blocks(&item.blocks)?;
        self.xml.end("li")
    }

    fn paragraph(&mut self, name: &str, class: &str, bounds: Option<BoundingBox>, text: &RichText) -> io::Result<()> {
        let lines = placed_text::lines(text);
        if lines.is_empty() {
            return Ok(());
        }
        let bounds = bounds.or_else(|| placed_text::bounds(text));
        self.xml.start(name, &element(class, &properties(bounds, None)))?;
        self.lines(&lines)?;
        self.xml.end(name)
    }

    fn table(&mut self, bounds: Option<BoundingBox>, table: &Table) -> io::Result<()> {
        self.xml.start("table", &element("ocr_table", &properties(bounds, None)))?;
        if let Some(caption) = &table.caption {
            self.xml.start("caption", &element("ocr_caption", &properties(placed_text::bounds(caption), None)))?;
            self.lines(&placed_text::lines(caption))?;
            self.xml.end("caption")?;
        }
        for (row, places) in (0..).zip(table_rows::rows(table)) {
            self.xml.start("tr", &[])?;
            // HTML adds what is missing at the end of a row by itself.
            let last = places.iter().rposition(|place| matches!(place, Place::Cell { .. }));
            for place in places.iter().take(last.map_or(0, |last| last + 1)) {
                match place {
                    Place::Cell { cell, columns, rows } => {
                        let name = if cell.header || row < table.header_rows { "th" } else { "td" };
                        let mut attributes = attributes(&properties(cell.bounds, None));
                        let spans =
                            [("colspan", *columns), ("rowspan", *rows)].into_iter().filter(|(_, span)| *span > 1);
                        attributes.extend(spans.map(|(name, span)| (name, span.to_string())));
                        self.xml.start(name, &attributes)?;
                        self.lines(&placed_text::lines(&cell.text))?;
                        self.xml.end(name)?;
                    }
                    Place::Below { .. } => {}
                    Place::Empty => self.xml.with_text("td", &[], "")?,
                }
            }
            self.xml.end("tr")?;
        }
        self.xml.end("table")
    }

    fn lines(&mut self, lines: &[PlacedLine<'_>]) -> io::Result<()> {
        for line in lines {
            self.line += 1;
            let mut attributes = element("ocr_line", &properties(line.bounds, line.confidence));
            attributes.push(("id", format!("line_{}_{}", self.page, self.line)));
            self.xml.start("span", &attributes)?;
            line.words.iter().try_for_each(|word| self.word(word))?;
            self.xml.end("span")?;
            self.xml.raw("\n")?;
        }
        Ok(())
    }

    fn word(&mut self, word: &PlacedWord<'_>) -> io::Result<()> {
        self.xml.with_text("span", &element("ocrx_word", &properties(word.bounds, word.confidence)), word.text)?;
        self.xml.raw(" ")
    }
}

impl<W: Write> Export for Hocr<W> {
    fn page(&mut self, page: &SourcePage<'_>) -> Result<(), ExportError> {
        if self.page == 0 {
            self.head(page)?;
        }
        self.page += 1;
        (self.block, self.line) = (0, 0);
        let content = page.content;
        let mut title = vec![format!("image \"{}\"", page.file.replace(['"', '\\', '\n', '\r'], "_"))];
        if let (Some(width), Some(height)) = (content.width, content.height) {
            title.push(format!("bbox 0 0 {width} {height}"));
        }
        title.push(format!("ppageno {}", page.number.saturating_sub(1)));
        if content.rotation != 0 {
            title.push(format!("x_rotation {}", content.rotation));
        }
        let mut attributes = element("ocr_page", &title);
        attributes.push(("id", format!("page_{}", self.page)));
        attributes.extend(placed_text::language(content).map(|language| ("lang", language)));
        self.xml.raw("\n")?;
        self.xml.start("div", &attributes)?;
        for block in &content.blocks {
            self.block += 1;
            let bounds = block.bounds.or_else(|| block.text().and_then(placed_text::bounds));
            let mut attributes = element("ocr_carea", &properties(bounds, None));
            attributes.push(("id", format!("block_{}_{}", self.page, self.block)));
            self.xml.raw("\n")?;
            self.xml.start("div", &attributes)?;
            self.block(block)?;
            self.xml.end("div")?;
        }
        self.xml.end("div")?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        if self.page == 0 {
            let content = inkstream_content::PageContent::default();
            self.head(&SourcePage { file: "", number: 1, engine: None, warnings: &[], content: &content })?;
        }
        self.xml.end("body")?;
        self.xml.end("html")?;
        self.xml.raw("\n")?;
        self.xml.flush()?;
        Ok(())
    }
}

const fn furniture(role: FurnitureRole) -> &'static str {
    match role {
        FurnitureRole::RunningHead => "ocr_header",
        FurnitureRole::RunningFoot => "ocr_footer",
        FurnitureRole::PageNumber => "ocr_pageno",
        FurnitureRole::Watermark => "ocr_textfloat",
    }
}

/// The properties of an element: its box as left, top, right and bottom, and its confidence.
fn properties(bounds: Option<BoundingBox>, confidence: Option<f32>) -> Vec<String> {
    let corners = |b: BoundingBox| {
        format!("bbox {} {} {} {}", b.x, b.y, b.x.saturating_add(b.width), b.y.saturating_add(b.height))
    };
    let confidence = confidence.map(|confidence| format!("x_wconf {}", confidence.round()));
    bounds.map(corners).into_iter().chain(confidence).collect()
}

fn attributes(properties: &[String]) -> Vec<Attribute<'static>> {
    if properties.is_empty() { Vec::new() } else { vec![("title", properties.join("; "))] }
}

fn element(class: &str, properties: &[String]) -> Vec<Attribute<'static>> {
    let mut all = vec![("class", class.to_owned())];
    all.extend(attributes(properties));
    all
}

//! ALTO 4.4 (<https://www.loc.gov/standards/alto/v4/alto-4-4.xsd>): blocks, lines and strings with their places in pixels, and the
//! confidence of strings (`WC`, 0 to 1).
//!
//! The schema demands no places, so what has none on the page, as the text of a vision model, is written without. It knows no tables: a
//! table is a `ComposedBlock` of the type `table` with a block for each cell, whose ID ends with its row and column, from 1. The pages of
//! all files are in one `Layout`; `fileName` is that of the first.

use std::io::{self, Write};

use inkstream_content::{Block, BlockKind, BoundingBox, FurnitureRole, RichText, Table};

use crate::{
    Export, ExportError, SourcePage,
    placed_text::{self, PlacedLine, PlacedWord},
    xml::{Attribute, Xml},
};

const NAMESPACE: &str = "http://www.loc.gov/standards/alto/ns-v4#";
const SCHEMA: &str = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd";
/// What blocks are, beyond what elements tell.
const TAGS: [&str; 7] = ["heading", "running_head", "running_foot", "page_number", "watermark", "formula", "code"];

/// A file that is being written.
pub(crate) struct Alto<W: Write> {
    xml: Xml<W>,
    /// The numbers of the last page, and of the last block of that page.
    page: u64,
    block: u64,
}

impl<W: Write> Alto<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { xml: Xml::new(out), page: 0, block: 0 }
    }

    fn head(&mut self, page: &SourcePage<'_>) -> io::Result<()> {
        let xml = &mut self.xml;
        xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        let namespaces = [
            ("xmlns", NAMESPACE.to_owned()),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance".to_owned()),
            ("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}")),
            ("SCHEMAVERSION", "4.4".to_owned()),
        ];
        xml.start("alto", &namespaces)?;
        xml.start("Description", &[])?;
        xml.with_text("MeasurementUnit", &[], "pixel")?;
        xml.start("sourceImageInformation", &[])?;
        xml.with_text("fileName", &[], page.file)?;
        xml.end("sourceImageInformation")?;
        xml.start("Processing", &[("ID", "reading".to_owned())])?;
        xml.with_text("processingStepDescription", &[], &format!("OCR {}", page.engine.unwrap_or_default()))?;
        xml.start("processingSoftware", &[])?;
        xml.with_text("softwareName", &[], "Inkstream")?;
        xml.end("processingSoftware")?;
        xml.end("Processing")?;
        xml.end("Description")?;
        xml.start("Tags", &[])?;
        for tag in TAGS {
            xml.empty("LayoutTag", &[("ID", tag.to_owned()), ("LABEL", tag.replace('_', " "))])?;
        }
        xml.end("Tags")?;
        xml.start("Layout", &[])
    }

    /// The attributes of the next block.
    fn next_block(&mut self, bounds: Option<BoundingBox>) -> Vec<Attribute<'static>> {
        self.block += 1;
        let mut attributes = vec![("ID", format!("block_{}_{}", self.page, self.block))];
        attributes.extend(place(bounds));
        attributes
    }

    fn block(&mut self, block: &Block) -> io::Result<()> {
        match &block.kind {
            BlockKind::Heading { text, .. } => self.text(block.bounds, Some("heading"), text),
            BlockKind::Paragraph { text } => self.text(block.bounds, None, text),
            BlockKind::Furniture { role, text } => self.text(block.bounds, Some(furniture(*role)), text),
            BlockKind::Formula { latex } => self.lines(block.bounds, Some("formula"), &unplaced(latex)),
            BlockKind::Code { code, .. } => self.lines(block.bounds, Some("code"), &unplaced(code)),
            BlockKind::Quote { blocks } => {
                self.composed(block.bounds, "quote", |alto| blocks.iter().try_for_each(|block| alto.block(block)))
            }
            BlockKind::List { items } => self.composed(block.bounds, "list", |alto| {
                items.iter().try_for_each(|item| {
                    alto.lines(None, None, &unplaced(&item.marker))?;
                    item.blocks.iter().try_for_each(|block| alto.block(block))
                })
            }),
            BlockKind::Table(table) => self.table(block.bounds, table),
            BlockKind::Figure { text } => {
                let attributes = self.next_block(block.bounds);
                self.xml.empty("Illustration", &attributes)?;
                // The caption's place is that of its lines: the block's is the figure's.
                self.text(None, None, text)
            }
            BlockKind::Rule => {
                let attributes = self.next_block(block.bounds);
                self.xml.empty("GraphicalElement", &attributes)
            }
        }
    }

    fn composed(
        &mut self,
        bounds: Option<BoundingBox>,
        kind: &str,
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut attributes = self.next_block(bounds);
        attributes.push(("TYPE", kind.to_owned()));
        self.xml.start("ComposedBlock", &attributes)?;
        content(self)?;
        self.xml.end("ComposedBlock")
    }

    fn table(&mut self, bounds: Option<BoundingBox>, table: &Table) -> io::Result<()> {
        if let Some(caption) = &table.caption {
            self.text(None, None, caption)?;
        }
        self.composed(bounds, "table", |alto| {
            let number = alto.block;
            for cell in &table.cells {
                let bounds = cell.bounds.or_else(|| placed_text::bounds(&cell.text));
                let id = format!("block_{}_{number}_{}_{}", alto.page, cell.row + 1, cell.column + 1);
                let attributes: Vec<_> = std::iter::once(("ID", id)).chain(place(bounds)).collect();
                alto.text_block(&attributes, &placed_text::lines(&cell.text))?;
            }
            Ok(())
        })
    }

    fn text(&mut self, bounds: Option<BoundingBox>, tag: Option<&str>, text: &RichText) -> io::Result<()> {
        self.lines(bounds.or_else(|| placed_text::bounds(text)), tag, &placed_text::lines(text))
    }

    fn lines(&mut self, bounds: Option<BoundingBox>, tag: Option<&str>, lines: &[PlacedLine<'_>]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut attributes = self.next_block(bounds);
        attributes.extend(tag.map(|tag| ("TAGREFS", tag.to_owned())));
        self.text_block(&attributes, lines)
    }

    fn text_block(&mut self, attributes: &[Attribute<'_>], lines: &[PlacedLine<'_>]) -> io::Result<()> {
        self.xml.start("TextBlock", attributes)?;
        for (index, line) in lines.iter().enumerate() {
            self.xml.start("TextLine", &place(line.bounds).collect::<Vec<_>>())?;
            for (at, word) in line.words.iter().enumerate() {
                if at > 0 {
                    self.xml.empty("SP", &[])?;
                }
                let is_last = at + 1 == line.words.len() && index + 1 < lines.len();
                self.word(word, is_last)?;
            }
            self.xml.end("TextLine")?;
        }
        self.xml.end("TextBlock")?;
        self.xml.raw("\n")
    }

    /// Writes a word. A hyphen at the end of a line that is not the last one of its block is an element of its own.
    fn word(&mut self, word: &PlacedWord<'_>, may_be_hyphenated: bool) -> io::Result<()> {
        let part = word.text.strip_suffix(['-', '\u{ad}', '‐']).filter(|part| may_be_hyphenated && !part.is_empty());
        let mut attributes = vec![("CONTENT", part.unwrap_or(word.text).to_owned())];
        attributes.extend(place(word.bounds));
        attributes.extend(word.confidence.map(|it| ("WC", format!("{:.2}", it / 100.0))));
        self.xml.empty("String", &attributes)?;
        match part {
            Some(part) => self.xml.empty("HYP", &[("CONTENT", word.text[part.len()..].to_owned())]),
            None => Ok(()),
        }
    }
}

impl<W: Write> Export for Alto<W> {
    fn page(&mut self, page: &SourcePage<'_>) -> Result<(), ExportError> {
        if self.page == 0 {
            self.head(page)?;
        }
        self.page += 1;
        self.block = 0;
        let content = page.content;
        let mut attributes = vec![("ID", format!("page_{}", self.page)), ("PHYSICAL_IMG_NR", page.number.to_string())];
        let size = content.width.zip(content.height).map(|(width, height)| BoundingBox { x: 0, y: 0, width, height });
        attributes
            .extend(size.into_iter().flat_map(|b| [("WIDTH", b.width.to_string()), ("HEIGHT", b.height.to_string())]));
        if !page.warnings.is_empty() {
            attributes.push(("QUALITY_DETAIL", page.warnings.join(" ")));
        }
        if content.rotation != 0 {
            attributes.push(("ROTATION", content.rotation.to_string()));
        }
        attributes.extend(placed_text::language(content).map(|language| ("LANG", language)));
        self.xml.raw("\n")?;
        self.xml.start("Page", &attributes)?;
        self.xml.start("PrintSpace", &place(size).collect::<Vec<_>>())?;
        content.blocks.iter().try_for_each(|block| self.block(block))?;
        self.xml.end("PrintSpace")?;
        self.xml.end("Page")?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        if self.page == 0 {
            // A layout has at least one page.
            let content = inkstream_content::PageContent::default();
            self.page(&SourcePage { file: "", number: 1, engine: None, warnings: &[], content: &content })?;
        }
        self.xml.end("Layout")?;
        self.xml.end("alto")?;
        self.xml.raw("\n")?;
        self.xml.flush()?;
        Ok(())
    }
}

fn unplaced(text: &str) -> Vec<PlacedLine<'_>> {
    placed_text::unplaced(text).collect()
}

/// The place of an element, if it is known.
fn place(bounds: Option<BoundingBox>) -> impl Iterator<Item = Attribute<'static>> {
    bounds
        .into_iter()
        .flat_map(|b| [("HPOS", b.x), ("VPOS", b.y), ("WIDTH", b.width), ("HEIGHT", b.height)])
        .map(|(name, pixels)| (name, pixels.to_string()))
}

const fn furniture(role: FurnitureRole) -> &'static str {
    match role {
        FurnitureRole::RunningHead => "running_head",
        FurnitureRole::RunningFoot => "running_foot",
        FurnitureRole::PageNumber => "page_number",
        FurnitureRole::Watermark => "watermark",
    }
}

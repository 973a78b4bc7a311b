//! Collects a page of located elements: its text, its blocks and its regions.

use inkstream_content::{
    Block, BlockKind, BoundingBox, FurnitureRole, PageContent, Region, RegionKind, RichText, StyleKind, TextRange,
};
use inkstream_core::ports::PageStructure;
use inkstream_wire::PixelBox;

use super::TextChunk;

/// The maximum length of the text that an element's region holds, in bytes.
const MAX_BLOCK_TEXT: usize = 16 * 1024;
/// The maximum number of boxes of a page.
const MAX_BOXES: usize = 2_000;

/// What an element is. Labels that mean nothing more than "text" or "table" are `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Title,
    Section,
    Furniture(FurnitureRole),
    Figure,
    Formula,
    Code,
    ListItem,
    Blank,
    Other,
}

impl Label {
    /// The meaning of a label of Chandra, dots.ocr or LightOnOCR-3.
    pub(super) fn parse(label: &str) -> Self {
        match label.to_ascii_lowercase().replace('-', "_").as_str() {
            "title" => Self::Title,
            "section_header" | "section" => Self::Section,
            "page_header" | "header" => Self::Furniture(FurnitureRole::RunningHead),
            "page_footer" | "footer" => Self::Furniture(FurnitureRole::RunningFoot),
            "page_number" => Self::Furniture(FurnitureRole::PageNumber),
            "picture" | "image" | "figure" | "diagram" => Self::Figure,
            "formula" | "equation_block" => Self::Formula,
            "code" | "code_block" => Self::Code,
            "list_item" => Self::ListItem,
            "blank_page" => Self::Blank,
            _ => Self::Other,
        }
    }

    /// The block, as this label makes it.
    pub(super) fn apply(self, mut block: Block) -> Block {
        block.kind = match (self, block.kind) {
            (Self::Title, BlockKind::Paragraph { text }) => BlockKind::Heading { level: 1, text },
            (Self::Section, BlockKind::Paragraph { text }) => BlockKind::Heading { level: 2, text },
            (Self::Furniture(role), BlockKind::Paragraph { text } | BlockKind::Heading { text, .. }) => {
                let role = if is_page_number(&text.text) { FurnitureRole::PageNumber } else { role };
                BlockKind::Furniture { role, text }
            }
            (Self::Formula, BlockKind::Paragraph { text }) if is_formula(&text) => {
                BlockKind::Formula { latex: text.text }
            }
            (Self::Code, BlockKind::Paragraph { text }) => BlockKind::Code { language: None, code: text.text },
            (_, kind) => kind,
        };
        block
    }
}

/// Whether a running head or foot is nothing but the page's number: `7`, `- 7 -`, `7/12`.
fn is_page_number(text: &str) -> bool {
    text.chars().any(char::is_numeric)
        && text.chars().all(|letter| letter.is_numeric() || matches!(letter, ' ' | '-' | '–' | '—' | '/' | '|' | '.'))
}

/// Whether the whole text is one formula.
fn is_formula(text: &RichText) -> bool {
    let whole = TextRange::new(0, text.text.chars().count() as u32);
    text.styles.iter().any(|style| style.kind == StyleKind::Formula && style.range == whole)
}

/// A page in progress.
#[derive(Default)]
pub(super) struct LayoutPage {
    content: PageContent,
    /// The number of characters of text that were emitted.
    characters: u32,
    elements: u32,
    open: Vec<Element>,
}

/// An element whose blocks follow.
pub(super) struct Element {
    pub(super) label: Label,
    bounds: Option<PixelBox>,
    /// The index of its region, and the bytes of text that the region still has room for.
    region: Option<(usize, usize)>,
    has_figure: bool,
}

/// How an element's text is connected to the text before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// It is a block of its own.
    Block,
    /// It is an item of the same list, if the text before it is one.
    Item,
    /// It continues the paragraph before it.
    Continuation,
}

impl LayoutPage {
    /// Begins an element, within the one that is open.
    pub(super) fn begin(&mut self, label: Label, bounds: Option<PixelBox>) {
        let number = self.elements;
        self.elements += 1;
        let bounds = bounds.filter(|_| label != Label::Blank && self.content.regions.len() < MAX_BOXES);
        let region = bounds.map(|bounds| {
            let kind = if label == Label::Figure { RegionKind::Figure } else { RegionKind::Block };
            let source = Some(TextRange::new(self.characters, self.characters));
            self.content.regions.push(Region { number, kind, bounds, source });
            (self.content.regions.len() - 1, MAX_BLOCK_TEXT)
        });
        self.open.push(Element { label, bounds, region, has_figure: false });
    }

    /// The innermost open element.
    pub(super) fn element(&self) -> Option<&Element> {
        self.open.last()
    }

    /// Ends the innermost element. A figure of which nothing was said is a block, too.
    pub(super) fn end(&mut self) {
        let Some(Element { label, bounds, has_figure, .. }) = self.open.pop() else { return };
        if label == Label::Figure && bounds.is_some() && !has_figure {
            let kind = BlockKind::Figure { text: RichText::default() };
            self.content.blocks.push(Block { bounds, ..Block::new(kind) });
        }
    }

    /// Adds text of the open element, with its blocks, whose ranges are in this text.
    pub(super) fn add(&mut self, text: &str, blocks: Vec<Block>, joint: Joint, out: &mut Vec<TextChunk>) {
        let continues = self.continues(&blocks, joint);
        let bounds = self.open.last().and_then(|element| element.bounds);
        let separator = match joint {
            _ if self.characters == 0 || text.is_empty() => "",
            Joint::Continuation if continues => " ",
            Joint::Item if continues => "\n",
            _ => "\n\n",
        };
        let start = self.characters + separator.len() as u32;
        if !text.is_empty() {
            self.characters = start + text.chars().count() as u32;
            self.extend_region(start, text);
            out.push(TextChunk { text: format!("{separator}{text}"), bounds });
        }
        for (at, mut block) in blocks.into_iter().enumerate() {
            block.move_source(start);
            block.bounds = bounds;
            if let (Some(element), BlockKind::Figure { .. }) = (self.open.last_mut(), &block.kind) {
                element.has_figure = true;
            }
            match self.content.blocks.last_mut().filter(|_| continues && at == 0) {
                Some(last) => join(last, block),
                None => self.content.blocks.push(block),
            }
        }
    }

    /// Whether the first of these blocks belongs to the last one of the page.
    fn continues(&self, blocks: &[Block], joint: Joint) -> bool {
        let (Some(block), Some(last)) = (blocks.first(), self.content.blocks.last()) else { return false };
        match joint {
            Joint::Block => false,
            Joint::Item => matches!((&last.kind, &block.kind), (BlockKind::List { .. }, BlockKind::List { .. })),
            Joint::Continuation => {
                matches!((&last.kind, &block.kind), (BlockKind::Paragraph { .. }, BlockKind::Paragraph { .. }))
            }
        }
    }

    /// Extends the region of the open element over this text. A full region is not extended any more.
    fn extend_region(&mut self, start: u32, text: &str) {
        let Some(Element { region: Some((index, room)), .. }) = self.open.last_mut() else { return };
        let Some(source) = self.content.regions.get_mut(*index).and_then(|region| region.source.as_mut()) else {
            return;
        };
        if source.start == source.end {
            (source.start, source.end) = (start, start);
        }
        let held = &text[..text.floor_char_boundary(*room)];
        if !held.is_empty() {
            source.end = start + held.chars().count() as u32;
        }
        *room = if held.len() == text.len() { *room - held.len() } else { 0 };
    }

    /// The structure of the page.
    pub(super) fn finish(mut self) -> PageStructure {
        while !self.open.is_empty() {
            self.end();
        }
        PageStructure::Content(self.content)
    }
}

/// Appends a list's items, or the text of a paragraph.
fn join(last: &mut Block, next: Block) {
    if let (Some(range), Some(added)) = (&mut last.source, next.source) {
        range.end = added.end;
    }
    last.bounds = last.bounds.zip(next.bounds).map(|(last, next)| BoundingBox::union(last, next)).or(last.bounds);
    match (&mut last.kind, next.kind) {
        (BlockKind::List { items }, BlockKind::List { items: added }) => items.extend(added),
        (BlockKind::Paragraph { text }, BlockKind::Paragraph { text: added }) => {
            text.text.push(' ');
            let by = text.text.chars().count() as u32;
            text.text.push_str(&added.text);
            text.styles.extend(added.styles.into_iter().map(|mut style| {
                style.range = TextRange::new(style.range.start + by, style.range.end + by);
                style
            }));
        }
        _ => {}
    }
}

use serde::{Deserialize, Serialize};

use crate::{BoundingBox, Table};

/// The version of the stored form. A reader takes every version up to its own.
pub const VERSION: u32 = 1;

/// What was read on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageContent {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// Width in pixels of the image that all bounds are in; `None` where nothing is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Its height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// How that image is turned against the page of the file, clockwise in degrees: 0, 90, 180 or 270.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rotation: u16,
    /// Languages of the text, the main one first, as the engine names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The blocks, in reading order.
    pub blocks: Vec<Block>,
}

impl Default for PageContent {
    fn default() -> Self {
        Self { version: VERSION, width: None, height: None, rotation: 0, languages: Vec::new(), blocks: Vec::new() }
    }
}

impl PageContent {
    /// Content of these blocks, and nothing else known.
    pub fn of(blocks: Vec<Block>) -> Self {
        Self { blocks, ..Self::default() }
    }

    /// The tables of the page, also those inside quotes and lists, in reading order.
    pub fn tables(&self) -> Vec<&Table> {
        let mut tables = Vec::new();
        for block in &self.blocks {
            block.visit(&mut |block| {
                if let BlockKind::Table(table) = &block.kind {
                    tables.push(table);
                }
            });
        }
        tables
    }
}

/// A part of the page that stands by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(no_recursion))]
pub struct Block {
    /// What it is.
    #[serde(flatten)]
    pub kind: BlockKind,
    /// Where it is, if known.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// Which part of the page's text, as the engine wrote it, it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<TextRange>,
}

impl Block {
    /// A block of which nothing else is known.
    pub fn of(kind: BlockKind) -> Self {
        Self { kind, bounds: None, source: None }
    }

    /// Calls `visit` with this block and all blocks inside it, each before those inside it.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Block)) {
        visit(self);
        match &self.kind {
            BlockKind::Quote { blocks } => blocks.iter().for_each(|block| block.visit(visit)),
            BlockKind::List { items } => {
                items.iter().flat_map(|item| &item.blocks).for_each(|block| block.visit(visit));
            }
            _ => {}
        }
    }

    /// The text of a block that is a single stretch of text.
    pub fn text(&self) -> Option<&RichText> {
        match &self.kind {
            BlockKind::Heading { text, .. }
            | BlockKind::Paragraph { text }
            | BlockKind::Figure { text }
            | BlockKind::Furniture { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// The kinds of blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(no_recursion))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading.
    Heading {
        /// 1 (the document's) to 6.
        level: u8,
        /// Its text.
        text: RichText,
    },
    /// A paragraph; its lines are separated by line feeds where the engine told them.
    Paragraph {
        /// Its text.
        text: RichText,
    },
    /// A quotation.
    Quote {
        /// What is quoted.
        blocks: Vec<Block>,
    },
    /// A list.
    List {
        /// The items.
        items: Vec<ListItem>,
    },
    /// A table.
    Table(Table),
    /// A picture within the page.
    Figure {
        /// Its caption, or what the engine says that it shows.
        text: RichText,
    },
    /// A formula that stands by itself.
    Formula {
        /// It, in LaTeX without delimiters.
        latex: String,
    },
    /// Program code, or other text of which every blank counts.
    Code {
        /// The language, where told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// The code.
        code: String,
    },
    /// What belongs to the sheet of paper rather than to the text.
    Furniture {
        /// What it is.
        role: FurnitureRole,
        /// Its text.
        text: RichText,
    },
    /// A line across the page between two parts of the text.
    Rule,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(no_recursion))]
pub struct ListItem {
    /// What stands before it, as it was written: `-`, `*`, `+`, or a number with its sign, which need not follow on the
    /// one before.
    pub marker: String,
    /// Whether its box is checked; `None` for an item without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// What a piece of page furniture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FurnitureRole {
    /// A running head.
    RunningHead,
    /// A running foot.
    RunningFoot,
    /// The page's number.
    PageNumber,
    /// A watermark.
    Watermark,
}

/// Text with its styles and, where the engine told them, its lines and words. Ranges count the characters of `text`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RichText {
    /// The text, without any markup; lines are separated by line feeds.
    pub text: String,
    /// Stretches that are set apart, in order of their begin; they may overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub styles: Vec<Style>,
    /// The lines, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
}

impl RichText {
    /// Text of which nothing else is known.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Whether nothing is written.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// A stretch of text that is set apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Style {
    /// Which characters.
    pub range: TextRange,
    /// How.
    #[serde(flatten)]
    pub kind: StyleKind,
}

/// How text is set apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "style", rename_all = "snake_case")]
pub enum StyleKind {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Underlined.
    Underline,
    /// Struck through.
    Strikethrough,
    /// Raised.
    Superscript,
    /// Lowered.
    Subscript,
    /// Code.
    Code,
    /// A formula in LaTeX, without delimiters.
    Formula,
    /// A link. Its address comes from a model: who shows it decides whether it is safe.
    Link {
        /// The address.
        url: String,
    },
}

/// A line of text on the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    /// Which characters of the block's text it has.
    pub range: TextRange,
    /// Where it is, if known.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// The engine's confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Its words, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Word {
    /// Which characters of the block's text it has.
    pub range: TextRange,
    /// Where it is.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// The engine's confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// `[start, end]`: characters (Unicode scalar values) from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "[u32; 2]", into = "[u32; 2]")]
pub struct TextRange {
    /// The first character.
    pub start: u32,
    /// The character after the last.
    pub end: u32,
}

impl TextRange {
    /// The characters from `start` up to, not including, `end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// That part of `text`; what lies beyond its end is left out.
    pub fn slice(self, text: &str) -> &str {
        let byte = |at: u32| text.char_indices().nth(at as usize).map_or(text.len(), |(byte, _)| byte);
        let start = byte(self.start);
        text.get(start..byte(self.end).max(start)).unwrap_or_default()
    }
}

impl From<[u32; 2]> for TextRange {
    fn from([start, end]: [u32; 2]) -> Self {
        Self { start, end }
    }
}

impl From<TextRange> for [u32; 2] {
    fn from(range: TextRange) -> Self {
        [range.start, range.end]
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for TextRange {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <Vec<u32>>::schema()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for TextRange {}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(rotation: &u16) -> bool {
    *rotation == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_characters_and_never_leaves_the_text() {
        assert_eq!(TextRange::new(1, 3).slice("häß☐"), "äß");
        assert_eq!(TextRange::new(2, 99).slice("häß☐"), "ß☐");
        assert_eq!(TextRange::new(9, 12).slice("häß☐"), "");
        assert_eq!(TextRange::new(3, 1).slice("häß☐"), "");
    }

    #[test]
    fn content_survives_the_way_to_json_and_back() {
        let text = RichText {
            text: "Dear Ada".to_owned(),
            styles: vec![
                Style { range: TextRange::new(0, 4), kind: StyleKind::Bold },
                Style { range: TextRange::new(5, 8), kind: StyleKind::Link { url: "https://a.example".to_owned() } },
            ],
            lines: vec![Line {
                range: TextRange::new(0, 8),
                bounds: Some(BoundingBox { x: 1, y: 2, width: 3, height: 4 }),
                confidence: Some(91.5),
                words: vec![Word { range: TextRange::new(0, 4), bounds: None, confidence: None }],
            }],
        };
        let item = ListItem { marker: "3.".to_owned(), checked: Some(true), blocks: vec![Block::of(BlockKind::Rule)] };
        let content = PageContent {
            width: Some(10),
            rotation: 90,
            ..PageContent::of(vec![
                Block::of(BlockKind::Paragraph { text }),
                Block::of(BlockKind::Table(Table::default())),
                Block::of(BlockKind::List { items: vec![item] }),
            ])
        };
        let json = serde_json::to_string_pretty(&content).unwrap();
        assert_eq!(serde_json::from_str::<PageContent>(&json).unwrap(), content);
        insta::assert_snapshot!("content", json);
    }
}

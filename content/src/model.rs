use serde::{Deserialize, Serialize};

use crate::{BoundingBox, Table};

/// The version of the stored format. A reader accepts every version up to its own.
pub const VERSION: u32 = 1;

/// The content of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageContent {
    /// The writer's [`VERSION`].
    pub version: u32,
    /// Width in pixels of the page image, in whose pixels all bounds are; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height of the page image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Rotation of the page image relative to the page of the file, clockwise in degrees: 0, 90, 180 or 270.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rotation: u16,
    /// Languages of the text, the main one first, by the engine's names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The regions that the engine located, in its order. Each holds blocks, a part of one, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// The blocks, in reading order.
    pub blocks: Vec<Block>,
}

/// A region of the page image, as the engine located it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Region {
    /// The engine's number. A region that consists of several rectangles has one entry for each.
    pub number: u32,
    /// What it surrounds.
    pub kind: RegionKind,
    /// Its bounds.
    #[serde(rename = "box")]
    pub bounds: BoundingBox,
    /// Its range in the engine's text of the page, if that is how the engine tells what is in it. Other engines locate lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<TextRange>,
}

/// The kinds of regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RegionKind {
    /// A block of text.
    Block,
    /// A figure.
    Figure,
}

impl Default for PageContent {
    fn default() -> Self {
        Self {
            version: VERSION,
            width: None,
            height: None,
            rotation: 0,
            languages: Vec::new(),
            regions: Vec::new(),
            blocks: Vec::new(),
        }
    }
}

impl PageContent {
    /// Content with only blocks.
    pub fn new(blocks: Vec<Block>) -> Self {
        Self { blocks, ..Self::default() }
    }

    /// The tables of the page in reading order, including those in quotes and lists.
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

/// A separate part of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(no_recursion))]
pub struct Block {
    /// Its kind, with its text.
    #[serde(flatten)]
    pub kind: BlockKind,
    /// Its bounds, if known.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// Its range in the engine's text of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<TextRange>,
    /// The number of the region that its lines are in, or that this figure is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<u32>,
    /// The engine's number of this paragraph. Paragraphs without text are counted, too, so that numbers may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paragraph: Option<u32>,
}

impl Block {
    /// A block with only its kind.
    pub fn new(kind: BlockKind) -> Self {
        Self { kind, bounds: None, source: None, region: None, paragraph: None }
    }

    /// Calls `visit` with this block and all blocks in it, parents first.
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

    /// Moves the ranges of this block and of all blocks in it by this many characters: the engine's text before them has grown.
    pub fn move_source(&mut self, characters: u32) {
        self.visit_mut(&mut |block| {
            if let Some(range) = &mut block.source {
                *range = TextRange::new(range.start + characters, range.end + characters);
            }
        });
    }

    /// The same for changes.
    pub(crate) fn visit_mut(&mut self, visit: &mut impl FnMut(&mut Self)) {
        visit(self);
        match &mut self.kind {
            BlockKind::Quote { blocks } => blocks.iter_mut().for_each(|block| block.visit_mut(visit)),
            BlockKind::List { items } => {
                items.iter_mut().flat_map(|item| &mut item.blocks).for_each(|block| block.visit_mut(visit));
            }
            _ => {}
        }
    }

    /// The text of a block that consists of one text.
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
        /// 1 (the title) to 6.
        level: u8,
        /// Its text.
        text: RichText,
    },
    /// A paragraph. Its lines, if known, are separated by line feeds.
    Paragraph {
        /// Its text.
        text: RichText,
    },
    /// A quotation.
    Quote {
        /// The quoted blocks.
        blocks: Vec<Block>,
    },
    /// A list.
    List {
        /// The items.
        items: Vec<ListItem>,
    },
    /// A table.
    Table(Table),
    /// A figure within the page.
    Figure {
        /// Its caption, or the engine's description.
        text: RichText,
    },
    /// A display formula.
    Formula {
        /// The formula in LaTeX, without delimiters.
        latex: String,
    },
    /// Program code, or other text in which white space is significant.
    Code {
        /// The language, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// The code.
        code: String,
    },
    /// Page furniture, which belongs to the sheet rather than to the text.
    Furniture {
        /// Its role.
        role: FurnitureRole,
        /// Its text.
        text: RichText,
    },
    /// A horizontal rule between two parts of the text.
    Rule,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(no_recursion))]
pub struct ListItem {
    /// Its marker as written: a bullet such as `-`, or a number or letter with its punctuation. Numbers need not be consecutive.
    pub marker: String,
    /// The bounds of the marker, if known.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub marker_bounds: Option<BoundingBox>,
    /// Whether its check box is checked; `None` without a check box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// The role of page furniture.
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

/// Text with its styles and, if known, its lines and words. Ranges count the characters of `text`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RichText {
    /// The text without markup. Lines are separated by line feeds.
    pub text: String,
    /// Styled ranges in order of their start. They may overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub styles: Vec<Style>,
    /// The lines, if known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
}

impl RichText {
    /// Text without styles and lines.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Whether the text is empty or white space.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// A styled range of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Style {
    /// The styled characters.
    pub range: TextRange,
    /// The style.
    #[serde(flatten)]
    pub kind: StyleKind,
}

/// The kinds of styles.
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
    /// A link. Its URL comes from a model, so a view must check whether it is safe.
    Link {
        /// The URL.
        url: String,
    },
}

/// A line of text on the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    /// Its range in the block's text.
    pub range: TextRange,
    /// The engine's number of this line on the page. Lines without text are counted, too, so that numbers may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Its bounds, if known.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// The engine's confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Its words, if known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Word {
    /// Its range in the block's text.
    pub range: TextRange,
    /// Its bounds.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// The engine's confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// `[start, end]`: the characters (Unicode scalar values) from `start` up to and excluding `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "[u32; 2]", into = "[u32; 2]")]
pub struct TextRange {
    /// The first character.
    pub start: u32,
    /// The character after the last.
    pub end: u32,
}

impl TextRange {
    /// The characters from `start` up to and excluding `end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The range of `text`, limited to its end.
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
    fn a_range_counts_characters_and_stays_within_the_text() {
        assert_eq!(TextRange::new(1, 3).slice("häß☐"), "äß");
        assert_eq!(TextRange::new(2, 99).slice("häß☐"), "ß☐");
        assert_eq!(TextRange::new(9, 12).slice("häß☐"), "");
        assert_eq!(TextRange::new(3, 1).slice("häß☐"), "");
    }

    #[test]
    fn content_is_equal_after_a_round_trip_through_json() {
        let text = RichText {
            text: "Dear Ada".to_owned(),
            styles: vec![
                Style { range: TextRange::new(0, 4), kind: StyleKind::Bold },
                Style { range: TextRange::new(5, 8), kind: StyleKind::Link { url: "https://a.example".to_owned() } },
            ],
            lines: vec![Line {
                range: TextRange::new(0, 8),
                number: Some(3),
                bounds: Some(BoundingBox { x: 1, y: 2, width: 3, height: 4 }),
                confidence: Some(91.5),
                words: vec![Word { range: TextRange::new(0, 4), bounds: None, confidence: None }],
            }],
        };
        let item = ListItem {
            marker: "3.".to_owned(),
            marker_bounds: None,
            checked: Some(true),
            blocks: vec![Block::new(BlockKind::Rule)],
        };
        let content = PageContent {
            width: Some(10),
            rotation: 90,
            regions: vec![Region {
                number: 2,
                kind: RegionKind::Figure,
                bounds: BoundingBox { x: 1, y: 2, width: 3, height: 4 },
                source: Some(TextRange::new(0, 3)),
            }],
            ..PageContent::new(vec![
                Block::new(BlockKind::Paragraph { text }),
                Block::new(BlockKind::Table(Table::default())),
                Block::new(BlockKind::List { items: vec![item] }),
            ])
        };
        let json = serde_json::to_string_pretty(&content).unwrap();
        assert_eq!(serde_json::from_str::<PageContent>(&json).unwrap(), content);
        insta::assert_snapshot!("content", json);
    }
}

use serde::{Deserialize, Serialize};

/// `[x, y, width, height]` in pixels of the page image, whose `width` and `height` are in `page_start` (in `start` for a single image).
/// The origin is the top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct BoundingBox {
    /// Distance from the page's left edge.
    pub x: u32,
    /// Distance from the page's top edge.
    pub y: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for BoundingBox {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <Vec<u32>>::schema()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for BoundingBox {}

impl From<[u32; 4]> for BoundingBox {
    fn from([x, y, width, height]: [u32; 4]) -> Self {
        Self { x, y, width, height }
    }
}

impl BoundingBox {
    /// The smallest box around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = self.x.saturating_add(self.width).max(other.x.saturating_add(other.width));
        let bottom = self.y.saturating_add(self.height).max(other.y.saturating_add(other.height));
        Self { x, y, width: right - x, height: bottom - y }
    }
}

impl From<BoundingBox> for [u32; 4] {
    fn from(b: BoundingBox) -> Self {
        [b.x, b.y, b.width, b.height]
    }
}

/// What a box surrounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BoxKind {
    /// One word.
    Word,
    /// One line of text.
    Line,
    /// A block of paragraphs.
    Block,
    /// A figure within the page.
    Figure,
    /// An occurrence of the reference that the caller asked to locate.
    Reference,
}

/// An occurrence of a reference that was located on a page, or the part of it that is on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// The text that was found.
    pub text: String,
    /// Its bounds.
    pub bounds: BoundingBox,
    /// The engine's confidence, 0 to 100.
    pub confidence: Option<f32>,
    /// The numbers of the region, the paragraph and the line that it is in, if the page was read.
    pub region: Option<u32>,
    /// See `region`.
    pub paragraph: Option<u32>,
    /// See `region`.
    pub line: Option<u32>,
}

impl Occurrence {
    /// As a box of kind [`BoxKind::Reference`].
    pub fn to_box(&self) -> TextBox {
        TextBox {
            kind: BoxKind::Reference,
            bounds: self.bounds,
            text: self.text.clone(),
            confidence: self.confidence,
            block: self.region,
            paragraph: self.paragraph,
            line: self.line,
        }
    }
}

/// A recognized part of the page with its bounds, confidence, and its numbers in the tree of blocks, paragraphs and lines, each counted
/// from 0 over the page. Answers contain it; it is made from [`PageContent`](crate::PageContent) and from occurrences alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextBox {
    /// What the box surrounds.
    pub kind: BoxKind,
    /// Its bounds.
    #[serde(rename = "box")]
    pub bounds: BoundingBox,
    /// The text inside; empty for figures and for blocks whose lines have boxes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The engine's confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// The block this belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// The paragraph this belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paragraph: Option<u32>,
    /// The line this belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

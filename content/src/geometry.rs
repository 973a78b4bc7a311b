use serde::{Deserialize, Serialize};

/// `[x, y, width, height]` in page pixels: the picture whose `width` and `height` stand on
/// `page_start` (on `start` for a single picture). The origin is the top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct BoundingBox {
    /// Distance of the left edge from the page's left edge.
    pub x: u32,
    /// Distance of the top edge from the page's top edge.
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
    /// A picture within the page.
    Figure,
    /// What the caller asked to locate.
    Reference,
}

/// A recognised place: what stands there, how sure the engine is, and where it belongs in the
/// block, paragraph and line tree (each counted from 0 over the page).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextBox {
    /// What the box surrounds.
    pub kind: BoxKind,
    /// Where it is.
    #[serde(rename = "box")]
    pub bounds: BoundingBox,
    /// The text inside; empty for figures, and for blocks whose lines stand beside them.
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

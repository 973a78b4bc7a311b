//! A page's picture, as browsers show it.

use bytes::Bytes;
use inkstream_wire::{DocumentId, ErrorCode};

use super::open;
use crate::{
    Error, Result,
    app::App,
    image::{ImageData, ImageEncoding, ImageSpec, PageImage},
    owner::Owner,
};

/// Resolution that PDF pages are shown at, before they are scaled to the width asked for.
pub(super) const SHOWN_DPI: f32 = 150.0;
/// Widest page picture that is made, in pixels.
const MAX_SHOWN_WIDTH: u32 = 4_000;
/// Its longest side, in pixels: a tall page is longer than it is wide.
pub(super) const MAX_SHOWN_SIDE: u32 = 8_000;

/// How a page's picture is shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Most pixels across.
    pub width: u32,
    /// Clockwise turn in degrees.
    pub rotation: u16,
    /// The PDF's password.
    pub password: Option<String>,
}

/// A page's picture: its media type and bytes.
pub async fn page_image(
    app: &App,
    owner: &Owner,
    id: DocumentId,
    page: u32,
    shown: Shown,
) -> Result<(&'static str, Bytes)> {
    let Shown { width, rotation, password } = shown;
    demand_width(width)?;
    if !matches!(rotation, 0 | 90 | 180 | 270) {
        return Err(Error::new(ErrorCode::InvalidOption, "rotation must be 0, 90, 180 or 270 degrees."));
    }
    let opened = open(app, owner, id, password).await?;
    if !(1..=opened.pages.info().pages).contains(&page) {
        return Err(Error::new(ErrorCode::NotFound, "The document has no such page."));
    }
    let spec = ImageSpec {
        dpi: SHOWN_DPI,
        max_width: Some(width),
        max_side: Some(MAX_SHOWN_SIDE),
        min_side: 1,
        format: ImageEncoding::Jpeg,
        colour: true,
        rotation,
    };
    match opened.pages.render(page, &spec).await? {
        PageImage { data: ImageData::Bytes(bytes), format: ImageEncoding::Jpeg, .. } => Ok(("image/jpeg", bytes)),
        PageImage { data: ImageData::Bytes(bytes), format: ImageEncoding::Png, .. } => Ok(("image/png", bytes)),
        PageImage { .. } => Err(Error::internal("the renderer made a picture that was not asked for")),
    }
}

/// `InvalidOption` where no picture may be so wide.
pub(super) fn demand_width(width: u32) -> Result<()> {
    if (1..=MAX_SHOWN_WIDTH).contains(&width) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::InvalidOption, format!("width must be between 1 and {MAX_SHOWN_WIDTH} pixels.")))
}

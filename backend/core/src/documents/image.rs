//! Page images for browsers.

use bytes::Bytes;
use inkstream_wire::{DocumentId, ErrorCode};

use super::{Documents, open_to_show};
use crate::{
    Error, Result,
    image::{ImageData, ImageEncoding, ImageSpec, PageImage},
    owner::Owner,
};

/// The resolution in dots per inch at which PDF pages are rendered, before they are scaled to the requested width.
pub(super) const DISPLAY_DPI: f32 = 150.0;
/// The maximum width of a page image in pixels.
const MAX_DISPLAY_WIDTH: u32 = 4_000;
/// The maximum length of its longest side in pixels, for tall pages.
pub(super) const MAX_DISPLAY_SIDE: u32 = 8_000;

/// The options of a page image.
#[derive(Debug, Clone, Default)]
pub struct PageImageOptions {
    /// The maximum width in pixels.
    pub width: u32,
    /// Clockwise rotation in degrees.
    pub rotation: u16,
    /// The PDF's password.
    pub password: Option<String>,
}

/// Renders a page image. Returns its media type and bytes.
pub async fn page_image(
    documents: &Documents,
    owner: &Owner,
    id: DocumentId,
    page: u32,
    options: PageImageOptions,
) -> Result<(&'static str, Bytes)> {
    let PageImageOptions { width, rotation, password } = options;
    check_width(width)?;
    if !matches!(rotation, 0 | 90 | 180 | 270) {
        return Err(Error::new(ErrorCode::InvalidOption, "rotation must be 0, 90, 180 or 270 degrees."));
    }
    let open = open_to_show(documents, owner, id, password).await?;
    if !(1..=open.info().pages).contains(&page) {
        return Err(Error::new(ErrorCode::NotFound, "The document has no such page."));
    }
    let spec = ImageSpec {
        dpi: DISPLAY_DPI,
        max_width: Some(width),
        max_side: Some(MAX_DISPLAY_SIDE),
        min_side: 1,
        format: ImageEncoding::Jpeg,
        colour: true,
        rotation,
        original: false,
    };
    match open.render(page, &spec).await? {
        PageImage { data: ImageData::Bytes(bytes), format: ImageEncoding::Jpeg, .. } => Ok(("image/jpeg", bytes)),
        PageImage { data: ImageData::Bytes(bytes), format: ImageEncoding::Png, .. } => Ok(("image/png", bytes)),
        PageImage { .. } => Err(Error::internal("the renderer made an image that was not asked for")),
    }
}

/// `InvalidOption` if the width is out of range.
pub(super) fn check_width(width: u32) -> Result<()> {
    if (1..=MAX_DISPLAY_WIDTH).contains(&width) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::InvalidOption, format!("width must be between 1 and {MAX_DISPLAY_WIDTH} pixels.")))
}

//! What children say, made fit to be believed: each may have been taken over by what it read.

use inkstream_wire::PixelBox;

/// The text without characters that no page shows (PostgreSQL takes no NUL).
pub(crate) fn printable(mut text: String) -> String {
    text.retain(is_printable);
    text
}

/// Whether a page can show it.
pub(crate) fn is_printable(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

/// The part of a box that is within the picture.
pub(crate) fn within(bounds: PixelBox, (width, height): (u32, u32)) -> PixelBox {
    let (x, y) = (bounds.x.min(width), bounds.y.min(height));
    PixelBox { x, y, width: bounds.width.min(width - x), height: bounds.height.min(height - y) }
}

/// Whether a resolution in dots per inch is one.
pub(crate) fn is_resolution(dpi: f32) -> bool {
    dpi.is_finite() && dpi > 0.0
}

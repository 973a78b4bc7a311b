//! Checks of what child processes answer. A child may have been taken over by the file that it read.

use inkstream_wire::PixelBox;

/// Removes the characters that no page shows. PostgreSQL rejects NUL in a text.
pub(crate) fn printable(mut text: String) -> String {
    text.retain(is_printable);
    text
}

/// Whether a page can show the character.
pub(crate) fn is_printable(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

/// The part of a box that is within the image.
pub(crate) fn within(bounds: PixelBox, (width, height): (u32, u32)) -> PixelBox {
    let (x, y) = (bounds.x.min(width), bounds.y.min(height));
    PixelBox { x, y, width: bounds.width.min(width - x), height: bounds.height.min(height - y) }
}

/// Whether a number is a possible resolution in dots per inch.
pub(crate) fn is_resolution(dpi: f32) -> bool {
    dpi.is_finite() && dpi > 0.0
}

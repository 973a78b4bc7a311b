//! PP-OCR: finds lines of text and recognizes them with neural networks. Runs only in a `ppocr` child.
//!
//! The networks are PP-OCRv6 small (Apache-2.0). [`detect`] marks where text is, [`order`] sorts the lines, [`crop`] cuts each out of
//! the page and [`recognize`] reads it. The constants of these modules are `PaddleOCR`'s, as `RapidOCR` 3.10 applies them, unless a
//! comment says otherwise.

mod crop;
mod detect;
mod order;
mod reader;
mod recognize;

pub use self::reader::Reader;

/// Text that is tilted by less than this angle in radians (0.7°) is upright.
const UPRIGHT: f32 = 0.0122;

/// The value of a grey pixel in the input of both networks, which were trained on values from -1 to 1.
fn normalized(grey: u8) -> f32 {
    f32::from(grey) / 127.5 - 1.0
}

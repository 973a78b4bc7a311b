//! Opens a document's bytes, renders its pages, and takes their text. Runs in a decode child alone: nothing here may meet
//! hostile bytes in the server's own process.

mod annotate;
mod encode;
mod encryption;
mod fit;
mod kind;
mod metadata;
mod pdf;
mod png;
mod source;
mod still;
mod tiff;

use std::{fs::File, path::Path};

use image::DynamicImage;
use inkstream_core::{
    picture::{Marks, PictureFormat, PictureSpec},
    ports::{EmbeddedText, FileFormat},
};
use pdfium_render::prelude::{Pdfium as Library, PdfiumError};
use serde::{Deserialize, Serialize};

use self::{kind::Kind, pdf::Pdf, png::Png, source::Source, still::Still, tiff::Tiff};

/// What a document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeLimits {
    /// Pixels of one page, checked on the header before any pixel is allocated.
    pub max_pixels: u64,
    /// Pages of one document.
    pub max_pages: u32,
}

/// Why a document cannot be opened, or a page of it not be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DecodeError {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// Neither a PDF nor a picture of a known kind.
    #[error("the file is neither a PDF nor a picture of a known kind")]
    Unsupported,
    /// Its kind is known, but its structure is beyond mending.
    #[error("the file is broken")]
    Broken,
    /// A PDF without pages.
    #[error("the document has no pages")]
    NoPages,
    /// Encrypted, and no password was given.
    #[error("the document needs a password")]
    PasswordRequired,
    /// Encrypted, and not with this password.
    #[error("the password is wrong")]
    WrongPassword,
    /// Encrypted, and no password would open it: for certificates, or in a way that nobody knows.
    #[error("no password opens the document")]
    UnknownEncryption,
    /// More than [`DecodeLimits::max_pages`].
    #[error("the document has too many pages")]
    TooManyPages,
    /// More than [`DecodeLimits::max_pixels`], or than the picture's memory holds.
    #[error("the page has too many pixels")]
    TooManyPixels,
    /// This page cannot be rendered; others may.
    #[error("the page cannot be read")]
    PageUnreadable,
}

/// What rendering a page gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rendered {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Resolution in dots per inch, where known: a PDF's, or what the file says of itself.
    pub dpi: Option<f32>,
    /// Set to `dpi` when the resolution asked for would have made too many pixels.
    pub lowered_dpi: Option<f32>,
    /// Whether the file breaks off, so that a part of the page is missing.
    pub truncated: bool,
    /// Bytes written, from the start of the output.
    pub len: u64,
}

/// Characters of a page's embedded text, spaces aside, beyond which it counts as none: a newspaper's page has 100,000.
pub const MAX_CHARACTERS: usize = 200_000;
/// Words of a page's embedded text beyond which it counts as none.
pub const MAX_WORDS: usize = 50_000;

/// A page's picture in memory, grey or RGB at 8 bits a channel.
#[derive(Debug)]
pub struct Drawn {
    image: DynamicImage,
    dpi: Option<f32>,
    lowered_dpi: Option<f32>,
    truncated: bool,
}

impl Drawn {
    fn write(self, format: PictureFormat, out: &File, capacity: u64) -> Result<Rendered, DecodeError> {
        let Self { image, dpi, lowered_dpi, truncated } = self;
        let len = encode::write(&image, format, dpi, out, capacity)?;
        Ok(Rendered { width: image.width(), height: image.height(), dpi, lowered_dpi, truncated, len })
    }
}

/// An opened document.
pub trait Decoded {
    /// What the file is.
    fn format(&self) -> FileFormat;
    /// How many pages it has; at least 1.
    fn pages(&self) -> u32;
    /// Draws a page (from 1), if need be at a lower resolution, so that it may be written in `capacity` bytes.
    fn draw(&mut self, page: u32, spec: &PictureSpec, capacity: u64) -> Result<Drawn, DecodeError>;

    /// Renders a page (from 1) into `out` from its start, at most `capacity` bytes, by `pwrite` alone.
    fn render(&mut self, page: u32, spec: &PictureSpec, out: &File, capacity: u64) -> Result<Rendered, DecodeError> {
        self.draw(page, spec, capacity)?.write(spec.format, out, capacity)
    }

    /// The same in colour, with marks drawn on it.
    fn annotate(
        &mut self,
        page: u32,
        spec: &PictureSpec,
        marks: &Marks,
        out: &File,
        capacity: u64,
    ) -> Result<Rendered, DecodeError> {
        let drawn = self.draw(page, spec, capacity)?;
        let image = annotate::marked(drawn.image.into_rgb8(), marks).into();
        Drawn { image, ..drawn }.write(spec.format, out, capacity)
    }

    /// The text that a page (from 1) carries itself, with its places in the picture that the same `spec` and `capacity`
    /// give; `None` where there is none, or more than [`MAX_CHARACTERS`] or [`MAX_WORDS`].
    fn text(&mut self, _page: u32, _spec: &PictureSpec, _capacity: u64) -> Result<Option<EmbeddedText>, DecodeError> {
        Ok(None)
    }
}

/// PDFium, bound to this process.
pub struct Pdfium(Library);

impl Pdfium {
    /// Binds the library at `path`, once a process; the error is a sentence for the operator.
    pub fn load(path: &Path) -> Result<Self, String> {
        let bindings = Library::bind_to_library(path).map_err(|error| {
            let cause = match error {
                PdfiumError::LoadLibraryError(error) => error.to_string(),
                error => format!("{error:?}"),
            };
            format!("PDFium cannot be loaded from {}: {cause}", path.display())
        })?;
        Ok(Self(Library::new(bindings)))
    }
}

/// Opens a document; content decides its kind. Errors: all but `PageUnreadable`.
pub fn open<'a>(
    file: File,
    password: Option<&str>,
    pdfium: &'a Pdfium,
    limits: &DecodeLimits,
) -> Result<Box<dyn Decoded + 'a>, DecodeError> {
    let source = Source::new(file).map_err(|_| DecodeError::Broken)?;
    if source.len() == 0 {
        return Err(DecodeError::Empty);
    }
    let head = source.head(kind::HEAD).map_err(|_| DecodeError::Broken)?;
    Ok(match kind::of(&head).ok_or(DecodeError::Unsupported)? {
        Kind::Png => Box::new(Png::open(source, limits)?),
        Kind::Still(format) => Box::new(Still::open(source, format, limits)?),
        Kind::Tiff => Box::new(Tiff::open(source, limits)?),
        Kind::Pdf => Box::new(Pdf::open(source, password, pdfium, limits)?),
    })
}

/// Checks a header's size before anything is allocated for it.
fn check_pixels(width: u32, height: u32, limits: &DecodeLimits) -> Result<(), DecodeError> {
    match u64::from(width) * u64::from(height) {
        0 => Err(DecodeError::Broken),
        pixels if pixels > limits.max_pixels => Err(DecodeError::TooManyPixels),
        _ => Ok(()),
    }
}

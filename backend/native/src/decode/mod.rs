//! Opens a document's bytes, renders its pages, and takes their text. Runs in a decode child alone: nothing here may meet
//! hostile bytes in the server's own process, but for [`DecoderLibrary::of`], which compares signatures.

mod annotate;
mod encode;
mod encryption;
mod fit;
mod further_images;
mod ground;
mod heif;
mod jp2;
mod jpeg;
mod kind;
mod metadata;
mod original;
mod pdf;
mod png;
mod source;
mod still;
mod tiff;
mod webp;

use std::{fs::File, path::Path, sync::OnceLock};

use image::DynamicImage;
use inkstream_core::{
    image::{ImageEncoding, ImageSpec, Marks},
    ports::{EmbeddedText, FileFormat},
};
use pdfium_render::prelude::{Pdfium as Library, PdfiumError};
use serde::{Deserialize, Serialize};

use self::{
    heif::{Heif, LibHeif},
    jp2::Jp2,
    kind::Kind,
    original::Original,
    pdf::{Pdf, Shapes},
    png::Png,
    source::Source,
    still::Still,
    tiff::{LibTiff, Tiff},
    webp::LibWebp,
};

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
    /// A TIFF in a compression (its number) that neither the `tiff` crate nor this machine's libtiff reads.
    #[error("the TIFF's compression {0} is not supported")]
    UnsupportedCompression(u16),
    /// A TIFF whose samples are of a size, number or meaning that nothing here reads.
    #[error("the TIFF's samples are of a kind that is not supported")]
    UnsupportedSamples,
    /// A JPEG in a coding that nothing here reads: arithmetic, lossless, hierarchical, or with 12 bits a sample.
    #[error("the JPEG's coding is not supported")]
    UnsupportedJpeg,
    /// A kind that takes a library which this machine lacks.
    #[error("{0} is missing")]
    MissingLibrary(MissingLibrary),
    /// This page cannot be rendered; others may.
    #[error("the page cannot be read")]
    PageUnreadable,
}

/// A library that some kinds of pictures take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingLibrary {
    /// HEIC and AVIF.
    Libheif,
    /// HEIC.
    Libde265,
    /// AVIF.
    Libdav1d,
}

impl std::fmt::Display for MissingLibrary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Libheif => "libheif",
            Self::Libde265 => "libde265",
            Self::Libdav1d => "libdav1d",
        })
    }
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
    /// Whether the file holds further images that are no pages, and that nothing renders.
    pub further_images: bool,
    /// What was written.
    pub format: ImageEncoding,
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
    fn write(self, format: ImageEncoding, out: &File, capacity: u64) -> Result<Rendered, DecodeError> {
        let len = encode::write(&self.image, format, self.dpi, out, capacity)?;
        let Self { image, dpi, lowered_dpi, truncated } = self;
        let (width, height) = (image.width(), image.height());
        Ok(Rendered { width, height, dpi, lowered_dpi, truncated, further_images: false, format, len })
    }
}

/// An opened document.
pub trait Decoded {
    /// What the file is.
    fn format(&self) -> FileFormat;
    /// How many pages it has; at least 1.
    fn pages(&self) -> u32;
    /// Draws a page (from 1), if need be at a lower resolution, so that it may be written in `capacity` bytes.
    fn draw(&mut self, page: u32, spec: &ImageSpec, capacity: u64) -> Result<Drawn, DecodeError>;

    /// The file without its metadata, if it is whole and already is the image that `spec` describes.
    fn original(&self, _spec: &ImageSpec) -> Option<Original> {
        None
    }

    /// Renders a page (from 1) into `out` from its start, at most `capacity` bytes, by `pwrite` alone.
    fn render(&mut self, page: u32, spec: &ImageSpec, out: &File, capacity: u64) -> Result<Rendered, DecodeError> {
        let original = (spec.original && page == 1).then(|| self.original(spec)).flatten();
        let rendered = match original.and_then(|original| original.write(out, capacity)) {
            Some(rendered) => rendered,
            None => self.draw(page, spec, capacity)?.write(spec.format, out, capacity)?,
        };
        Ok(Rendered { further_images: self.has_further_images(), ..rendered })
    }

    /// Whether the file holds further images that are no pages: frames of an animation, other views of a stereo photograph.
    fn has_further_images(&self) -> bool {
        false
    }

    /// The same in colour, with marks drawn on it.
    fn annotate(
        &mut self,
        page: u32,
        spec: &ImageSpec,
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
    fn text(&mut self, _page: u32, _spec: &ImageSpec, _capacity: u64) -> Result<Option<EmbeddedText>, DecodeError> {
        Ok(None)
    }
}

/// PDFium, bound to this process.
struct Pdfium {
    library: Library,
    /// Drawn with it when the first page's text is asked for.
    shapes: OnceLock<Option<Shapes>>,
}

impl Pdfium {
    fn load(path: &Path) -> Result<Self, String> {
        let bindings = Library::bind_to_library(path).map_err(|error| {
            let cause = match error {
                PdfiumError::LoadLibraryError(error) => error.to_string(),
                error => format!("{error:?}"),
            };
            format!("PDFium cannot be loaded from {}: {cause}", path.display())
        })?;
        Ok(Self { library: Library::new(bindings), shapes: OnceLock::new() })
    }
}

/// The library of the system that a kind of document is opened with. Loading all of them takes a child longer than
/// decoding most pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecoderLibrary {
    /// None: what this program has built in.
    BuiltIn,
    /// PDFium.
    Pdfium,
    /// libtiff, if there is one.
    Tiff,
    /// libwebp, if there is one.
    WebP,
    /// libheif and its decoders, if they are there.
    Heif,
}

impl DecoderLibrary {
    /// Bytes of a file that [`DecoderLibrary::of`] looks at.
    pub const HEAD: usize = kind::HEAD as usize;

    /// The library for a file that begins with `head`. The signature alone is compared, which is safe in any process.
    pub fn of(head: &[u8]) -> Self {
        kind::of(head).map_or(Self::BuiltIn, Kind::library)
    }
}

/// The libraries that a process has loaded. A child loads them before it gives its rights up.
pub struct Libraries {
    pdfium: Option<Pdfium>,
    tiff: Option<LibTiff>,
    webp: Option<LibWebp>,
    heif: Result<LibHeif, MissingLibrary>,
}

impl Libraries {
    const NONE: Self = Self { pdfium: None, tiff: None, webp: None, heif: Err(MissingLibrary::Libheif) };

    /// Binds PDFium at `pdfium`, and of the others those that are there, once a process; the error is a sentence for the
    /// operator.
    pub fn load(pdfium: &Path) -> Result<Self, String> {
        let pdfium = Some(Pdfium::load(pdfium)?);
        Ok(Self { pdfium, tiff: LibTiff::load(), webp: LibWebp::load(), heif: LibHeif::load() })
    }

    /// Loads one of them.
    pub fn load_one(library: DecoderLibrary, pdfium: &Path) -> Result<Self, String> {
        Ok(match library {
            DecoderLibrary::BuiltIn => Self::NONE,
            DecoderLibrary::Pdfium => Self { pdfium: Some(Pdfium::load(pdfium)?), ..Self::NONE },
            DecoderLibrary::Tiff => Self { tiff: LibTiff::load(), ..Self::NONE },
            DecoderLibrary::WebP => Self { webp: LibWebp::load(), ..Self::NONE },
            DecoderLibrary::Heif => Self { heif: LibHeif::load(), ..Self::NONE },
        })
    }
}

/// Opens a document; content decides its kind. Errors: all but `PageUnreadable`.
pub fn open<'a>(
    file: File,
    password: Option<&str>,
    libraries: &'a Libraries,
    limits: &DecodeLimits,
) -> Result<Box<dyn Decoded + 'a>, DecodeError> {
    let source = Source::new(file).map_err(|_| DecodeError::Broken)?;
    if source.len() == 0 {
        return Err(DecodeError::Empty);
    }
    let head = source.head(kind::HEAD).map_err(|_| DecodeError::Broken)?;
    Ok(match kind::of(&head).ok_or(DecodeError::Unsupported)? {
        Kind::Png => Box::new(Png::open(source, limits)?),
        Kind::Still(format) => Box::new(Still::open(source, format, limits, libraries.webp.as_ref())?),
        Kind::Tiff => Box::new(Tiff::open(source, limits, libraries.tiff.as_ref())?),
        Kind::Heif(format) => Box::new(Heif::open(source, format, limits, &libraries.heif)?),
        Kind::Jp2 => Box::new(Jp2::open(source, limits)?),
        Kind::Pdf => {
            let pdfium = libraries.pdfium.as_ref().ok_or(DecodeError::Broken)?;
            Box::new(Pdf::open(source, password, pdfium, limits)?)
        }
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use inkstream_testkit::fixtures::images;

    use super::*;

    const LIMITS: DecodeLimits = DecodeLimits { max_pixels: 1_000_000, max_pages: 9 };

    fn source(bytes: &[u8]) -> Source {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Source::new(file).unwrap()
    }

    #[test]
    fn without_the_library_of_a_kind_the_refusal_names_it() {
        for lacks in [MissingLibrary::Libheif, MissingLibrary::Libde265] {
            let opened = Heif::open(source(images::HEIC), FileFormat::Heic, &LIMITS, &Err(lacks));
            assert_eq!(opened.err(), Some(DecodeError::MissingLibrary(lacks)));
        }
        let fax = Tiff::open(source(images::FAX), &LIMITS, None);
        assert_eq!(fax.err(), Some(DecodeError::UnsupportedCompression(4)));
        let plain = inkstream_testkit::fixtures::tiff::pages(1);
        assert!(Tiff::open(source(&plain), &LIMITS, None).is_ok());
    }
}

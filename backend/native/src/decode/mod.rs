//! Opens documents, renders pages and extracts their text. Only decode children run this code, because the server's own
//! process must not parse hostile bytes. The exception is [`DecoderLibrary::sniff`], which compares signatures.

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
mod still_image;
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
    still_image::StillImage,
    tiff::{LibTiff, Tiff},
    webp::LibWebp,
};

/// The maximum size of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeLimits {
    /// The maximum number of pixels of a page. The header is checked before any pixel is allocated.
    pub max_pixels: u64,
    /// The maximum number of pages of a document.
    pub max_pages: u32,
}

/// Why a document cannot be opened, or a page cannot be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DecodeError {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is neither a PDF nor an image of a known kind.
    #[error("the file is neither a PDF nor an image of a known kind")]
    Unsupported,
    /// The kind is known, but the structure cannot be repaired.
    #[error("the file is broken")]
    Broken,
    /// The PDF has no pages.
    #[error("the document has no pages")]
    NoPages,
    /// The PDF is encrypted, and no password was given.
    #[error("the document needs a password")]
    PasswordRequired,
    /// The PDF is encrypted with another password.
    #[error("the password is wrong")]
    WrongPassword,
    /// The PDF is encrypted for certificates, or in an unknown way, so that no password opens it.
    #[error("no password opens the document")]
    UnknownEncryption,
    /// More than [`DecodeLimits::max_pages`].
    #[error("the document has too many pages")]
    TooManyPages,
    /// More than [`DecodeLimits::max_pixels`], or more than the image's memory holds.
    #[error("the page has too many pixels")]
    TooManyPixels,
    /// A TIFF with a compression (its number) that neither the `tiff` crate nor the installed libtiff supports.
    #[error("the TIFF's compression {0} is not supported")]
    UnsupportedCompression(u16),
    /// A TIFF with samples of an unsupported size, number or meaning.
    #[error("the TIFF's samples are of a kind that is not supported")]
    UnsupportedSamples,
    /// A JPEG with an unsupported coding: arithmetic, lossless, hierarchical, or with 12 bits a sample.
    #[error("the JPEG's coding is not supported")]
    UnsupportedJpeg,
    /// A library that this kind of file needs is not installed.
    #[error("{0} is missing")]
    MissingLibrary(MissingLibrary),
    /// This page cannot be rendered. Others may be.
    #[error("the page cannot be read")]
    PageUnreadable,
}

/// A library that some kinds of images need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingLibrary {
    /// Needed for HEIC and AVIF.
    Libheif,
    /// Needed for HEIC.
    Libde265,
    /// Needed for AVIF.
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

/// A rendered page.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rendered {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The resolution in dots per inch, where known: that of a rendered PDF page, or the one that an image file states.
    pub dpi: Option<f32>,
    /// Equals `dpi` if the requested resolution would have exceeded the maximum number of pixels.
    pub lowered_dpi: Option<f32>,
    /// Whether the file is cut off or damaged, so that a part of the page is missing.
    pub truncated: bool,
    /// Whether the file contains further images that are not rendered as pages.
    pub further_images: bool,
    /// The encoding that was written.
    pub format: ImageEncoding,
    /// The number of bytes written from the start of the output.
    pub len: u64,
}

/// The maximum number of characters of a page's embedded text, spaces aside. A page with more counts as having none; a
/// newspaper's page has 100,000.
pub const MAX_CHARACTERS: usize = 200_000;
/// The maximum number of words of a page's embedded text. A page with more counts as having none.
pub const MAX_WORDS: usize = 50_000;

/// A page image in memory, grey or RGB at 8 bits a channel.
#[derive(Debug)]
pub struct PageRaster {
    image: DynamicImage,
    dpi: Option<f32>,
    lowered_dpi: Option<f32>,
    truncated: bool,
}

impl PageRaster {
    fn write(self, format: ImageEncoding, out: &File, capacity: u64) -> Result<Rendered, DecodeError> {
        let len = encode::write(&self.image, format, self.dpi, out, capacity)?;
        let Self { image, dpi, lowered_dpi, truncated } = self;
        let (width, height) = (image.width(), image.height());
        Ok(Rendered { width, height, dpi, lowered_dpi, truncated, further_images: false, format, len })
    }
}

/// An opened document.
pub trait Decoded {
    /// The file's format.
    fn format(&self) -> FileFormat;
    /// The number of pages, at least 1.
    fn pages(&self) -> u32;
    /// Renders a page (from 1), at a lower resolution if it would not fit into `capacity` bytes.
    fn rasterize(&mut self, page: u32, spec: &ImageSpec, capacity: u64) -> Result<PageRaster, DecodeError>;

    /// The file without its metadata, if it is whole and already is the image that `spec` describes.
    fn original(&self, _spec: &ImageSpec) -> Option<Original> {
        None
    }

    /// Renders a page (from 1) into `out` from its start, at most `capacity` bytes, by `pwrite` alone.
    fn render(&mut self, page: u32, spec: &ImageSpec, out: &File, capacity: u64) -> Result<Rendered, DecodeError> {
        let original = (spec.original && page == 1).then(|| self.original(spec)).flatten();
        let rendered = match original.and_then(|original| original.write(out, capacity)) {
            Some(rendered) => rendered,
            None => self.rasterize(page, spec, capacity)?.write(spec.format, out, capacity)?,
        };
        Ok(Rendered { further_images: self.has_further_images(), ..rendered })
    }

    /// Whether the file contains further images that are not pages: frames of an animation, other views of a stereo
    /// photograph.
    fn has_further_images(&self) -> bool {
        false
    }

    /// Renders the page in colour with marks raster on it.
    fn annotate(
        &mut self,
        page: u32,
        spec: &ImageSpec,
        marks: &Marks,
        out: &File,
        capacity: u64,
    ) -> Result<Rendered, DecodeError> {
        let raster = self.rasterize(page, spec, capacity)?;
        let image = annotate::marked(raster.image.into_rgb8(), marks).into();
        PageRaster { image, ..raster }.write(spec.format, out, capacity)
    }

    /// The text that a page (from 1) contains itself, with positions in the image that the same `spec` and `capacity`
    /// give. `None` if there is none, or more than [`MAX_CHARACTERS`] or [`MAX_WORDS`].
    fn text(&mut self, _page: u32, _spec: &ImageSpec, _capacity: u64) -> Result<Option<EmbeddedText>, DecodeError> {
        Ok(None)
    }
}

/// PDFium, bound to this process.
struct Pdfium {
    library: Library,
    /// The shapes of the fonts' glyphs, rendered when the first page's text is requested.
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

/// The system library that opens a kind of document. A child loads one only, because loading all takes longer than
/// decoding most images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecoderLibrary {
    /// No library: the decoder is built in.
    BuiltIn,
    /// PDFium.
    Pdfium,
    /// libtiff, if it is installed.
    Tiff,
    /// libwebp, if it is installed.
    WebP,
    /// libheif and its decoders, if they are installed.
    Heif,
}

impl DecoderLibrary {
    /// The number of bytes at a file's start that [`DecoderLibrary::sniff`] needs.
    pub const HEAD: usize = kind::HEAD as usize;

    /// The library for a file that begins with `head`. It only compares signatures, which is safe in any process.
    pub fn sniff(head: &[u8]) -> Self {
        kind::sniff(head).map_or(Self::BuiltIn, Kind::library)
    }
}

/// The libraries that a process has loaded. A child loads them before it drops its rights.
pub struct Libraries {
    pdfium: Option<Pdfium>,
    tiff: Option<LibTiff>,
    webp: Option<LibWebp>,
    heif: Result<LibHeif, MissingLibrary>,
}

impl Libraries {
    const NONE: Self = Self { pdfium: None, tiff: None, webp: None, heif: Err(MissingLibrary::Libheif) };

    /// Binds PDFium at `pdfium` and the other libraries that are installed, once in a process. The error is a sentence
    /// for the operator.
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

/// Opens a document. Its content determines its kind. All errors but `PageUnreadable` are possible.
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
    Ok(match kind::sniff(&head).ok_or(DecodeError::Unsupported)? {
        Kind::Png => Box::new(Png::open(source, limits)?),
        Kind::StillImage(format) => Box::new(StillImage::open(source, format, limits, libraries.webp.as_ref())?),
        Kind::Tiff => Box::new(Tiff::open(source, limits, libraries.tiff.as_ref())?),
        Kind::Heif(format) => Box::new(Heif::open(source, format, limits, &libraries.heif)?),
        Kind::Jp2 => Box::new(Jp2::open(source, limits)?),
        Kind::Pdf => {
            let pdfium = libraries.pdfium.as_ref().ok_or(DecodeError::Broken)?;
            Box::new(Pdf::open(source, password, pdfium, limits)?)
        }
    })
}

/// Checks the size that a header states, before memory is allocated for it.
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

//! PDF, by PDFium. The library is built without V8 and XFA, so it has no scripts and no network, and this code calls no
//! form actions.

mod copy;
mod cover;
mod text;
mod units;

use std::cell::OnceCell;

use inkstream_core::{
    image::{ImageEncoding, ImageSpec},
    ports::{EmbeddedText, FileFormat},
};
use pdfium_render::prelude::{
    PdfBitmap, PdfBitmapFormat, PdfDocument, PdfPage, PdfPageRenderRotation, PdfRenderConfig, PdfiumError,
    PdfiumInternalError,
};

pub(super) use self::text::Shapes;
use self::{
    copy::{DocumentCopy, PageCopy},
    text::Ink,
    units::Units,
};
use super::{DecodeError, DecodeLimits, Decoded, PageRaster, Pdfium, encryption, fit, source::Source};

/// PDF's unit of length is a point.
const POINTS_PER_INCH: f32 = 72.0;
/// The maximum length of a rendered side in pixels.
const MAX_SIDE: f32 = 30_000.0;
/// The bytes that an encoded image may need beyond its pixels, for headers and incompressible rows.
const ENCODING_ROOM: u64 = 64 << 10;

/// An opened PDF.
pub(super) struct Pdf<'a> {
    document: PdfDocument<'a>,
    /// The file, to open it a second time for its text.
    source: Source,
    password: Option<String>,
    pages: u32,
    limits: DecodeLimits,
    /// The pages' units, read when the first page is requested.
    units: OnceCell<Units>,
    pdfium: &'a Pdfium,
}

impl<'a> Pdf<'a> {
    pub(super) fn open(
        source: Source,
        password: Option<&str>,
        pdfium: &'a Pdfium,
        limits: &DecodeLimits,
    ) -> Result<Self, DecodeError> {
        // PDFium takes a C string.
        if password.is_some_and(|password| password.contains('\0')) {
            return Err(DecodeError::WrongPassword);
        }
        let file = source.rewound();
        let document = pdfium.library.load_pdf_from_reader(source, password).map_err(|error| match error {
            PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::SecurityError) => {
                DecodeError::UnknownEncryption
            }
            PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError) => {
                let whole = file.head(file.len()).unwrap_or_default();
                match password {
                    _ if encryption::is_unknown(&whole) => DecodeError::UnknownEncryption,
                    None => DecodeError::PasswordRequired,
                    Some(_) => DecodeError::WrongPassword,
                }
            }
            _ => DecodeError::Broken,
        })?;
        let pages = u32::try_from(document.pages().len()).unwrap_or(0);
        match pages {
            0 => Err(DecodeError::NoPages),
            _ if pages > limits.max_pages => Err(DecodeError::TooManyPages),
            _ => {
                let password = password.map(str::to_owned);
                let units = OnceCell::new();
                Ok(Self { document, source: file, password, pages, limits: *limits, units, pdfium })
            }
        }
    }

    /// Loads a page (from 1), and computes its size in pixels.
    fn page(&self, page: u32, spec: &ImageSpec, capacity: u64) -> Result<(PdfPage<'_>, Size), DecodeError> {
        let number = page;
        let page = self.document.pages().get(index(page)?).map_err(|_| DecodeError::PageUnreadable)?;
        let units = self.units.get_or_init(|| Units::of_file(&self.source, self.password.as_deref(), self.pages));
        let unit = units.for_page(number);
        let size = Size::choose(page.width().value * unit, page.height().value * unit, spec, &self.limits, capacity)?;
        Ok((page, size))
    }
}

impl Decoded for Pdf<'_> {
    fn format(&self) -> FileFormat {
        FileFormat::Pdf
    }

    fn pages(&self) -> u32 {
        self.pages
    }

    fn rasterize(&mut self, page: u32, spec: &ImageSpec, capacity: u64) -> Result<PageRaster, DecodeError> {
        let (page, size) = self.page(page, spec, capacity)?;
        let mut bitmap = vec![u8::MAX; size.stride() * size.height as usize];
        let (format, colour) = if spec.colour { (PdfBitmapFormat::BGR, true) } else { (PdfBitmapFormat::Gray, false) };
        let (width, height) = (size.width.cast_signed(), size.height.cast_signed());
        let config = size
            .config(spec)
            .set_format(format)
            // PDFium aborts if it must reverse the byte order of single-byte pixels.
            .set_reverse_byte_order(colour);
        let raster = PdfBitmap::from_bytes(width, height, format, &mut bitmap)
            .and_then(|mut bitmap| page.render_into_bitmap_with_config(&mut bitmap, &config));
        raster.map_err(|_| DecodeError::PageUnreadable)?;
        let image = fit::raw(size.width, size.height, colour, without_padding(bitmap, &size))?;
        let (image, dpi) = (fit::pad(image, spec.min_side), size.dpi());
        Ok(PageRaster { image, dpi: Some(dpi), lowered_dpi: size.lowered.then_some(dpi), truncated: false })
    }

    fn text(&mut self, page: u32, spec: &ImageSpec, capacity: u64) -> Result<Option<EmbeddedText>, DecodeError> {
        let number = index(page)?;
        let (page, size) = self.page(page, spec, capacity)?;
        let document = DocumentCopy::open(&self.document, self.source.rewound(), self.password.as_deref());
        let Some(copy) = document.as_ref().and_then(|document| document.page(number)) else { return Ok(None) };
        let Some(shapes) = self.pdfium.shapes.get_or_init(|| Shapes::draw(&self.pdfium.library)) else {
            return Ok(None);
        };
        let ink = || ink(&page, &copy, &size, spec);
        let found = text::of_page(&copy, (size.width, size.height), quarter_turns(spec.rotation), shapes, ink);
        let Some(found) = found else { return Ok(None) };
        Ok(Some(EmbeddedText {
            width: size.width.max(spec.min_side),
            height: size.height.max(spec.min_side),
            dpi: size.dpi(),
            lines: found.lines,
            tables: found.tables,
            unmapped: found.unmapped,
            hidden: found.hidden,
            doubtful: found.doubtful,
            foreign: found.foreign,
            contradicted: found.contradicted,
            image_cover: cover::of_images(&page),
        }))
    }
}

/// Renders a page with its text and without. The copy's text is hidden afterwards. `None` if it cannot be rendered.
fn ink(page: &PdfPage<'_>, copy: &PageCopy<'_>, size: &Size, spec: &ImageSpec) -> Option<Ink> {
    let (width, height) = (size.width as f32, size.height as f32);
    let scale =
        (text::DPI / size.dpi()).min((text::MAX_PIXELS / width / height).sqrt()).min(MAX_SIDE / width.max(height));
    // A multiple of four, so that PDFium pads no rows.
    let side = |pixels: f32| ((pixels * scale / 4.0).ceil() as u32).max(1) * 4;
    let scaled = (side(width), side(height));
    let mut pixels = vec![u8::MAX; scaled.0 as usize * scaled.1 as usize];
    let (across, down) = (scaled.0.cast_signed(), scaled.1.cast_signed());
    let config = PdfRenderConfig::new()
        .set_fixed_size(across, down)
        .rotate(rotation(spec.rotation), false)
        .set_format(PdfBitmapFormat::Gray)
        .set_reverse_byte_order(false);
    PdfBitmap::from_bytes(across, down, PdfBitmapFormat::Gray, &mut pixels)
        .and_then(|mut bitmap| page.render_into_bitmap_with_config(&mut bitmap, &config))
        .ok()?;
    copy.hide_text();
    Some(Ink {
        width: scaled.0 as usize,
        height: scaled.1 as usize,
        scale: (scaled.0 as f32 / width, scaled.1 as f32 / height),
        page: pixels,
        without_text: copy.render(scaled, quarter_turns(spec.rotation))?,
    })
}

/// PDFium's number for a page.
fn index(page: u32) -> Result<i32, DecodeError> {
    page.checked_sub(1).and_then(|index| i32::try_from(index).ok()).ok_or(DecodeError::PageUnreadable)
}

/// The rotated image's size in pixels.
struct Size {
    width: u32,
    height: u32,
    channels: usize,
    /// Pixels a point.
    scale: f32,
    /// Whether the requested resolution would have exceeded the maximum number of pixels.
    lowered: bool,
}

impl Size {
    /// For a page of this size in points.
    fn choose(
        width: f32,
        height: f32,
        spec: &ImageSpec,
        limits: &DecodeLimits,
        capacity: u64,
    ) -> Result<Self, DecodeError> {
        if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
            return Err(DecodeError::PageUnreadable);
        }
        let channels = if spec.colour { 3 } else { 1 };
        let room = if spec.format == ImageEncoding::Gray8 { capacity } else { capacity.saturating_sub(ENCODING_ROOM) };
        let budget = limits.max_pixels.min(room / channels as u64).max(1) as f32;
        let longest = width.max(height);
        let turned = matches!(spec.rotation, 90 | 270);
        let across = if turned { height } else { width };
        let within = |max: Option<u32>, points: f32| max.map_or(f32::MAX, |pixels| pixels as f32 / points);
        let wanted =
            (spec.dpi / POINTS_PER_INCH).min(within(spec.max_side, longest)).min(within(spec.max_width, across));
        // Slightly less than the budget, because sides are rounded up.
        let max = ((budget * 0.999 / width / height).sqrt()).min(MAX_SIDE / longest);
        let scale = wanted.min(max);
        let side = |points: f32| ((points * scale).round() as u32).max(1);
        let (width, height) = (side(width), side(height));
        let (width, height) = if turned { (height, width) } else { (width, height) };
        Ok(Self { width, height, channels, scale, lowered: max < wanted })
    }

    /// PDFium's configuration for rendering the page.
    fn config(&self, spec: &ImageSpec) -> PdfRenderConfig {
        PdfRenderConfig::new()
            .set_fixed_size(self.width.cast_signed(), self.height.cast_signed())
            .rotate(rotation(spec.rotation), false)
    }

    fn dpi(&self) -> f32 {
        self.scale * POINTS_PER_INCH
    }

    /// Bytes from a row to the next: PDFium pads rows to four bytes.
    fn stride(&self) -> usize {
        self.row().next_multiple_of(4)
    }

    fn row(&self) -> usize {
        self.width as usize * self.channels
    }
}

fn without_padding(mut bitmap: Vec<u8>, size: &Size) -> Vec<u8> {
    let (row, stride) = (size.row(), size.stride());
    if row != stride {
        for line in 1..size.height as usize {
            bitmap.copy_within(line * stride..line * stride + row, line * row);
        }
    }
    bitmap.truncate(row * size.height as usize);
    bitmap
}

/// Converts a rotation to PDFium's number.
fn quarter_turns(degrees: u16) -> i32 {
    i32::from(degrees / 90 % 4)
}

fn rotation(degrees: u16) -> PdfPageRenderRotation {
    match degrees {
        90 => PdfPageRenderRotation::Degrees90,
        180 => PdfPageRenderRotation::Degrees180,
        270 => PdfPageRenderRotation::Degrees270,
        _ => PdfPageRenderRotation::None,
    }
}

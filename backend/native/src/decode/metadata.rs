//! The orientation and resolution that an image file states.

use std::io::BufReader;

use exif::{Exif, In, Tag, Value};
use image::{ImageFormat, metadata::Orientation};

use super::{source::Source, webp};

/// Writers that do not know the resolution state this one: Exif 2.3, and many writers of JFIF and BMP.
const UNKNOWN_DPI: f32 = 72.0;
const CM_PER_INCH: f32 = 2.54;
const INCHES_PER_METRE: f32 = 39.370_08;

/// Orientation and resolution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Metadata {
    /// The transformation that makes the image upright.
    pub(super) orientation: Orientation,
    /// The resolution of the pixels as they are stored.
    pub(super) density: Option<Density>,
}

impl Metadata {
    /// Upright, of unknown resolution.
    pub(super) const NONE: Self = Self { orientation: Orientation::NoTransforms, density: None };

    /// Whether the stored image lies on its side.
    pub(super) fn is_sideways(&self) -> bool {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        matches!(self.orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
    }
}

/// Dots per inch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Density {
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Density {
    /// `None` if no scanner or camera has such a resolution.
    pub(super) fn new(x: f32, y: f32) -> Option<Self> {
        let sane = |dpi: f32| (10.0..=10_000.0).contains(&dpi);
        (sane(x) && sane(y)).then_some(Self { x, y })
    }

    /// Converts from dots per metre.
    pub(super) fn per_metre(x: f32, y: f32) -> Option<Self> {
        Self::new(x / INCHES_PER_METRE, y / INCHES_PER_METRE)
    }

    /// Converts from the unit of TIFF and Exif: 2 is inches, 3 centimetres.
    pub(super) fn in_unit(x: f32, y: f32, unit: u32) -> Option<Self> {
        match unit {
            2 => Self::new(x, y),
            3 => Self::new(x * CM_PER_INCH, y * CM_PER_INCH),
            _ => None,
        }
    }

    fn known(self) -> Option<Self> {
        ((self.x - UNKNOWN_DPI).abs() > 0.1).then_some(self)
    }
}

/// The metadata of a JPEG, WebP, BMP, GIF or PNM.
pub(super) fn of_still(source: &Source, format: ImageFormat) -> Metadata {
    let from_exif = match format {
        ImageFormat::Jpeg => of_jpeg_exif(source),
        ImageFormat::WebP => webp::exif(source).map_or(Metadata::NONE, |data| of_exif(&data)),
        _ => Metadata::NONE,
    };
    let head = source.head(64).unwrap_or_default();
    let density = match format {
        ImageFormat::Jpeg => jfif(&head),
        ImageFormat::Bmp => bitmap(&head),
        _ => None,
    };
    Metadata { density: density.or(from_exif.density), ..from_exif }
}

/// Reads the Exif data of a JPEG.
fn of_jpeg_exif(source: &Source) -> Metadata {
    let exif = exif::Reader::new().read_from_container(&mut BufReader::new(source.rewound()));
    exif.map_or(Metadata::NONE, |exif| of_fields(&exif))
}

/// Reads stored Exif data: a TIFF's header and directories. Some writers (libvips, `ImageMagick`) keep the six bytes
/// before it that identify it in a JPEG.
pub(super) fn of_exif(data: &[u8]) -> Metadata {
    let mut data = data;
    while let Some(rest) = data.strip_prefix(b"Exif\0\0") {
        data = rest;
    }
    exif::Reader::new().read_raw(data.to_vec()).map_or(Metadata::NONE, |exif| of_fields(&exif))
}

fn of_fields(exif: &Exif) -> Metadata {
    let number = |tag| exif.get_field(tag, In::PRIMARY)?.value.get_uint(0);
    let orientation = number(Tag::Orientation).map_or(Orientation::NoTransforms, orientation);
    let unit = number(Tag::ResolutionUnit).unwrap_or(2);
    let density = rational(exif, Tag::XResolution)
        .zip(rational(exif, Tag::YResolution))
        .and_then(|(x, y)| Density::in_unit(x, y, unit))
        .and_then(Density::known);
    Metadata { orientation, density }
}

/// Converts the orientation number of Exif and TIFF.
pub(super) fn orientation(number: u32) -> Orientation {
    u8::try_from(number).ok().and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms)
}

fn rational(exif: &Exif, tag: Tag) -> Option<f32> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(values) => values.first().map(exif::Rational::to_f32),
        _ => None,
    }
}

/// The density of a JFIF header (JFIF 1.02, APP0).
fn jfif(head: &[u8]) -> Option<Density> {
    let [0xff, 0xd8, 0xff, 0xe0, _, _, b'J', b'F', b'I', b'F', 0, _, _, unit, rest @ ..] = head else { return None };
    let &[x1, x0, y1, y0, ..] = rest else { return None };
    let (x, y) = (f32::from(u16::from_be_bytes([x1, x0])), f32::from(u16::from_be_bytes([y1, y0])));
    match unit {
        1 => Density::new(x, y),
        2 => Density::new(x * CM_PER_INCH, y * CM_PER_INCH),
        _ => None,
    }
    .and_then(Density::known)
}

/// `biXPelsPerMeter` and `biYPelsPerMeter` of a BITMAPINFOHEADER and its successors.
fn bitmap(head: &[u8]) -> Option<Density> {
    let number = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
    if number(14)? < 40 {
        return None;
    }
    Density::per_metre(number(38)? as f32, number(42)? as f32).and_then(Density::known)
}

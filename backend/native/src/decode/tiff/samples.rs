//! Converts TIFF's samples to colours.

use tiff::{
    ColorType,
    decoder::DecodingResult,
    tags::{PlanarConfiguration, SampleFormat, Tag},
};

use super::Page;

/// The layout of a page's samples.
pub(super) struct Reading {
    colours: ColorType,
    /// The number of samples of a pixel in a chunk.
    bands: usize,
    /// Whether each band has chunks of its own, instead of all bands sharing one.
    planar: bool,
    palette: Option<Vec<u16>>,
    alpha: Option<Alpha>,
    bits: u8,
    float: bool,
}

/// The meaning of the sample after the colours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alpha {
    /// Opacity, with which the colours have been multiplied.
    Associated,
    /// Opacity.
    Unassociated,
}

/// The minimum (black) and maximum (white) of a page of floating-point samples.
#[derive(Clone, Copy)]
pub(super) struct Range {
    min: f32,
    greatest: f32,
}

impl Reading {
    /// `None` if the layout is not supported.
    pub(super) fn choose(page: &mut Page, palette: bool) -> Option<Self> {
        let colours = page.colortype().ok()?;
        let planar = page.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).ok().flatten()
            == Some(PlanarConfiguration::Planar.to_u16());
        let alpha = match page.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten().as_deref() {
            Some([1, ..]) => Some(Alpha::Associated),
            Some([2, ..]) => Some(Alpha::Unassociated),
            _ => None,
        };
        let bands = match colours {
            ColorType::Gray(_) | ColorType::Palette(_) => 1,
            ColorType::GrayA(_) => 2,
            ColorType::RGB(_) | ColorType::YCbCr(_) | ColorType::Lab(_) => 3,
            ColorType::RGBA(_) | ColorType::CMYK(_) => 4,
            ColorType::CMYKA(_) => 5,
            ColorType::Multiband { num_samples, .. } => usize::from(num_samples),
            _ => return None,
        };
        let bits = colours.bit_depth();
        // Samples of fewer than eight bits are packed in a row, and the library returns them packed.
        if !(matches!(bits, 8 | 16 | 32 | 64) || bands == 1 && matches!(bits, 1 | 2 | 4)) {
            return None;
        }
        let format = page.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).ok().flatten();
        let float = format.as_deref().and_then(<[u16]>::first) == Some(&SampleFormat::IEEEFP.to_u16());
        let palette = if palette { Some(page.get_tag_u16_vec(Tag::ColorMap).ok()?) } else { None };
        Some(Self { colours, bands, planar, palette, alpha, bits, float })
    }

    /// The range of a page of floating-point samples. Samples from 0 to 1 are not scaled.
    pub(super) fn range(&self, page: &mut Page, chunks: u32) -> Range {
        let mut range = Range { min: 0.0, greatest: 1.0 };
        for chunk in 0..if self.float { chunks } else { 0 } {
            let Some(samples) = Samples::decode(page, self, chunk, chunks) else { continue };
            for value in samples.floats().filter(|value| value.is_finite()) {
                range.min = range.min.min(value);
                range.greatest = range.greatest.max(value);
            }
        }
        range
    }

    /// Whether a sample after the colours is opacity.
    pub(super) fn has_alpha(&self) -> bool {
        self.opacity().is_some()
    }

    /// The index of the opacity, and whether the colours are multiplied with it.
    fn opacity(&self) -> Option<(usize, Alpha)> {
        match (self.colours, self.alpha) {
            (ColorType::RGBA(_), kind) => Some((3, kind.unwrap_or(Alpha::Unassociated))),
            (ColorType::Multiband { num_samples: 2, .. } | ColorType::GrayA(_), Some(kind)) => Some((1, kind)),
            _ => None,
        }
    }

    /// The colour and opacity of a pixel of a chunk.
    pub(super) fn colour(&self, samples: &Samples, x: u32, y: u32, range: Range) -> [u8; 4] {
        let at = |band: usize| samples.at(self, x, y, band, range);
        let rgb = match self.colours {
            ColorType::RGB(_) | ColorType::RGBA(_) => [at(0), at(1), at(2)],
            ColorType::CMYK(_) | ColorType::CMYKA(_) => {
                let black = 255 - u16::from(at(3));
                [0, 1, 2].map(|band| ((255 - u16::from(at(band))) * black / 255) as u8)
            }
            ColorType::YCbCr(_) => from_ycbcr(at(0), at(1), at(2)),
            _ => match &self.palette {
                Some(palette) => from_palette(palette, samples.place(self, x, y)),
                None => [at(0); 3],
            },
        };
        let (opacity, kind) = self.opacity().map_or((u8::MAX, Alpha::Unassociated), |(band, kind)| (at(band), kind));
        let [red, green, blue] = if kind == Alpha::Associated { rgb.map(|value| pure(value, opacity)) } else { rgb };
        [red, green, blue, opacity]
    }
}

/// Reverses the multiplication of a colour with its opacity.
pub(super) fn pure(value: u8, opacity: u8) -> u8 {
    if opacity == 0 { value } else { (u16::from(value) * 255 / u16::from(opacity)).min(255) as u8 }
}

/// A strip or tile.
pub(super) struct Samples {
    pub(super) width: u32,
    pub(super) height: u32,
    /// One chunk with all bands, or one for each band.
    planes: Vec<DecodingResult>,
}

impl Samples {
    /// `None` if the file is broken.
    pub(super) fn decode(page: &mut Page, reading: &Reading, chunk: u32, chunks: u32) -> Option<Self> {
        let (width, height) = page.chunk_data_dimensions(chunk);
        let planes = if reading.planar { reading.bands as u32 } else { 1 };
        let planes = (0..planes).map(|plane| page.read_chunk(chunk + plane * chunks).ok()).collect::<Option<_>>()?;
        Some(Self { width, height, planes })
    }

    fn floats(&self) -> impl Iterator<Item = f32> + '_ {
        self.planes.iter().flat_map(|plane| {
            let len = match plane {
                DecodingResult::F16(values) => values.len(),
                DecodingResult::F32(values) => values.len(),
                DecodingResult::F64(values) => values.len(),
                _ => 0,
            };
            (0..len).filter_map(|index| float(plane, index))
        })
    }

    /// A sample, 0 to 255.
    fn at(&self, reading: &Reading, x: u32, y: u32, band: usize, range: Range) -> u8 {
        let pixel = y as usize * self.width as usize + x as usize;
        let (plane, index) = if reading.planar {
            (self.planes.get(band), pixel)
        } else {
            (self.planes.first(), pixel * reading.bands + band)
        };
        let Some(plane) = plane else { return u8::MAX };
        let value = match plane {
            DecodingResult::U8(_) if reading.bits < 8 => {
                let max = (1_u16 << reading.bits) - 1;
                Some((self.place(reading, x, y) * 255 / max) as u8)
            }
            DecodingResult::U8(values) => values.get(index).copied(),
            DecodingResult::U16(values) => values.get(index).map(|value| (value >> 8) as u8),
            DecodingResult::U32(values) => values.get(index).map(|value| (value >> 24) as u8),
            DecodingResult::U64(values) => values.get(index).map(|value| (value >> 56) as u8),
            DecodingResult::I8(values) => values.get(index).map(|value| value.cast_unsigned() ^ 0x80),
            DecodingResult::I16(values) => values.get(index).map(|value| (value >> 8) as u8 ^ 0x80),
            DecodingResult::I32(values) => values.get(index).map(|value| (value >> 24) as u8 ^ 0x80),
            DecodingResult::I64(values) => values.get(index).map(|value| (value >> 56) as u8 ^ 0x80),
            _ => float(plane, index)
                .map(|value| ((value - range.min) / (range.greatest - range.min) * 255.0).round() as u8),
        };
        value.unwrap_or(u8::MAX)
    }

    /// A pixel's only sample, as it is stored.
    fn place(&self, reading: &Reading, x: u32, y: u32) -> u16 {
        let (x, y, width) = (x as usize, y as usize, self.width as usize);
        match self.planes.first() {
            Some(DecodingResult::U8(values)) => {
                let bits = usize::from(reading.bits.min(8));
                let row = (width * bits).div_ceil(8);
                let byte = values.get(y * row + x * bits / 8).copied().unwrap_or(0);
                let below = 8 - bits - x * bits % 8;
                u16::from(byte >> below) & ((1 << bits) - 1)
            }
            Some(DecodingResult::U16(values)) => values.get(y * width + x).copied().unwrap_or(0),
            _ => 0,
        }
    }
}

fn float(plane: &DecodingResult, index: usize) -> Option<f32> {
    match plane {
        DecodingResult::F16(values) => values.get(index).map(|value| value.to_f32()),
        DecodingResult::F32(values) => values.get(index).copied(),
        DecodingResult::F64(values) => values.get(index).map(|value| *value as f32),
        _ => None,
    }
}

/// TIFF 6.0: all reds, then all greens, then all blues, of 16 bits each.
fn from_palette(palette: &[u16], place: u16) -> [u8; 3] {
    let colours = palette.len() / 3;
    [0, 1, 2].map(|band| palette.get(band * colours + usize::from(place)).map_or(u8::MAX, |value| (value >> 8) as u8))
}

/// ITU-R BT.601, full range, as in JPEG.
fn from_ycbcr(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_14 * cb - 0.714_14 * cr, y + 1.772 * cb].map(|value| value.round() as u8)
}

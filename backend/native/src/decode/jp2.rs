//! JPEG 2000, in a JP2 file or as a bare code stream.

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
use image::{DynamicImage, GrayAlphaImage, RgbaImage};
use inkstream_core::{image::ImageSpec, ports::FileFormat};

use super::{DecodeError, DecodeLimits, Decoded, PageRaster, check_pixels, fit, metadata::Metadata, source::Source};

/// The marker at a code stream's end (ISO 15444-1, EOC).
const END: [u8; 2] = [0xff, 0xd9];

/// An image with a valid header.
pub(super) struct Jp2 {
    source: Source,
}

impl Jp2 {
    pub(super) fn open(source: Source, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let file = source.head(source.len()).map_err(|_| DecodeError::Broken)?;
        let image = Image::new(&file, &DecodeSettings::default()).map_err(|_| DecodeError::Broken)?;
        check_pixels(image.width(), image.height(), limits)?;
        Ok(Self { source })
    }
}

impl Decoded for Jp2 {
    fn format(&self) -> FileFormat {
        FileFormat::Jp2
    }

    fn pages(&self) -> u32 {
        1
    }

    fn rasterize(&mut self, page: u32, spec: &ImageSpec, _capacity: u64) -> Result<PageRaster, DecodeError> {
        if page != 1 {
            return Err(DecodeError::PageUnreadable);
        }
        let file = self.source.head(self.source.len()).map_err(|_| DecodeError::PageUnreadable)?;
        let raster = fit::fitted(image(&file)?, &Metadata::NONE, spec)?;
        Ok(PageRaster { truncated: !is_whole(&file), ..raster })
    }
}

fn image(file: &[u8]) -> Result<DynamicImage, DecodeError> {
    let image = Image::new(file, &DecodeSettings::default()).map_err(|_| DecodeError::PageUnreadable)?;
    let (width, height, alpha) = (image.width(), image.height(), image.has_alpha());
    let inverted = matches!(image.color_space(), ColorSpace::CMYK);
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| DecodeError::PageUnreadable)?;
    let bands = decoded.components().len();
    let samples = decoded.data_u8();
    if samples.len() != width as usize * height as usize * bands {
        return Err(DecodeError::PageUnreadable);
    }
    let image = match (bands, alpha) {
        (1, _) => fit::raw(width, height, false, samples).ok(),
        (2, true) => GrayAlphaImage::from_raw(width, height, samples).map(Into::into),
        (3, false) => fit::raw(width, height, true, samples).ok(),
        (4, true) => RgbaImage::from_raw(width, height, samples).map(Into::into),
        (4, false) if inverted => {
            let ink = |value: u8, black: u8| (u16::from(255 - value) * u16::from(255 - black) / 255) as u8;
            let rgb = samples.chunks_exact(4).flat_map(|p| [ink(p[0], p[3]), ink(p[1], p[3]), ink(p[2], p[3])]);
            fit::raw(width, height, true, rgb.collect()).ok()
        }
        // Other colour spaces: take the first band, which carries the text in each of them.
        _ => fit::raw(width, height, false, samples.iter().copied().step_by(bands).collect()).ok(),
    };
    image.ok_or(DecodeError::PageUnreadable)
}

/// Whether the code stream ends with its end marker.
fn is_whole(file: &[u8]) -> bool {
    code_stream(file).is_some_and(|stream| stream.ends_with(&END))
}

/// The code stream: a JP2 file's first `jp2c` box, or the whole file. `None` if the file is cut off before its end.
fn code_stream(file: &[u8]) -> Option<&[u8]> {
    if file.starts_with(&[0xff, 0x4f]) {
        return Some(file);
    }
    let mut rest = file;
    loop {
        let (head, _) = rest.split_first_chunk::<8>()?;
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let (head_len, len) = match short {
            0 => (8, rest.len() as u64),
            1 => (16, u64::from_be_bytes(*rest.get(8..)?.first_chunk()?)),
            len => (8, len),
        };
        let len = usize::try_from(len).ok().filter(|len| *len >= head_len)?;
        let (this, others) = rest.split_at_checked(len)?;
        if &head[4..] == b"jp2c" {
            return this.get(head_len..);
        }
        rest = others;
    }
}

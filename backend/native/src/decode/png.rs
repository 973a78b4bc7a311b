//! PNG, decoded row by row: what a file that was cut off still shows is not lost.

use std::io::BufReader;

use image::{DynamicImage, GrayAlphaImage, RgbaImage};
use inkstream_core::{picture::PictureSpec, ports::FileFormat};
use png::{BitDepth, ColorType, Decoder, Info, Reader, Transformations, Unit};

use super::{
    DecodeError, DecodeLimits, Decoded, Drawn, check_pixels, fit,
    metadata::{self, Density, Metadata},
    source::Source,
};

/// A PNG whose header is sound.
pub(super) struct Png {
    source: Source,
}

impl Png {
    pub(super) fn open(source: Source, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let png = Self { source };
        let reader = png.reader().map_err(|_| DecodeError::Broken)?;
        let (width, height) = reader.info().size();
        check_pixels(width, height, limits)?;
        Ok(png)
    }

    fn reader(&self) -> Result<Reader<BufReader<Source>>, png::DecodingError> {
        let mut decoder = Decoder::new(BufReader::new(self.source.rewound()));
        decoder.set_transformations(Transformations::normalize_to_color8());
        decoder.read_info()
    }
}

impl Decoded for Png {
    fn format(&self) -> FileFormat {
        FileFormat::Png
    }

    fn pages(&self) -> u32 {
        1
    }

    fn draw(&mut self, page: u32, spec: &PictureSpec, _capacity: u64) -> Result<Drawn, DecodeError> {
        if page != 1 {
            return Err(DecodeError::PageUnreadable);
        }
        let reader = self.reader().map_err(|_| DecodeError::PageUnreadable)?;
        let metadata = Metadata { density: density(reader.info()), ..metadata::of_exif(&self.source) };
        fit::fitted(pixels(reader)?, &metadata, spec)
    }
}

/// The `pHYs` chunk's resolution.
fn density(info: &Info<'_>) -> Option<Density> {
    let dimensions = info.pixel_dims.filter(|dimensions| dimensions.unit == Unit::Meter)?;
    Density::per_metre(dimensions.xppu as f32, dimensions.yppu as f32)
}

/// All rows up to the first broken one, and white for the rest; an interlaced picture must be whole.
fn pixels(mut reader: Reader<BufReader<Source>>) -> Result<DynamicImage, DecodeError> {
    let (width, height) = reader.info().size();
    let (colours, BitDepth::Eight) = reader.output_color_type() else { return Err(DecodeError::PageUnreadable) };
    let len = reader.output_buffer_size().ok_or(DecodeError::TooManyPixels)?;
    let mut pixels = vec![u8::MAX; len];
    if reader.info().interlaced {
        reader.next_frame(&mut pixels).map_err(|_| DecodeError::PageUnreadable)?;
    } else {
        let row_len = len / height as usize;
        let mut rows = pixels.chunks_exact_mut(row_len);
        let mut any = false;
        while let (Ok(Some(row)), Some(to)) = (reader.next_row(), rows.next()) {
            to.copy_from_slice(&row.data()[..row_len]);
            any = true;
        }
        if !any {
            return Err(DecodeError::PageUnreadable);
        }
    }
    match colours {
        ColorType::Grayscale => fit::raw(width, height, false, pixels),
        ColorType::Rgb => fit::raw(width, height, true, pixels),
        ColorType::GrayscaleAlpha => {
            GrayAlphaImage::from_raw(width, height, pixels).map(Into::into).ok_or(DecodeError::PageUnreadable)
        }
        ColorType::Rgba => {
            RgbaImage::from_raw(width, height, pixels).map(Into::into).ok_or(DecodeError::PageUnreadable)
        }
        ColorType::Indexed => Err(DecodeError::PageUnreadable),
    }
}

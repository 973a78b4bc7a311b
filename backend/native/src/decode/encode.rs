//! Encodes page images.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    os::unix::fs::FileExt,
};

use image::DynamicImage;
use inkstream_core::image::ImageEncoding;
use jpeg_encoder::PixelDensity;

use super::DecodeError;

/// On text, engines and people cannot tell this quality from lossless.
const JPEG_QUALITY: u8 = 85;

/// Writes a grey or RGB image into `out` from its start, and returns its length in bytes.
pub(super) fn write(
    image: &DynamicImage,
    format: ImageEncoding,
    dpi: Option<f32>,
    out: &File,
    capacity: u64,
) -> Result<u64, DecodeError> {
    let mut bounded = Bounded { out, capacity, len: 0, overflowed: false };
    let grey = without_colour(image);
    let image = grey.as_ref().unwrap_or(image);
    let done = match format {
        ImageEncoding::Gray8 => bounded.write_all(image.as_bytes()),
        ImageEncoding::Png => BufWriter::with_capacity(1 << 16, &mut bounded).with(|to| png(image, to)),
        ImageEncoding::Jpeg => BufWriter::with_capacity(1 << 16, &mut bounded).with(|to| jpeg(image, dpi, to)),
    };
    match done {
        Ok(()) => Ok(bounded.len),
        Err(_) if bounded.overflowed => Err(DecodeError::TooManyPixels),
        Err(_) => Err(DecodeError::PageUnreadable),
    }
}

/// Converts an image without colour to grey. Most pages are black on white, and encoding grey takes a third of the
/// time.
pub(super) fn without_colour(image: &DynamicImage) -> Option<DynamicImage> {
    let colours = image.as_rgb8()?;
    let colourless = colours.as_raw().chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
    colourless.then(|| {
        let grey = colours.as_raw().iter().copied().step_by(3).collect();
        image::GrayImage::from_raw(image.width(), image.height(), grey).map(DynamicImage::ImageLuma8)
    })?
}

/// Runs an encoder and flushes its output, because dropping a `BufWriter` would ignore the error.
trait With: Write + Sized {
    fn with(mut self, encode: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        encode(&mut self)?;
        self.flush()
    }
}

impl<W: Write> With for BufWriter<W> {}

fn png(image: &DynamicImage, to: &mut impl Write) -> io::Result<()> {
    let mut encoder = png::Encoder::new(to, image.width(), image.height());
    encoder.set_color(if image.color().has_color() { png::ColorType::Rgb } else { png::ColorType::Grayscale });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(image.as_bytes())?;
    Ok(writer.finish()?)
}

fn jpeg(image: &DynamicImage, dpi: Option<f32>, to: &mut impl Write) -> io::Result<()> {
    let side = |length: u32| u16::try_from(length).map_err(io::Error::other);
    let (width, height) = (side(image.width())?, side(image.height())?);
    let colours = if image.color().has_color() { jpeg_encoder::ColorType::Rgb } else { jpeg_encoder::ColorType::Luma };
    let mut encoder = jpeg_encoder::Encoder::new(to, JPEG_QUALITY);
    if let Some(dpi) = dpi {
        let dpi = dpi.round() as u16;
        encoder.set_density(PixelDensity { density: (dpi, dpi), unit: jpeg_encoder::PixelDensityUnit::Inches });
    }
    encoder.encode(image.as_bytes(), width, height, colours).map_err(io::Error::other)
}

/// Writes at a position and never beyond the capacity, because the memfd is sealed against growing.
struct Bounded<'a> {
    out: &'a File,
    capacity: u64,
    len: u64,
    overflowed: bool,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.len + bytes.len() as u64 > self.capacity {
            self.overflowed = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.out.write_all_at(bytes, self.len)?;
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

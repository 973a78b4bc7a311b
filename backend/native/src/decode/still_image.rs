//! Images with one page: JPEG, WebP, BMP, GIF (its first frame) and PNM.

use std::io::{BufReader, Cursor};

use image::{
    ColorType, DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    RgbImage, RgbaImage, codecs::jpeg::JpegDecoder,
};
use inkstream_core::{image::ImageSpec, ports::FileFormat};

use super::{
    DecodeError, DecodeLimits, Decoded, PageRaster, check_pixels, fit, further_images, jpeg, metadata,
    original::{self, Original},
    source::Source,
    webp::LibWebp,
};

/// The maximum allocation of a decoder in bytes, so that exceeding it is an error and does not end the child.
const MAX_ALLOC: u64 = 384 << 20;

/// An image with a valid header.
pub(super) struct StillImage<'a> {
    source: Source,
    format: ImageFormat,
    /// Decodes a WebP that is cut off.
    webp: Option<&'a LibWebp>,
}

impl<'a> StillImage<'a> {
    pub(super) fn open(
        source: Source,
        format: ImageFormat,
        limits: &DecodeLimits,
        webp: Option<&'a LibWebp>,
    ) -> Result<Self, DecodeError> {
        if format == ImageFormat::Jpeg {
            let head = source.head(source.len().min(jpeg::MAX_HEAD)).map_err(|_| DecodeError::Broken)?;
            if jpeg::is_unsupported(&head) {
                return Err(DecodeError::UnsupportedJpeg);
            }
        }
        let still = Self { source, format, webp: webp.filter(|_| format == ImageFormat::WebP) };
        let (width, height) = match (still.decoder(), still.webp) {
            (Ok(decoder), _) => decoder.dimensions(),
            (Err(ImageError::Limits(_)), _) => return Err(DecodeError::TooManyPixels),
            (Err(_), Some(webp)) => webp.size(&still.file()?).ok_or(DecodeError::Broken)?,
            (Err(_), None) => return Err(DecodeError::Broken),
        };
        check_pixels(width, height, limits)?;
        Ok(still)
    }

    fn decoder(&self) -> Result<impl ImageDecoder, ImageError> {
        let mut reader = ImageReader::with_format(BufReader::new(self.source.rewound()), self.format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(MAX_ALLOC);
        reader.limits(limits);
        reader.into_decoder()
    }

    /// All its bytes.
    fn file(&self) -> Result<Vec<u8>, DecodeError> {
        self.source.head(self.source.len()).map_err(|_| DecodeError::PageUnreadable)
    }

    /// Decodes the image, and tells whether a part is missing. Missing parts are white.
    fn decode(&self) -> Result<(DynamicImage, bool), DecodeError> {
        if self.format == ImageFormat::Jpeg {
            return self.jpeg();
        }
        match (partial(self.decoder()), self.webp) {
            (Ok((DynamicImage::ImageRgba8(mut image), truncated)), _) if self.format == ImageFormat::Bmp => {
                // Writers that do not support opacity leave it 0 in a bitmap with 32 bits a pixel.
                if image.pixels().all(|pixel| pixel.0[3] == 0) {
                    image.pixels_mut().for_each(|pixel| pixel.0[3] = u8::MAX);
                }
                Ok((image.into(), truncated))
            }
            (read @ Ok((_, false)), _) => read,
            (Ok(_) | Err(DecodeError::PageUnreadable), Some(webp)) => webp.rows(&self.file()?),
            (read, _) => read,
        }
    }

    fn jpeg(&self) -> Result<(DynamicImage, bool), DecodeError> {
        let file = self.file()?;
        let (mut image, truncated) = match (partial(self.decoder()), jpeg::ended(&file)) {
            (Err(DecodeError::PageUnreadable), Some(ended)) => partial(JpegDecoder::new(Cursor::new(ended))),
            (read, _) => read,
        }?;
        let truncated = jpeg::whiten_missing(&mut image, &file) || truncated;
        Ok((image, truncated))
    }
}

/// What a decoder writes before an error, and whether there was one. The rest is white.
fn partial(decoder: Result<impl ImageDecoder, ImageError>) -> Result<(DynamicImage, bool), DecodeError> {
    let decoder = decoder.map_err(|error| cause(&error))?;
    let (width, height) = decoder.dimensions();
    let (colours, len) = (decoder.color_type(), decoder.total_bytes());
    let len = usize::try_from(len).map_err(|_| DecodeError::TooManyPixels)?;
    let mut pixels = vec![u8::MAX; len];
    let read = decoder.read_image(&mut pixels);
    if let Err(error) = &read
        && (matches!(error, ImageError::Limits(_)) || pixels.iter().all(|sample| *sample == u8::MAX))
    {
        return Err(cause(error));
    }
    let image = image(colours, width, height, pixels).ok_or(DecodeError::PageUnreadable)?;
    Ok((image, read.is_err()))
}

impl Decoded for StillImage<'_> {
    fn format(&self) -> FileFormat {
        match self.format {
            ImageFormat::Jpeg => FileFormat::Jpeg,
            ImageFormat::WebP => FileFormat::WebP,
            ImageFormat::Bmp => FileFormat::Bmp,
            ImageFormat::Gif => FileFormat::Gif,
            // `kind::sniff` names no other.
            _ => FileFormat::Pnm,
        }
    }

    fn pages(&self) -> u32 {
        1
    }

    fn has_further_images(&self) -> bool {
        further_images::in_file(&self.source, self.format)
    }

    fn rasterize(&mut self, page: u32, spec: &ImageSpec, _capacity: u64) -> Result<PageRaster, DecodeError> {
        if page != 1 {
            return Err(DecodeError::PageUnreadable);
        }
        let (image, truncated) = self.decode()?;
        let raster = fit::fitted(image, &metadata::of_still(&self.source, self.format), spec)?;
        Ok(PageRaster { truncated, ..raster })
    }

    fn original(&self, spec: &ImageSpec) -> Option<Original> {
        if self.format != ImageFormat::Jpeg {
            return None;
        }
        let decoder = self.decoder().ok()?;
        let (size, colours) = (decoder.dimensions(), decoder.color_type());
        if colours != ColorType::L8 && !spec.colour {
            return None;
        }
        let image = fit::unchanged(size, &metadata::of_still(&self.source, self.format), spec)?;
        let file = original::file(&self.source, size)?;
        jpeg::is_whole(&file).then(|| Original::jpeg(&file, image))?
    }
}

fn cause(error: &ImageError) -> DecodeError {
    if matches!(error, ImageError::Limits(_)) { DecodeError::TooManyPixels } else { DecodeError::PageUnreadable }
}

/// Converts a decoder's bytes to an image with 8 bits a channel.
fn image(colours: ColorType, width: u32, height: u32, pixels: Vec<u8>) -> Option<DynamicImage> {
    // Samples of 16 bits are in the machine's byte order.
    let halved = |pixels: Vec<u8>| -> Vec<u8> {
        pixels.as_chunks::<2>().0.iter().map(|sample| (u16::from_ne_bytes(*sample) >> 8) as u8).collect()
    };
    let (colours, pixels) = match colours {
        ColorType::L16 => (ColorType::L8, halved(pixels)),
        ColorType::La16 => (ColorType::La8, halved(pixels)),
        ColorType::Rgb16 => (ColorType::Rgb8, halved(pixels)),
        ColorType::Rgba16 => (ColorType::Rgba8, halved(pixels)),
        eight => (eight, pixels),
    };
    match colours {
        ColorType::L8 => GrayImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::La8 => GrayAlphaImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::Rgb8 => RgbImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::Rgba8 => RgbaImage::from_raw(width, height, pixels).map(Into::into),
        _ => None,
    }
}

//! Pictures of one page: JPEG, WebP, BMP, GIF (its first frame) and PNM.

use std::io::BufReader;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use inkstream_core::{picture::PictureSpec, ports::FileFormat};

use super::{DecodeError, DecodeLimits, Decoded, Drawn, check_pixels, fit, metadata, source::Source};

/// What a decoder may allocate in bytes, so that a greedy one is an error and not the child's end.
const MAX_ALLOC: u64 = 384 << 20;

/// A picture whose header is sound.
pub(super) struct Still {
    source: Source,
    format: ImageFormat,
}

impl Still {
    pub(super) fn open(source: Source, format: ImageFormat, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let still = Self { source, format };
        let (width, height) = still.decoder().map_err(|error| cause(&error, DecodeError::Broken))?.dimensions();
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
}

impl Decoded for Still {
    fn format(&self) -> FileFormat {
        match self.format {
            ImageFormat::Jpeg => FileFormat::Jpeg,
            ImageFormat::WebP => FileFormat::WebP,
            ImageFormat::Bmp => FileFormat::Bmp,
            ImageFormat::Gif => FileFormat::Gif,
            // `kind::of` names no other.
            _ => FileFormat::Pnm,
        }
    }

    fn pages(&self) -> u32 {
        1
    }

    fn draw(&mut self, page: u32, spec: &PictureSpec, _capacity: u64) -> Result<Drawn, DecodeError> {
        if page != 1 {
            return Err(DecodeError::PageUnreadable);
        }
        let image = self
            .decoder()
            .and_then(DynamicImage::from_decoder)
            .map_err(|error| cause(&error, DecodeError::PageUnreadable))?;
        fit::fitted(image, &metadata::of_still(&self.source, self.format), spec)
    }
}

fn cause(error: &ImageError, otherwise: DecodeError) -> DecodeError {
    if matches!(error, ImageError::Limits(_)) { DecodeError::TooManyPixels } else { otherwise }
}

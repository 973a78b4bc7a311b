//! Pictures of pages: what an engine asks for, and what it is given.

use std::{os::fd::OwnedFd, sync::Arc};

use bytes::Bytes;
use inkstream_wire::{BoxKind, PageWarning, PixelBox};
use serde::{Deserialize, Serialize};

/// How a picture's pixels are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImageEncoding {
    /// One byte a pixel, rows without padding, in a sealed memfd.
    Gray8,
    /// PNG, grey or RGB as the spec's `colour` says.
    Png,
    /// Baseline JPEG at quality 85, grey or RGB.
    Jpeg,
}

/// The picture that an engine wants of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageSpec {
    /// PDF pages are rendered at this resolution (dots per inch); pictures keep their pixels.
    pub dpi: f32,
    /// The greatest width in pixels, after turning; wider pages are scaled down.
    pub max_width: Option<u32>,
    /// The longest side in pixels that the engine has use for; larger pages are scaled down.
    pub max_side: Option<u32>,
    /// The shortest side in pixels that is safe for the engine; smaller pages are padded with white.
    pub min_side: u32,
    /// Layout of the pixels.
    pub format: ImageEncoding,
    /// Colour instead of grey.
    pub colour: bool,
    /// Clockwise turn in degrees: 0, 90, 180 or 270.
    pub rotation: u16,
}

/// What is drawn on a page's picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Width in pixels of the picture that the places are in: they are scaled to the one that they are drawn on.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The marks, in the order in which they are drawn.
    pub marks: Vec<Mark>,
}

/// A frame with a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Decides its colour.
    pub kind: BoxKind,
    /// Where it is.
    pub bounds: PixelBox,
    /// What stands beside it; empty for none.
    pub label: String,
}

/// A page's picture.
#[derive(Debug, Clone)]
pub struct PageImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Resolution, where known: a PDF's, or what the file says of itself.
    pub dpi: Option<f32>,
    /// Set to `dpi` when the resolution asked for would have made too many pixels.
    pub lowered_dpi: Option<f32>,
    /// What is wrong with the picture, where the file told only a part of it.
    pub warnings: Vec<PageWarning>,
    /// Layout of the pixels.
    pub format: ImageEncoding,
    /// The pixels.
    pub data: ImageData,
}

/// Where a picture's pixels are.
#[derive(Debug, Clone)]
pub enum ImageData {
    /// In this process: an encoded picture.
    Bytes(Bytes),
    /// In a memfd sealed against writing and resizing, `len` bytes long: raw pixels on their way from one child to
    /// another, which this process never maps.
    Memfd {
        /// The memfd.
        fd: Arc<OwnedFd>,
        /// Bytes in use from its start.
        len: u64,
    },
}

impl ImageData {
    /// Size in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Memfd { len, .. } => *len,
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

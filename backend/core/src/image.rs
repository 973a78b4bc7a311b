//! Page images: the spec that an engine requests, and the rendered result.

use std::{os::fd::OwnedFd, sync::Arc};

use bytes::Bytes;
use inkstream_wire::{BoxKind, PageWarning, PixelBox};
use serde::{Deserialize, Serialize};

/// The encoding of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImageEncoding {
    /// One byte a pixel, rows without padding, in a sealed memfd.
    Gray8,
    /// PNG, grey or RGB as the spec's `colour` says.
    Png,
    /// Baseline JPEG at quality 85, grey or RGB.
    Jpeg,
}

/// The image that an engine requests of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageSpec {
    /// PDF pages are rendered at this resolution (dots per inch); image documents keep their pixels.
    pub dpi: f32,
    /// The maximum width in pixels, after rotation; wider pages are scaled down.
    pub max_width: Option<u32>,
    /// The maximum length of the longest side in pixels; larger pages are scaled down.
    pub max_side: Option<u32>,
    /// The minimum length of the shortest side in pixels; smaller pages are padded with white.
    pub min_side: u32,
    /// Layout of the pixels.
    pub format: ImageEncoding,
    /// Colour instead of grey.
    pub colour: bool,
    /// Clockwise rotation in degrees: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Whether a PNG or JPEG file that already is this image may come as it is, in its own format and without its
    /// metadata, instead of being encoded again.
    pub original: bool,
}

/// Annotations that are drawn on a page image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Width in pixels of the image that the bounds refer to. They are scaled to the image that is drawn on.
    pub width: u32,
    /// Height in pixels of that image.
    pub height: u32,
    /// The marks, in the order in which they are drawn.
    pub marks: Vec<Mark>,
}

/// A frame with a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The kind of box, which decides the colour.
    pub kind: BoxKind,
    /// The frame's bounding box in pixels.
    pub bounds: PixelBox,
    /// The label's text; empty for none.
    pub label: String,
}

/// A page image.
#[derive(Debug, Clone)]
pub struct PageImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Resolution in dots per inch, if known: as rendered for a PDF, or as stored in an image file.
    pub dpi: Option<f32>,
    /// Set to `dpi` if the requested resolution would have given too many pixels.
    pub lowered_dpi: Option<f32>,
    /// Warnings about the image, such as a file that holds only a part of it.
    pub warnings: Vec<PageWarning>,
    /// Layout of the pixels.
    pub format: ImageEncoding,
    /// The pixels.
    pub data: ImageData,
}

/// The bytes of an image.
#[derive(Debug, Clone)]
pub enum ImageData {
    /// An encoded image in this process's memory.
    Bytes(Bytes),
    /// In a memfd sealed against writing and resizing, `len` bytes long: raw pixels that one child process hands to
    /// another, and that this process never maps.
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

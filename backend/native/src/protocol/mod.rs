//! The protocol between server and child: frames of a four-byte little-endian length and JSON, over a socket pair.
//!
//! The server asks and the child answers. To cancel, the server kills the child. Only the server sends descriptors. A
//! child may have been taken over by the file that it read, so the server accepts no frame longer than the role's
//! bound, and checks everything in it.

mod child;
mod server;

use std::path::PathBuf;

use inkstream_core::{
    image::{ImageSpec, Marks},
    ports::{EmbeddedText, FileFormat},
};
use serde::{Deserialize, Serialize};

pub use child::ChildEnd;
pub(crate) use server::{FrameError, ServerEnd};

use crate::{
    decode::{DecodeError, DecodeLimits, DecoderLibrary, Rendered},
    recognized::{ReadLine, ReadPage},
    sandbox::Allowance,
    script::Script,
};

/// The maximum number of marks of an annotated image.
pub const MAX_MARKS: usize = 50_000;
/// The maximum number of characters of a mark's label.
pub const MAX_LABEL: usize = 80;
/// The maximum length in bytes of a frame that the server sends: [`MAX_MARKS`] marks with a label of [`MAX_LABEL`]
/// characters, each of four bytes, and 90 bytes around it.
pub const MAX_REQUEST: usize = MAX_MARKS * (4 * MAX_LABEL + 90) + 4096;

/// The first frame, which configures the child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The child's memory limit.
    pub allowance: Allowance,
    /// The child's job.
    pub work: Work,
}

impl Setup {
    /// Whether such a child holds next to no memory while it is idle. It has loaded no library, and of an open image it
    /// keeps the header only.
    pub(crate) fn is_light(&self) -> bool {
        matches!(self.work, Work::Decode { library: DecoderLibrary::BuiltIn, .. })
    }
}

/// A child's job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// Renders the pages of one document.
    Decode {
        /// The library to load.
        library: DecoderLibrary,
        /// The path of PDFium's library.
        pdfium: PathBuf,
        /// The maximum size of a document.
        limits: DecodeLimits,
    },
    /// Recognizes grey images with Tesseract.
    Read {
        /// The folder of Tesseract's models.
        tessdata: PathBuf,
        /// The models to load, the main one first.
        languages: Vec<String>,
        /// The folder of the neural models, if pages are to be turned upright.
        models: Option<PathBuf>,
    },
    /// Recognizes grey images with PP-OCR.
    Ppocr {
        /// The folder of the neural models.
        models: PathBuf,
    },
    /// Finds the script of grey images.
    Script {
        /// The folder of Tesseract's models.
        tessdata: PathBuf,
        /// The folder of the neural models, if pages are to be turned upright.
        models: Option<PathBuf>,
    },
}

/// The child's first frame.
#[derive(Debug, Serialize, Deserialize)]
pub enum Hello {
    /// The child has dropped its rights and waits for work.
    Ready,
    /// The child cannot work. The text is a sentence for the operator.
    Failed(String),
}

/// A request to a decode child.
#[derive(Debug, Serialize, Deserialize)]
pub enum DecodeRequest {
    /// Opens the document whose descriptor is sent with this frame. Sent at most once to a child.
    Open {
        /// A PDF's password.
        password: Option<String>,
    },
    /// Renders a page into the memfd that is sent with this frame.
    Render {
        /// The page's number, from 1.
        page: u32,
        /// The requested image.
        spec: ImageSpec,
        /// The memfd's size in bytes.
        capacity: u64,
    },
    /// Renders a page with marks drawn on it.
    Annotate {
        /// The page's number, from 1.
        page: u32,
        /// The requested image.
        spec: ImageSpec,
        /// The memfd's size in bytes.
        capacity: u64,
        /// The marks to draw.
        marks: Marks,
    },
    /// Extracts the text that a page contains itself. No descriptor is sent.
    Text {
        /// The page's number, from 1.
        page: u32,
        /// The image in whose pixels positions are given.
        spec: ImageSpec,
        /// The size in bytes of the memfd that the image would be rendered into. It may lower the resolution.
        capacity: u64,
    },
}

/// A decode child's answer.
#[derive(Debug, Serialize, Deserialize)]
pub enum DecodeAnswer {
    /// The document is open.
    Opened {
        /// The file's format.
        format: FileFormat,
        /// The number of pages.
        pages: u32,
    },
    /// The page is in the memfd.
    Rendered(Rendered),
    /// The page's text, if it has any.
    Text(Option<EmbeddedText>),
    /// The decoder returned an error.
    Failed(DecodeError),
}

/// A request to a child that reads or finds scripts. The image's memfd is sent with it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The resolution in dots per inch, where known.
    pub dpi: Option<f32>,
}

/// A read child's answers: the beginning, lines, and then one of the last two.
#[derive(Debug, Serialize, Deserialize)]
pub enum ReadAnswer {
    /// The page was turned clockwise by so many degrees, and is recognized now.
    Begun {
        /// 0, 90, 180 or 270.
        rotation: u16,
    },
    /// A line was recognized.
    Line(ReadLine),
    /// The page is read.
    Page(ReadPage),
    /// Recognition failed. The text is a sentence for the operator.
    Failed(String),
}

/// The answer of a child that finds scripts.
#[derive(Debug, Serialize, Deserialize)]
pub enum ScriptAnswer {
    /// The script, if it is sure.
    Found(Option<Script>),
    /// The search failed. The text is a sentence for the operator.
    Failed(String),
}

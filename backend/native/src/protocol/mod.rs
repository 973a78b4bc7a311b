//! What server and child say to each other: frames of a four-byte little-endian length and JSON, over a socket pair.
//!
//! The server asks, the child answers; there is no message to cancel, because cancel is SIGKILL. Descriptors travel from
//! the server to the child alone. A child may have been taken over by what it read: the server takes no frame longer than
//! the role's bound, and believes nothing in it.

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
    sandbox::Allowance,
    tesseract::{ReadLine, ReadPage},
};

/// Marks of one annotated picture.
pub const MAX_MARKS: usize = 50_000;
/// Characters of a mark's label.
pub const MAX_LABEL: usize = 80;
/// Bytes of the longest frame that a server sends: [`MAX_MARKS`] marks with a label of [`MAX_LABEL`] characters, each of
/// four bytes, and 90 bytes around it.
pub const MAX_REQUEST: usize = MAX_MARKS * (4 * MAX_LABEL + 90) + 4096;

/// The first frame: what the child is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// What it may use.
    pub allowance: Allowance,
    /// What it does.
    pub work: Work,
}

impl Setup {
    /// Whether such a child holds next to no memory while it is idle: it has no library, and a picture is open as its header
    /// alone.
    pub(crate) fn is_light(&self) -> bool {
        matches!(self.work, Work::Decode { library: DecoderLibrary::BuiltIn, .. })
    }
}

/// What a child does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// Renders the pages of one document.
    Decode {
        /// The library to load.
        library: DecoderLibrary,
        /// Where PDFium is.
        pdfium: PathBuf,
        /// What a document may cost.
        limits: DecodeLimits,
    },
    /// Reads grey pictures.
    Read {
        /// The folder of Tesseract's models.
        tessdata: PathBuf,
        /// The models to load, the main one first.
        languages: Vec<String>,
    },
}

/// The child's first frame.
#[derive(Debug, Serialize, Deserialize)]
pub enum Hello {
    /// Rights are dropped; it waits for work.
    Ready,
    /// It cannot work; a sentence for the operator.
    Failed(String),
}

/// Asked of a decode child.
#[derive(Debug, Serialize, Deserialize)]
pub enum DecodeRequest {
    /// Opens the document whose descriptor comes along. Once a child.
    Open {
        /// A PDF's password.
        password: Option<String>,
    },
    /// Renders a page into the memfd that comes along.
    Render {
        /// Its number, from 1.
        page: u32,
        /// The picture wanted.
        spec: ImageSpec,
        /// The memfd's size in bytes.
        capacity: u64,
    },
    /// The same with marks drawn on it.
    Annotate {
        /// Its number, from 1.
        page: u32,
        /// The picture wanted.
        spec: ImageSpec,
        /// The memfd's size in bytes.
        capacity: u64,
        /// What is drawn.
        marks: Marks,
    },
    /// Takes the text that a page carries itself. No descriptor comes along.
    Text {
        /// Its number, from 1.
        page: u32,
        /// The picture that places are in.
        spec: ImageSpec,
        /// The size in bytes of the memfd that this picture would be rendered into: it may lower the resolution.
        capacity: u64,
    },
}

/// Answered by a decode child.
#[derive(Debug, Serialize, Deserialize)]
pub enum DecodeAnswer {
    /// The document is open.
    Opened {
        /// What the file is.
        format: FileFormat,
        /// How many pages it has.
        pages: u32,
    },
    /// The page is in the memfd.
    Rendered(Rendered),
    /// The page's text, if it has any.
    Text(Option<EmbeddedText>),
    /// The decoder said no.
    Failed(DecodeError),
}

/// Asked of a read child: the picture's memfd comes along.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadPicture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Dots per inch, where known.
    pub dpi: Option<f32>,
}

/// Answered by a read child: lines, and then one of the other two.
#[derive(Debug, Serialize, Deserialize)]
pub enum ReadAnswer {
    /// A line was recognised.
    Line(ReadLine),
    /// The page is read.
    Page(ReadPage),
    /// Tesseract said no; a sentence for the operator.
    Failed(String),
}

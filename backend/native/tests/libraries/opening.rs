//! Opens and renders documents in the test's own process.

use std::{fs::File, io::Write, path::PathBuf, sync::LazyLock};

use inkstream_core::{
    image::{ImageEncoding, ImageSpec},
    ports::FileFormat,
};
use inkstream_native::decode::{self, DecodeError, DecodeLimits, Libraries, Rendered};

pub(crate) const LIMITS: DecodeLimits = DecodeLimits { max_pixels: 40_000_000, max_pages: 100 };

/// What Tesseract asks for.
pub(crate) const GREY: ImageSpec = ImageSpec {
    dpi: 200.0,
    max_width: None,
    max_side: None,
    min_side: 0,
    format: ImageEncoding::Gray8,
    colour: false,
    rotation: 0,
    original: false,
};

/// The libraries that `make setup` puts there.
pub(crate) static PDFIUM: LazyLock<Libraries> = LazyLock::new(|| {
    let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
    Libraries::load(&home.join(".cache/inkstream/pdfium-5.15.2/libpdfium.so")).expect("run `make setup` first")
});

/// An image that was rendered.
#[derive(Debug)]
pub(crate) struct PageImage {
    pub(crate) rendered: Rendered,
    pub(crate) bytes: Vec<u8>,
}

impl PageImage {
    /// The sample at a place of a grey image.
    pub(crate) fn grey(&self, x: u32, y: u32) -> u8 {
        self.bytes[(y * self.rendered.width + x) as usize]
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        (self.rendered.width, self.rendered.height)
    }
}

pub(crate) fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    file
}

/// What a document is.
pub(crate) fn format(document: &[u8]) -> Result<FileFormat, DecodeError> {
    decode::open(file(document), None, &PDFIUM, &LIMITS).map(|document| document.format())
}

/// How many pages a document has.
pub(crate) fn pages(document: &[u8]) -> Result<u32, DecodeError> {
    decode::open(file(document), None, &PDFIUM, &LIMITS).map(|document| document.pages())
}

/// A page as an image, in a file of 64 MiB that must not grow.
pub(crate) fn render(document: &[u8], page: u32, spec: &ImageSpec) -> Result<PageImage, DecodeError> {
    render_into(64 << 20, document, page, spec)
}

/// The same in a file of this size.
pub(crate) fn render_into(
    capacity: u64,
    document: &[u8],
    page: u32,
    spec: &ImageSpec,
) -> Result<PageImage, DecodeError> {
    let mut document = decode::open(file(document), None, &PDFIUM, &LIMITS)?;
    let out = tempfile::tempfile().expect("a temporary file");
    out.set_len(capacity).expect("room for it");
    let rendered = document.render(page, spec, &out, capacity)?;
    assert_eq!(out.metadata().expect("its size").len(), capacity, "the file was resized");
    let mut bytes = vec![0; rendered.len as usize];
    std::os::unix::fs::FileExt::read_exact_at(&out, &mut bytes, 0).expect("what was written");
    Ok(PageImage { rendered, bytes })
}

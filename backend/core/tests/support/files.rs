use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{Read as _, Seek as _, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use inkstream_core::{
    Error, Result,
    image::{ImageData, ImageSpec, Marks, PageImage},
    ports::{
        BlobKey, BlobWriter, Blobs, DocumentInfo, EmbeddedLine, EmbeddedText, EmbeddedWord, FileFormat, OpenDocument,
        OpenRequest, Renderer,
    },
};
use inkstream_wire::{ErrorCode, PixelBox};

use super::CallGate;

type Files = Arc<Mutex<HashMap<String, Vec<u8>>>>;

#[derive(Default)]
pub(crate) struct MemoryBlobs {
    files: Files,
    /// Keys that cannot be deleted.
    pub(crate) undeletable: Mutex<HashSet<String>>,
    /// Keys whose deletion was tried, in order.
    pub(crate) deletions: Mutex<Vec<String>>,
    /// Holds up what finishes a blob.
    pub(crate) finishing: Mutex<Option<Arc<CallGate>>>,
}

impl MemoryBlobs {
    pub(crate) fn count(&self) -> usize {
        self.files.lock().unwrap().len()
    }
}

struct Writer {
    key: String,
    bytes: Vec<u8>,
    files: Files,
    finishing: Option<Arc<CallGate>>,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, chunk: Bytes) -> Result<()> {
        self.bytes.extend_from_slice(&chunk);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        if let Some(gate) = &self.finishing {
            gate.reached.add_permits(1);
            gate.open.acquire().await.unwrap().forget();
        }
        self.files.lock().unwrap().insert(self.key, self.bytes);
        Ok(())
    }

    async fn abort(self: Box<Self>) {}
}

#[async_trait]
impl Blobs for MemoryBlobs {
    async fn create(&self, key: &BlobKey) -> Result<Box<dyn BlobWriter>> {
        let finishing = self.finishing.lock().unwrap().clone();
        Ok(Box::new(Writer { key: key.to_string(), bytes: Vec::new(), files: self.files.clone(), finishing }))
    }

    async fn open(&self, key: &BlobKey) -> Result<File> {
        let files = self.files.lock().unwrap();
        let bytes = files.get(key.as_str()).ok_or_else(|| Error::new(ErrorCode::NotFound, "No such blob."))?;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        Ok(file)
    }

    async fn delete(&self, key: &BlobKey) -> Result<()> {
        self.deletions.lock().unwrap().push(key.to_string());
        if self.undeletable.lock().unwrap().contains(key.as_str()) {
            return Err(Error::internal("permission denied"));
        }
        self.files.lock().unwrap().remove(key.as_str());
        Ok(())
    }

    async fn older_than(&self, _: u64) -> Result<Vec<BlobKey>> {
        Ok(self.files.lock().unwrap().keys().cloned().map(BlobKey::stored).collect())
    }
}

/// Most dots per inch that a page of paper can have.
const FINEST: f32 = 149.96;

/// Opens `image`, `pdf N`, `pdf N bad K`, and `pdf N text K`, of which page K carries [`OWN_TEXT`].
#[derive(Default)]
pub(crate) struct PaperRenderer {
    /// The images asked for.
    pub(crate) specs: Arc<Mutex<Vec<ImageSpec>>>,
    /// The number of documents that were opened.
    pub(crate) opened: AtomicUsize,
}

struct Paper {
    specs: Arc<Mutex<Vec<ImageSpec>>>,
    info: DocumentInfo,
    bad: Option<u32>,
    with_text: Option<u32>,
}

/// What a page with a text of its own says, in a line.
pub(crate) const OWN_TEXT: &str = "Dear reader this page says all of itself and needs nobody who reads it aloud";

fn own_text() -> EmbeddedText {
    let words = OWN_TEXT.split(' ').zip(0..).map(|(word, nth)| EmbeddedWord {
        text: word.to_owned(),
        bounds: PixelBox { x: nth * 5, y: 10, width: 4, height: 8 },
    });
    let lines = vec![EmbeddedLine { paragraph: true, words: words.collect() }];
    EmbeddedText {
        tables: Vec::new(),
        width: 85,
        height: 110,
        dpi: 100.0,
        lines,
        unmapped: 0,
        hidden: 0,
        doubtful: 0,
        foreign: 0,
        contradicted: 0,
        image_cover: 0.0,
    }
}

#[async_trait]
impl Renderer for PaperRenderer {
    async fn open(&self, request: OpenRequest) -> Result<Box<dyn OpenDocument>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let mut text = String::new();
        let mut file = request.file;
        file.read_to_string(&mut text).unwrap();
        let words: Vec<&str> = text.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok());
        let special = |name: &str| number(3).filter(|_| words.get(2) == Some(&name));
        let (format, pages, bad) = match words[0] {
            "image" => (FileFormat::Png, 1, words.get(1).map(|_| 1)),
            "pdf" => (FileFormat::Pdf, number(1).unwrap(), special("bad")),
            _ => return Err(Error::new(ErrorCode::UnsupportedMediaType, "Neither image nor PDF.")),
        };
        Ok(Box::new(Paper {
            specs: self.specs.clone(),
            info: DocumentInfo::new(format, pages),
            bad,
            with_text: special("text"),
        }))
    }
}

#[async_trait]
impl OpenDocument for Paper {
    fn info(&self) -> DocumentInfo {
        self.info
    }

    async fn render(&self, page: u32, spec: &ImageSpec) -> Result<PageImage> {
        self.specs.lock().unwrap().push(spec.clone());
        if self.bad == Some(page) {
            return Err(Error::new(ErrorCode::PageUnreadable, "The page cannot be rendered."));
        }
        let data = ImageData::Bytes(Bytes::from_static(b"pixels"));
        let dpi = Some(spec.dpi.min(FINEST));
        Ok(PageImage {
            width: 85,
            height: 110,
            dpi,
            lowered_dpi: None,
            warnings: Vec::new(),
            format: spec.format,
            data,
        })
    }

    async fn text(&self, page: u32, _: &ImageSpec) -> Result<Option<EmbeddedText>> {
        Ok((self.with_text == Some(page)).then(own_text))
    }

    async fn annotate(&self, page: u32, spec: &ImageSpec, _: &Marks) -> Result<PageImage> {
        self.render(page, spec).await
    }
}

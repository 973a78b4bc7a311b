use std::{path::PathBuf, sync::Arc};

use inkstream_core::ports::{Engine, Renderer};
use tokio_util::task::TaskTracker;

use crate::{
    children::{Pool, Role, Spawner},
    config::{NativeConfig, pdfium_places},
    decode::{DecodeLimits, DecoderLibrary},
    engines::{self, EmbeddedEngine, Parts},
    renderer::{ChildRenderer, Decoder, Setups, file_size},
};

/// The maximum address space of a pixel while it is decoded, rotated and scaled, in bytes.
const BYTES_A_PIXEL: u64 = 12;
/// The maximum number of idle decode children that keep a document open, for each one that works.
const SPARE: usize = 2;

/// Why child processes cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// PDFium was not found.
    #[error("PDFium's library is in none of these places: {}", .0.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", "))]
    NoPdfium(Vec<PathBuf>),
    /// The thread that starts children could not be started.
    #[error("child processes cannot be started: {0}")]
    Spawner(#[from] std::io::Error),
}

/// The adapter: PDFium, image decoders and the embedded engines, in child processes.
#[derive(Debug)]
pub struct Native {
    decoding: Arc<Decoder>,
    engines: Vec<Arc<dyn EmbeddedEngine>>,
    tasks: TaskTracker,
}

impl Native {
    /// Searches the libraries and starts the thread that starts children, but no child yet.
    pub fn start(config: NativeConfig) -> Result<Self, StartError> {
        let places = pdfium_places(config.pdfium_library.as_deref());
        let Some(pdfium) = places.iter().find(|place| place.is_file()).cloned() else {
            return Err(StartError::NoPdfium(places));
        };
        // The program's path is not used, because another version may have replaced that file.
        let program = config.worker_program.clone().unwrap_or_else(|| "/proc/self/exe".into());
        let spawner = Spawner::start(program)?;
        let pixels = config.max_pixels.saturating_mul(BYTES_A_PIXEL);
        let limits = DecodeLimits { max_pixels: config.max_pixels, max_pages: config.max_pages };
        let setups = Setups {
            address_space: config.decode_memory.saturating_add(pixels),
            file_size: file_size(config.max_pixels),
            pdfium,
            limits,
        };
        let spare = config.decode_children.max(1) * SPARE;
        let engines = engines::start_all(&Parts { config: &config, spawner: &spawner, image_memory: pixels }).to_vec();
        let pool = Pool::new(Role::Decode, spawner, config.decode_children, spare);
        Ok(Self { decoding: Arc::new(Decoder { pool, setups, config }), engines, tasks: TaskTracker::new() })
    }

    /// The port that opens documents.
    pub fn renderer(&self) -> Arc<dyn Renderer> {
        Arc::new(ChildRenderer(Arc::clone(&self.decoding)))
    }

    /// The embedded engines, in the order of [`crate::embedded_engines`].
    pub fn engines(&self) -> impl Iterator<Item = Arc<dyn Engine>> {
        self.engines.iter().map(|engine| Arc::clone(engine) as Arc<dyn Engine>)
    }

    /// Starts a child of the default engine, and some decode children, so that the first page need not wait for them. The
    /// caller awaits this beside the server's start. The error is a sentence for the log.
    pub async fn warm_up(&self) -> Result<(), String> {
        let Decoder { pool, setups, config } = &*self.decoding;
        if config.decode_ahead > 0 {
            let ahead = [(DecoderLibrary::BuiltIn, config.decode_ahead), (DecoderLibrary::Pdfium, 1)];
            pool.start_ahead(ahead.map(|(library, target)| (setups.setup_for(library), target)), &self.tasks);
        }
        match self.engines.first() {
            Some(engine) => {
                engine.warm_up().await.map_err(|error| format!("{}: {error}", engine.info().identity.model))
            }
            None => Ok(()),
        }
    }

    /// Refuses new work and ends the idle children. A busy child ends with its page.
    pub async fn shutdown(&self) {
        self.decoding.pool.close().await;
        for engine in &self.engines {
            engine.shutdown().await;
        }
        self.tasks.close();
        self.tasks.wait().await;
    }
}

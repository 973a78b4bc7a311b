//! The Tesseract engine: the server's side. Its pages are read in children, by [`crate::tesseract`].

mod installed;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use inkstream_core::{
    image::{ImageSpec, PageImage},
    ports::{Engine, EngineError, EngineEvent, EngineInfo, ReadRequest},
};

use self::installed::InstalledLanguages;
use super::{
    EmbeddedEngine, Parts,
    detection::{self, ScriptDetector},
    languages, page,
};
use crate::{
    children::{ChildError, Lease, Pool, Role},
    config::{models_there, tessdata},
    protocol::{Setup, Work},
    sandbox::Allowance,
};

/// The engine's name.
pub(super) const NAME: &str = "tesseract";
/// Its name in errors.
const TITLE: &str = "Tesseract";

/// The children that read, and what they are given.
#[derive(Debug)]
struct Readers {
    /// Each child has the models of some languages loaded.
    pool: Arc<Pool<Vec<String>>>,
    allowance: Allowance,
    tessdata: PathBuf,
    /// The folder of the neural models, if it exists: pages are turned upright.
    models: Option<PathBuf>,
    /// The languages of pages that name none: tags of BCP 47, or names of models.
    default_languages: Vec<String>,
    installed: InstalledLanguages,
    deadline: Duration,
}

impl Readers {
    /// The names of the default languages' models. A language that is not installed keeps its tag.
    fn default_models(&self) -> Vec<String> {
        let installed = self.installed.known();
        let model = |tag: &String| languages::installed_code(tag, &installed).unwrap_or_else(|| tag.clone());
        self.default_languages.iter().map(model).collect()
    }

    /// Takes a child with the models of these languages.
    async fn lease(&self, languages: Vec<String>) -> Result<Lease<Vec<String>>, ChildError> {
        let work =
            Work::Read { tessdata: self.tessdata.clone(), languages: languages.clone(), models: self.models.clone() };
        self.pool.lease(&languages, &Setup { allowance: self.allowance, work }).await
    }
}

/// Tesseract.
#[derive(Debug, Clone)]
pub(super) struct TesseractEngine {
    info: EngineInfo,
    readers: Arc<Readers>,
    detector: Arc<ScriptDetector>,
}

impl TesseractEngine {
    /// Sets the engine up; no child is started yet.
    pub(super) fn start(parts: &Parts<'_>, detector: Arc<ScriptDetector>) -> Self {
        let config = parts.config;
        let concurrency = config.read_children.max(1);
        let tessdata = tessdata(config.tessdata.as_deref());
        let readers = Readers {
            pool: Pool::new(Role::Read, parts.spawner.clone(), concurrency, 0),
            allowance: page::allowance(parts),
            installed: InstalledLanguages::scan(&tessdata),
            models: models_there(config.models.as_deref()),
            tessdata,
            default_languages: config.languages.clone(),
            deadline: config.read_deadline,
        };
        let info = page::engine_info(NAME, concurrency);
        Self { info, readers: Arc::new(readers), detector }
    }
}

#[async_trait]
impl Engine for TesseractEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn languages(&self) -> Vec<String> {
        self.readers.installed.known().to_vec()
    }

    fn detects_languages(&self) -> bool {
        self.detector.is_available()
    }

    fn language(&self, tag: &str) -> Option<String> {
        languages::installed_code(tag, &self.readers.installed.known())
    }

    fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>) -> ImageSpec {
        page::image_spec(request, dpi)
    }

    fn prompt_chars(&self, _request: &ReadRequest) -> u64 {
        0
    }

    fn read(&self, image: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        if request.detect_languages {
            let pick =
                |engine: &Self, script, default: &[String]| Ok(detection::pick(script, default, &engine.languages()));
            return Box::pin(detection::read_detected(Arc::clone(&self.detector), self.clone(), pick, image, request));
        }
        let (readers, languages) = (Arc::clone(&self.readers), request.languages.clone());
        let limit = readers.deadline;
        let lease = async move {
            let languages = loadable(&readers, languages)?;
            readers.lease(languages).await.map_err(|error| page::not_started(TITLE, &error))
        };
        Box::pin(page::recognize(lease, (NAME, TITLE), image, request, limit))
    }

    async fn probe(&self) -> Result<(), EngineError> {
        self.readers.installed.refresh().await;
        loadable(&self.readers, Vec::new()).map(drop)
    }
}

#[async_trait]
impl EmbeddedEngine for TesseractEngine {
    async fn warm_up(&self) -> Result<(), ChildError> {
        self.readers.lease(self.readers.default_models()).await.map(Lease::give_back)
    }

    async fn shutdown(&self) {
        self.readers.pool.close().await;
    }
}

/// The languages to load: the requested ones, else the default ones. Only installed models reach the child's command to load them.
fn loadable(readers: &Readers, requested: Vec<String>) -> Result<Vec<String>, EngineError> {
    let languages = if requested.is_empty() { readers.default_models() } else { requested };
    let installed = readers.installed.known();
    let is_installed = languages.iter().all(|language| installed.contains(language));
    if is_installed { Ok(languages) } else { Err(page::not_installed(&installed)) }
}

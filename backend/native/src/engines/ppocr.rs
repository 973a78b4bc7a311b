//! The PP-OCR engine: the server's side. Its pages are read in children, by [`crate::ppocr`].

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use inkstream_core::{
    image::{ImageSpec, PageImage},
    ports::{Engine, EngineError, EngineErrorKind, EngineEvent, EngineInfo, ReadRequest},
};

use super::{
    EmbeddedEngine, Parts,
    detection::{self, Pick, ScriptDetector},
    languages, page,
};
use crate::{
    children::{ChildError, Lease, Pool, Role},
    config::models,
    neural::Models,
    protocol::{Setup, Work},
    script::Script,
};

/// The engine's name.
pub(super) const NAME: &str = "ppocr";
/// Its name in errors.
const TITLE: &str = "PP-OCR";

/// The languages whose letters are all in the recognition model's alphabet, by the names of Tesseract's models. The alphabet (the
/// metadata of `PP-OCRv6_rec_small.onnx`) was compared with each language's letters. It lacks Welsh ẁ and ẃ, Yoruba's dotted letters,
/// most Vietnamese vowels, and every letter of other scripts than Latin, Han and kana; for Fraktur it has no shapes. Of Spanish it
/// lacks only `¡`.
const LANGUAGES: [&str; 58] = [
    "afr", "aze", "bos", "bre", "cat", "ceb", "ces", "chi_sim", "chi_tra", "cos", "dan", "deu", "eng", "enm", "epo",
    "est", "eus", "fao", "fil", "fin", "fra", "frm", "fry", "gla", "gle", "glg", "hat", "hrv", "hun", "ind", "isl",
    "ita", "ita_old", "jav", "jpn", "kmr", "lat", "lav", "lit", "ltz", "mlt", "mri", "msa", "nld", "nor", "oci", "pol",
    "por", "ron", "slk", "slv", "spa", "spa_old", "sqi", "srp_latn", "swa", "swe", "tur",
];

/// The children that read, and what they are given.
#[derive(Debug)]
struct Readers {
    /// All children are alike.
    pool: Arc<Pool<()>>,
    setup: Setup,
    folder: PathBuf,
    deadline: Duration,
}

impl Readers {
    async fn lease(&self) -> Result<Lease<()>, ChildError> {
        self.pool.lease(&(), &self.setup).await
    }
}

/// PP-OCR.
#[derive(Debug, Clone)]
pub(super) struct PpocrEngine {
    info: EngineInfo,
    readers: Arc<Readers>,
    /// Empty if the models are not installed.
    languages: Vec<String>,
    /// The languages of pages that name none.
    default_languages: Vec<String>,
    detector: Arc<ScriptDetector>,
}

impl PpocrEngine {
    /// Sets the engine up; no child is started yet.
    pub(super) fn start(parts: &Parts<'_>, detector: Arc<ScriptDetector>) -> Self {
        let config = parts.config;
        let concurrency = config.read_children.max(1);
        let folder = models(config.models.as_deref());
        let readers = Readers {
            pool: Pool::new(Role::Ppocr, parts.spawner.clone(), concurrency, 0),
            setup: Setup { allowance: page::allowance(parts), work: Work::Ppocr { models: folder.clone() } },
            folder,
            deadline: config.read_deadline,
        };
        let info = page::engine_info(NAME, concurrency);
        let is_installed = Models(&readers.folder).are_there();
        let languages = LANGUAGES.iter().filter(|_| is_installed).map(|language| (*language).to_owned()).collect();
        Self { info, readers: Arc::new(readers), languages, default_languages: config.languages.clone(), detector }
    }

    /// Whether the engine can read these languages, or the default ones if there are none.
    pub(super) fn covers(&self, requested: &[String]) -> bool {
        let asked = if requested.is_empty() { &self.default_languages } else { requested };
        asked.iter().all(|language| self.language(language).is_some())
    }
}

#[async_trait]
impl Engine for PpocrEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn languages(&self) -> Vec<String> {
        self.languages.clone()
    }

    fn detects_languages(&self) -> bool {
        self.detector.is_available()
    }

    fn language(&self, tag: &str) -> Option<String> {
        // Without data for Fraktur a tag such as `de-Latf` would mean the language in any type, whose letters have other shapes.
        if tag.split(['-', '_']).any(|part| part.eq_ignore_ascii_case("latf")) {
            return None;
        }
        languages::installed_code(tag, &self.languages)
    }

    fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>) -> ImageSpec {
        page::image_spec(request, dpi)
    }

    fn prompt_chars(&self, _request: &ReadRequest) -> u64 {
        0
    }

    fn read(&self, image: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        if request.detect_languages {
            return Box::pin(detection::read_detected(Arc::clone(&self.detector), self.clone(), pick, image, request));
        }
        let readers = Arc::clone(&self.readers);
        let is_covered = self.covers(&request.languages);
        let languages = self.languages.clone();
        let limit = readers.deadline;
        let lease = async move {
            if !is_covered {
                return Err(page::not_installed(&languages));
            }
            readers.lease().await.map_err(|error| page::not_started(TITLE, &error))
        };
        Box::pin(page::recognize(lease, (NAME, TITLE), image, request, limit))
    }

    async fn probe(&self) -> Result<(), EngineError> {
        if Models(&self.readers.folder).are_there() {
            return Ok(());
        }
        let detail = "PP-OCR's models are not installed: scripts/setup-models.sh fetches them.";
        Err(EngineError::new(EngineErrorKind::Unreachable, detail))
    }
}

#[async_trait]
impl EmbeddedEngine for PpocrEngine {
    async fn warm_up(&self) -> Result<(), ChildError> {
        self.readers.lease().await.map(Lease::give_back)
    }

    async fn shutdown(&self) {
        self.readers.pool.close().await;
    }
}

/// The languages of a page in this script. Refuses a script that the alphabet lacks, because the text would be wrong and look sure.
fn pick(engine: &PpocrEngine, script: Option<Script>, default: &[String]) -> Result<Pick, EngineError> {
    match (detection::pick(script, default, &engine.languages), script) {
        (Pick { warning: Some(_), .. }, Some(script)) => Err(detection::not_readable(script, TITLE)),
        (pick, _) => Ok(pick),
    }
}

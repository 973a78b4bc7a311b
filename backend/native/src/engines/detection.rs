//! Pages whose languages are detected: the script of the page picks among the installed languages.

use std::{os::fd::AsFd, path::PathBuf, sync::Arc, time::Duration};

use futures::{Stream, StreamExt};
use inkstream_core::{
    image::PageImage,
    ports::{Engine, EngineError, EngineErrorKind, EngineEvent, EngineStart, ReadRequest},
};
use inkstream_wire::{PageWarning, PixelBox, WarningCode};

use super::{Parts, page};
use crate::{
    children::{Deadline, Pool, Role},
    config::{models_there, tessdata},
    protocol::{ReadImage, ScriptAnswer, Setup, Work},
    script::Script,
    tesseract::can_find_scripts,
};

/// The maximum length of a child's frame in bytes. It holds a script or a sentence.
const MAX_FRAME: usize = 4096;
/// The maximum number of languages that a page is read in, which bounds its time: a page in Serbian takes 1.0 s as `srp`, and 2.2 s as
/// `rus+ukr+bul+srp`.
const MAX_LANGUAGES: usize = 4;

/// Finds the scripts of pages, in children.
#[derive(Debug)]
pub(super) struct ScriptDetector {
    /// All children are alike.
    pool: Arc<Pool<()>>,
    setup: Setup,
    tessdata: PathBuf,
    deadline: Duration,
}

impl ScriptDetector {
    /// Sets the detector up; no child is started yet.
    pub(super) fn start(parts: &Parts<'_>) -> Self {
        let config = parts.config;
        let tessdata = tessdata(config.tessdata.as_deref());
        let work = Work::Script { tessdata: tessdata.clone(), models: models_there(config.models.as_deref()) };
        Self {
            pool: Pool::new(Role::Script, parts.spawner.clone(), config.read_children, 0),
            setup: Setup { allowance: page::allowance(parts), work },
            tessdata,
            deadline: config.read_deadline,
        }
    }

    /// Whether the data that it needs is installed.
    pub(super) fn is_available(&self) -> bool {
        can_find_scripts(&self.tessdata)
    }

    /// The script of a page; `None` if it is unsure. A page whose script cannot be searched is one of an unsure script.
    async fn script(&self, image: &PageImage, name: &str) -> Result<Option<Script>, EngineError> {
        let pixels = page::pixels(image, name)?;
        let mut lease = self.pool.lease(&(), &self.setup).await.map_err(|error| page::not_started(TITLE, &error))?;
        let question = ReadImage { width: image.width, height: image.height, dpi: image.dpi };
        let deadline = Deadline::after(self.deadline);
        let answer = async {
            let session = lease.session()?;
            session.send(&question, Some(pixels.as_fd()), deadline).await?;
            session.receive(MAX_FRAME, deadline).await
        };
        match answer.await {
            Ok(ScriptAnswer::Found(script)) => {
                lease.give_back();
                Ok(script)
            }
            Ok(ScriptAnswer::Failed(sentence)) => {
                tracing::debug!(sentence, "a page's script cannot be found");
                lease.give_back();
                Ok(None)
            }
            Err(error) => {
                tracing::debug!(%error, "a script child is killed");
                lease.fail(&error).await;
                Ok(None)
            }
        }
    }

    /// Ends the idle children.
    pub(super) async fn shutdown(&self) {
        self.pool.close().await;
    }
}

/// Its name in errors.
const TITLE: &str = "The search for scripts";

/// Which languages a page is read in, and why others than its own.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pick {
    pub(super) languages: Vec<String>,
    pub(super) warning: Option<PageWarning>,
}

/// Picks the languages of a page in `script`: the default ones that are written in it, else the installed ones. `default` are the
/// languages of a page of which the script is unknown or not installed.
pub(super) fn pick(script: Option<Script>, default: &[String], installed: &[String]) -> Pick {
    let as_default = |warning| Pick { languages: default.to_vec(), warning };
    let Some(script) = script else { return as_default(None) };
    let own: Vec<String> = default.iter().filter(|language| script.writes(language)).cloned().collect();
    if !own.is_empty() {
        return Pick { languages: own, warning: None };
    }
    let known = script.languages().iter().filter_map(|language| installed.iter().find(|name| name == language));
    let languages: Vec<String> = known.take(MAX_LANGUAGES).cloned().collect();
    if !languages.is_empty() {
        return Pick { languages, warning: None };
    }
    let message = format!(
        "The page is in {} script, of which no language is installed. It was read as {}, so its text is wrong.",
        script.name(),
        default.join("+")
    );
    as_default(Some(PageWarning::new(WarningCode::ScriptNotInstalled, message)))
}

/// Reads a page with `engine` in the languages that `pick` chooses for its script.
pub(super) fn read_detected<E: Engine + 'static>(
    detector: Arc<ScriptDetector>,
    engine: E,
    pick: impl FnOnce(&E, Option<Script>, &[String]) -> Result<Pick, EngineError> + Send + 'static,
    image: PageImage,
    request: ReadRequest,
) -> impl Stream<Item = Result<EngineEvent, EngineError>> + Send + 'static {
    async_stream::try_stream! {
        let script = detector.script(&image, &engine.info().identity.model).await?;
        let Pick { languages, warning } = pick(&engine, script, &request.languages)?;
        let request = ReadRequest { languages: languages.clone(), detect_languages: false, ..request };
        let mut events = engine.read(image, request);
        let mut density = Density::default();
        while let Some(event) = events.next().await {
            yield match event? {
                EngineEvent::Line { text, bounds } => {
                    density.add(&text, bounds);
                    EngineEvent::Line { text, bounds }
                }
                EngineEvent::Finished(mut finish) => {
                    finish.warnings.extend(density.warning());
                    if script.is_none() && density.characters > 0 {
                        finish.warnings.push(unknown(&languages));
                    }
                    EngineEvent::Finished(finish)
                }
                EngineEvent::Started(start) => EngineEvent::Started(EngineStart {
                    languages: languages.clone(),
                    warnings: warning.clone().into_iter().collect(),
                    ..start
                }),
                event => event,
            };
        }
    }
}

/// The minimum number of characters for each line height of a line's length. Prose has 2.5 in Latin letters and 1.4 in Chinese ones.
/// PP-OCR leaves letters out that it does not know: a page in Bulgarian has .1, and a confidence of 89.
const MIN_DENSITY: f32 = 0.25;

/// How much text the lines of a page have for their length.
#[derive(Debug, Default)]
struct Density {
    characters: usize,
    line_heights: f32,
}

impl Density {
    fn add(&mut self, line: &str, bounds: PixelBox) {
        self.characters += line.trim().chars().count();
        self.line_heights += bounds.width as f32 / bounds.height.max(1) as f32;
    }

    fn warning(&self) -> Option<PageWarning> {
        let is_low = (self.characters as f32) < self.line_heights * MIN_DENSITY;
        let message = "The lines of the page have hardly any letters that the engine knows: it is probably in another \
                       script. Name its language.";
        is_low.then(|| PageWarning::new(WarningCode::LowConfidence, message))
    }
}

fn unknown(languages: &[String]) -> PageWarning {
    let read = languages.join("+");
    let message = format!(
        "The script of the page could not be found, so it was read as {read}. If that is wrong, name its language."
    );
    PageWarning::new(WarningCode::ScriptUnknown, message)
}

/// An engine cannot read the script of a page.
pub(super) fn not_readable(script: Script, name: &str) -> EngineError {
    let detail = format!("The page is in {} script, which {name} cannot read.", script.name());
    EngineError::new(EngineErrorKind::Refused, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn picked(script: Script, default: &[&str], installed: &[&str]) -> Vec<String> {
        let Pick { languages, warning } = pick(Some(script), &names(default), &names(installed));
        assert_eq!(warning, None, "{script:?}");
        languages
    }

    #[test]
    fn the_operators_languages_of_the_script_are_picked_before_others() {
        let installed = ["bul", "deu", "eng", "rus", "srp_latn", "ukr"];
        assert_eq!(picked(Script::Latin, &["deu", "rus", "eng"], &installed), ["deu", "eng"]);
        assert_eq!(picked(Script::Cyrillic, &["eng", "ukr"], &installed), ["ukr"]);
        assert_eq!(picked(Script::Latin, &["srp_latn"], &installed), ["srp_latn"]);
    }

    #[test]
    fn else_the_installed_languages_of_the_script_are_picked_up_to_a_bound() {
        let installed = ["bel", "bul", "deu", "eng", "fra", "mkd", "rus", "spa", "srp", "ukr"];
        assert_eq!(picked(Script::Cyrillic, &["eng"], &installed), ["rus", "ukr", "bul", "srp"]);
        assert_eq!(picked(Script::Latin, &["rus"], &installed), ["eng", "deu", "fra", "spa"]);
    }

    #[test]
    fn an_unknown_script_is_read_in_the_default_languages_and_one_that_is_not_installed_is_named() {
        let (default, installed) = (names(&["eng"]), names(&["eng", "deu"]));
        assert_eq!(pick(None, &default, &installed), Pick { languages: default.clone(), warning: None });
        let Pick { languages, warning } = pick(Some(Script::Cyrillic), &default, &installed);
        assert_eq!(languages, default);
        let warning = warning.unwrap();
        assert_eq!(warning.code, WarningCode::ScriptNotInstalled);
        assert!(warning.message.contains("Cyrillic"), "{}", warning.message);
    }

    #[test]
    fn lines_with_hardly_any_letters_are_warned_of() {
        let of = |lines: &[&str]| {
            let mut density = Density::default();
            let bounds = PixelBox { x: 0, y: 0, width: 700, height: 45 };
            for line in lines {
                density.add(line, bounds);
            }
            density.warning().map(|warning| warning.code)
        };
        assert_eq!(of(&[",\n", "\n. .\n", ",\n"]), Some(WarningCode::LowConfidence));
        assert_eq!(of(&["渡轮早上七点从东码头出发\n", "7\n"]), None);
        assert_eq!(of(&[]), None, "a blank page");
    }

    #[test]
    fn a_script_writes_its_own_languages_and_latin_all_that_no_other_script_has() {
        assert!(Script::Latin.writes("vie") && Script::Latin.writes("srp_latn") && !Script::Latin.writes("srp"));
        assert!(!Script::Latin.writes("kat") && !Script::Latin.writes("frk") && Script::Hebrew.writes("yid"));
    }
}

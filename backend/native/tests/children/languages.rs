//! Pages whose languages are detected, by way of real children.

use std::{os::unix::fs::symlink, path::Path};

use futures::{FutureExt, StreamExt};
use inkstream_core::{
    image::PageImage,
    ports::{Engine, EngineErrorKind, EngineEvent, EngineStart, ReadRequest},
};
use inkstream_native::{Native, NativeConfig};
use inkstream_testkit::fixtures::{page, png, scripts};
use inkstream_wire::{Task, WarningCode};
use rustix::process::Signal;

use super::{
    neural::{self, engine, image},
    parent::{children, signal, turn},
};

const TESSDATA: &str = "/usr/share/tesseract-ocr/5/tessdata";

/// A request that is read in `default` where the engine is unsure of the script.
fn auto(default: &str) -> ReadRequest {
    let languages = vec![default.to_owned()];
    ReadRequest { languages, detect_languages: true, last: true, ..ReadRequest::new(Task::Text) }
}

/// Who read a page in which languages, and its text; or the kind of its error.
async fn read(engine: &dyn Engine, image: PageImage) -> Result<(EngineStart, String), EngineErrorKind> {
    read_with(engine, image, auto("eng")).await
}

async fn read_with(
    engine: &dyn Engine,
    image: PageImage,
    request: ReadRequest,
) -> Result<(EngineStart, String), EngineErrorKind> {
    let mut stream = engine.read(image, request);
    let (mut started, mut text) = (EngineStart::default(), String::new());
    while let Some(event) = stream.next().await {
        match event.map_err(|error| error.kind)? {
            EngineEvent::Started(start) => started = start,
            EngineEvent::Line { text: line, .. } => text.push_str(&line),
            _ => {}
        }
    }
    Ok((started, text))
}

/// With these of Tesseract's models only.
fn native_with(models: &[&str], folder: &Path) -> Native {
    for model in models {
        let file = format!("{model}.traineddata");
        symlink(Path::new(TESSDATA).join(&file), folder.join(&file)).unwrap();
    }
    Native::start(NativeConfig { tessdata: Some(folder.to_owned()), ..neural::config() }).unwrap()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty()).collect()
}

#[tokio::test]
async fn the_script_of_each_page_picks_its_languages_and_with_them_the_engine() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().unwrap();
    let models = ["eng", "deu", "ara", "fas", "chi_sim", "jpn", "kor", "tha", "osd"];
    let native = native_with(&models, folder.path());
    let embedded = engine(&native, "embedded");
    assert!(embedded.detects_languages());
    for (file, reader, languages) in [
        (page::IMAGE, "ppocr", &["eng"][..]),
        (scripts::ARABIC.image, "tesseract", &["ara", "fas"]),
        (scripts::THAI.image, "tesseract", &["tha"]),
        (scripts::KOREAN.image, "tesseract", &["kor"]),
        (scripts::JAPANESE.image, "ppocr", &["jpn"]),
    ] {
        let (start, _) = read(&*embedded, image(file)).await.unwrap();
        assert_eq!((start.model.as_deref(), start.warnings), (Some(reader), Vec::new()), "{languages:?}");
        assert_eq!(start.languages, languages);
    }
}

#[tokio::test]
async fn text_is_read_in_its_own_direction_and_without_spaces_where_its_script_has_none() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().unwrap();
    let native = native_with(&["eng", "ara", "chi_sim", "osd"], folder.path());
    let tesseract = engine(&native, "tesseract");
    for page in [scripts::ARABIC, scripts::CHINESE] {
        let (start, text) = read(&*tesseract, image(page.image)).await.unwrap();
        assert_eq!(start.languages, [page.languages]);
        assert_eq!(lines(&text), lines(page.text.unwrap()), "{}", page.languages);
    }
}

#[tokio::test]
async fn a_page_on_its_head_is_turned_before_its_script_is_looked_for() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().unwrap();
    let native = native_with(&["eng", "ara", "osd"], folder.path());
    let upside_down = image(&png::upside_down(page::IMAGE));
    let (start, text) = read_with(&*engine(&native, "embedded"), upside_down, auto("ara")).await.unwrap();
    assert_eq!((start.rotation, start.languages.first().map(String::as_str)), (180, Some("eng")));
    assert_eq!(lines(&text), lines(page::TEXT));
}

#[tokio::test]
async fn a_page_in_a_script_that_is_not_installed_has_a_warning_and_ppocr_refuses_it() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().unwrap();
    let native = native_with(&["eng", "osd"], folder.path());
    for name in ["embedded", "tesseract"] {
        let (start, _) = read(&*engine(&native, name), image(scripts::ARABIC.image)).await.unwrap();
        let [warning] = &start.warnings[..] else { panic!("{start:?}") };
        assert_eq!((warning.code, &start.languages[..]), (WarningCode::ScriptNotInstalled, &["eng".to_owned()][..]));
        assert!(warning.message.contains("Arabic"), "{name}: {}", warning.message);
    }
    let ppocr = engine(&native, "ppocr");
    assert_eq!(read(&*ppocr, image(scripts::ARABIC.image)).await, Err(EngineErrorKind::Refused));
    let (start, text) = read(&*ppocr, image(page::IMAGE)).await.unwrap();
    assert_eq!((lines(&text).len(), &start.languages[..]), (lines(page::TEXT).len(), &["eng".to_owned()][..]));
}

#[tokio::test]
async fn a_page_without_letters_is_read_in_the_default_languages() {
    let _turn = turn().await;
    let native = Native::start(neural::config()).unwrap();
    let (start, text) = read(&*engine(&native, "embedded"), image(&png::blank(600, 400))).await.unwrap();
    assert_eq!((&start.languages[..], start.warnings, text), (&["eng".to_owned()][..], Vec::new(), String::new()));
}

#[tokio::test]
async fn without_its_data_no_engine_detects_languages() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().unwrap();
    let native = native_with(&["eng"], folder.path());
    assert!(native.engines().all(|engine| !engine.detects_languages()));
}

#[tokio::test]
async fn a_child_that_dies_while_it_looks_for_the_script_leaves_the_page_to_the_default_languages() {
    let _turn = turn().await;
    let native = Native::start(neural::config()).unwrap();
    let tesseract = engine(&native, "tesseract");
    read(&*tesseract, image(&png::blank(64, 64))).await.unwrap();
    let before = children();
    // The one that was started first has looked for the script, the other has read.
    assert_eq!(before.len(), 2);
    let child = before.into_iter().min_by_key(|child| child.as_raw_nonzero()).unwrap();
    signal(child, Signal::STOP);
    let mut stream = tesseract.read(image(scripts::ARABIC.image), auto("eng"));
    assert!(stream.next().now_or_never().is_none(), "the script is being looked for");
    signal(child, Signal::KILL);
    let Some(Ok(EngineEvent::Started(start))) = stream.next().await else { panic!("the page is read") };
    assert_eq!(start.languages, ["eng"]);
    let Some(Ok(EngineEvent::Finished(finish))) = stream.collect::<Vec<_>>().await.pop() else { panic!("to its end") };
    assert!(finish.warnings.iter().any(|warning| warning.code == WarningCode::ScriptUnknown), "{finish:?}");
}

//! The options that each engine takes by its own names: `language` and `size`.

use inkstream_core::Error;
use inkstream_wire::{ErrorCode, EventBody, PageWarning, RunOptions, SizeMode, WarningCode};

use crate::support::{FakeEngine, Step, collect, world};

/// An engine that calls English `latin-en` and German `latin-de`.
fn engine() -> FakeEngine {
    FakeEngine::new([vec![Step::Say("ink")]]).with_languages(&[
        ("en", "latin-en"),
        ("eng", "latin-en"),
        ("de", "latin-de"),
    ])
}

/// The languages that the engine was asked for.
async fn requested(language: Option<&str>) -> Result<Vec<String>, Error> {
    let engine = engine();
    let asked = engine.asked.clone();
    let options = RunOptions { language: language.map(str::to_owned), ..RunOptions::default() };
    collect(world(engine, 1).start("image", options).await?).await;
    let languages = asked.lock().unwrap()[0].languages.clone();
    Ok(languages)
}

#[tokio::test]
async fn the_engine_gets_its_own_names_once_each_and_in_order() {
    assert_eq!(requested(Some("de+en,eng")).await.unwrap(), ["latin-de", "latin-en"]);
    assert_eq!(requested(Some(" en ,")).await.unwrap(), ["latin-en"]);
    assert_eq!(requested(None).await.unwrap(), ["latin-en"], "the operator's languages are mapped, too");
}

#[tokio::test]
async fn an_unknown_language_is_refused_with_the_installed_ones() {
    let error = requested(Some("en+it")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownLanguage);
    assert_eq!(error.detail, "A language is not installed. There are: latin-en, latin-de.");
    let error = requested(Some(" + ")).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some("language")));
}

fn auto(text: &str) -> RunOptions {
    RunOptions { language: Some(text.to_owned()), content: true, ..RunOptions::default() }
}

#[tokio::test]
async fn languages_are_detected_only_by_an_engine_that_can_and_by_no_other_name_beside() {
    for (language, detects, code) in [
        ("auto", false, ErrorCode::UnknownLanguage),
        ("auto+en", true, ErrorCode::InvalidOption),
        ("en,Auto", true, ErrorCode::InvalidOption),
    ] {
        let engine = if detects { engine().detecting() } else { engine() };
        let error = world(engine, 1).start("image", auto(language)).await.err().unwrap();
        assert_eq!(error.code, code, "{language}: {error}");
    }
    let engine = engine().detecting();
    let asked = engine.asked.clone();
    collect(world(engine, 1).start("image", auto(" AUTO ")).await.unwrap()).await;
    let request = asked.lock().unwrap()[0].clone();
    assert!(request.detect_languages);
    assert_eq!(request.languages, ["latin-en"], "the operator's, where the engine is unsure");
}

#[tokio::test]
async fn an_engine_that_takes_no_language_detects_them_and_reports_nothing_as_ignored() {
    for (language, ignored) in [("auto", &[][..]), ("en", &["language"])] {
        let run = world(FakeEngine::new([vec![Step::Say("ink")]]), 1).start("image", auto(language)).await.unwrap();
        let (_, events) = collect(run).await;
        let EventBody::Start(start) = &events[0].body else { panic!() };
        assert_eq!(start.ignored, ignored);
        assert_eq!(start.languages, [] as [&str; 0]);
    }
}

#[tokio::test]
async fn the_languages_that_a_page_was_read_in_are_told_with_the_engines_warning() {
    let warning = PageWarning::new(WarningCode::ScriptNotInstalled, "It is Cyrillic.");
    let script = vec![Step::Detect(&["latin-de"], warning.clone()), Step::Say("ink")];
    for (engine, language, told, warnings) in [
        (engine().detecting().saying(script), "auto", "latin-de", vec![warning]),
        (engine(), "en", "latin-en", Vec::new()),
    ] {
        let (_, events) = collect(world(engine, 1).start("image", auto(language)).await.unwrap()).await;
        let EventBody::Start(start) = &events[0].body else { panic!() };
        assert_eq!(start.languages, [told]);
        let EventBody::End(end) = &events.last().unwrap().body else { panic!() };
        assert_eq!(end.content.as_ref().unwrap().languages, [told]);
        assert_eq!(end.warnings, warnings);
    }
}

#[tokio::test]
async fn a_size_is_the_engines_own_or_ignored_and_an_unknown_one_is_refused() {
    for (name, sizes, ignored) in
        [("tiny", &["tiny"][..], &[][..]), ("tiny", &["gundam"], &["size"]), ("tiny", &[], &["size"])]
    {
        let sizes = sizes.iter().copied().map(SizeMode::new).collect();
        let engine = FakeEngine::new([vec![Step::Say("ink")]]).with(|info| info.capabilities.sizes = sizes);
        let asked = engine.asked.clone();
        let size = Some(SizeMode::new(name));
        let run = world(engine, 1).start("image", RunOptions { size: size.clone(), ..RunOptions::default() }).await;
        let (_, events) = collect(run.unwrap()).await;
        let EventBody::Start(start) = &events[0].body else { panic!() };
        assert_eq!(start.ignored, ignored);
        assert_eq!(asked.lock().unwrap()[0].size, size.filter(|_| ignored.is_empty()));
    }
    let options = RunOptions { size: Some(SizeMode::new("huge")), ..RunOptions::default() };
    let error = world(engine(), 1).start("image", options).await.err().unwrap();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some("size")));
    assert_eq!(error.detail, "size: one of tiny, gundam was expected.");
}

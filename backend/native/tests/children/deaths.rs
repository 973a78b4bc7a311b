//! How children end, and what that costs.
use std::time::Duration;

use super::parent::{PLAIN, children, config, grey, open, pdf, signal, tesseract, turn, until, with_script};
use futures::{FutureExt, StreamExt};
use inkstream_core::{
    image::{ImageData, ImageEncoding, PageImage},
    ports::{EngineErrorKind, EngineEvent, ReadRequest},
};
use inkstream_native::{Native, NativeConfig};
use inkstream_wire::{ErrorCode, Task};
use rustix::process::Signal;

#[tokio::test]
async fn a_sigkill_in_the_middle_of_page_3_costs_page_3_alone() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let document = open(&native, &pdf(&[PLAIN; 5])).await.unwrap();
    for page in 1..=2 {
        document.render(page, &grey()).await.unwrap();
    }
    let [child] = children()[..] else { panic!("one child") };
    signal(child, Signal::STOP);
    let spec = grey();
    let mut third = document.render(3, &spec);
    assert!(third.as_mut().now_or_never().is_none(), "page 3 is under way");
    signal(child, Signal::KILL);
    assert_eq!(third.await.unwrap_err().code, ErrorCode::PageUnreadable);
    for page in 4..=5 {
        document.render(page, &grey()).await.unwrap();
    }
    native.shutdown().await;
    assert_eq!(children(), [], "all are reaped");
}

#[tokio::test]
async fn forms_nested_a_billion_times_end_at_the_deadline_and_the_next_page_arrives() {
    let _turn = turn().await;
    let native = Native::start(NativeConfig { render_deadline: Duration::from_secs(2), ..config() }).unwrap();
    let document = open(&native, &pdf(&["/F0 Do", PLAIN])).await.unwrap();
    assert_eq!(document.render(1, &grey()).await.unwrap_err().code, ErrorCode::PageTooComplex);
    let image = document.render(2, &grey()).await.unwrap();
    assert_eq!((image.width, image.height), (200, 200));
    drop(document);
    native.shutdown().await;
    until(|| children().is_empty()).await;
}

#[tokio::test]
async fn every_known_killer_ends_in_an_answer_and_leaves_the_pool_whole() {
    use inkstream_testkit::fixtures::{hostile_pdf as bad, pdf as sound, png, tiff};
    let _turn = turn().await;
    let deadline = Duration::from_secs(2);
    let native =
        Native::start(NativeConfig { render_deadline: deadline, open_deadline: deadline, ..config() }).unwrap();
    let killers: [(&str, Vec<u8>); 13] = [
        ("nested forms", bad::nested_forms()),
        ("a million paths", bad::million_paths()),
        ("tiny tiles", bad::tiny_tiles()),
        ("a page of 200 inches", bad::media_box("[0 0 14400 14400]")),
        ("a page of a billion points", bad::media_box("[0 0 1000000000 1000000000]")),
        ("an enormous unit", bad::user_unit(1_000_000)),
        ("a page tree in a loop", bad::page_tree_loop()),
        ("a deep page tree", bad::deep_page_tree(20_000)),
        ("deep nesting", bad::deep_nesting(20_000)),
        ("a million pages claimed", bad::million_pages_claimed()),
        ("TIFF directories in a loop", tiff::looped()),
        ("a TIFF of 10,000 pages", tiff::pages(10_000)),
        ("900 million pixels claimed", png::claims_900_million_pixels()),
    ];
    for (name, bytes) in killers {
        let refused = match open(&native, &bytes).await {
            Ok(document) => document.render(1, &grey()).await.err(),
            Err(error) => Some(error),
        };
        // Rendered after all, perhaps at a lowered resolution; or refused with a word of its own, never as a defect.
        if let Some(error) = refused {
            assert!(matches!(error.code.status(), 413 | 422), "{name}: {error}");
        }
        let next = open(&native, &sound::numbered(1)).await.unwrap();
        next.render(1, &grey()).await.unwrap();
    }
    native.shutdown().await;
    until(|| children().is_empty()).await;
}

#[tokio::test]
async fn a_cancelled_render_frees_its_child_at_once() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let slow = open(&native, &pdf(&["/F0 Do"])).await.unwrap();
    let spec = grey();
    let mut render = slow.render(1, &spec);
    assert!(render.as_mut().now_or_never().is_none(), "it is under way");
    drop(render);
    let other = open(&native, &pdf(&[PLAIN])).await.unwrap();
    other.render(1, &grey()).await.unwrap();
    drop((slow, other));
    until(|| children().is_empty()).await;
}

#[tokio::test]
async fn a_child_ends_with_its_document() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let document = open(&native, &pdf(&[PLAIN])).await.unwrap();
    assert_eq!(children().len(), 1);
    drop(document);
    until(|| children().is_empty()).await;
}

#[tokio::test]
async fn a_document_with_a_thousand_pages_lets_a_single_image_through() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let long = open(&native, &pdf(&[PLAIN; 40])).await.unwrap();
    let short = open(&native, &pdf(&[PLAIN])).await.unwrap();
    let spec = grey();
    let mut pages = futures::stream::FuturesUnordered::new();
    let mut done = 0;
    for page in 1..=40 {
        let mut page = Box::pin(long.render(page, &spec));
        // Each has asked now; on a busy machine the first may be there already.
        if futures::poll!(&mut page).is_ready() { done += 1 } else { pages.push(page) }
    }
    let mut single = short.render(1, &spec);
    loop {
        tokio::select! {
            image = &mut single => break drop(image.unwrap()),
            page = pages.next() => page.map(|page| done += usize::from(page.is_ok())).unwrap(),
        }
    }
    assert!(done <= 3, "{done} pages came first");
}

#[tokio::test]
async fn a_child_that_was_taken_over_is_ended_for_what_it_says() {
    let _turn = turn().await;
    let ready = r#"printf '\007\000\000\000"Ready"' >&0"#;
    let empty = r#"{"Opened":{"format":"pdf","pages":0}}"#;
    for (script, code) in [
        (r"printf '\377\377\377\377' >&0; exec cat", ErrorCode::Unavailable),
        ("exec cat /dev/zero >&0", ErrorCode::Unavailable),
        ("exit 0", ErrorCode::Unavailable),
        (&format!(r"{ready}; printf '\377\377\377\177' >&0; exec cat"), ErrorCode::BrokenDocument),
        (&format!(r"{ready}; printf '\005\000\000\000hello' >&0; exec cat"), ErrorCode::BrokenDocument),
        (
            &format!(r"{ready}; printf '\{:03o}\000\000\000%s' '{empty}' >&0; exec cat", empty.len()),
            ErrorCode::BrokenDocument,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let native = with_script(folder.path(), script);
        let error = open(&native, b"anything").await.err().unwrap();
        assert_eq!(error.code, code, "{script}: {error}");
        until(|| children().is_empty()).await;
    }
}

#[tokio::test]
async fn an_image_of_an_impossible_size_is_not_believed() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().unwrap();
    let opened = r#"{"Opened":{"format":"pdf","pages":1}}"#;
    let rendered = r#"{"Rendered":{"width":9,"height":9,"dpi":null,"lowered_dpi":null,"truncated":false,"further_images":false,"format":"Gray8","len":99999999999}}"#;
    let frames = ["\"Ready\"", opened, rendered]
        .map(|frame| format!("printf '\\{:03o}\\000\\000\\000%s' '{frame}' >&0", frame.len()))
        .join("; ");
    let native = with_script(folder.path(), &format!("{frames}; exec cat"));
    let document = open(&native, b"anything").await.unwrap();
    assert_eq!(document.render(1, &grey()).await.unwrap_err().code, ErrorCode::PageUnreadable);
}

fn white(side: u32) -> PageImage {
    PageImage {
        width: side,
        height: side,
        dpi: Some(200.0),
        lowered_dpi: None,
        warnings: Vec::new(),
        format: ImageEncoding::Gray8,
        data: ImageData::Bytes(vec![255; (side * side) as usize].into()),
    }
}

fn request() -> ReadRequest {
    ReadRequest {
        prompt: None,
        task: Task::Text,
        size: None,
        reference: None,
        languages: vec!["eng".into()],
        detect_languages: false,
        boxes: true,
        attempt: 0,
        max_tokens: None,
        rotation: 0,
        last: true,
        resets: false,
    }
}

#[tokio::test]
async fn a_read_child_that_dies_fails_only_its_page() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    native.warm_up().await.unwrap();
    let [child] = children()[..] else { panic!("one child") };
    signal(child, Signal::STOP);
    let engine = tesseract(&native);
    let mut stream = engine.read(white(200), request());
    assert!(stream.next().now_or_never().is_none(), "the page is being read");
    signal(child, Signal::KILL);
    assert_eq!(stream.next().await.unwrap().unwrap_err().kind, EngineErrorKind::Crashed);
    let events: Vec<_> = engine.read(white(200), request()).collect().await;
    assert!(matches!(events.last(), Some(Ok(EngineEvent::Finished(_)))), "{events:?}");
}

#[tokio::test]
async fn a_read_stream_that_is_dropped_frees_its_child_at_once() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    native.warm_up().await.unwrap();
    let [child] = children()[..] else { panic!("one child") };
    signal(child, Signal::STOP);
    let engine = tesseract(&native);
    let mut stream = engine.read(white(200), request());
    assert!(stream.next().now_or_never().is_none(), "the page is being read");
    drop(stream);
    until(|| !children().contains(&child)).await;
    let events: Vec<_> = engine.read(white(200), request()).collect().await;
    assert!(matches!(events.last(), Some(Ok(EngineEvent::Finished(_)))), "{events:?}");
}

#[tokio::test]
async fn a_page_past_its_deadline_is_too_complex() {
    let _turn = turn().await;
    let native = Native::start(NativeConfig { read_deadline: Duration::from_millis(300), ..config() }).unwrap();
    native.warm_up().await.unwrap();
    let [child] = children()[..] else { panic!("one child") };
    signal(child, Signal::STOP);
    let events: Vec<_> = tesseract(&native).read(white(200), request()).collect().await;
    let Some(Err(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!(error.kind, EngineErrorKind::TooComplex);
}

#[tokio::test]
async fn a_read_child_is_kept_for_the_next_page_and_replaced_for_another_language() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    native.warm_up().await.unwrap();
    let warm = children();
    let engine = tesseract(&native);
    let _: Vec<_> = engine.read(white(200), request()).collect().await;
    assert_eq!(children(), warm);
    let other = ReadRequest { languages: vec!["eng".into(), "eng".into()], ..request() };
    let _: Vec<_> = engine.read(white(200), other).collect().await;
    until(|| children().len() == 1 && children() != warm).await;
}

#[tokio::test]
async fn a_page_that_takes_too_much_memory_is_too_complex() {
    let _turn = turn().await;
    let native = Native::start(NativeConfig { max_pixels: 1, read_memory: 400 << 20, ..config() }).unwrap();
    let events: Vec<_> = tesseract(&native).read(white(16_000), request()).collect().await;
    let Some(Err(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!((error.kind, error.detail.contains("memory")), (EngineErrorKind::TooComplex, true), "{error}");
    let events: Vec<_> = tesseract(&native).read(white(200), request()).collect().await;
    assert!(matches!(events.last(), Some(Ok(EngineEvent::Finished(_)))), "{events:?}");
}

#[tokio::test]
async fn a_failed_allocation_of_tesseract_fails_only_its_page() {
    let _turn = turn().await;
    let (pixels, width, height) = inkstream_testkit::fixtures::png::grey(inkstream_testkit::fixtures::page::IMAGE);
    let image = || PageImage { width, height, data: ImageData::Bytes(pixels.clone().into()), ..white(1) };
    let mut outcomes = Vec::new();
    for megabytes in (80..=240).step_by(16) {
        let native = Native::start(NativeConfig { max_pixels: 1, read_memory: megabytes << 20, ..config() }).unwrap();
        let events: Vec<_> = tesseract(&native).read(image(), request()).collect().await;
        let outcome = match events.last().unwrap() {
            Ok(event) => matches!(event, EngineEvent::Finished(_)).then_some("finished"),
            // The models alone are too much.
            Err(error) if error.kind == EngineErrorKind::Unreachable => Some("unready"),
            Err(error) if error.kind == EngineErrorKind::TooComplex => {
                error.detail.contains("memory").then_some("memory")
            }
            Err(_) => None,
        };
        assert!(outcome.is_some(), "{megabytes} MiB: {events:?}");
        outcomes.extend(outcome);
        native.shutdown().await;
        until(|| children().is_empty()).await;
    }
    assert!(outcomes.contains(&"memory") && outcomes.ends_with(&["finished"]), "{outcomes:?}");
}

#[tokio::test]
async fn an_exception_ends_the_child_and_lack_of_memory_is_distinguished() {
    use std::os::unix::process::ExitStatusExt;
    let _turn = turn().await;
    let thrown = |what| {
        let child =
            std::process::Command::new(env!("CARGO_BIN_EXE_inkstream-test-worker")).args(["throw", what]).output();
        child.unwrap().status
    };
    assert_eq!(thrown("memory").code(), Some(86));
    assert_eq!(thrown("length").signal(), Some(libc::SIGABRT));
}

#[tokio::test]
async fn a_language_that_is_not_installed_is_refused_before_a_child_hears_of_it() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let asked = ReadRequest { languages: vec!["../../etc/passwd".into()], ..request() };
    let events: Vec<_> = tesseract(&native).read(white(200), asked).collect().await;
    let Some(Err(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!(error.kind, EngineErrorKind::Refused);
    assert_eq!(children(), []);
}

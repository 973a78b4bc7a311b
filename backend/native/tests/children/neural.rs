//! The engines `ppocr` and `embedded`, by way of real children.
use std::sync::Arc;

use super::parent::{self, children, open, signal, turn, until};
use futures::{FutureExt, StreamExt};
use inkstream_core::{
    image::{ImageData, ImageEncoding, PageImage},
    ports::{Engine, EngineErrorKind, EngineEvent, EngineStart, PageStructure, ReadRequest},
};
use inkstream_native::{Native, NativeConfig};
use inkstream_testkit::fixtures::{page, pdf as sound, pdf::Placed, png};
use inkstream_wire::Task;
use rustix::process::Signal;

/// With the models that the set-up script fetched.
pub(crate) fn config() -> NativeConfig {
    NativeConfig { models: None, ..parent::config() }
}

pub(crate) fn engine(native: &Native, name: &str) -> Arc<dyn Engine> {
    native.engines().find(|engine| engine.info().identity.model == name).unwrap()
}

pub(crate) fn image(file: &[u8]) -> PageImage {
    let (pixels, width, height) = png::grey(file);
    PageImage {
        width,
        height,
        dpi: None,
        lowered_dpi: None,
        format: ImageEncoding::Gray8,
        data: ImageData::Bytes(pixels.into()),
        warnings: Vec::new(),
    }
}

fn request(languages: &[&str]) -> ReadRequest {
    let languages = languages.iter().map(|language| (*language).to_owned()).collect();
    ReadRequest { languages, last: true, ..ReadRequest::new(Task::Text) }
}

/// Who read a page and its words, or the kind of its error.
async fn read(
    engine: &dyn Engine,
    image: PageImage,
    request: ReadRequest,
) -> Result<(EngineStart, Vec<String>), EngineErrorKind> {
    let mut stream = engine.read(image, request);
    let mut read = (EngineStart::default(), Vec::new());
    while let Some(event) = stream.next().await {
        match event {
            Ok(EngineEvent::Started(start)) => read.0 = start,
            Ok(EngineEvent::Line { text, .. }) => read.1.extend(text.split_whitespace().map(str::to_owned)),
            Ok(EngineEvent::Finished(finish)) => {
                assert_eq!(finish.reason.as_deref(), Some("stop"));
                return Ok(read);
            }
            Ok(event) => panic!("{event:?}"),
            Err(error) => return Err(error.kind),
        }
    }
    panic!("the stream broke off")
}

fn expected() -> Vec<&'static str> {
    page::TEXT.split_whitespace().collect()
}

#[tokio::test]
async fn the_default_engine_reads_with_ppocr_what_its_alphabet_covers_and_else_with_tesseract() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let embedded = engine(&native, "embedded");
    for (languages, reader) in [(&[][..], "ppocr"), (&["eng", "deu"], "ppocr"), (&["ara"], "tesseract")] {
        let (start, _) = read(&*embedded, image(page::IMAGE), request(languages)).await.unwrap();
        assert_eq!(start.model.as_deref(), Some(reader), "{languages:?}");
    }
    let refused = read(&*embedded, image(page::IMAGE), request(&["xxx"])).await;
    assert_eq!(refused, Err(EngineErrorKind::Refused));
    assert_eq!(embedded.language("zh-Hant").as_deref(), Some("chi_tra"));
    for other in ["de-Latf", "deu_latf", "sr", "vi", "el"] {
        assert_eq!(engine(&native, "ppocr").language(other), None, "{other}");
    }
    assert!(embedded.languages().contains(&"ara".to_owned()) && embedded.languages().is_sorted());
}

#[tokio::test]
async fn without_its_models_ppocr_is_not_ready_and_tesseract_reads() {
    let _turn = turn().await;
    let folder = tempfile::tempdir().unwrap();
    let native = Native::start(NativeConfig { models: Some(folder.path().to_owned()), ..config() }).unwrap();
    let ppocr = engine(&native, "ppocr");
    let error = ppocr.probe().await.unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Unreachable);
    assert!(error.detail.contains("models are not installed"), "{error}");
    assert_eq!(ppocr.languages(), [] as [&str; 0]);
    assert_eq!(read(&*ppocr, image(page::IMAGE), request(&[])).await, Err(EngineErrorKind::Refused));
    let (start, words) = read(&*engine(&native, "embedded"), image(page::IMAGE), request(&[])).await.unwrap();
    assert_eq!(
        (start.model.as_deref(), words),
        (Some("tesseract"), expected().iter().map(ToString::to_string).collect())
    );
}

#[tokio::test]
async fn a_page_in_a_language_that_ppocr_has_no_letters_for_is_refused_rather_than_read_wrong() {
    let _turn = turn().await;
    let native = Native::start(NativeConfig { languages: vec!["rus".into()], ..config() }).unwrap();
    let ppocr = engine(&native, "ppocr");
    for languages in [&[][..], &["rus"], &["vie"], &["eng", "ell"]] {
        let refused = read(&*ppocr, image(page::IMAGE), request(languages)).await;
        assert_eq!(refused, Err(EngineErrorKind::Refused), "{languages:?}");
    }
    assert!(read(&*ppocr, image(page::IMAGE), request(&["eng"])).await.is_ok());
}

#[tokio::test]
async fn a_page_that_is_upside_down_is_turned_by_both_engines() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    for name in ["ppocr", "tesseract"] {
        let engine = engine(&native, name);
        let (start, words) = read(&*engine, image(&png::upside_down(page::IMAGE)), request(&["eng"])).await.unwrap();
        assert_eq!((start.rotation, words), (180, expected().iter().map(ToString::to_string).collect()), "{name}");
        let (start, _) = read(&*engine, image(page::IMAGE), request(&["eng"])).await.unwrap();
        assert_eq!(start.rotation, 0, "{name}");
    }
}

#[tokio::test]
async fn the_places_of_a_turned_page_are_those_of_the_turned_image() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let upright = image(page::IMAGE);
    let (pixels, width, height) = png::grey(page::IMAGE);
    let (pixels, width, height) = inkstream_native::neural::turned(pixels, width, height, 90);
    let sideways = PageImage { width, height, data: ImageData::Bytes(pixels.into()), ..image(page::IMAGE) };
    let mut layouts = Vec::new();
    for (image, rotation) in [(upright, 0), (sideways, 270)] {
        let events: Vec<_> = engine(&native, "ppocr").read(image, request(&["eng"])).collect().await;
        let Some(Ok(EngineEvent::Started(start))) = events.first() else { panic!("{events:?}") };
        assert_eq!(start.rotation, rotation);
        let Some(Ok(EngineEvent::Finished(finish))) = events.last() else { panic!("{events:?}") };
        let PageStructure::Layout(layout) = finish.structure.clone() else { panic!("{finish:?}") };
        layouts.push(layout);
    }
    assert_eq!(layouts[0], layouts[1]);
}

#[tokio::test]
async fn a_table_is_handed_over_with_its_words_in_its_cells() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let rows = [["Lamp oil", "24.50"], ["Hemp rope", "11.00"], ["Canvas", "98.10"], ["Tallow", "3.75"]];
    let mut placed = Vec::new();
    for (row, cells) in (0..).zip(rows) {
        let of = |(x, text)| Placed { x, y: 700 - 22 * row, size: 14, text };
        placed.extend([72, 300].into_iter().zip(cells).map(of));
    }
    let document = open(&native, &sound::placed_pages(&[placed])).await.unwrap();
    let engine = engine(&native, "ppocr");
    let spec = engine.image_spec(&request(&[]), None);
    let image = document.render(1, &spec).await.unwrap();
    let events: Vec<_> = engine.read(image, request(&["eng"])).collect().await;
    let Some(Ok(EngineEvent::Finished(finish))) = events.last() else { panic!("{events:?}") };
    let text: String = events
        .iter()
        .filter_map(|event| match event {
            Ok(EngineEvent::Line { text, .. }) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let content = finish.structure.clone().content(&text, None);
    let [table] = content.tables()[..] else { panic!("{content:?}") };
    let cells: Vec<_> = table.cells.iter().map(|cell| cell.text.text.as_str()).collect();
    assert_eq!((table.rows, table.columns, cells), (4, 2, rows.concat()));
}

#[tokio::test]
async fn a_ppocr_child_that_dies_fails_only_its_page() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    native.warm_up().await.unwrap();
    let [child] = children()[..] else { panic!("one child") };
    signal(child, Signal::STOP);
    let engine = engine(&native, "ppocr");
    let mut stream = engine.read(image(page::IMAGE), request(&["eng"]));
    assert!(stream.next().now_or_never().is_none(), "the page is being read");
    signal(child, Signal::KILL);
    assert_eq!(stream.next().await.unwrap().unwrap_err().kind, EngineErrorKind::Crashed);
    assert!(read(&*engine, image(page::IMAGE), request(&["eng"])).await.is_ok());
}

#[tokio::test]
async fn a_failed_allocation_of_ppocr_fails_only_its_page() {
    let _turn = turn().await;
    let mut outcomes = Vec::new();
    for megabytes in (64..=384).step_by(64) {
        let native = Native::start(NativeConfig { max_pixels: 1, read_memory: megabytes << 20, ..config() }).unwrap();
        let outcome = match read(&*engine(&native, "ppocr"), image(page::IMAGE), request(&["eng"])).await {
            Ok((_, words)) => {
                assert_eq!(words, expected(), "{megabytes} MiB");
                "finished"
            }
            // The models alone are too much.
            Err(EngineErrorKind::Unreachable) => "unready",
            Err(EngineErrorKind::TooComplex) => "memory",
            Err(other) => panic!("{megabytes} MiB: {other:?}"),
        };
        outcomes.push(outcome);
        native.shutdown().await;
        until(|| children().is_empty()).await;
    }
    assert!(outcomes.contains(&"memory") && outcomes.ends_with(&["finished"]), "{outcomes:?}");
}

#[tokio::test]
async fn a_picture_of_the_largest_size_is_read_within_the_childs_memory() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let noise = |pixel: u32| (pixel.wrapping_mul(2_654_435_761) >> 13) as u8;
    let (width, height) = (6000, 6000);
    let pixels: Vec<u8> = (0..width * height).map(noise).collect();
    let noisy = PageImage { width, height, data: ImageData::Bytes(pixels.into()), ..image(page::IMAGE) };
    let (_, words) = read(&*engine(&native, "ppocr"), noisy, request(&["eng"])).await.unwrap();
    assert_eq!(words, [] as [&str; 0]);
}

//! What is asked of a page beside its image, by way of real children: its text, an image with marks, a place on it.
use std::sync::Arc;

use super::parent::{PLAIN, children, config, grey, open, pdf, signal, tesseract, turn, with_script};
use futures::{FutureExt, StreamExt};
use inkstream_content::Occurrence;
use inkstream_core::{
    image::{ImageData, ImageEncoding, Mark, Marks},
    ports::{Engine, EngineEvent, Finish, ReadRequest},
    text_layer,
};
use inkstream_native::{Native, NativeConfig};
use inkstream_testkit::fixtures::{page, pdf as sound};
use inkstream_wire::{BoxKind, ErrorCode, PixelBox, Task, TextBox};
use rustix::process::Signal;

fn marks(count: u32) -> Marks {
    let place = |n: u32| PixelBox { x: n % 190, y: n / 190 % 190, width: 9, height: 5 };
    let mark = |n| Mark { kind: BoxKind::Word, bounds: place(n), label: "\u{1}\"\\🦀".repeat(100) };
    Marks { width: 200, height: 200, marks: (0..count).map(mark).collect() }
}

#[tokio::test]
async fn a_page_is_handed_over_in_colour_with_all_the_marks_that_a_frame_holds() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let document = open(&native, &pdf(&[PLAIN])).await.unwrap();
    for count in [0, 1, 20_000, 60_000] {
        let image = document.annotate(1, &grey(), &marks(count)).await.unwrap();
        assert_eq!((image.width, image.height, image.format), (200, 200, ImageEncoding::Png), "{count}");
        let ImageData::Bytes(bytes) = image.data else { panic!("a PNG stays in this process") };
        assert!(bytes.starts_with(b"\x89PNG"));
        let info = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap().info().color_type;
        assert_eq!(info == png::ColorType::Rgb, count > 0, "{count}: without marks it is as grey as the page");
    }
    assert_eq!(document.annotate(2, &grey(), &marks(1)).await.unwrap_err().code, ErrorCode::PageUnreadable);
}

#[tokio::test]
async fn a_sigkill_while_a_page_is_annotated_costs_that_request_alone() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let document = open(&native, &pdf(&[PLAIN; 2])).await.unwrap();
    let [child] = children()[..] else { panic!("one child") };
    signal(child, Signal::STOP);
    let (spec, marks) = (grey(), marks(20_000));
    let mut annotated = document.annotate(1, &spec, &marks);
    assert!(annotated.as_mut().now_or_never().is_none(), "it is under way");
    signal(child, Signal::KILL);
    assert_eq!(annotated.await.unwrap_err().code, ErrorCode::PageUnreadable);
    document.annotate(1, &spec, &marks).await.unwrap();
    document.render(2, &spec).await.unwrap();
}

#[tokio::test]
async fn a_pdf_has_a_text_layer_and_an_image_has_none() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let document = open(&native, &sound::numbered(2)).await.unwrap();
    let text = document.text(2, &grey()).await.unwrap().unwrap();
    let image = document.render(2, &grey()).await.unwrap();
    assert_eq!((text.width, text.height, Some(text.dpi)), (image.width, image.height, image.dpi));
    assert!(text_layer::sound(&text));
    let lines: Vec<String> = text_layer::lines(&text).map(|(line, _)| line).collect();
    assert_eq!(lines, ["This is page 2 of the report.\n"]);
    assert_eq!(document.text(3, &grey()).await.unwrap_err().code, ErrorCode::PageUnreadable);
    let image = open(&native, page::IMAGE).await.unwrap();
    assert_eq!(image.text(1, &grey()).await.unwrap(), None);
}

#[tokio::test]
async fn an_impossible_text_is_not_believed() {
    let _turn = turn().await;
    let text = |size: &str, cover: &str, words: &str, unmapped: u32| {
        let lines = format!(r#"[{{"paragraph":true,"words":[{words}]}}]"#);
        format!(
            r#"{{"Text":{{"width":{size},"height":{size},"dpi":72.0,"lines":{lines},"unmapped":{unmapped},"hidden":0,"doubtful":0,"foreign":0,"contradicted":0,"image_cover":{cover}}}}}"#
        )
    };
    let word = r#"{"text":"word","bounds":[1,1,5,5]}"#;
    for (believed, answer) in [
        (true, text("9", "0.5", word, 4)),
        (false, text("9", "0.5", word, 5)),
        (false, text("9", "1.5", word, 0)),
        (false, text("5", "0.5", word, 0)),
        (false, text("9", "0.5", "", 0)),
        (false, text("9", "0.5", &word.replace("word", ""), 0)),
        (false, text("9", "0.5", &word.replace("word", r"\u0000"), 0)),
        (false, text("9", "0.5", &word.replace("5,5", "5,4294967295"), 0)),
        (false, r#"{"Opened":{"format":"pdf","pages":1}}"#.to_owned()),
    ] {
        let frames = ["\"Ready\"", r#"{"Opened":{"format":"pdf","pages":1}}"#, &answer]
            .map(|frame| format!("printf '\\{:03o}\\000\\000\\000%s' '{frame}' >&0", frame.len()))
            .join("; ");
        let folder = tempfile::tempdir().unwrap();
        let native = with_script(folder.path(), &format!("{frames}; exec cat"));
        let document = open(&native, b"anything").await.unwrap();
        let told = document.text(1, &grey()).await.map(|text| text.is_some()).map_err(|error| error.code);
        assert_eq!(told, if believed { Ok(true) } else { Err(ErrorCode::PageUnreadable) }, "{answer}");
    }
}

/// The boxes of the page with this text.
fn boxes(said: &[Said], finish: &Finish) -> Vec<TextBox> {
    let text: String = said.iter().map(|(text, _)| text.as_str()).collect();
    let boxes = finish.structure.clone().content(&text, None).boxes(&text);
    boxes.into_iter().chain(finish.occurrences.iter().map(Occurrence::to_box)).collect()
}

/// The text's pieces with their places, and the end, of the page that the fixtures have as an image.
async fn read(engine: &Arc<dyn Engine>, native: &Native, task: Task, reference: Option<&str>) -> (Vec<Said>, Finish) {
    let request = ReadRequest {
        prompt: None,
        task,
        size: None,
        reference: reference.map(str::to_owned),
        languages: vec!["eng".into()],
        detect_languages: false,
        boxes: true,
        attempt: 0,
        max_tokens: None,
        rotation: 0,
        last: true,
        resets: false,
    };
    let document = open(native, page::IMAGE).await.unwrap();
    let image = document.render(1, &engine.image_spec(&request, None)).await.unwrap();
    let events: Vec<_> = engine.read(image, request).map(Result::unwrap).collect().await;
    let said = events.iter().filter_map(|event| match event {
        EngineEvent::Text { delta, bounds, .. } => Some((delta.clone(), *bounds)),
        EngineEvent::Line { text, bounds } => Some((text.clone(), Some(*bounds))),
        _ => None,
    });
    let Some(EngineEvent::Finished(finish)) = events.last() else { panic!("{events:?}") };
    (said.collect(), finish.clone())
}

type Said = (String, Option<PixelBox>);

#[tokio::test]
async fn tesseract_answers_locate_with_the_places_alone() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let engine = tesseract(&native);
    let (said, whole) = read(&engine, &native, Task::Layout, None).await;
    let whole = boxes(&said, &whole);
    let words: Vec<_> = whole.iter().filter(|place| place.kind == BoxKind::Word).collect();
    // The last word of the longest text's first line, and the first of its second.
    let turned = words.windows(2).find(|pair| pair[0].paragraph == pair[1].paragraph && pair[0].line != pair[1].line);
    let [last, first] = turned.unwrap() else { panic!("two words") };
    let reference = format!("{}\t{}", last.text.to_uppercase(), first.text);
    let (said, finish) = read(&engine, &native, Task::Locate, Some(&reference)).await;
    let expected = (format!("{} {}\n", last.text, first.text), Some(last.bounds));
    assert!(said.contains(&expected), "{said:?}");
    assert_eq!(finish.reason.as_deref(), Some("stop"));
    let places: Vec<_> = boxes(&said, &finish).iter().map(|place| (place.kind, place.bounds)).collect();
    assert!(
        places.contains(&(BoxKind::Reference, last.bounds)) && places.contains(&(BoxKind::Reference, first.bounds))
    );
    assert!(places.iter().all(|(kind, _)| *kind == BoxKind::Reference));

    for nothing in [Some("no such words on it"), Some(""), None] {
        let (said, finish) = read(&engine, &native, Task::Locate, nothing).await;
        assert_eq!((&said[..], finish.reason.as_deref()), (&[][..], Some("stop")), "{nothing:?}");
        assert_eq!((finish.occurrences.len(), finish.structure.is_empty()), (0, true), "{nothing:?}");
    }
}

#[tokio::test]
async fn the_default_languages_may_be_tags() {
    let _turn = turn().await;
    let config = |tag: &str| NativeConfig { languages: vec![tag.to_owned()], ..config() };
    let native = Native::start(config("en-GB")).unwrap();
    native.warm_up().await.unwrap();
    tesseract(&native).probe().await.unwrap();
    let native = Native::start(config("tlh")).unwrap();
    assert!(tesseract(&native).probe().await.unwrap_err().detail.starts_with("A language is not installed."));
}

#[tokio::test]
async fn layout_is_the_text_with_its_boxes() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let engine = tesseract(&native);
    assert_eq!(engine.info().capabilities.tasks, [Task::Text, Task::Markdown, Task::Layout, Task::Locate]);
    let (text, plain) = read(&engine, &native, Task::Text, None).await;
    let (said, finish) = read(&engine, &native, Task::Layout, None).await;
    assert_eq!((&said, &finish), (&text, &plain));
    let boxes = boxes(&said, &finish);
    for kind in [BoxKind::Block, BoxKind::Line, BoxKind::Word] {
        assert!(boxes.iter().any(|place| place.kind == kind), "{kind:?}");
    }
}

#[tokio::test]
async fn a_confined_child_draws_text_in_a_font_of_the_system() {
    let _turn = turn().await;
    let native = Native::start(config()).unwrap();
    let document = open(&native, &sound::simsun()).await.unwrap();
    let image = document.render(1, &grey()).await.unwrap();
    let ImageData::Memfd { fd, .. } = &image.data else { panic!("{:?}", image.data) };
    let mut pixels = vec![0; (image.width * image.height) as usize];
    rustix::io::pread(fd, &mut pixels[..], 0).unwrap();
    assert_eq!(
        pixels.iter().any(|pixel| *pixel < 64),
        inkstream_native::sandbox_report().landlock,
        "without landlock no font is opened"
    );
}

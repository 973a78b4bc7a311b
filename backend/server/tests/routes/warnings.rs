//! Warnings about a page's text, in every API.

use inkstream_testkit::fixtures::{page, png};
use inkstream_wire::{
    ChatChunk, ChatCompletion, DocumentDetail, EventBody, MicroText, PageWarning, WarningCode, routes,
};
use serde_json::{Value, json};

use crate::harness::{Site, field, file};

/// The warnings and the confidence of an image's `end` event, which must equal those of its stored page.
async fn warnings_of(site: &Site, image: &[u8], model: &str) -> (Vec<WarningCode>, Option<f32>) {
    let form = [field("model", model), file("page.png", image)];
    let events = site.post("/api/ocr/image").form(&form).send().await.events();
    let EventBody::Start(start) = &events[0].body else { panic!("{events:?}") };
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    let path = format!("/api/documents/{}", start.document_id);
    let document: DocumentDetail = site.get(&path).send().await.json();
    assert_eq!(document.page_list[0].warnings, end.warnings);
    assert_eq!(document.page_list[0].confidence, end.confidence);
    (codes(&end.warnings), end.confidence)
}

fn codes(warnings: &[PageWarning]) -> Vec<WarningCode> {
    assert!(warnings.iter().all(|warning| warning.message.ends_with('.')), "{warnings:?}");
    warnings.iter().map(|warning| warning.code).collect()
}

fn chat(image: &[u8], stream: bool) -> Value {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let url = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(image));
    let part = json!({"type": "image_url", "image_url": {"url": url}});
    json!({"model": "tesseract", "stream": stream, "messages": [{"role": "user", "content": [part]}]})
}

#[tokio::test]
async fn an_upright_page_has_no_warnings() {
    let site = Site::real().await;
    for model in ["embedded", "ppocr", "tesseract"] {
        let (codes, confidence) = warnings_of(&site, page::IMAGE, model).await;
        assert_eq!(codes, [], "{model}");
        assert!(confidence.is_some_and(|confidence| confidence > 80.0), "{model}: {confidence:?}");
    }
    let micro: Value = site.post("/").form(&[file("page.png", page::IMAGE)]).send().await.json();
    assert_eq!(micro.as_object().unwrap().keys().collect::<Vec<_>>(), ["original", "results"]);
    let whole: Value = site.post(routes::CHAT_COMPLETIONS).json(&chat(page::IMAGE, false)).send().await.json();
    assert!(whole.get("warnings").is_none(), "{whole}");
}

#[tokio::test]
async fn a_mirrored_page_has_a_warning_of_low_confidence() {
    let site = Site::real().await;
    let (codes, confidence) = warnings_of(&site, &png::mirrored(page::IMAGE), "tesseract").await;
    assert_eq!(codes, [WarningCode::LowConfidence]);
    assert!(confidence.is_some_and(|confidence| confidence < 60.0), "{confidence:?}");
}

#[tokio::test]
async fn noise_and_scribbles_have_a_warning() {
    let site = Site::real().await;
    for (name, image) in [("noise", png::noise(600, 800)), ("scribble", png::scribble(600, 800))] {
        for model in ["ppocr", "tesseract"] {
            let (codes, confidence) = warnings_of(&site, &image, model).await;
            assert!(
                matches!(codes[..], [WarningCode::NoText | WarningCode::LowConfidence]),
                "{name} with {model}: {codes:?}, {confidence:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_empty_page_has_a_warning_and_no_confidence() {
    let site = Site::real().await;
    for model in ["ppocr", "tesseract"] {
        assert_eq!(
            warnings_of(&site, &png::blank(800, 600), model).await,
            (vec![WarningCode::NoText], None),
            "{model}"
        );
    }
}

#[tokio::test]
async fn every_api_reports_a_pages_warnings() {
    let site = Site::real().await;
    let image = png::blank(800, 600);
    let micro: MicroText = site.post("/").form(&[file("page.png", &image)]).send().await.json();
    assert_eq!(micro.original, "");
    assert_eq!(
        micro.warnings.iter().map(|it| (it.page, it.warning.code)).collect::<Vec<_>>(),
        [(1, WarningCode::NoText)]
    );

    let expected = [(1, 1, WarningCode::NoText)];
    let whole: ChatCompletion = site.post(routes::CHAT_COMPLETIONS).json(&chat(&image, false)).send().await.json();
    let told: Vec<_> = whole.warnings.iter().map(|it| (it.image, it.page, it.warning.code)).collect();
    assert_eq!(told, expected);

    let answer = site.post(routes::CHAT_COMPLETIONS).json(&chat(&image, true)).send().await;
    let chunks: Vec<ChatChunk> = answer
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("data: ").filter(|data| *data != "[DONE]"))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let (last, others) = chunks.split_last().unwrap();
    assert!(others.iter().all(|chunk| chunk.warnings.is_empty()));
    let told: Vec<_> = last.warnings.iter().map(|it| (it.image, it.page, it.warning.code)).collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_animation_is_read_with_a_warning_that_only_its_first_image_was() {
    let site = Site::real().await;
    // The chunk acTL says that the PNG has two frames. It stands behind the header, which ends at byte 33.
    let animation =
        [&8_u32.to_be_bytes()[..], b"acTL", &2_u32.to_be_bytes(), &[0; 4], &0xf38d_9370_u32.to_be_bytes()].concat();
    let image = [&page::IMAGE[..33], &animation, &page::IMAGE[33..]].concat();
    let (codes, confidence) = warnings_of(&site, &image, "embedded").await;
    assert_eq!(codes, [WarningCode::FirstImageOnly]);
    assert!(confidence.is_some_and(|confidence| confidence > 80.0), "{confidence:?}");
}

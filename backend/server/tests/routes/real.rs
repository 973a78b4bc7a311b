//! End to end, with PDFium and Tesseract in their child processes: valid input is recognized, hostile input is refused.

use base64::Engine as _;
use http::StatusCode;
use inkstream_testkit::fixtures::{hostile_pdf, images, page, pdf, pdf::Placed, png, scripts, tiff};
use inkstream_wire::{ChatCompletion, ErrorCode, EventBody, FinishReason, OcrEvent};
use serde_json::json;

use crate::harness::{Site, field, file};

fn text_of(events: &[OcrEvent], wanted: Option<u32>) -> String {
    let deltas = events.iter().filter_map(|event| match &event.body {
        EventBody::Delta { delta, .. } if wanted.is_none() => Some(delta.as_str()),
        EventBody::PageDelta { page, delta, .. } if wanted == Some(*page) => Some(delta.as_str()),
        _ => None,
    });
    deltas.collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn an_image_is_streamed_line_by_line() {
    let site = Site::real().await;
    let events = site.post("/api/ocr/image").form(&[file("page.png", page::IMAGE)]).send().await.events();
    let deltas = events.iter().filter(|event| matches!(event.body, EventBody::Delta { .. })).count();
    assert!(deltas > 3, "{deltas} deltas");
    assert_eq!(words(&text_of(&events, None)), words(page::TEXT));
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert!(end.confidence.unwrap() > 50.0);
}

/// A page with a heading, a hyphenated word and a list.
fn structured() -> Vec<u8> {
    let line = |y, size, text| Placed { x: 72, y, size, text };
    pdf::placed_pages(&[vec![
        line(760, 24, "Provisions"),
        line(720, 12, "The paper that you chose was cut for you last week, and the ink for the exam-"),
        line(704, 12, "ples was packed with great care and left the yard on the same day as the paper."),
        line(660, 12, "1. Rag paper"),
        line(644, 12, "2. Iron gall ink"),
        line(628, 12, "3. Sealing wax"),
    ]])
}

#[tokio::test]
async fn an_embedded_engine_and_a_text_layer_write_markdown_and_join_hyphenated_words() {
    let site = Site::real().await;
    for text_layer in ["ignore", "prefer"] {
        let options = [("task", "markdown"), ("dehyphenate", "true"), ("text_layer", text_layer), ("content", "true")];
        let mut form = vec![file("a.pdf", &structured())];
        form.extend(options.map(|(name, value)| field(name, value)));
        let events = site.post("/api/ocr/pdf").form(&form).send().await.events();
        let text = text_of(&events, Some(1));
        assert_eq!(
            text,
            "# Provisions\n\nThe paper that you chose was cut for you last week, and the ink for the examples was packed with great \
             care and left the yard on the same day as the paper.\n\n1. Rag paper\n2. Iron gall ink\n3. Sealing wax",
            "{text_layer}"
        );
        let content = events.iter().find_map(|event| match &event.body {
            EventBody::PageEnd(end) => end.content.as_ref(),
            _ => None,
        });
        let ranges: Vec<_> = content.unwrap().blocks.iter().map(|block| block.source.unwrap().slice(&text)).collect();
        assert_eq!(ranges[0], "# Provisions");
        assert!(ranges[2].starts_with("1. Rag"), "{ranges:?}");
    }
    let form = [file("a.pdf", &structured()), field("dehyphenate", "true")];
    let text = text_of(&site.post("/api/ocr/pdf").form(&form).send().await.events(), Some(1));
    assert!(text.contains("the examples\nwas packed"), "{text}");
}

#[tokio::test]
async fn photographs_of_phones_and_rare_image_formats_are_read() {
    let site = Site::real().await;
    for (name, bytes) in [
        ("a.heic", images::HEIC),
        ("a.avif", images::AVIF),
        ("a.jp2", images::JP2),
        ("a.j2k", images::J2K),
        ("a.tif", images::FAX),
    ] {
        let events = site.post("/api/ocr/image").form(&[file(name, bytes)]).send().await.events();
        assert!(matches!(events.last().unwrap().body, EventBody::End(_)), "{name}: {events:?}");
        let image = site.post("/api/documents").form(&[file(name, bytes)]).send().await;
        let stored: inkstream_wire::Stored = image.json();
        let image = site.get(&format!("/api/documents/{}/pages/1/image", stored.document_id)).send().await;
        assert_eq!(image.status, StatusCode::OK, "{name}");
    }
    let mut rare = images::FAX.to_vec();
    let compression = rare.windows(8).rposition(|entry| entry == [3, 1, 3, 0, 1, 0, 0, 0]).unwrap();
    rare[compression + 8..compression + 10].copy_from_slice(&34_712_u16.to_le_bytes());
    let answer = site.post("/api/ocr/image").form(&[file("a.tif", &rare)]).send().await;
    answer.is_problem(ErrorCode::UnsupportedMediaType);
    assert!(String::from_utf8_lossy(&answer.bytes).contains("JPEG 2000"), "{:?}", answer.bytes);
}

#[tokio::test]
async fn a_truncated_image_is_read_as_far_as_it_goes_with_a_warning() {
    let site = Site::real().await;
    let cut = &page::IMAGE[..page::IMAGE.len() * 7 / 10];
    let events = site.post("/api/ocr/image").form(&[file("page.png", cut)]).send().await.events();
    assert!(text_of(&events, None).contains("The Keeper of the Light"), "{events:?}");
    let told = format!("{events:?}");
    assert!(told.contains("TruncatedImage"), "{told}");
}

#[tokio::test]
async fn tesseract_stops_at_the_token_limit_and_reads_the_next_page() {
    let site = Site::real().await;
    let url = format!("data:image/png;base64,{}", base64::prelude::BASE64_STANDARD.encode(page::IMAGE));
    let content = json!([{"type": "image_url", "image_url": {"url": url}}]);
    let mut asked = json!({"messages": [{"role": "user", "content": content}], "max_tokens": 20, "language": "en-US"});
    let cut: ChatCompletion = site.post("/v1/chat/completions").json(&asked).send().await.json();
    let choice = &cut.choices[0];
    assert_eq!((choice.finish_reason, choice.message.content.chars().count()), (FinishReason::Length, 80));
    assert_eq!((cut.usage.completion_tokens, cut.usage.estimated), (20, true));
    asked.as_object_mut().unwrap().remove("max_tokens");
    let whole: ChatCompletion = site.post("/v1/chat/completions").json(&asked).send().await.json();
    assert_eq!(words(&whole.choices[0].message.content), words(page::TEXT));
    assert!(whole.choices[0].message.content.starts_with(&choice.message.content));
}

#[tokio::test]
async fn a_language_is_named_by_any_tag() {
    let site = Site::real().await;
    for tag in ["en-US", "en_GB", "en-Latn-US", "eng", "en+en-US"] {
        let form = [field("language", tag), file("page.png", page::IMAGE)];
        let events = site.post("/api/ocr/image").form(&form).send().await.events();
        assert_eq!(words(&text_of(&events, None)), words(page::TEXT), "{tag}");
    }
    let form = [field("language", "xx-YY"), file("page.png", page::IMAGE)];
    let problem = site.post("/api/ocr/image").form(&form).send().await.is_problem(ErrorCode::UnknownLanguage);
    assert!(problem.detail.contains("eng"), "{}", problem.detail);
}

#[tokio::test]
async fn the_languages_of_a_page_are_detected_on_request_and_told() {
    let site = Site::real().await;
    let form = [field("language", "auto"), field("content", "true"), file("page.png", scripts::ARABIC.image)];
    let events = site.post("/api/ocr/image").form(&form).send().await.events();
    let start = events.iter().find_map(|event| match &event.body {
        EventBody::Start(start) => Some(start),
        _ => None,
    });
    let start = start.unwrap();
    assert_eq!((start.languages.first().map(String::as_str), &start.ignored[..]), (Some("ara"), &[][..]));
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!(end.content.as_ref().unwrap().languages, start.languages);
    assert!(text_of(&events, None).contains("رقم التذكرة 4711"), "{events:?}");
    let form = [field("language", "auto+eng"), file("page.png", page::IMAGE)];
    site.post("/api/ocr/image").form(&form).send().await.is_problem(ErrorCode::InvalidOption);
}

#[tokio::test]
async fn the_pages_of_a_pdf_are_read() {
    let site = Site::real().await;
    let bytes = pdf::numbered(3);
    let form = [file("report.pdf", &bytes), field("pages", "2-3")];
    let events = site.post("/api/ocr/pdf").form(&form).send().await.events();
    for page in 2..=3 {
        assert_eq!(text_of(&events, Some(page)).trim(), format!("This is page {page} of the report."));
    }
    assert_eq!(text_of(&events, Some(1)), "");
}

#[tokio::test]
async fn an_encrypted_pdf_takes_its_password() {
    let site = Site::real().await;
    let locked = file("a.pdf", pdf::ENCRYPTED);
    let ask = || site.post("/api/ocr/pdf");
    ask().form(std::slice::from_ref(&locked)).send().await.is_problem(ErrorCode::PasswordRequired);
    let wrong = [locked.clone(), field("password", "guess")];
    ask().form(&wrong).send().await.is_problem(ErrorCode::WrongPassword);
    let events = ask().form(&[locked, field("password", pdf::PASSWORD)]).send().await.events();
    assert_eq!(text_of(&events, Some(1)).trim(), pdf::SECRET_TEXT);
}

#[tokio::test]
async fn a_file_that_is_neither_image_nor_pdf_is_415_whatever_its_name() {
    let site = Site::real().await;
    for bytes in [
        &b"<html><body>hello</body></html>"[..],
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n",
        b"push graphic-context\nfill 'url(https://localhost/)'\n",
        b"garbage",
    ] {
        let answer = site.post("/api/ocr/pdf").form(&[file("a.pdf", bytes)]).send().await;
        answer.is_problem(ErrorCode::UnsupportedMediaType);
        assert!(site.blobs().is_empty());
    }
}

#[tokio::test]
async fn a_pdf_is_detected_by_its_content_although_it_is_named_png() {
    let site = Site::real().await;
    let answer = site.post("/api/ocr/image").form(&[file("page.png", &pdf::numbered(1))]).send().await;
    answer.is_problem(ErrorCode::WrongRoute);
}

#[tokio::test]
async fn documents_that_cannot_be_opened_have_a_code_each() {
    let site = Site::real().await;
    let cases = [
        ("/api/ocr/pdf", hostile_pdf::zero_pages(), ErrorCode::NoPages),
        ("/api/ocr/pdf", hostile_pdf::broken(), ErrorCode::BrokenDocument),
        ("/api/ocr/image", png::claims_900_million_pixels(), ErrorCode::TooManyPixels),
        ("/api/ocr/image", tiff::pages(101), ErrorCode::TooManyPages),
        // Its header is valid, so it opens; its only page cannot be decoded.
        ("/api/ocr/image", page::IMAGE[..200].to_vec(), ErrorCode::PageUnreadable),
    ];
    for (route, bytes, code) in cases {
        site.post(route).form(&[file("x", &bytes)]).send().await.is_problem(code);
    }
    let sound = site.post("/api/ocr/pdf").form(&[file("a.pdf", &pdf::numbered(1))]).send().await;
    assert_eq!(text_of(&sound.events(), Some(1)).trim(), "This is page 1 of the report.");
}

#[tokio::test]
async fn a_page_has_an_image_at_the_requested_width() {
    let site = Site::real().await;
    let stored: inkstream_wire::Stored =
        site.post("/api/documents").form(&[file("a.pdf", &pdf::numbered(2))]).send().await.json();
    let path = format!("/api/documents/{}/pages/2/image?width=300", stored.document_id);
    let answer = site.get(&path).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.bytes);
    // A mostly white page is smaller as PNG, a dense one as JPEG; the bytes are what the header says.
    match answer.header("content-type") {
        "image/png" => assert_eq!(answer.bytes[16..20], 300_u32.to_be_bytes(), "the width in PNG's header"),
        "image/jpeg" => assert!(answer.bytes.starts_with(b"\xff\xd8\xff")),
        other => panic!("{other}"),
    }
}

//! `POST /api/ocr/image`

use http::StatusCode;
use inkstream_wire::{DocumentKind, ErrorCode, EventBody};

use crate::{
    fakes::{IMAGE, PDF, Script},
    harness::{Plan, Site, field, file},
};

#[tokio::test]
async fn an_image_is_streamed_as_start_deltas_and_end() {
    let site = Site::new().await;
    let answer = site.post("/api/ocr/image").form(&[file("page.png", IMAGE), field("boxes", "true")]).send().await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("x-accel-buffering"), "no");
    assert!(answer.header("cache-control").contains("no-store"));

    let events = answer.events();
    assert!(events.iter().enumerate().all(|(place, event)| event.seq == place as u64));
    let told: Vec<_> = events.iter().filter(|event| !matches!(event.body, EventBody::Queued { .. })).collect();
    let EventBody::Start(start) = &told[0].body else { panic!("{told:?}") };
    assert_eq!((start.kind, start.pages, start.width, start.height), (DocumentKind::Image, None, Some(100), Some(50)));
    assert!(matches!(&told[1].body, EventBody::Delta { delta, bounds: Some(_) } if delta == "first line\n"));
    assert!(matches!(&told[2].body, EventBody::Delta { delta, .. } if delta == "second line\n"));
    let EventBody::End(end) = &told[3].body else { panic!("{told:?}") };
    assert_eq!((end.usage.prompt_tokens, end.usage.completion_tokens), (7, 4));
    assert_eq!((end.usage.input_bytes, end.usage.completion_chars), (IMAGE.len() as u64, 23));
    assert_eq!(told.len(), 4);
}

#[tokio::test]
async fn the_end_carries_the_content_only_when_it_is_asked_for() {
    let site = Site::new().await;
    for (asked, lines) in [("true", Some(2)), ("false", None)] {
        let answer = site.post("/api/ocr/image").form(&[file("page.png", IMAGE), field("content", asked)]).send().await;
        let events = answer.events();
        let Some(EventBody::End(end)) = events.last().map(|event| &event.body) else { panic!("{events:?}") };
        let text = end.content.as_ref().map(|content| content.plain_text());
        assert_eq!(text.map(|text| text.lines().count()), lines);
    }
}

#[tokio::test]
async fn options_count_before_and_after_the_file() {
    let site = Site::new().await;
    for parts in
        [[field("model", "none such"), file("page.png", IMAGE)], [file("page.png", IMAGE), field("model", "none such")]]
    {
        let answer = site.post("/api/ocr/image").form(&parts).send().await;
        answer.is_problem(ErrorCode::UnknownModel);
        assert_eq!(site.blobs(), Vec::<std::path::PathBuf>::new());
    }
}

#[tokio::test]
async fn a_wrong_option_is_refused_and_the_file_deleted() {
    let site = Site::new().await;
    for (name, value, code) in [
        ("task", "translate", ErrorCode::UnsupportedTask),
        ("task", "locate", ErrorCode::UnsupportedTask),
        ("boxes", "maybe", ErrorCode::InvalidOption),
        ("size", "huge", ErrorCode::InvalidOption),
        ("dpi", "-1", ErrorCode::InvalidOption),
        ("pages", "7-9", ErrorCode::PagesOutOfRange),
    ] {
        let answer = site.post("/api/ocr/image").form(&[file("page.png", IMAGE), field(name, value)]).send().await;
        answer.is_problem(code);
        assert!(site.blobs().is_empty(), "{name}={value}");
    }
}

#[tokio::test]
async fn empty_options_count_as_absent() {
    let site = Site::new().await;
    let options = ["task", "model", "pages", "dpi", "size", "boxes"].map(|name| field(name, ""));
    let parts: Vec<_> = [file("page.png", IMAGE)].into_iter().chain(options).collect();
    assert_eq!(site.post("/api/ocr/image").form(&parts).send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_pdf_is_sent_to_its_own_route() {
    let site = Site::new().await;
    let problem =
        site.post("/api/ocr/image").form(&[file("p.png", PDF)]).send().await.is_problem(ErrorCode::WrongRoute);
    assert!(problem.detail.contains("/api/ocr/pdf"), "{}", problem.detail);
}

#[tokio::test]
async fn the_content_decides_the_type_and_not_the_name() {
    let site = Site::new().await;
    let html = site.post("/api/ocr/image").form(&[file("page.png", b"<html>hello</html>")]).send().await;
    html.is_problem(ErrorCode::UnsupportedMediaType);
    let image = site.post("/api/ocr/image").form(&[file("page.html", IMAGE)]).send().await;
    assert_eq!(image.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refusal_of_the_engine_ends_the_stream_with_an_error_and_is_on_the_ledger() {
    let site = Site::with(Plan { script: Script::Refuse, ..Plan::default() }).await;
    let answer = site.post("/api/ocr/image").form(&[file("p.png", IMAGE)]).send().await;
    assert!(!answer.text().contains("secret"), "{}", answer.text());
    if answer.status == StatusCode::OK {
        let events = answer.events();
        let last = &events.last().unwrap().body;
        assert!(matches!(last, EventBody::Error { error } if error.code == ErrorCode::EngineFailed), "{last:?}");
    } else {
        answer.is_problem(ErrorCode::EngineFailed);
    }
    site.settled().await;
    let rows: serde_json::Value = site.get("/api/users/me/usage").send().await.json();
    assert_eq!(rows[0]["status"], "failed");
}

#[tokio::test]
async fn an_unstored_image_is_deleted_after_the_run() {
    let site = Site::new().await;
    let answer = site.post("/api/ocr/image").form(&[file("p.png", IMAGE), field("store", "false")]).send().await;
    assert!(matches!(answer.events().last().unwrap().body, EventBody::End(_)));
    site.settled().await;
    assert!(site.blobs().is_empty());
}

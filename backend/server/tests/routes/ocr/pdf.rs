//! `POST /api/ocr/pdf`

use inkstream_wire::{ErrorCode, EventBody};

use crate::{
    fakes::{IMAGE, PDF, Script},
    harness::{Plan, Site, field, file},
};

fn pages_of(events: &[inkstream_wire::OcrEvent]) -> Vec<u32> {
    let ends = events.iter().filter_map(|event| match &event.body {
        EventBody::PageEnd(end) => Some(end.page),
        _ => None,
    });
    let mut pages: Vec<_> = ends.collect();
    pages.sort_unstable();
    pages
}

#[tokio::test]
async fn a_pdf_is_streamed_page_by_page() {
    let site = Site::new().await;
    let events = site.post("/api/ocr/pdf").form(&[file("a.pdf", PDF)]).send().await.events();
    assert!(events.iter().any(|event| matches!(&event.body, EventBody::Start(start) if start.pages == Some(3))));
    assert_eq!(pages_of(&events), [1, 2, 3]);
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!((end.usage.pages, end.usage.completion_tokens), (Some(3), 12));
}

#[tokio::test]
async fn only_the_requested_pages_are_read() {
    let site = Site::new().await;
    let events = site.post("/api/ocr/pdf").form(&[field("pages", "3,1"), file("a.pdf", PDF)]).send().await.events();
    assert_eq!(pages_of(&events), [1, 3]);
}

#[tokio::test]
async fn an_image_on_the_pdf_route_is_refused_with_its_own_route() {
    let site = Site::new().await;
    let answer = site.post("/api/ocr/pdf").form(&[file("a.pdf", IMAGE)]).send().await;
    assert!(answer.is_problem(ErrorCode::WrongRoute).detail.contains("/api/ocr/image"));
}

#[tokio::test]
async fn an_encrypted_pdf_requires_its_password_and_opens_with_it() {
    let site = Site::new().await;
    let locked = file("a.pdf", b"FAKE locked");
    site.post("/api/ocr/pdf").form(std::slice::from_ref(&locked)).send().await.is_problem(ErrorCode::PasswordRequired);
    let opened = site.post("/api/ocr/pdf").form(&[locked, field("password", "open sesame")]).send().await;
    assert_eq!(pages_of(&opened.events()), [1]);
}

#[tokio::test]
async fn refusals_of_the_engine_are_page_errors() {
    let site = Site::with(Plan { script: Script::Refuse, ..Plan::default() }).await;
    let answer = site.post("/api/ocr/pdf").form(&[file("a.pdf", PDF)]).send().await;
    assert!(!answer.text().contains("secret"));
    let failed = answer.events().into_iter().filter(
        |event| matches!(&event.body, EventBody::PageError { error, .. } if error.code == ErrorCode::EngineFailed),
    );
    assert_eq!(failed.count(), 3);
}

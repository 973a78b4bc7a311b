//! `/api/documents/{id}/pages/{n}`

use http::{Method, StatusCode};
use inkstream_wire::{ErrorCode, Page, PageDetail, PageStatus};
use serde_json::json;

use super::stored;
use crate::{fakes::IMAGE, harness::Site};

#[tokio::test]
async fn a_page_has_an_image() {
    let site = Site::new().await;
    let id = stored(&site, None, IMAGE).await.document_id;
    let answer = site.get(&format!("/api/documents/{id}/pages/1/image?width=640")).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.bytes));
    assert!(answer.header("content-type").starts_with("image/"));
    assert!(answer.header("cache-control").starts_with("private"));
    site.get(&format!("/api/documents/{id}/pages/2/image")).send().await.is_problem(ErrorCode::NotFound);
    site.get(&format!("/api/documents/{id}/pages/1/image?width=x")).send().await.is_problem(ErrorCode::InvalidOption);
    site.get(&format!("/api/documents/{id}/pages/one/image")).send().await.is_problem(ErrorCode::NotFound);
}

#[tokio::test]
async fn a_pages_image_is_rotated_as_requested() {
    let site = Site::new().await;
    let id = stored(&site, None, IMAGE).await.document_id;
    let ask = |query: &str| site.get(&format!("/api/documents/{id}/pages/1/image{query}")).send();
    assert_eq!(ask("").await.text(), "PNG turned 0");
    assert_eq!(ask("?rotation=270").await.text(), "PNG turned 270");
    ask("?rotation=45").await.is_problem(ErrorCode::InvalidOption);
}

#[tokio::test]
async fn a_page_is_given_whole_with_its_blocks_and_to_its_owner_alone() {
    let site = Site::new().await;
    let id = stored(&site, None, IMAGE).await.document_id;
    let path = format!("/api/documents/{id}/pages/1");
    let page: PageDetail = site.get(&path).send().await.json();
    assert_eq!((page.page.status, page.content), (PageStatus::Pending, None));
    site.post(&format!("/api/documents/{id}/runs")).json(&json!({})).send().await.events();
    let PageDetail { page, content } = site.get(&path).send().await.json();
    let content = content.expect("a page that was read has its content");
    assert_eq!((page.status, content.version, content.width), (PageStatus::Done, 1, page.width));
    assert_eq!(content.plain_text(), page.text.trim());
    assert!(page.image_url.is_some());
    site.get(&format!("/api/documents/{id}/pages/2")).send().await.is_problem(ErrorCode::NotFound);
    site.get(&format!("/api/documents/{}/pages/1", uuid::Uuid::new_v4())).send().await.is_problem(ErrorCode::NotFound);
}

#[tokio::test]
async fn a_correction_is_kept_beside_the_text_and_can_be_removed() {
    let site = Site::new().await;
    let id = stored(&site, None, IMAGE).await.document_id;
    let path = format!("/api/documents/{id}/pages/1");
    let page: Page = site.ask(Method::PATCH, &path).json(&json!({"text": "better"})).send().await.json();
    assert_eq!(page.corrected.as_deref(), Some("better"));
    let result = site.get(&format!("/api/documents/{id}/result")).send().await;
    assert!(result.text().contains("better"));
    let page: Page = site.ask(Method::PATCH, &path).json(&json!({"text": null})).send().await.json();
    assert_eq!(page.corrected, None);
}

#[tokio::test]
async fn a_correction_without_a_text_or_with_a_zero_byte_is_refused() {
    let site = Site::new().await;
    let id = stored(&site, None, IMAGE).await.document_id;
    let path = format!("/api/documents/{id}/pages/1");
    site.ask(Method::PATCH, &path).json(&json!({"txet": "x"})).send().await.is_problem(ErrorCode::BadRequest);
    site.ask(Method::PATCH, &path).json(&json!({"text": "a\0b"})).send().await.is_problem(ErrorCode::InvalidOption);
    site.ask(Method::PATCH, &path).body("text").send().await.is_problem(ErrorCode::BadRequest);
    let missing = site.ask(Method::PATCH, &format!("/api/documents/{id}/pages/9")).json(&json!({"text": "x"}));
    missing.send().await.is_problem(ErrorCode::NotFound);
}

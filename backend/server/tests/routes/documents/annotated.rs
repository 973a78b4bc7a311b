//! `/api/documents/{id}/annotated/{n}`

use http::StatusCode;
use inkstream_wire::{DocumentDetail, ErrorCode, routes};
use serde_json::json;

use super::stored;
use crate::{fakes::PDF, harness::Site};

#[tokio::test]
async fn a_page_that_was_read_is_rendered_with_its_boxes() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    site.post(&routes::document_runs(id)).json(&json!({"pages": "2"})).send().await.events();
    let answer = site.get(&routes::page_annotated(id, 2)).send().await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "image/png"), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "private, no-cache", "another run may find other boxes");
    assert_eq!(answer.text(), "PNG 2 of 100x50 within 100: reference");
    let narrow = site.get(&format!("{}?width=40", routes::page_annotated(id, 2))).send().await;
    assert!(narrow.text().contains("within 40"), "{}", narrow.text());
}

#[tokio::test]
async fn a_page_that_cannot_be_annotated_says_why() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    let ask = |page: u32, query: &str| site.get(&format!("{}{query}", routes::page_annotated(id, page))).send();
    let problem = ask(1, "").await.is_problem(ErrorCode::Conflict);
    assert!(problem.detail.contains("not been read"), "{}", problem.detail);
    ask(9, "").await.is_problem(ErrorCode::NotFound);
    for width in ["0", "4001", "wide"] {
        ask(1, &format!("?width={width}")).await.is_problem(ErrorCode::InvalidOption);
    }
}

#[tokio::test]
async fn a_signed_url_shows_the_annotated_page_without_a_token_once_it_exists() {
    let site = Site::with_accounts().await;
    let ada = site.user("ada").await;
    let upload = [crate::harness::file("a.pdf", PDF)];
    let stored: inkstream_wire::Stored =
        site.post(routes::DOCUMENTS).bearer(&ada.access).form(&upload).send().await.json();
    let id = stored.document_id;
    let run = site.post(&routes::document_runs(id)).bearer(&ada.access).json(&json!({"pages": "1"}));
    run.send().await.events();
    let detail: DocumentDetail = site.get(&routes::document(id)).bearer(&ada.access).send().await.json();
    let urls: Vec<_> = detail.page_list.iter().map(|page| page.annotated_url.clone()).collect();
    let [Some(url), None, None] = &urls[..] else { panic!("{urls:?}") };
    assert_eq!(site.get(url).send().await.status, StatusCode::OK);
    site.get(&routes::page_annotated(id, 1)).send().await.is_problem(ErrorCode::Unauthorized);
    let (_, signature) = url.split_once('?').unwrap();
    let other = format!("{}?{signature}", routes::page_annotated(id, 2));
    site.get(&other).send().await.is_problem(ErrorCode::NotFound);
}

//! `/api/documents`

mod annotated;
mod export;
mod pages;

use http::{Method, StatusCode};
use inkstream_wire::{
    Document, DocumentDetail, DocumentId, DocumentKind, Documents, ErrorCode, EventBody, PageDetail, PageStatus, Stored,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    fakes::{IMAGE, PDF},
    harness::{Site, field, file},
};

pub(crate) async fn stored(site: &Site, session: Option<Uuid>, bytes: &[u8]) -> Stored {
    let ask = site.post("/api/documents").form(&[file("Bericht über alles.pdf", bytes)]);
    let ask = if let Some(session) = session { ask.session(session) } else { ask };
    let answer = ask.send().await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_document_is_stored_and_shown() {
    let site = Site::new().await;
    let stored = stored(&site, None, PDF).await;
    assert_eq!((stored.kind, stored.pages), (DocumentKind::Pdf, 3));
    let detail: DocumentDetail = site.get(&format!("/api/documents/{}", stored.document_id)).send().await.json();
    assert_eq!(detail.document.filename, "Bericht über alles.pdf");
    assert_eq!(detail.page_list.iter().map(|page| page.page).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(detail.page_list.iter().all(|page| page.status == PageStatus::Pending));
}

#[tokio::test]
async fn a_summary_of_a_document_leaves_out_the_texts_of_its_pages() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    site.post(&format!("/api/documents/{id}/runs")).json(&json!({"pages": "2"})).send().await.events();
    let path = format!("/api/documents/{id}");
    let whole = site.get(&path).send().await;
    assert_eq!(whole.header("content-type"), "application/json");
    let whole: DocumentDetail = whole.json();
    let mut summary: DocumentDetail = site.get(&format!("{path}?fields=summary")).send().await.json();
    assert!(!whole.page_list[1].text.is_empty() && !whole.page_list[1].boxes.is_empty());
    assert!(summary.page_list.iter().all(|page| page.text.is_empty() && page.boxes.is_empty()));
    // All else is the same, signed URLs included.
    summary.page_list[1].text.clone_from(&whole.page_list[1].text);
    summary.page_list[1].boxes.clone_from(&whole.page_list[1].boxes);
    assert_eq!(summary, whole);
    site.get(&format!("{path}?fields=text")).send().await.is_problem(ErrorCode::InvalidOption);
}

#[tokio::test]
async fn a_list_of_documents_is_paged_by_its_last_document() {
    let site = Site::new().await;
    let session = Uuid::from_u128(1);
    for _ in 0..3 {
        stored(&site, Some(session), IMAGE).await;
    }
    let page = async |query: &str| {
        let answer = site.get(&format!("/api/documents{query}")).session(session).send().await;
        let Documents { documents } = answer.json();
        documents.iter().map(|document| document.document_id).collect::<Vec<_>>()
    };
    let all = page("").await;
    assert_eq!(all.len(), 3);
    assert_eq!(page("?limit=2").await, all[..2]);
    assert_eq!(page(&format!("?limit=2&before={}", all[1])).await, all[2..]);
    for query in ["?limit=0", "?limit=201", "?before=x"] {
        let answer = site.get(&format!("/api/documents{query}")).session(session).send().await;
        answer.is_problem(ErrorCode::InvalidOption);
    }
    let unknown = format!("/api/documents?before={}", Uuid::from_u128(7));
    site.get(&unknown).session(session).send().await.is_problem(ErrorCode::NotFound);
}

#[tokio::test]
async fn each_browser_sees_only_its_own_documents_and_a_client_without_session_has_no_list() {
    let site = Site::new().await;
    let (mine, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let document = stored(&site, Some(mine), IMAGE).await.document_id;
    stored(&site, None, IMAGE).await;

    let list: Documents = site.get("/api/documents").session(mine).send().await.json();
    assert_eq!(list.documents.iter().map(|d: &Document| d.document_id).collect::<Vec<_>>(), [document]);
    let list: Documents = site.get("/api/documents").session(other).send().await.json();
    assert!(list.documents.is_empty());
    let list: Documents = site.get("/api/documents").send().await.json();
    assert!(list.documents.is_empty());

    let path = format!("/api/documents/{document}");
    for method in [Method::GET, Method::DELETE] {
        site.ask(method, &path).session(other).send().await.is_problem(ErrorCode::NotFound);
    }
    for sub in ["/result", "/pages/1/image", "/annotated/1"] {
        site.get(&format!("{path}{sub}")).session(other).send().await.is_problem(ErrorCode::NotFound);
    }
    site.post(&format!("{path}/runs")).session(other).send().await.is_problem(ErrorCode::NotFound);
    let correction = json!({"text": "mine now"});
    let patch = site.ask(Method::PATCH, &format!("{path}/pages/1")).session(other).json(&correction);
    patch.send().await.is_problem(ErrorCode::NotFound);
    assert_eq!(site.get(&path).session(mine).send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn deleting_a_document_deletes_its_file() {
    let site = Site::new().await;
    let id = stored(&site, None, IMAGE).await.document_id;
    let path = format!("/api/documents/{id}");
    assert_eq!(site.blobs().len(), 1);
    assert_eq!(site.ask(Method::DELETE, &path).send().await.status, StatusCode::NO_CONTENT);
    site.get(&path).send().await.is_problem(ErrorCode::NotFound);
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn an_invalid_document_id_is_not_found() {
    let site = Site::new().await;
    for id in ["x".to_owned(), DocumentId(Uuid::nil()).to_string(), "..%2f..".to_owned()] {
        site.get(&format!("/api/documents/{id}")).send().await.is_problem(ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn a_stored_document_is_read_with_an_empty_body_or_json_options() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    let path = format!("/api/documents/{id}/runs");
    let events = site.post(&path).json(&json!({"pages": "2", "boxes": true})).send().await.events();
    let ended = |events: &[inkstream_wire::OcrEvent]| {
        events.iter().filter(|event| matches!(event.body, EventBody::PageEnd(_))).count()
    };
    assert_eq!(ended(&events), 1);
    let events = site.post(&path).json(&json!({"page": 2, "pages": "2"})).send().await.events();
    let EventBody::Start(start) = &events[0].body else { panic!("{events:?}") };
    assert_eq!(start.ignored, ["page"]);
    let events = site.post(&path).json(&json!({"pages": "missing"})).send().await.events();
    assert_eq!(ended(&events), 2);
    let events = site.post(&path).send().await.events();
    assert_eq!(ended(&events), 3);
}

#[tokio::test]
async fn a_page_ends_with_the_content_that_is_stored_if_it_is_asked_for() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    let content = async |asked: bool| {
        let options = json!({"pages": "2", "content": asked});
        let events = site.post(&format!("/api/documents/{id}/runs")).json(&options).send().await.events();
        let end = events.into_iter().find_map(|event| match event.body {
            EventBody::PageEnd(end) => Some(end),
            _ => None,
        });
        end.unwrap().content
    };
    let sent = content(true).await.unwrap();
    let page: PageDetail = site.get(&format!("/api/documents/{id}/pages/2")).send().await.json();
    assert_eq!(page.content, Some(*sent));
    assert_eq!(content(false).await, None);
}

#[tokio::test]
async fn wrong_options_in_json_are_refused() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    let path = format!("/api/documents/{id}/runs");
    site.post(&path).body("{").send().await.is_problem(ErrorCode::BadRequest);
    site.post(&path).body("[]").send().await.is_problem(ErrorCode::BadRequest);
    site.post(&path).json(&json!({"task": "dance"})).send().await.is_problem(ErrorCode::UnsupportedTask);
    site.post(&path).json(&json!({"dpi": [1]})).send().await.is_problem(ErrorCode::InvalidOption);
    site.post(&path).json(&json!({"pages": "9"})).send().await.is_problem(ErrorCode::PagesOutOfRange);
    let long = json!({"prompt": "x".repeat(2 << 20)});
    site.post(&path).json(&long).send().await.is_problem(ErrorCode::TooLarge);
}

#[tokio::test]
async fn the_result_comes_as_text_markdown_and_json() {
    let site = Site::new().await;
    let form = [file("Bericht über alles.pdf", PDF), field("pages", "1-2")];
    let events = site.post("/api/ocr/pdf").form(&form).send().await.events();
    site.settled().await;
    let id = events
        .iter()
        .find_map(|event| match &event.body {
            EventBody::Start(start) => Some(start.document_id),
            _ => None,
        })
        .unwrap();
    let path = format!("/api/documents/{id}/result");
    let text = site.get(&path).send().await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert!(text.header("content-disposition").ends_with("Bericht%20%C3%BCber%20alles.txt"));
    assert_eq!(text.text(), "first line\nsecond line\u{c}first line\nsecond line\u{c}");
    let markdown = site.get(&format!("{path}?format=md")).send().await;
    assert!(markdown.text().contains("\n\n---\n\n"), "{:?}", markdown.text());
    let detail: DocumentDetail = site.get(&format!("{path}?format=json")).send().await.json();
    assert_eq!(detail.document.pages_done, 2);
    for query in ["?format=docz", "?format=md&format=txt", "?exp=soon"] {
        let problem = site.get(&format!("{path}{query}")).send().await.is_problem(ErrorCode::InvalidOption);
        let name = &query[1..query.find('=').unwrap()];
        assert!(problem.detail.contains(name) || problem.detail.contains("twice"), "{}", problem.detail);
        for word in ["docz", "soon", "deserialize", "variant", "field"] {
            assert!(!problem.detail.contains(word), "{}", problem.detail);
        }
    }
}

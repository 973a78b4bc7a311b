//! `/api/documents/{id}/result` in formats of `inkstream_export`.

use http::StatusCode;
use inkstream_wire::{ErrorCode, ResultFormat};
use serde_json::json;
use uuid::Uuid;

use super::stored;
use crate::{fakes::PDF, harness::Site};

#[tokio::test]
async fn each_format_is_a_file_with_its_type_its_name_and_the_pages() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    site.post(&format!("/api/documents/{id}/runs")).json(&json!({"pages": "1"})).send().await.events();
    site.settled().await;
    for (format, media_type, begins, holds) in [
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK", ""),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK", "word/document.xml"),
        ("csv", "application/zip", "PK", "no-tables.txt"),
        ("hocr", "text/html; charset=utf-8", "<?xml", ">second</span>"),
        ("alto", "application/xml", "<?xml", "CONTENT=\"second\""),
    ] {
        let answer = site.get(&format!("/api/documents/{id}/result?format={format}")).send().await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, media_type));
        let extension = ResultFormat::ALL.into_iter().find(|one| one.as_str() == format).unwrap().extension();
        assert!(answer.header("content-disposition").starts_with("attachment; filename*=UTF-8''"));
        assert!(answer.header("content-disposition").ends_with(&format!(".{extension}")));
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(text.starts_with(begins) && text.contains(holds), "{format}: {text}");
    }
    let alto = site.get(&format!("/api/documents/{id}/result?format=alto")).send().await;
    assert!(alto.text().contains("QUALITY_DETAIL=\"The page has not been read.\""), "{}", alto.text());
}

#[tokio::test]
async fn a_corrected_page_is_exported_as_it_was_corrected() {
    let site = Site::new().await;
    let id = stored(&site, None, PDF).await.document_id;
    let path = format!("/api/documents/{id}/pages/1");
    site.ask(http::Method::PATCH, &path).json(&json!({"text": "much <better>"})).send().await;
    let hocr = site.get(&format!("/api/documents/{id}/result?format=hocr")).send().await;
    let text = hocr.text();
    assert!(text.contains(">much</span>") && text.contains(">&lt;better&gt;</span>"), "{text}");
}

#[tokio::test]
async fn wrong_options_are_refused_and_other_peoples_documents_are_not_found() {
    let site = Site::new().await;
    let mine = Uuid::from_u128(1);
    let id = stored(&site, Some(mine), PDF).await.document_id;
    let path = format!("/api/documents/{id}/result?format=xlsx");
    for query in ["&layout=piled", "&tables_only=maybe", "&locale=tlh"] {
        let answer = site.get(&format!("{path}{query}")).session(mine).send().await;
        answer.is_problem(ErrorCode::InvalidOption);
    }
    let good = format!("{path}&layout=stacked&tables_only=true&locale=de-CH");
    assert_eq!(site.get(&good).session(mine).send().await.status, StatusCode::OK);
    for format in ["xlsx", "csv", "hocr", "alto", "docx"] {
        let path = format!("/api/documents/{id}/result?format={format}");
        site.get(&path).session(Uuid::from_u128(2)).send().await.is_problem(ErrorCode::NotFound);
    }
}

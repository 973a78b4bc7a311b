//! The server beneath a path of its host (`BASE_PATH`).

use http::{Method, StatusCode};
use inkstream_wire::{Document, DocumentDetail, Documents, ErrorCode, EventBody};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    fakes::IMAGE,
    harness::{Plan, Site, file},
};

async fn beneath() -> Site {
    Site::with(Plan { base_path: "/tools/ocr", ..Plan::default() }).await
}

#[tokio::test]
async fn every_route_is_there_with_the_path_and_without_it() {
    let site = beneath().await;
    for path in ["/livez", "/health", "/v1/models", "/api/auth/settings", "/openapi.json", "/docs/", "/"] {
        for base in ["/tools/ocr", ""] {
            let answer = site.get(&format!("{base}{path}")).header("accept", "text/html,*/*").send().await;
            assert_eq!(answer.status, StatusCode::OK, "{base}{path}: {}", answer.text());
        }
    }
    for path in ["/tools/ocr/api/nothing", "/tools/ocrs/livez", "/tools", "/tools/ocr/tools/ocr/livez", "/other/livez"]
    {
        site.get(path).send().await.is_problem(ErrorCode::NotFound);
    }
    let error: Value = site.get("/tools/ocr/v1/nothing").send().await.json();
    assert_eq!(error["error"]["code"], "not_found");
    assert_eq!(site.ask(Method::POST, "/tools/ocr/v1/models").send().await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn urls_in_responses_are_beneath_the_path_and_work() {
    let site = beneath().await;
    let session = Uuid::from_u128(7);
    let run = site.post("/tools/ocr/api/ocr/image").session(session).form(&[file("a.png", IMAGE)]).send().await;
    let EventBody::Start(start) = &run.events()[0].body else { panic!("{}", run.text()) };
    let list: Documents = site.get("/tools/ocr/api/documents").session(session).send().await.json();
    let Document { document_id, result_url, .. } = &list.documents[0];
    let detail = format!("/tools/ocr/api/documents/{document_id}");
    let detail: DocumentDetail = site.get(&detail).session(session).send().await.json();
    let page = &detail.page_list[0];
    for url in [&start.image_url, result_url, &page.image_url, &page.annotated_url] {
        let url = url.as_deref().unwrap();
        assert!(url.starts_with("/tools/ocr/api/documents/"), "{url}");
        // They need no session, with the path or without it (as a proxy that strips it sends them).
        for url in [url, url.strip_prefix("/tools/ocr").unwrap()] {
            let answer = site.get(url).send().await;
            assert_eq!(answer.status, StatusCode::OK, "{url}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn cookies_and_redirects_stay_beneath_the_path() {
    let site = beneath().await;
    let page = site.get("/tools/ocr/").header("accept", "text/html").send().await;
    let cookie = page.header("set-cookie");
    assert!(cookie.contains("inkstream_session=") && cookie.contains("Path=/tools/ocr/;"), "{cookie}");
    for word in ["HttpOnly", "SameSite=Strict", "Max-Age="] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let bare = site.get("/tools/ocr?a=b").send().await;
    assert_eq!((bare.status, bare.header("location")), (StatusCode::PERMANENT_REDIRECT, "/tools/ocr/?a=b"));
    let docs = site.get("/tools/ocr/docs").send().await;
    assert!(docs.status.is_redirection());
    assert_eq!(docs.header("location"), "/tools/ocr/docs/");

    site.post("/tools/ocr/api/auth/register")
        .json(&json!({"username": "ada", "password": "correct horse"}))
        .send()
        .await;
    let form = [("username", "ada"), ("password", "correct horse"), ("cookie", "true")];
    let signed_in =
        site.post("/tools/ocr/api/auth/token").header("sec-fetch-site", "same-origin").fields(&form).send().await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.text());
    let cookie = signed_in.header("set-cookie");
    assert!(cookie.contains("Path=/tools/ocr/api/auth;"), "{cookie}");
}

#[tokio::test]
async fn the_description_names_the_path() {
    let site = beneath().await;
    let description: Value = site.get("/tools/ocr/openapi.json").send().await.json();
    assert_eq!(description["servers"], json!([{"url": "/tools/ocr"}]));
    let schemes = &description["components"]["securitySchemes"];
    assert_eq!(schemes["password"]["flows"]["password"]["tokenUrl"], "/tools/ocr/api/auth/token");
    assert!(description["paths"]["/api/documents"].is_object());
    let page = site.get("/tools/ocr/docs/swagger-initializer.js").send().await;
    assert!(page.text().contains("\"/tools/ocr/openapi.json\""), "{}", page.text());
}

#[tokio::test]
async fn a_server_without_a_base_path_is_unchanged() {
    let site = Site::new().await;
    let description: Value = site.get("/openapi.json").send().await.json();
    assert!(
        description.get("servers").is_none_or(|servers| servers == &json!([{"url": "/"}])),
        "{}",
        description["servers"]
    );
    let page = site.get("/").header("accept", "text/html").send().await;
    assert!(page.header("set-cookie").contains("Path=/;"));
    assert!(!page.text().contains("base-path"));
}

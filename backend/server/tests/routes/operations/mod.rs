//! Health, metrics, the API's description.

use http::StatusCode;
use inkstream_wire::{ErrorCode, Health, HealthStatus, routes};

use crate::{
    fakes::IMAGE,
    harness::{Plan, Site, file},
};

#[tokio::test]
async fn health_names_the_engines() {
    let site = Site::new().await;
    let health: Health = site.get("/health").send().await.json();
    assert_eq!((health.status, health.model_loaded), (HealthStatus::Ok, true));
    assert_eq!(health.engines[0].model, "fake");
    assert!(health.engines[0].default && health.engines[0].takes_prompt);
}

#[tokio::test]
async fn a_server_that_shuts_down_is_live_but_not_ready() {
    let site = Site::new().await;
    assert_eq!(site.get("/readyz").send().await.status, StatusCode::OK);
    site.service.draining.cancel();
    site.get("/readyz").send().await.is_problem(ErrorCode::Unavailable);
    assert_eq!(site.get("/livez").send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_count_by_matched_route_and_never_by_path() {
    let site = Site::new().await;
    site.get("/api/documents/7f1bd7ee-51b6-4d5c-8a51-5e1b0e4f8f8e").send().await;
    site.get("/secret-path/of/someone").send().await;
    site.post("/api/ocr/image").form(&[file("a.png", IMAGE)]).send().await.events();
    for path in ["/metrics", "/api/metrics"] {
        let answer = site.get(path).send().await;
        assert!(answer.header("content-type").starts_with("text/plain"));
        let text = answer.text();
        assert!(text.contains(r#"route="/api/documents/{id}""#), "{text}");
        assert!(!text.contains("secret-path") && !text.contains("7f1bd7ee"));
        assert!(text.contains("process_resident_memory_bytes"));
    }
}

#[tokio::test]
async fn metrics_require_their_token_if_it_is_set() {
    let site = Site::with(Plan { metrics_token: Some("scrape-me"), ..Plan::default() }).await;
    for path in ["/metrics", "/api/metrics"] {
        site.get(path).send().await.is_problem(ErrorCode::Unauthorized);
        site.get(path).header("authorization", "Bearer scrape").send().await.is_problem(ErrorCode::Unauthorized);
        let right = site.get(path).header("authorization", "Bearer scrape-me").send().await;
        assert_eq!(right.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_api_description_has_every_route_and_the_server_has_each() {
    let site = Site::new().await;
    let description: serde_json::Value = site.get("/openapi.json").send().await.json();
    let paths = description["paths"].as_object().unwrap();
    for route in [
        routes::OCR_IMAGE,
        routes::OCR_PDF,
        routes::DOCUMENTS,
        routes::DOCUMENT,
        routes::DOCUMENT_RUNS,
        routes::PAGE,
        routes::PAGE_IMAGE,
        routes::PAGE_ANNOTATED,
        routes::DOCUMENT_RESULT,
        routes::ME,
        routes::USAGE,
        routes::USAGE_SUMMARY,
        routes::HEALTH,
        routes::LIVEZ,
        routes::READYZ,
        routes::METRICS,
        routes::API_METRICS,
    ] {
        assert!(paths.contains_key(route), "{route}");
    }
    let schemas = description["components"]["schemas"].as_object().unwrap();
    for schema in ["OcrEvent", "Problem", "DocumentDetail", "UsageEvent", "Health"] {
        assert!(schemas.contains_key(schema), "{schema}: {:?}", schemas.keys().collect::<Vec<_>>());
    }
    let form = &description["paths"]["/api/ocr/image"]["post"]["requestBody"]["content"]["multipart/form-data"];
    let text = form.to_string();
    for name in ["file", "binary", "prompt", "text_layer", "password"] {
        assert!(text.contains(name), "{name}: {text}");
    }
}

#[tokio::test]
async fn the_docs_page_needs_no_other_host() {
    let site = Site::new().await;
    let page = site.get("/docs/").send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text().contains("https://") && !page.text().contains("http://"), "{}", page.text());
    assert!(!page.text().contains("<script>"), "an inline script would be stopped by the policy");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
}

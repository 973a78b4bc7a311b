//! Refusals before any handler, and failures within one.

use http::Method;
use inkstream_wire::ErrorCode;

use crate::harness::{Site, file};

#[tokio::test]
async fn unknown_api_paths_are_problems_for_browsers_too() {
    let site = Site::new().await;
    for path in ["/api", "/api/", "/api/nothing", "/api/ocr/video"] {
        site.get(path).header("accept", "text/html").send().await.is_problem(ErrorCode::NotFound);
        site.post(path).send().await.is_problem(ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_names_the_right_ones() {
    let site = Site::new().await;
    let answer = site.ask(Method::PUT, "/api/documents").send().await;
    answer.is_problem(ErrorCode::MethodNotAllowed);
    assert!(answer.header("allow").contains("GET") && answer.header("allow").contains("POST"));
    site.get("/api/ocr/image").send().await.is_problem(ErrorCode::MethodNotAllowed);
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_any_other_replaced() {
    let site = Site::new().await;
    let answer = site.get("/api/nothing").header("x-request-id", "trace-1.a_B").send().await;
    assert_eq!(answer.header("x-request-id"), "trace-1.a_B");
    for wrong in ["", "a b", "<script>", &"x".repeat(65)] {
        let answer = site.get("/livez").header("x-request-id", wrong).send().await;
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_that_reveals_nothing() {
    let site = Site::new().await;
    let answer = site.post("/api/documents").form(&[file("a.pdf", b"FAKE panic")]).send().await;
    answer.is_problem(ErrorCode::Internal);
    assert!(!answer.text().contains("secret"));
}

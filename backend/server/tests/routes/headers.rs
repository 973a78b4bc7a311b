//! What browsers are told.

use http::Method;
use inkstream::settings::Origins;

use crate::harness::{Plan, Site};

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let site = Site::new().await;
    for path in ["/", "/api/users/me", "/api/nothing", "/livez"] {
        let answer = site.get(path).send().await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(!answer.header("permissions-policy").is_empty(), "{path}");
    }
}

async fn preflight(origins: &str, origin: &str) -> (String, String) {
    let site = Site::with(Plan { origins: origins.parse::<Origins>().unwrap(), ..Plan::default() }).await;
    let answer = site
        .ask(Method::OPTIONS, "/api/ocr/image")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .send()
        .await;
    (
        answer.header("access-control-allow-origin").to_owned(),
        answer.header("access-control-allow-credentials").to_owned(),
    )
}

#[tokio::test]
async fn other_sites_may_call_only_when_they_are_named() {
    assert_eq!(preflight("", "https://a.example").await.0, "");
    assert_eq!(preflight("https://a.example", "https://b.example").await.0, "");
    assert_eq!(preflight("https://a.example", "https://a.example").await, ("https://a.example".into(), "true".into()));
}

#[tokio::test]
async fn a_star_never_goes_with_credentials() {
    assert_eq!(preflight("*", "https://a.example").await, ("*".into(), String::new()));
}

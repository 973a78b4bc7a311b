//! Security headers and CORS.

use http::Method;
use inkstream::settings::Origins;

use crate::harness::{Plan, Site};

#[tokio::test]
async fn every_response_has_the_security_headers() {
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

/// The headers that `openai-node` sends from a browser.
const ASKED: &str = "authorization,content-type,user-agent,x-requested-with,x-stainless-arch,x-stainless-lang,\
                     x-stainless-os,x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,\
                     x-stainless-runtime-version,x-stainless-timeout";

#[tokio::test]
async fn an_allowed_origin_may_send_any_header() {
    for (origins, credentials) in [("https://a.example", "true"), ("*", "")] {
        let site = Site::with(Plan { origins: origins.parse::<Origins>().unwrap(), ..Plan::default() }).await;
        for route in ["/v1/chat/completions", "/v1/models/fake", "/api/ocr/image", "/api/documents"] {
            let answer = site
                .ask(Method::OPTIONS, route)
                .header("origin", "https://a.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", ASKED)
                .send()
                .await;
            assert_eq!(answer.header("access-control-allow-headers"), ASKED, "{route}");
            assert_eq!(answer.header("access-control-allow-origin"), origins);
            assert_eq!(answer.header("access-control-allow-credentials"), credentials);
            assert!(answer.header("access-control-allow-methods").contains("POST"));
        }
    }
}

#[tokio::test]
async fn an_origin_that_is_not_allowed_may_send_no_header() {
    for origins in ["", "https://a.example"] {
        let site = Site::with(Plan { origins: origins.parse::<Origins>().unwrap(), ..Plan::default() }).await;
        let ask = site.ask(Method::OPTIONS, "/v1/models").header("origin", "https://b.example");
        let ask = ask.header("access-control-request-method", "GET").header("access-control-request-headers", "x-a");
        assert_eq!(ask.send().await.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn an_allowed_origin_can_read_the_exposed_headers_of_errors_too() {
    let site = Site::with(Plan { origins: "https://a.example".parse().unwrap(), ..Plan::default() }).await;
    for (route, status) in [("/v1/models", 200), ("/v1/models/none", 404)] {
        let answer = site.get(route).header("origin", "https://a.example").send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("access-control-allow-origin")),
            (status, "https://a.example")
        );
        let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
        for name in ["x-request-id", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
            assert!(exposed.split(',').any(|header| header.trim() == name), "{name}: {exposed}");
        }
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
async fn other_origins_may_call_only_if_they_are_named() {
    assert_eq!(preflight("", "https://a.example").await.0, "");
    assert_eq!(preflight("https://a.example", "https://b.example").await.0, "");
    assert_eq!(preflight("https://a.example", "https://a.example").await, ("https://a.example".into(), "true".into()));
}

#[tokio::test]
async fn a_wildcard_origin_never_allows_credentials() {
    assert_eq!(preflight("*", "https://a.example").await, ("*".into(), String::new()));
}

//! Requests for another host.

use http::Method;
use inkstream::http::Hosts;
use inkstream_wire::ErrorCode;

use crate::harness::{Plan, Site};

async fn local() -> Site {
    let hosts = Hosts::local_and("127.0.0.1".parse().unwrap(), &[]);
    Site::with(Plan { hosts, origins: "*".parse().unwrap(), ..Plan::default() }).await
}

#[tokio::test]
async fn a_rebound_host_name_can_neither_read_nor_write() {
    let site = local().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/api/documents"),
        (Method::POST, "/api/ocr/image"),
        (Method::OPTIONS, "/api/ocr/image"),
        (Method::GET, "/health"),
        (Method::GET, "/metrics"),
        (Method::GET, "/openapi.json"),
        (Method::POST, "/"),
    ] {
        let ask = site.ask(method.clone(), path).header("host", "evil.example:8000");
        let refused = ask.header("origin", "http://evil.example:8000").send().await;
        let problem = refused.is_problem(ErrorCode::Forbidden);
        assert!(problem.detail.contains("ALLOWED_HOSTS") && !problem.detail.contains("evil"), "{method} {path}");
        assert_eq!((refused.header("set-cookie"), refused.header("access-control-allow-origin")), ("", ""));
        assert_eq!(refused.header("x-content-type-options"), "nosniff");
    }
    let chat = site.post("/v1/chat/completions").header("host", "evil.example").send().await;
    assert_eq!((chat.status.as_u16(), chat.header("content-type")), (403, "application/json"));
    for probe in ["/livez", "/readyz"] {
        assert_eq!(site.get(probe).header("host", "a-pod").send().await.status, 200);
    }
}

#[tokio::test]
async fn this_machines_own_names_are_answered() {
    let site = local().await;
    for host in ["localhost:9000", "127.0.0.1:8000", "[::1]:8000"] {
        assert_eq!(site.get("/api/users/me").header("host", host).send().await.status, 200, "{host}");
    }
    assert_eq!(site.get("http://127.0.0.1:8000/api/users/me").send().await.status, 200);
    site.get("http://evil.example/api/users/me")
        .header("host", "localhost")
        .send()
        .await
        .is_problem(ErrorCode::Forbidden);
    let twice = site.get("/api/users/me").header("host", "localhost").header("host", "evil.example");
    twice.send().await.is_problem(ErrorCode::BadRequest);
    site.get("/api/users/me").header("host", "127.0.0.1:9000/?").send().await.is_problem(ErrorCode::BadRequest);
}

//! The web app's fallback and the browser's session.

use http::StatusCode;
use inkstream_wire::ErrorCode;
use uuid::Uuid;

use crate::harness::{Plan, Site};

#[tokio::test]
async fn the_root_is_a_page_and_sets_a_session_cookie() {
    let site = Site::new().await;
    let answer = site.get("/").header("accept", "text/html").send().await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/html"));
    let cookie = answer.header("set-cookie");
    for word in ["inkstream_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(cookie.contains(word), "{cookie}");
    }
}

#[tokio::test]
async fn a_browser_keeps_its_session_and_programs_get_none() {
    let site = Site::new().await;
    assert_eq!(site.get("/").session(Uuid::from_u128(1)).send().await.header("set-cookie"), "");
    assert_eq!(site.get("/api/users/me").send().await.header("set-cookie"), "");
    let forged = site.get("/").header("cookie", "inkstream_session=mine").send().await;
    assert!(forged.header("set-cookie").contains("inkstream_session="));
}

#[tokio::test]
async fn missing_files_are_not_found() {
    let site = Site::new().await;
    for path in ["/app.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/documents/7"] {
        site.get(path).send().await.is_problem(ErrorCode::NotFound);
    }
    site.get("/app.js").header("accept", "text/html").send().await.is_problem(ErrorCode::NotFound);
    site.post("/app.js").send().await.is_problem(ErrorCode::NotFound);
}

#[tokio::test]
async fn behind_https_the_session_cookie_is_secure_and_an_older_one_is_upgraded() {
    let site = Site::with(Plan { proxies: "10.0.0.0/8", ..Plan::default() }).await;
    let session = Uuid::from_u128(1);
    for (header, value) in [("x-forwarded-proto", "https"), ("forwarded", "for=198.51.100.1;proto=https")] {
        let fresh = site.get("/").from("10.0.0.1").header(header, value).send().await;
        assert!(fresh.header("set-cookie").contains("; Secure"), "{header}: {}", fresh.header("set-cookie"));
        let known = site.get("/").from("10.0.0.1").header(header, value).session(session).send().await;
        let cookie = known.header("set-cookie");
        assert!(cookie.contains(&session.to_string()) && cookie.contains("; Secure"), "{header}: {cookie}");
        let stranger = site.get("/").from("203.0.113.7").header(header, value).send().await;
        assert!(!stranger.header("set-cookie").contains("Secure"), "who is no proxy of ours is not believed");
    }
    let http = site.get("/").from("10.0.0.1").header("x-forwarded-proto", "http").send().await;
    assert!(http.header("set-cookie").contains("inkstream_session=") && !http.header("set-cookie").contains("Secure"));
}

//! The browser's session.

use inkstream_wire::ErrorCode;
use serde_json::json;

use crate::{
    accounts::{PASSWORD, Tokens},
    harness::{Answer, Ask, Plan, Site},
};

/// Adds the headers of a request by the server's own page.
fn own_page(ask: Ask) -> Ask {
    ask.header("sec-fetch-site", "same-origin")
}

fn signing_in(site: &Site) -> Ask {
    let fields = [("username", "ada"), ("password", PASSWORD), ("cookie", "true")];
    site.post("/api/auth/token").fields(&fields)
}

/// The `name=value` of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browsers_refresh_token_is_a_cookie_that_scripts_and_other_sites_cannot_use() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let answer = own_page(signing_in(&site)).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(Tokens::from_answer(&answer).refresh.is_empty(), "the body has no refresh token");
    let set = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/auth", "Max-Age=86400"] {
        assert!(set.contains(part), "{part} is not in {set}");
    }
    assert!(!set.contains("Secure"), "http://localhost has no https");
}

#[tokio::test]
async fn a_cookie_is_renewed_at_each_refresh_and_deleted_at_sign_out() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let first = cookie(&own_page(signing_in(&site)).send().await);
    let renewed = own_page(site.post("/api/auth/refresh").header("cookie", &first)).send().await;
    assert_eq!(renewed.status, 200, "{}", renewed.text());
    let (second, access) = (cookie(&renewed), Tokens::from_answer(&renewed).access);
    assert_ne!(first, second);
    assert_eq!(site.me(&access).await.status, 200);
    let out = own_page(site.post("/api/auth/logout").header("cookie", &second)).send().await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    site.me(&access).await.is_problem(ErrorCode::Unauthorized);
    own_page(site.post("/api/auth/refresh").header("cookie", &second)).send().await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn only_the_servers_own_page_may_use_the_cookie_routes() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let cookie = cookie(&own_page(signing_in(&site)).send().await);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("x-nothing", "said"),
    ] {
        signing_in(&site).header(name, value).send().await.is_problem(ErrorCode::Forbidden);
        for path in ["/api/auth/refresh", "/api/auth/logout"] {
            let ask = site.post(path).header("cookie", &cookie).header(name, value);
            ask.send().await.is_problem(ErrorCode::Forbidden);
        }
    }
    let ask = site.post("/api/auth/refresh").header("cookie", &cookie);
    let own = ask.header("origin", "http://ink.example").header("host", "ink.example").send().await;
    assert_eq!(own.status, 200, "a browser without fetch metadata says its origin");
}

#[tokio::test]
async fn a_token_in_the_body_takes_precedence_over_a_cookie() {
    let site = Site::with_accounts().await;
    let program = site.user("ada").await;
    let ask = site.post("/api/auth/refresh").header("cookie", "inkstream_refresh=whatever");
    let answer = ask.json(&json!({"refresh_token": program.refresh})).send().await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("set-cookie").is_empty() && !Tokens::from_answer(&answer).refresh.is_empty());
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure() {
    let site = Site::with(Plan { proxies: "10.0.0.0/8", ..Plan::default() }).await;
    site.register("ada").await;
    let by_proxy = own_page(signing_in(&site)).from("10.0.0.1").header("x-forwarded-proto", "https").send().await;
    assert!(by_proxy.header("set-cookie").contains("Secure"));
    let by_stranger = own_page(signing_in(&site)).from("10.1.0.1").header("x-forwarded-proto", "http").send().await;
    assert!(!by_stranger.header("set-cookie").contains("Secure"));
}

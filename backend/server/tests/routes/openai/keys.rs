//! Invented, valid and wrong keys.

use std::num::NonZeroU32;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use inkstream::settings::PerMinute;
use inkstream_core::accounts::AuthPolicy;
use inkstream_wire::{Account, ErrorCode, UsageEvent};
use serde_json::json;

use super::{image, request};
use crate::{
    fakes::IMAGE,
    harness::{Plan, Site},
};

/// Keys that are invented, belong to other servers, or are not text.
const MADE_UP: [&str; 9] =
    ["x", "none", "empty", "EMPTY", "sk-proj-0123456789abcdef", "dummy key", "Ink_x", "a.b.c", "schlüssel"];

/// A token of another issuer.
fn foreign_token() -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(json!({"alg": "RS256", "typ": "at+jwt"})), part(json!({"iss": "https://login.example"})))
}

#[tokio::test]
async fn an_invented_key_counts_as_none_if_nobody_signs_in() {
    let site = Site::new().await;
    let foreign = foreign_token();
    for key in MADE_UP.into_iter().chain([foreign.as_str(), ""]) {
        for path in ["/v1/models", "/models"] {
            assert_eq!(site.get(path).bearer(key).send().await.status, 200, "{path} with {key:?}");
        }
        assert_eq!(site.chat(&request(&[image(IMAGE)])).bearer(key).send().await.status, 200, "{key:?}");
    }
    for (name, value) in [("authorization", "Basic dTpw"), ("api-key", "x"), ("x-api-key", "sk-x")] {
        assert_eq!(site.get("/v1/models").header(name, value).send().await.status, 200, "{name}");
    }
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").send().await.json();
    assert_eq!(rows.len(), MADE_UP.len() + 2, "the anonymous user's ledger has them all");
    site.get("/api/users/me/usage").bearer("x").send().await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn a_wrong_key_of_our_form_is_401_even_if_nobody_signs_in() {
    let site = Site::with(Plan { shared_token: Some("the operator's"), ..Plan::default() }).await;
    let ada = site.user("ada").await;
    let key = site.key(&ada.access, &["ocr"]).await.key.0;
    let (signed, signature) = ada.access.rsplit_once('.').unwrap();
    let wrong = [
        "ink_".to_owned(),
        "ink_x".to_owned(),
        format!("{key}x"),
        format!("{signed}.x{signature}"),
        signed.to_owned(),
        ada.refresh.clone(),
        "the operator's".to_owned(),
    ];
    for token in wrong {
        site.get("/v1/models").bearer(&token).send().await.is_openai_error(401, "invalid_api_key");
        let chat = site.chat(&request(&[image(IMAGE)])).bearer(&token).send().await;
        chat.is_openai_error(401, "invalid_api_key");
    }
    site.get("/v1/models").header("api-key", format!("{key}x")).send().await.is_openai_error(401, "invalid_api_key");
}

#[tokio::test]
async fn a_valid_key_counts_in_every_header() {
    let site = Site::new().await;
    let ada = site.user("ada").await;
    let key = site.key(&ada.access, &["ocr"]).await.key.0;
    let ask = || site.chat(&request(&[image(IMAGE)]));
    for asked in [ask().bearer(&key), ask().bearer(&ada.access), ask().header("api-key", &key)] {
        assert_eq!(asked.send().await.status, 200);
    }
    // An invented bearer token beside it is ignored.
    assert_eq!(ask().bearer("x").header("x-api-key", &key).send().await.status, 200);
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").bearer(&ada.access).send().await.json();
    assert_eq!(rows.len(), 4);
    let me: Account = site.get("/api/users/me").header("api-key", &key).send().await.json();
    assert!(me.user.anonymous, "elsewhere a key is a bearer token");
}

#[tokio::test]
async fn an_invented_key_is_401_if_callers_must_sign_in() {
    for anonymous_allowed in [false, true] {
        let policy = AuthPolicy { required: true, anonymous_allowed, ..Plan::default().policy };
        let site = Site::with(Plan { policy, ..Plan::default() }).await;
        for key in MADE_UP.into_iter().filter(|key| *key != "EMPTY") {
            site.get("/v1/models").bearer(key).send().await.is_openai_error(401, "invalid_api_key");
        }
        let none = if anonymous_allowed { 200 } else { 401 };
        assert_eq!(site.get("/v1/models").bearer("EMPTY").send().await.status, none);
        assert_eq!(site.get("/v1/models").header("api-key", "x").send().await.status, none);
        let ada = site.user("ada").await;
        let key = site.key(&ada.access, &["ocr"]).await.key.0;
        assert_eq!(site.get("/v1/models").header("api-key", &key).send().await.status, 200);
    }
}

#[tokio::test]
async fn an_invented_key_does_not_raise_the_rate_limit() {
    let mut plan = Plan::default();
    plan.rates.rate_limit_address = PerMinute(NonZeroU32::new(2));
    let site = Site::with(plan).await;
    let ask = |key: &str| site.get("/v1/models").bearer(key).from("203.0.113.7").send();
    assert_eq!((ask("one").await.status.as_u16(), ask("two").await.status.as_u16()), (200, 200));
    assert_eq!(ask("three").await.status, 429);
}

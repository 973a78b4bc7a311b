//! Errors in `OpenAI`'s format.

use http::Method;
use inkstream_core::{
    accounts::AuthPolicy,
    quota::{OperatorQuotas, QuotaLimits},
};
use inkstream_wire::{ChatError, ChatErrorBody};
use serde_json::{Value, json};

use super::{CHAT, image, request, text};
use crate::{
    fakes::{IMAGE, Script},
    harness::{Answer, MAX_UPLOAD, Plan, Site},
};

impl Answer {
    #[track_caller]
    pub(super) fn is_openai_error(&self, status: u16, code: &str) -> ChatErrorBody {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/json");
        let ChatError { error } = self.json();
        assert_eq!(error.code.as_deref(), Some(code), "{error:?}");
        assert!(!error.message.is_empty() && !self.header("x-request-id").is_empty());
        error
    }
}

#[tokio::test]
async fn an_unknown_model_is_404_as_openai_has_it() {
    let site = Site::new().await;
    let mut asked = request(&[image(IMAGE)]);
    asked["model"] = "gpt-4o".into();
    let error = site.chat(&asked).send().await.is_openai_error(404, "model_not_found");
    assert_eq!((error.kind.as_str(), error.param.as_deref()), ("invalid_request_error", Some("model")));
    assert!(error.message.contains("fake"), "{}", error.message);
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn requests_that_cannot_be_read_say_why_and_keep_nothing() {
    let site = Site::new().await;
    let url = |url: &str| request(&[image(IMAGE), json!({"type": "image_url", "image_url": {"url": url}})]);
    let cases: [(Value, u16, &str, &str); 8] = [
        (request(&[text("Hello.")]), 400, "missing_file", "no image"),
        (url("https://example.com/a.png"), 400, "bad_request", "does not fetch"),
        (url("data:image/png,raw"), 400, "bad_request", "base64"),
        (url("data:image/png;base64,?"), 400, "bad_request", "base64"),
        (url("data:image/png;base64,"), 400, "empty_file", "no bytes"),
        (json!({"model": "fake", "messages": "read this"}), 400, "bad_request", "messages"),
        (json!([]), 400, "bad_request", "JSON object"),
        (request(&[image(b"<html>")]), 415, "unsupported_media_type", "PDF"),
    ];
    for (asked, status, code, word) in cases {
        let error = site.chat(&asked).send().await.is_openai_error(status, code);
        assert!(error.message.contains(word), "{}", error.message);
        assert_eq!(error.kind, "invalid_request_error");
    }
    site.post(CHAT).body("{}").send().await.is_openai_error(400, "bad_request");
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn wrong_options_name_their_field() {
    let site = Site::new().await;
    for (field, value, status, code) in [
        ("task", "translate", 422, "unsupported_task"),
        ("pages", "9", 422, "pages_out_of_range"),
        ("size", "huge", 400, "invalid_option"),
        ("stream", "yes", 400, "invalid_option"),
    ] {
        let mut asked = request(&[image(IMAGE)]);
        asked[field] = value.into();
        let error = site.chat(&asked).send().await.is_openai_error(status, code);
        assert!(error.param.as_deref() == Some(field) || error.message.contains(field), "{error:?}");
    }
}

#[tokio::test]
async fn all_images_together_may_have_the_bytes_of_one_upload() {
    let site = Site::new().await;
    let half = vec![b'x'; MAX_UPLOAD as usize * 3 / 5];
    let error = site.chat(&request(&[image(&half), image(&half)])).send().await.is_openai_error(413, "too_large");
    assert!(error.message.contains(&MAX_UPLOAD.to_string()), "{}", error.message);
    let huge = site.chat(&request(&[text(&"x".repeat(2 << 20)), image(IMAGE)])).send().await;
    huge.is_openai_error(413, "too_large");
    let ask = site.post(CHAT).header("content-type", "application/json").header("content-length", "99999999");
    ask.send().await.is_openai_error(413, "too_large");
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_401_and_one_without_the_scope_403() {
    let site = Site::with_accounts().await;
    let ada = site.user("ada").await;
    let asked = request(&[image(IMAGE)]);
    let nobody = site.chat(&asked).send().await;
    nobody.is_openai_error(401, "invalid_api_key");
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    site.chat(&asked).bearer("sk-wrong").send().await.is_openai_error(401, "invalid_api_key");
    site.get("/v1/models").send().await.is_openai_error(401, "invalid_api_key");
    let reader = site.key(&ada.access, &["read"]).await.key.0;
    let error = site.chat(&asked).bearer(&reader).send().await.is_openai_error(403, "forbidden");
    assert_eq!(error.kind, "permission_error");
    let scanner = site.key(&ada.access, &["ocr"]).await.key.0;
    assert_eq!(site.get("/models").bearer(&scanner).send().await.status, 200);
    assert_eq!(site.chat(&asked).bearer(&scanner).send().await.status, 200);
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_429_with_retry_after() {
    let quotas = OperatorQuotas { users: QuotaLimits { pages: Some(1), tokens: None }, ..OperatorQuotas::default() };
    let policy = AuthPolicy { required: true, quotas, ..Plan::default().policy };
    let site = Site::with(Plan { policy, ..Plan::default() }).await;
    let ada = site.user("ada").await;
    let ask = || site.chat(&request(&[image(IMAGE)])).bearer(&ada.access).send();
    assert_eq!(ask().await.status, 200);
    let answer = ask().await;
    let error = answer.is_openai_error(429, "insufficient_quota");
    assert_eq!(error.kind, "insufficient_quota");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn a_refusal_of_the_engine_is_502_and_reveals_no_secrets() {
    let site = Site::with(Plan { script: Script::Refuse, ..Plan::default() }).await;
    let answer = site.chat(&request(&[image(IMAGE)])).send().await;
    assert_eq!(answer.is_openai_error(502, "engine_failed").kind, "server_error");
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn wrong_addresses_and_methods_are_openai_s_errors_also_to_browsers() {
    let site = Site::new().await;
    for path in ["/v1", "/v1/", "/v1/embeddings"] {
        site.get(path).header("accept", "text/html").send().await.is_openai_error(404, "not_found");
        site.post(path).send().await.is_openai_error(404, "not_found");
    }
    for (method, path) in [(Method::GET, CHAT), (Method::POST, "/models"), (Method::POST, "/v1/models")] {
        let answer = site.ask(method, path).send().await;
        answer.is_openai_error(405, "method_not_allowed");
        assert!(!answer.header("allow").is_empty());
    }
}

//! `/api/users/me/api-keys`

use std::time::Duration;

use http::Method;
use inkstream_core::ports::Clock as _;
use inkstream_wire::{ApiKey, CreatedApiKey, ErrorCode};
use serde_json::json;

use crate::{
    fakes::IMAGE,
    harness::{Site, file},
};

#[tokio::test]
async fn a_key_is_shown_once_listed_used_and_revoked() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let created: CreatedApiKey = site.key(&tokens.access, &["ocr", "read"]).await;
    let listed = site.get("/api/users/me/api-keys").bearer(&tokens.access).send().await;
    assert!(!listed.text().contains(&created.key.0));
    let keys: Vec<ApiKey> = listed.json();
    assert_eq!(keys, std::slice::from_ref(&created.row));
    assert!(created.key.0.starts_with("ink_") && created.key.0.starts_with(keys[0].prefix.trim_end_matches('…')));
    assert_eq!(keys[0].last_used_at, None);

    let read = site.post("/api/ocr/image").bearer(&created.key.0).form(&[file("a.png", IMAGE)]).send().await;
    assert!(!read.events().is_empty());
    site.settled().await;
    let usage = site.get("/api/users/me/usage").bearer(&created.key.0).send().await;
    let rows: Vec<inkstream_wire::UsageEvent> = usage.json();
    assert_eq!(rows[0].key_id, Some(created.row.id));
    let keys: Vec<ApiKey> = site.get("/api/users/me/api-keys").bearer(&tokens.access).send().await.json();
    assert!(keys[0].last_used_at.is_some());

    let path = format!("/api/users/me/api-keys/{}", created.row.id);
    assert_eq!(site.delete(&path).bearer(&tokens.access).send().await.status, 204);
    site.me(&created.key.0).await.is_problem(ErrorCode::Unauthorized);
    site.delete(&path).bearer(&tokens.access).send().await.is_problem(ErrorCode::NotFound);
}

#[tokio::test]
async fn a_key_is_limited_to_its_scopes_and_never_replaces_a_password() {
    let site = Site::with_accounts().await;
    let admin = site.admin("root").await;
    let read = site.key(&admin.access, &["read"]).await.key.0;
    let ocr = site.key(&admin.access, &["ocr"]).await.key.0;
    let upload = |key: &str| site.post("/api/ocr/image").bearer(key).form(&[file("a.png", IMAGE)]);
    upload(&read).send().await.is_problem(ErrorCode::Forbidden);
    assert_eq!(upload(&ocr).send().await.status, 200);
    site.get("/api/documents").bearer(&ocr).send().await.is_problem(ErrorCode::Forbidden);
    assert_eq!(site.get("/api/documents").bearer(&read).send().await.status, 200);
    assert_eq!(site.me(&ocr).await.status, 200, "whose key it is, every key may know");
    let passwords = json!({"current_password": "x", "new_password": "y"});
    for (method, path, body) in [
        (Method::GET, "/api/users/me/api-keys", json!({})),
        (Method::POST, "/api/users/me/api-keys", json!({"name": "another"})),
        (Method::PATCH, "/api/users/me/password", passwords),
        (Method::DELETE, "/api/users/me", json!({"password": "x"})),
        (Method::GET, "/api/admin/users", json!({})),
        (Method::GET, "/api/admin/audit", json!({})),
    ] {
        let answer = site.ask(method, path).bearer(&read).json(&body).send().await;
        answer.is_problem(ErrorCode::Forbidden);
    }
}

#[tokio::test]
async fn a_key_expires_at_its_end() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let end = (site.clock.now() + Duration::from_hours(2)).to_string();
    let ask = site.post("/api/users/me/api-keys").bearer(&tokens.access);
    let created: CreatedApiKey = ask.json(&json!({"name": "short-lived", "expires_at": end})).send().await.json();
    assert_eq!(site.me(&created.key.0).await.status, 200);
    site.clock.forward(Duration::from_hours(3));
    site.me(&created.key.0).await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn invalid_requests_for_keys_are_400() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    for wrong in [
        json!({"name": ""}),
        json!({"name": "x".repeat(65)}),
        json!({"name": "a\u{0}b"}),
        json!({"name": "a", "scopes": []}),
        json!({"name": "a", "scopes": ["admin"]}),
        json!({"name": "a", "expires_at": "tomorrow"}),
        json!({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}),
        json!({"name": "a", "scope": "ocr"}),
    ] {
        let answer = site.post("/api/users/me/api-keys").bearer(&tokens.access).json(&wrong).send().await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_wrong_value_in_a_body_is_named_by_its_path() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let wrong = json!({"name": "a", "scopes": ["ocr", "s3cret"]});
    let answer = site.post("/api/users/me/api-keys").bearer(&tokens.access).json(&wrong).send().await;
    let problem = answer.is_problem(ErrorCode::BadRequest);
    assert!(problem.detail.starts_with("scopes[1] ") && !problem.detail.contains("s3cret"), "{}", problem.detail);
}

#[tokio::test]
async fn the_twenty_first_key_is_a_conflict() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    for _ in 0..20 {
        site.key(&tokens.access, &["read"]).await;
    }
    let ask = site.post("/api/users/me/api-keys").bearer(&tokens.access).json(&json!({"name": "one more"}));
    ask.send().await.is_problem(ErrorCode::Conflict);
}

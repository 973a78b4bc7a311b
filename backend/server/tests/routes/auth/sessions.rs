//! Access and refresh tokens.

use std::time::Duration;

use futures::future::join_all;
use inkstream_wire::{ErrorCode, UserPatch};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::{
    accounts::{PASSWORD, Tokens},
    harness::{SECRET_KEY, Site},
};

#[tokio::test]
async fn an_access_token_is_valid_until_it_expires_and_a_refresh_token_gets_the_next() {
    let site = Site::with_accounts().await;
    let first = site.user("ada").await;
    assert_eq!(site.me(&first.access).await.status, 200);
    site.clock.forward(Duration::from_mins(61));
    site.me(&first.access).await.is_problem(ErrorCode::Unauthorized);
    let second = Tokens::from_answer(&site.refresh(&first.refresh).await);
    assert_eq!(site.me(&second.access).await.status, 200);
    assert_ne!(second.refresh, first.refresh);
}

#[tokio::test]
async fn the_response_with_tokens_may_not_be_cached() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let answer = site.signing_in("ada", PASSWORD).send().await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens: serde_json::Value = answer.json();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(3600)));
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_ends_its_session_and_no_other() {
    let site = Site::with_accounts().await;
    let other = site.user("ada").await;
    let first = site.sign_in("ada").await;
    let second = Tokens::from_answer(&site.refresh(&first.refresh).await);
    site.refresh(&first.refresh).await.is_problem(ErrorCode::Unauthorized);
    site.refresh(&second.refresh).await.is_problem(ErrorCode::Unauthorized);
    site.me(&second.access).await.is_problem(ErrorCode::Unauthorized);
    assert_eq!(site.me(&other.access).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_concurrent_uses_of_a_refresh_token_one_gets_tokens_and_the_session_ends() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let answers = join_all((0..10).map(|_| site.refresh(&tokens.refresh))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    site.me(&Tokens::from_answer(won[0]).access).await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let site = Site::with_accounts().await;
    let by_access = site.user("ada").await;
    let by_refresh = site.sign_in("ada").await;
    assert_eq!(site.post("/api/auth/logout").bearer(&by_access.access).send().await.status, 204);
    let body = json!({"refresh_token": by_refresh.refresh});
    assert_eq!(site.post("/api/auth/logout").json(&body).send().await.status, 204);
    for tokens in [&by_access, &by_refresh] {
        site.me(&tokens.access).await.is_problem(ErrorCode::Unauthorized);
        site.refresh(&tokens.refresh).await.is_problem(ErrorCode::Unauthorized);
    }
    assert_eq!(site.post("/api/auth/logout").json(&body).send().await.status, 204, "a second time is no error");
    assert_eq!(site.post("/api/auth/logout").send().await.status, 204);
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_the_old_one_is_refused() {
    let site = Site::with_accounts().await;
    let [here, there] = [site.user("ada").await, site.sign_in("ada").await];
    let body = json!({"current_password": PASSWORD, "new_password": "another long secret"});
    let changed = site.patch("/api/users/me/password").bearer(&here.access).json(&body).send().await;
    assert_eq!(changed.status, 204, "{}", changed.text());
    for tokens in [&here, &there] {
        site.me(&tokens.access).await.is_problem(ErrorCode::Unauthorized);
        site.refresh(&tokens.refresh).await.is_problem(ErrorCode::Unauthorized);
    }
    site.signing_in("ada", PASSWORD).send().await.is_problem(ErrorCode::Unauthorized);
    assert_eq!(site.signing_in("ada", "another long secret").send().await.status, 200);
}

#[tokio::test]
async fn a_session_that_is_not_renewed_expires() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    site.clock.forward(Duration::from_hours(25));
    site.refresh(&tokens.refresh).await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn tokens_of_a_disabled_user_are_refused_and_stay_invalid_after_enabling() {
    let site = Site::with_accounts().await;
    let user = site.register("ada").await;
    let tokens = site.sign_in("ada").await;
    let key = site.key(&tokens.access, &["read"]).await.key.0;
    let accounts = &site.service.accounts;
    let disabled = |disabled| UserPatch { disabled: Some(disabled), ..UserPatch::default() };
    inkstream_core::accounts::change(accounts, None, user.id, disabled(true), None).await.unwrap();
    site.me(&tokens.access).await.is_problem(ErrorCode::Unauthorized);
    site.me(&key).await.is_problem(ErrorCode::Unauthorized);
    site.refresh(&tokens.refresh).await.is_problem(ErrorCode::Unauthorized);
    inkstream_core::accounts::change(accounts, None, user.id, disabled(false), None).await.unwrap();
    site.me(&tokens.access).await.is_problem(ErrorCode::Unauthorized);
    assert_eq!(site.me(&key).await.status, 200);
}

#[tokio::test]
async fn foreign_or_forged_tokens_are_401() {
    let site = Site::with_accounts().await;
    site.user("ada").await;
    let claims = json!({"iss": "inkstream", "aud": "inkstream", "sub": uuid::Uuid::new_v4(), "exp": 9_999_999_999_u64,
        "iat": 1, "jti": uuid::Uuid::new_v4(), "sid": uuid::Uuid::new_v4()});
    let header = Header { typ: Some("at+jwt".to_owned()), ..Header::new(Algorithm::HS256) };
    // Signed with the server's own key, but for a user and session that never existed.
    let nobody = encode(&header, &claims, &EncodingKey::from_secret(SECRET_KEY.as_bytes())).unwrap();
    let huge = "x".repeat(6_000);
    for token in [nobody.as_str(), "", "x", "ink_", "ink_x", "a.b.c", &huge] {
        site.me(token).await.is_problem(ErrorCode::Unauthorized);
    }
    let bytes = site.get("/api/users/me").header("authorization", "Bearer \u{e9}").send().await;
    bytes.is_problem(ErrorCode::Unauthorized);
    site.refresh("x").await.is_problem(ErrorCode::Unauthorized);
    site.refresh(&nobody).await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn a_refresh_token_and_an_access_token_are_not_interchangeable() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    site.me(&tokens.refresh).await.is_problem(ErrorCode::Unauthorized);
    site.refresh(&tokens.access).await.is_problem(ErrorCode::Unauthorized);
    assert_eq!(site.me(&tokens.access).await.status, 200);
}

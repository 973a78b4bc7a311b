use futures::future::join_all;
use inkstream_core::accounts::AuthPolicy;
use inkstream_wire::{ErrorCode, Role, User};

use crate::{
    accounts::PASSWORD,
    harness::{Plan, Site},
};

#[tokio::test]
async fn an_account_is_created_once_and_signs_in_with_any_spelling_of_its_name() {
    let site = Site::with_accounts().await;
    let user: User = site.register("Ada").await;
    assert_eq!((user.username.as_str(), user.role, user.disabled, user.anonymous), ("ada", Role::User, false, false));
    for taken in ["ada", "ADA", "ａｄａ"] {
        site.try_register(taken, PASSWORD).await.is_problem(ErrorCode::Conflict);
    }
    site.sign_in("ADA").await;
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_taken() {
    let site = Site::with_accounts().await;
    site.register("scope").await;
    site.try_register("ѕсоре", PASSWORD).await.is_problem(ErrorCode::Conflict);
    site.try_register("an0nymous", PASSWORD).await.is_problem(ErrorCode::Conflict);
    site.signing_in("ѕсоре", PASSWORD).send().await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn invalid_names_and_passwords_are_422_and_not_repeated() {
    let site = Site::with_accounts().await;
    let huge = "x".repeat(1 << 19);
    for name in ["", "'; DROP TABLE users; --", "a\r\nset-cookie: x=y", "ada\u{202e}", "<script>", "a b", &huge] {
        let answer = site.try_register(name, PASSWORD).await;
        answer.is_problem(ErrorCode::InvalidCredentials);
        assert!(name.is_empty() || !answer.text().contains(name));
    }
    for password in ["short", "password", "Password1", "evelyn-the-first", &huge] {
        let answer = site.try_register("evelyn-the-first", password).await;
        answer.is_problem(ErrorCode::InvalidCredentials);
        assert!(!answer.text().contains(&format!("\"{password}\"")));
    }
    let body = format!("{{\"username\": \"ada\", \"password\": \"{}\"}}", "x".repeat(2 << 20));
    let huger = site.post("/api/auth/register").header("content-type", "application/json").body(body).send().await;
    huger.is_problem(ErrorCode::TooLarge);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_concurrent_registrations_of_one_name_create_one_account() {
    let site = Site::with_accounts().await;
    let answers = join_all((0..50).map(|_| site.try_register("ada", PASSWORD))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let taken = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((made, taken), (1, 49));
}

#[tokio::test]
async fn an_operator_may_turn_registration_off() {
    let policy = AuthPolicy { required: true, registration: false, ..Plan::default().policy };
    let site = Site::with(Plan { policy, ..Plan::default() }).await;
    site.try_register("ada", PASSWORD).await.is_problem(ErrorCode::Forbidden);
}

#[tokio::test]
async fn a_body_that_is_not_a_registration_is_400() {
    let site = Site::with_accounts().await;
    let wrong = site.post("/api/auth/register").json(&serde_json::json!({"username": "ada"})).send().await;
    wrong.is_problem(ErrorCode::BadRequest);
    let form = site.post("/api/auth/register").fields(&[("username", "ada")]).send().await;
    form.is_problem(ErrorCode::BadRequest);
}

#[tokio::test]
async fn registrations_from_one_address_are_limited_per_hour() {
    let site = Site::with_accounts().await;
    let register = |name: &'static str, address: &'static str| {
        let body = serde_json::json!({"username": name, "password": PASSWORD});
        site.post("/api/auth/register").from(address).json(&body).send()
    };
    for name in ["ada", "eve", "bob"] {
        assert_eq!(register(name, "2001:db8::1").await.status, 201);
    }
    let refused = register("mallory", "2001:db8::2").await;
    refused.is_problem(ErrorCode::TooManyRequests);
    assert!((1..=3601).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(register("mallory", "2001:db8:0:1::1").await.status, 201);
}

#[tokio::test]
async fn a_name_that_differs_by_a_dot_above_is_taken() {
    let site = Site::with_accounts().await;
    site.register("admin").await;
    site.try_register("adm\u{130}n", PASSWORD).await.is_problem(ErrorCode::Conflict);
    site.try_register("admi\u{307}n", PASSWORD).await.is_problem(ErrorCode::Conflict);
}

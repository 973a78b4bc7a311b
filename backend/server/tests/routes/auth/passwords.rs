//! Wrong passwords.

use http::Method;
use inkstream_wire::{AuditEvent, AuditKind, ErrorCode, UserPatch};
use serde_json::json;

use crate::{accounts::PASSWORD, harness::Site};

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_get_the_same_response() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let details: Vec<String> = {
        let mut details = Vec::new();
        for (name, password) in [("ada", "wrong horse"), ("eve", PASSWORD), ("no name at all", PASSWORD), ("ada", "")] {
            let answer = site.signing_in(name, password).send().await;
            details.push(answer.is_problem(ErrorCode::Unauthorized).detail);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        details
    };
    assert!(details.iter().all(|detail| *detail == details[0]), "{details:?}");
}

#[tokio::test]
async fn the_form_must_be_that_of_the_oauth2_password_flow() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let fields =
        [("grant_type", "password"), ("scope", ""), ("client_id", "x"), ("username", "ada"), ("password", PASSWORD)];
    assert_eq!(site.post("/api/auth/token").fields(&fields).send().await.status, 200);
}

#[tokio::test]
async fn a_hundred_wrong_passwords_are_429_on_every_route_and_the_owner_can_still_sign_in() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let wrong = "wrong horse battery";
    let paths: [(&str, Method, &str, serde_json::Value); 2] = [
        (
            "198.51.100.2",
            Method::PATCH,
            "/api/users/me/password",
            json!({"current_password": wrong, "new_password": PASSWORD}),
        ),
        ("198.51.100.3", Method::DELETE, "/api/users/me", json!({"password": wrong})),
    ];
    let mut refused = 0;
    for _ in 0..100 {
        refused += usize::from(site.signing_in("ada", wrong).from("198.51.100.1").send().await.status == 429);
    }
    assert_eq!(refused, 90);
    let last = site.signing_in("ada", PASSWORD).from("198.51.100.1").send().await;
    last.is_problem(ErrorCode::TooManyRequests);
    assert!((1..=901).contains(&last.header("retry-after").parse::<u64>().unwrap()));
    for (address, method, path, body) in paths {
        let mut refused = 0;
        for _ in 0..100 {
            let ask = site.ask(method.clone(), path).bearer(&tokens.access).from(address).json(&body);
            refused += usize::from(ask.send().await.status == 429);
        }
        assert_eq!(refused, 90, "{path}");
    }
    assert_eq!(site.signing_in("ada", PASSWORD).from("203.0.113.9").send().await.status, 200, "the owner is elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_concurrent_wrong_passwords_are_throttled() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let tries = (0..100).map(|_| site.signing_in("ada", "wrong horse").from("198.51.100.1").send());
    let answers = futures::future::join_all(tries).await;
    let compared = answers.iter().filter(|answer| answer.status == 401).count();
    assert!((10..=12).contains(&compared), "{compared} passwords were compared");
}

#[tokio::test]
async fn failures_are_on_the_audit_trail_without_the_password() {
    let site = Site::with_accounts().await;
    let admin = site.admin("root").await;
    site.signing_in("hunter2-typed-as-name", "x").from("198.51.100.7").send().await;
    site.signing_in("root", "a wrong secret").from("198.51.100.7").send().await;
    let answer = site.get("/api/admin/audit").bearer(&admin.access).send().await;
    assert!(!answer.text().contains("hunter2") && !answer.text().contains("a wrong secret"));
    let events: Vec<AuditEvent> = answer.json();
    let failed: Vec<_> = events.iter().filter(|event| event.event == AuditKind::SignInFailed).collect();
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|event| event.address.as_deref() == Some("198.51.100.7")));
    assert_eq!(failed[0].subject.as_deref(), Some("root"));
    assert_eq!((&failed[1].subject, &failed[1].actor), (&None, &None));
}

#[tokio::test]
async fn a_disabled_user_gets_the_same_answer_as_a_wrong_password() {
    let site = Site::with_accounts().await;
    let user = site.register("ada").await;
    let patch = UserPatch { disabled: Some(true), ..UserPatch::default() };
    inkstream_core::accounts::change(&site.service.accounts, None, user.id, patch, None).await.unwrap();
    let disabled = site.signing_in("ada", PASSWORD).send().await.is_problem(ErrorCode::Unauthorized);
    let unknown = site.signing_in("eve", PASSWORD).send().await.is_problem(ErrorCode::Unauthorized);
    assert_eq!(disabled.detail, unknown.detail);
}

#[tokio::test]
async fn a_hash_with_old_parameters_is_replaced_at_sign_in() {
    let site = Site::with_accounts().await;
    let user = site.register("ada").await;
    // Made by argon2-cffi from the same password with 8 MiB and one pass.
    let old = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$HhdGxmsoo8pSkWu74EOdjWuyMCjKM2aof0XQCAMO4jU";
    let store = &site.service.accounts.store;
    let before = store.credentials_of(user.id).await.unwrap().unwrap().password_hash.unwrap();
    store.upgrade_password(user.id, &before, old).await.unwrap();
    site.sign_in("ada").await;
    let after = store.credentials_of(user.id).await.unwrap().unwrap().password_hash.unwrap();
    assert!(after.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{after}");
    site.sign_in("ada").await;
}

#[tokio::test]
async fn a_password_is_the_same_in_every_unicode_composition() {
    const COMPOSED: &str = "été à la mer";
    const DECOMPOSED: &str = "e\u{301}te\u{301} a\u{300}\u{a0}la mer";
    let site = Site::with_accounts().await;
    for (name, chosen) in [("ada", COMPOSED), ("eve", DECOMPOSED)] {
        assert_eq!(site.try_register(name, chosen).await.status, 201);
        for typed in [COMPOSED, DECOMPOSED] {
            assert_eq!(site.signing_in(name, typed).send().await.status, 200, "{typed:?}");
        }
        site.signing_in(name, "ete a la mer").send().await.is_problem(ErrorCode::Unauthorized);
    }
    let answer = site.signing_in("ada", COMPOSED).send().await;
    let access = crate::accounts::Tokens::from_answer(&answer).access;
    let change = json!({"current_password": DECOMPOSED, "new_password": "noe\u{308}l au balcon"});
    let changed = site.patch("/api/users/me/password").bearer(&access).json(&change).send().await;
    assert_eq!(changed.status, 204, "{}", changed.text());
    assert_eq!(site.signing_in("ada", "noël au balcon").send().await.status, 200);
}

#[tokio::test]
async fn a_hash_of_an_unnormalized_password_is_replaced_at_sign_in() {
    let site = Site::with_accounts().await;
    let user = site.register("ada").await;
    // Made by argon2-cffi from the decomposed bytes. Hashes were so before passwords were normalized.
    let old = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$poB+eM9szulasz/SrWBc4hN0L0evdvMu/Gufk3BG3xs";
    let store = &site.service.accounts.store;
    let before = store.credentials_of(user.id).await.unwrap().unwrap().password_hash.unwrap();
    store.upgrade_password(user.id, &before, old).await.unwrap();
    site.signing_in("ada", "été à la mer").send().await.is_problem(ErrorCode::Unauthorized);
    for typed in ["e\u{301}te\u{301} a\u{300} la mer", "été à la mer"] {
        assert_eq!(site.signing_in("ada", typed).send().await.status, 200, "{typed:?}");
    }
}

//! `/api/auth/token` for `OAuth2` clients (RFC 6749).

use inkstream_wire::{ErrorCode, TokenProblem};
use serde_json::json;

use crate::{
    accounts::{PASSWORD, Tokens},
    harness::{Answer, Site},
};

/// Asserts that an answer is this error, both as `OAuth2` and as a problem.
#[track_caller]
fn assert_error(answer: &Answer, error: &str, code: ErrorCode) -> TokenProblem {
    answer.is_problem(code);
    let problem: TokenProblem = answer.json();
    assert_eq!(problem.error, error);
    assert_eq!(problem.error_description, problem.problem.detail);
    assert_eq!(answer.header("cache-control"), "no-store");
    problem
}

impl Site {
    async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("/api/auth/token").fields(fields).send().await
    }
}

#[tokio::test]
async fn a_name_may_have_spaces_around_it() {
    let site = Site::with_accounts().await;
    assert_eq!(site.try_register("\tAda ", PASSWORD).await.status, 201);
    site.try_register("ada", PASSWORD).await.is_problem(ErrorCode::Conflict);
    for name in ["ada ", " ada", "ADA\r\n", "ada"] {
        assert_eq!(site.signing_in(name, PASSWORD).send().await.status, 200, "{name:?}");
    }
    site.signing_in("a da", PASSWORD).send().await.is_problem(ErrorCode::Unauthorized);
    site.signing_in("ada", &format!("{PASSWORD} ")).send().await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn a_refresh_token_gets_the_next_tokens_once() {
    let site = Site::with_accounts().await;
    let first = site.user("ada").await;
    let refresh = |token: &str| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", ""), ("client_id", "x")];
        site.post("/api/auth/token").fields(&fields).header("authorization", "Basic eDp5").send()
    };
    let answer = refresh(&first.refresh).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let second = Tokens::from_answer(&answer);
    assert!(second.refresh != first.refresh && site.me(&second.access).await.status == 200);
    // A second use ends the session, as with /api/auth/refresh.
    assert_error(&refresh(&first.refresh).await, "invalid_grant", ErrorCode::Unauthorized);
    assert_error(&refresh(&second.refresh).await, "invalid_grant", ErrorCode::Unauthorized);
    site.me(&second.access).await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn only_the_servers_own_page_may_refresh_into_a_cookie() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str()), ("cookie", "true")];
    let foreign = site.post("/api/auth/token").fields(&fields).header("sec-fetch-site", "cross-site").send().await;
    assert_error(&foreign, "invalid_request", ErrorCode::Forbidden);
    let own = site.post("/api/auth/token").fields(&fields).header("sec-fetch-site", "same-origin").send().await;
    assert!(own.status == 200 && own.header("set-cookie").starts_with("inkstream_refresh="), "{}", own.text());
    assert!(Tokens::from_answer(&own).refresh.is_empty());
}

#[tokio::test]
async fn errors_have_the_codes_of_oauth2() {
    let site = Site::with_accounts().await;
    site.register("ada").await;
    let (ada, password) = (("username", "ada"), ("password", PASSWORD));
    for grant in
        ["client_credentials", "authorization_code", "Password", "urn:ietf:params:oauth:grant-type:device_code"]
    {
        let answer = site.token(&[("grant_type", grant), ada, password]).await;
        assert_error(&answer, "unsupported_grant_type", ErrorCode::InvalidOption);
    }
    for (fields, lacks) in [
        (&[ada][..], "password"),
        (&[("grant_type", "password"), password], "username"),
        (&[], "username"),
        (&[("grant_type", "refresh_token")], "refresh_token"),
        (&[("grant_type", "refresh_token"), ("refresh_token", ""), ada, password], "refresh_token"),
    ] {
        let problem = assert_error(&site.token(fields).await, "invalid_request", ErrorCode::BadRequest);
        assert!(problem.error_description.ends_with(&format!("{lacks}.")), "{problem:?}");
    }
    assert_error(&site.token(&[ada, ada, password]).await, "invalid_request", ErrorCode::BadRequest);
    let json = site.post("/api/auth/token").json(&json!({"username": "ada", "password": PASSWORD})).send().await;
    assert_error(&json, "invalid_request", ErrorCode::BadRequest);
    assert_error(&site.get("/api/auth/token").send().await, "invalid_request", ErrorCode::MethodNotAllowed);
    assert_error(&site.token(&[ada, ("password", "wrong horse")]).await, "invalid_grant", ErrorCode::Unauthorized);
    assert_error(
        &site.token(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await,
        "invalid_grant",
        ErrorCode::Unauthorized,
    );
    for _ in 0..9 {
        site.token(&[ada, ("password", "wrong horse")]).await;
    }
    let locked = site.token(&[ada, password]).await;
    assert_error(&locked, "temporarily_unavailable", ErrorCode::TooManyRequests);
    assert_ne!(locked.header("retry-after"), "");
}

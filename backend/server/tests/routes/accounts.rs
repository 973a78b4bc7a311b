//! Requests that many tests of accounts share.

use http::Method;
use inkstream_core::accounts::{self, NewAccount, Password};
use inkstream_wire::{Role, Secret, TokenAnswer, User};

use crate::harness::{Answer, Ask, Site};

pub(crate) const PASSWORD: &str = "correct horse battery";

impl Site {
    pub(crate) async fn register(&self, username: &str) -> User {
        let answer = self.try_register(username, PASSWORD).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn try_register(&self, username: &str, password: &str) -> Answer {
        let body = serde_json::json!({"username": username, "password": password});
        self.post("/api/auth/register").json(&body).send().await
    }

    pub(crate) fn signing_in(&self, username: &str, password: &str) -> Ask {
        self.post("/api/auth/token").fields(&[("username", username), ("password", password)])
    }

    /// Signs in and returns the tokens.
    pub(crate) async fn sign_in(&self, username: &str) -> Tokens {
        let answer = self.signing_in(username, PASSWORD).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Tokens::from_answer(&answer)
    }

    /// Registers, and signs in.
    pub(crate) async fn user(&self, username: &str) -> Tokens {
        self.register(username).await;
        self.sign_in(username).await
    }

    /// Creates an admin and signs in.
    pub(crate) async fn admin(&self, username: &str) -> Tokens {
        let accounts = &self.service.accounts;
        let username = username.parse().unwrap();
        let password = Password::chosen(Secret(PASSWORD.to_owned()), &username).unwrap();
        let name = username.to_string();
        let account = NewAccount { username, password, role: Role::Admin, address: None };
        accounts::make(accounts.store.as_ref(), &accounts.auth.hasher, account, accounts.clock.now()).await.unwrap();
        self.sign_in(&name).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/api/auth/refresh").json(&serde_json::json!({"refresh_token": token})).send().await
    }

    pub(crate) async fn me(&self, token: &str) -> Answer {
        self.ask(Method::GET, "/api/users/me").bearer(token).send().await
    }

    /// Creates an API key with these scopes.
    pub(crate) async fn key(&self, access: &str, scopes: &[&str]) -> inkstream_wire::CreatedApiKey {
        let body = serde_json::json!({"name": "a key", "scopes": scopes});
        let answer = self.post("/api/users/me/api-keys").bearer(access).json(&body).send().await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }
}

pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn from_answer(answer: &Answer) -> Self {
        let tokens: TokenAnswer = answer.json();
        Self { access: tokens.access_token.0, refresh: tokens.refresh_token.map(|token| token.0).unwrap_or_default() }
    }
}

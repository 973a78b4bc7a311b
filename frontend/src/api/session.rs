//! Signing in and out. The refresh token is a cookie that scripts cannot read. Only one tab at a time changes it.

use inkstream_wire::{
    Account, AccountDeletion, AuthSettings, PasswordChange, Registration, Secret, TokenAnswer, User, routes,
};
use web_sys::{AbortSignal, UrlSearchParams};

use super::{
    call::{Call, get, json},
    lock::alone,
    token,
};
use crate::state::Failure;

/// The time limit for the server's answer in milliseconds, because other tabs wait meanwhile.
const TIMEOUT: u32 = 30_000;

/// The server's settings of authentication.
pub(crate) async fn settings() -> Result<AuthSettings, Failure> {
    json(Call::get(routes::AUTH_SETTINGS).once(None).await?).await
}

/// The caller's account with this month's usage.
pub(crate) async fn me() -> Result<Account, Failure> {
    get(routes::ME).await
}

/// Creates an account without signing in.
pub(crate) async fn register(registration: &Registration) -> Result<User, Failure> {
    json(Call::new("POST", routes::REGISTER).json(registration).once(None).await?).await
}

pub(crate) async fn sign_in(username: &str, password: &Secret) -> Result<(), Failure> {
    alone(grant(username, password)).await
}

/// Gets a new access token, unless `stale` was replaced meanwhile. If the server refuses, the session has ended.
pub(crate) async fn renew(stale: Option<String>) -> Result<(), Failure> {
    alone(async {
        match (stale, token::bearer()) {
            (Some(stale), Some(now)) if now != stale => return Ok(()),
            // The user has signed out meanwhile.
            (Some(_), None) => return Err(Failure::Answer(401)),
            _ => {}
        }
        let answer = Call::new("POST", routes::REFRESH).signal(Some(patience())).keepalive().once(None).await;
        match answer {
            Ok(response) => {
                token::keep(json::<TokenAnswer>(response).await?);
                Ok(())
            }
            Err(failure) => {
                if failure.is_unauthorized() {
                    token::refuse();
                }
                Err(failure)
            }
        }
    })
    .await
}

/// Renews the current token.
pub(crate) async fn renew_now() -> Result<(), Failure> {
    renew(token::bearer()).await
}

/// Signs out. If the request fails, the session continues.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    alone(async {
        let call = Call::new("POST", routes::LOGOUT).signal(Some(patience())).keepalive();
        match call.once(token::bearer().as_deref()).await {
            Err(failure) if !failure.is_unauthorized() => Err(failure),
            _ => {
                token::forget();
                Ok(())
            }
        }
    })
    .await
}

/// Changes the password, which ends every session of the user, and signs in again with the new one.
pub(crate) async fn change_password(username: &str, change: &PasswordChange) -> Result<(), Failure> {
    let call = Call::new("PATCH", routes::PASSWORD).json(change);
    with_password(call, async || {
        if grant(username, &change.new_password).await.is_err() {
            token::refuse();
        }
    })
    .await
}

/// Deletes the account with its data.
pub(crate) async fn delete_account(deletion: &AccountDeletion) -> Result<(), Failure> {
    with_password(Call::new("DELETE", routes::ME).json(deletion), async || token::forget()).await
}

/// Sends a request with a password, then runs `after` before another tab can renew the session. A 401 concerns the password here, so
/// the request is not repeated.
async fn with_password(call: Call, after: impl AsyncFnOnce()) -> Result<(), Failure> {
    if token::is_expired() {
        renew_now().await?;
    }
    let bearer = token::bearer();
    let call = call.signal(Some(patience()));
    let answer = alone(async {
        let answer = call.once(bearer.as_deref()).await.map(drop);
        if answer.is_ok() {
            after().await;
        }
        answer
    })
    .await;
    if answer.as_ref().is_err_and(Failure::is_unauthorized) {
        // If the session has ended, the renewal fails and leads to the sign-in page.
        let _ = renew(bearer).await;
    }
    answer
}

/// Exchanges the password for a token (RFC 6749, section 4.3). The refresh token goes into the cookie.
async fn grant(username: &str, password: &Secret) -> Result<(), Failure> {
    let form = UrlSearchParams::new().map_err(|_| Failure::Unreachable)?;
    for (name, value) in
        [("grant_type", "password"), ("username", username), ("password", &password.0), ("cookie", "true")]
    {
        form.append(name, value);
    }
    let answer = Call::new("POST", routes::TOKEN).form(form).signal(Some(patience())).once(None).await?;
    token::keep(json::<TokenAnswer>(answer).await?);
    Ok(())
}

fn patience() -> AbortSignal {
    AbortSignal::timeout_with_u32(TIMEOUT)
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
#[path = "session_tests.rs"]
mod tests;

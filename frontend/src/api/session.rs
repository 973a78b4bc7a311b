//! Signing in and out. The refresh token is a cookie that no script sees; whatever changes it is
//! done by one tab at a time.

use inkstream_wire::{
    Account, AccountDeletion, AuthSettings, PasswordChange, Registration, Secret, TokenAnswer, User, routes,
};
use web_sys::{AbortSignal, UrlSearchParams};

use super::{
    answer::{get, json},
    call::Call,
    lock::alone,
    token,
};
use crate::state::Failure;

/// How long the server may take to answer, in milliseconds: other tabs wait meanwhile.
const PATIENCE: u32 = 30_000;

/// What the server allows to whom.
pub(crate) async fn settings() -> Result<AuthSettings, Failure> {
    json(Call::get(routes::AUTH_SETTINGS).once(None).await?).await
}

/// Who is signed in, and what was used this month.
pub(crate) async fn me() -> Result<Account, Failure> {
    get(routes::ME).await
}

/// Makes an account. Nobody is signed in by it.
pub(crate) async fn register(registration: &Registration) -> Result<User, Failure> {
    json(Call::new("POST", routes::REGISTER).json(registration).once(None).await?).await
}

/// Signs in.
pub(crate) async fn sign_in(username: &str, password: &Secret) -> Result<(), Failure> {
    alone(grant(username, password)).await
}

/// Gets the next access token, unless another has taken the place of `stale` meanwhile. Where the
/// server refuses, the session is over.
pub(crate) async fn renew(stale: Option<String>) -> Result<(), Failure> {
    alone(async {
        match (stale, token::bearer()) {
            (Some(stale), Some(now)) if now != stale => return Ok(()),
            // Signed out meanwhile.
            (Some(_), None) => return Err(Failure::Answer(401)),
            _ => {}
        }
        let answer = Call::new("POST", routes::REFRESH).signal(Some(patience())).outliving().once(None).await;
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

/// Renews the token that is there now.
pub(crate) async fn renew_now() -> Result<(), Failure> {
    renew(token::bearer()).await
}

/// Signs out. Where the server cannot be told, the session goes on.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    alone(async {
        let call = Call::new("POST", routes::LOGOUT).signal(Some(patience())).outliving();
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

/// Deletes the account with everything it owns.
pub(crate) async fn delete_account(deletion: &AccountDeletion) -> Result<(), Failure> {
    with_password(Call::new("DELETE", routes::ME).json(deletion), async || token::forget()).await
}

/// Sends what carries a password, then does what follows from it before any other tab may renew
/// the session. A 401 is about the password here, and is therefore not tried again by itself.
async fn with_password(call: Call, after: impl AsyncFnOnce()) -> Result<(), Failure> {
    if token::worn_out() {
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
        // It may be that the session is over: then the renewal says so, and leads to the sign-in page.
        let _ = renew(bearer).await;
    }
    answer
}

/// RFC 6749, section 4.3: the password for a token; the refresh token goes into the cookie.
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
    AbortSignal::timeout_with_u32(PATIENCE)
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
#[path = "session_tests.rs"]
mod tests;

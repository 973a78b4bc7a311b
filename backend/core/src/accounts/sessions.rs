//! Signing in, refreshing sessions, signing out.

use std::{net::IpAddr, time::Duration};

use inkstream_wire::{AuditKind, ErrorCode, Secret};
use uuid::Uuid;

use super::{
    Accounts, Password, Username, audit,
    hasher::PasswordMatch,
    secrets::{self, NewSecret},
    throttle::Attempt,
    tokens::Access,
};
use crate::{
    Error, Result, metrics,
    ports::{Credentials, NewSession, Rotation, SessionRef, UserRecord},
};

/// The tokens of a session.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The access token.
    pub access: Secret,
    /// How long the access token is valid.
    pub expires_in: Duration,
    /// The refresh token, valid for one use.
    pub refresh: Secret,
    /// How long the refresh token is valid.
    pub session_lifetime: Duration,
}

/// Opens a session. `Unauthorized` if the name or the password is wrong; neither the answer nor its time tells which.
/// `TooManyRequests` after too many failures.
pub async fn sign_in(accounts: &Accounts, username: &str, password: Secret, address: Option<IpAddr>) -> Result<Issued> {
    let username = username.parse::<Username>().ok();
    let found = match &username {
        Some(username) => accounts.store.credentials(username).await?,
        None => None,
    };
    let attempt = Attempt::new(username.as_ref(), address);
    let (user, password_hash) = verify_password(accounts, found, password, &attempt, address).await?;
    let now = accounts.clock.now();
    let NewSecret { secret, hash } = secrets::refresh_token();
    let session = NewSession {
        id: Uuid::new_v4(),
        user: user.id,
        password_hash,
        token: hash,
        created_at: now,
        expires_at: now + accounts.auth.policy.session_lifetime,
    };
    let id = session.id;
    let row = audit::own(AuditKind::SignedIn, Some(user.id), address, now);
    // The user was just deleted or disabled, or has a new password: give the same answer as for a wrong password.
    accounts.store.open_session(session, row).await.map_err(|error| match error.code {
        ErrorCode::NotFound => wrong(),
        _ => error,
    })?;
    metrics::signed_in("ok");
    issue(accounts, &user, id, secret)
}

/// Issues the next tokens for a refresh token. A token that is used again may have been stolen, so its session ends.
/// `Unauthorized` if the token is not valid.
pub async fn refresh(accounts: &Accounts, token: &Secret, address: Option<IpAddr>) -> Result<Issued> {
    let refused = |outcome| {
        metrics::refreshed(outcome);
        Err(Error::new(ErrorCode::Unauthorized, "The session is over. Sign in again."))
    };
    let Some(old) = secrets::refresh_token_hash(&token.0) else { return refused("refused") };
    let NewSecret { secret, hash } = secrets::refresh_token();
    let now = accounts.clock.now();
    let row = audit::own(AuditKind::TokenReused, None, address, now);
    match accounts.store.rotate(old, hash, now, now + accounts.auth.policy.session_lifetime, row).await? {
        Rotation::Rotated { session, user } => {
            metrics::refreshed("rotated");
            issue(accounts, &user, session, secret)
        }
        Rotation::Reused => refused("reused"),
        Rotation::Refused => refused("refused"),
    }
}

/// Ends the session of the refresh token or, without one, `session`. A session that has ended already is not an error.
pub async fn sign_out(
    accounts: &Accounts,
    token: Option<&Secret>,
    session: Option<Uuid>,
    address: Option<IpAddr>,
) -> Result<()> {
    let by_token = token.and_then(|token| secrets::refresh_token_hash(&token.0)).map(SessionRef::Token);
    let Some(session) = by_token.or(session.map(SessionRef::Id)) else { return Ok(()) };
    let now = accounts.clock.now();
    accounts.store.close_session(session, now, audit::own(AuditKind::SignedOut, None, address, now)).await.map(drop)
}

/// Verifies a password; counts and audits a wrong one. Replaces the hash if its parameters are outdated or it is of an
/// unprepared password. Returns the user and the current hash.
pub(super) async fn verify_password(
    accounts: &Accounts,
    found: Option<Credentials>,
    password: Secret,
    attempt: &Attempt,
    address: Option<IpAddr>,
) -> Result<(UserRecord, String)> {
    let auth = &accounts.auth;
    auth.throttle.check(attempt)?;
    let password = Password::tried(password);
    let permit = auth.hasher.acquire().await?;
    // Other attempts may have failed while this one waited. Check again, so that the limit is exceeded by the concurrent hashes at most.
    auth.throttle.check(attempt)?;
    let hash = found.as_ref().filter(|found| !found.user.disabled).and_then(|found| found.password_hash.as_deref());
    let outcome = permit.verify(password.as_ref(), hash).await?;
    match (found, password) {
        (Some(Credentials { user, password_hash: Some(hash) }), Some(password)) if outcome != PasswordMatch::Wrong => {
            auth.throttle.succeeded(attempt);
            if outcome == PasswordMatch::Prepared && !permit.outdated(&hash) {
                return Ok((user, hash));
            }
            let renewed = permit.hash(&password).await?;
            accounts.store.upgrade_password(user.id, &hash, &renewed).await?;
            Ok((user, renewed))
        }
        (found, _) => {
            auth.throttle.failed(attempt);
            drop(permit);
            metrics::signed_in("wrong");
            let subject = found.map(|found| found.user.id);
            let row = audit::about(AuditKind::SignInFailed, None, subject, address, accounts.clock.now());
            accounts.store.add_audit(row).await?;
            Err(wrong())
        }
    }
}

fn wrong() -> Error {
    Error::new(ErrorCode::Unauthorized, "The username or password is wrong.")
}

fn issue(accounts: &Accounts, user: &UserRecord, session: Uuid, refresh: Secret) -> Result<Issued> {
    let tokens = &accounts.auth.tokens;
    Ok(Issued {
        access: tokens.issue(Access { user: user.id, session }, accounts.clock.now())?,
        expires_in: tokens.lifetime(),
        refresh,
        session_lifetime: accounts.auth.policy.session_lifetime,
    })
}

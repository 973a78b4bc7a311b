//! What users do with their own accounts.

use std::net::IpAddr;

use inkstream_wire::{AuditKind, ErrorCode, PasswordChange, Registration, Role, Secret, User};

use super::{Password, Username, administer, audit, sessions::prove, throttle::Attempt};
use crate::{Error, Result, app::App, ports::Credentials};

/// Makes an account. `Forbidden` when registration is off, `Conflict` when the name is taken.
pub async fn register(app: &App, wanted: Registration, address: Option<IpAddr>) -> Result<User> {
    if !app.auth.policy.registration {
        return Err(Error::new(ErrorCode::Forbidden, "Accounts are made by the operator of this server alone."));
    }
    let now = app.clock.now();
    let username: Username = wanted.username.parse()?;
    let password = Password::chosen(wanted.password, &username)?;
    let user = administer::NewAccount { username, password, role: Role::User, address };
    administer::make(app.accounts.as_ref(), &app.auth.hasher, user, now).await
}

/// Changes the password. Every session of the user ends, this one too: whoever else had signed in must sign in again.
pub async fn change_password(app: &App, user: &User, change: PasswordChange, address: Option<IpAddr>) -> Result<()> {
    let username = Username::stored(user.username.clone());
    let new = Password::chosen(change.new_password, &username)?;
    known(app, user, &username, change.current_password, address).await?;
    let hash = app.auth.hasher.turn().await?.hash(&new).await?;
    let row = audit::own(AuditKind::PasswordChanged, Some(user.id), address, app.clock.now());
    app.accounts.set_password(user.id, &hash, row).await
}

/// Deletes the account with its documents, keys and sessions. The ledger's rows stay, without a name.
pub async fn delete_account(app: &App, user: &User, password: Secret, address: Option<IpAddr>) -> Result<()> {
    let username = Username::stored(user.username.clone());
    known(app, user, &username, password, address).await?;
    let row = audit::own(AuditKind::AccountDeleted, Some(user.id), address, app.clock.now());
    administer::remove(app, user.id, row).await
}

async fn known(app: &App, user: &User, username: &Username, password: Secret, address: Option<IpAddr>) -> Result<()> {
    let found: Option<Credentials> = app.accounts.credentials_of(user.id).await?;
    let attempt = Attempt::new(Some(username), address);
    prove(app, found, password, &attempt, address).await.map(drop).map_err(|error| match error.code {
        ErrorCode::Unauthorized => Error::new(ErrorCode::Unauthorized, "The password is wrong."),
        _ => error,
    })
}

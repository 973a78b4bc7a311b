//! Operations of users on their own accounts.

use std::{net::IpAddr, sync::Arc};

use inkstream_wire::{AuditKind, ErrorCode, PasswordChange, Registration, Role, Secret};

use super::{Accounts, Password, Username, administer, audit, sessions::verify_password, throttle::Attempt};
use crate::{
    Error, Result,
    ports::{Credentials, UserRecord},
};

/// Creates an account. `Forbidden` if registration is off, `Conflict` if the name is taken, `TooManyRequests` if too many
/// accounts were created from this address.
pub async fn register(accounts: &Arc<Accounts>, request: Registration, address: Option<IpAddr>) -> Result<UserRecord> {
    if !accounts.auth.policy.registration {
        return Err(Error::new(ErrorCode::Forbidden, "Accounts are made by the operator of this server alone."));
    }
    let now = accounts.clock.now();
    let username: Username = request.username.parse()?;
    let password = Password::chosen(request.password, &username)?;
    let throttle = &accounts.auth.throttle;
    throttle.check_registration(address, accounts.auth.policy.registrations_per_hour)?;
    let account = administer::NewAccount { username, password, role: Role::User, address };
    let making = Arc::clone(accounts);
    // Run to completion, so that the account counts against the limit even if the caller disconnects.
    accounts
        .lifecycle
        .run_to_completion(async move {
            let user = administer::make(making.store.as_ref(), &making.auth.hasher, account, now).await?;
            making.auth.throttle.registered(address);
            Ok(user)
        })
        .await
}

/// Changes the password and ends all sessions of the user, this one included.
pub async fn change_password(
    accounts: &Accounts,
    user: &UserRecord,
    change: PasswordChange,
    address: Option<IpAddr>,
) -> Result<()> {
    let username = Username::stored(user.username.clone());
    let new = Password::chosen(change.new_password, &username)?;
    let old = check_password(accounts, user, &username, change.current_password, address).await?;
    let hash = accounts.auth.hasher.acquire().await?.hash(&new).await?;
    let row = audit::own(AuditKind::PasswordChanged, Some(user.id), address, accounts.clock.now());
    // `NotFound` means that the password was replaced meanwhile, so that the given one is wrong now.
    accounts.store.set_password(user.id, Some(&old), &hash, row).await.map_err(|error| match error.code {
        ErrorCode::NotFound => wrong_password(),
        _ => error,
    })
}

/// Deletes the account with its documents, keys and sessions. The ledger's rows stay, without a name.
pub async fn delete_account(
    accounts: &Arc<Accounts>,
    user: &UserRecord,
    password: Secret,
    address: Option<IpAddr>,
) -> Result<()> {
    let username = Username::stored(user.username.clone());
    check_password(accounts, user, &username, password, address).await?;
    let row = audit::own(AuditKind::AccountDeleted, Some(user.id), address, accounts.clock.now());
    administer::remove(accounts, user.id, row).await
}

/// Checks the user's password and returns its stored hash.
async fn check_password(
    accounts: &Accounts,
    user: &UserRecord,
    username: &Username,
    password: Secret,
    address: Option<IpAddr>,
) -> Result<String> {
    let found: Option<Credentials> = accounts.store.credentials_of(user.id).await?;
    let attempt = Attempt::new(Some(username), address);
    verify_password(accounts, found, password, &attempt, address).await.map(|(_, hash)| hash).map_err(|error| {
        match error.code {
            ErrorCode::Unauthorized => wrong_password(),
            _ => error,
        }
    })
}

fn wrong_password() -> Error {
    Error::new(ErrorCode::Unauthorized, "The password is wrong.")
}

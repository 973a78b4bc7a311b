use std::net::IpAddr;

use inkstream_wire::{ApiKeyId, AuditKind, ErrorCode, NewApiKey, Scope, Secret, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Accounts, audit,
    secrets::{self, NewSecret},
};
use crate::{
    Error, Result,
    ports::{ApiKeyRecord, NewAudit, NewKey},
};

/// The maximum number of keys of a user.
pub const MAX_KEYS: u32 = 20;
/// The maximum number of characters of a key's name.
const MAX_NAME: usize = 64;

/// A key that was just created.
#[derive(Debug, Clone)]
pub struct CreatedKey {
    /// The key without itself.
    pub record: ApiKeyRecord,
    /// The key, which nobody can see again.
    pub secret: Secret,
}

/// Creates a key. `Conflict` if the user has [`MAX_KEYS`].
pub async fn create_key(
    accounts: &Accounts,
    user: UserId,
    request: NewApiKey,
    address: Option<IpAddr>,
) -> Result<CreatedKey> {
    let now = accounts.clock.now();
    let name = name(&request.name)?;
    let mut scopes = request.scopes.unwrap_or_else(|| Scope::ALL.to_vec());
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Error::new(ErrorCode::InvalidOption, "scopes must hold at least one of ocr, jobs, read."));
    }
    let expires_at = request.expires_at.as_deref().map(|text| expiry(text, now)).transpose()?;
    let NewSecret { secret, hash } = secrets::api_key();
    let record = ApiKeyRecord {
        id: ApiKeyId(Uuid::new_v4()),
        name: name.clone(),
        prefix: secrets::shown(&secret),
        scopes,
        created_at: now,
        last_used_at: None,
        expires_at,
    };
    let key = NewKey { record: record.clone(), user, hash };
    let event = NewAudit { detail: Some(name), ..audit::own(AuditKind::KeyCreated, Some(user), address, now) };
    accounts.store.add_key(key, MAX_KEYS, event).await?;
    Ok(CreatedKey { record, secret })
}

/// A user's keys, newest first.
pub async fn keys(accounts: &Accounts, user: UserId) -> Result<Vec<ApiKeyRecord>> {
    accounts.store.keys(user).await
}

/// Revokes a key. It is refused from now on.
pub async fn revoke_key(accounts: &Accounts, user: UserId, id: ApiKeyId, address: Option<IpAddr>) -> Result<()> {
    let now = accounts.clock.now();
    accounts.store.revoke_key(user, id, now, audit::own(AuditKind::KeyRevoked, Some(user), address, now)).await
}

fn name(text: &str) -> Result<String> {
    let name = text.trim();
    if (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Error::new(ErrorCode::InvalidOption, format!("name must have 1 to {MAX_NAME} printable characters.")))
}

fn expiry(text: &str, now: Timestamp) -> Result<Timestamp> {
    // The database stores milliseconds.
    let expiry = text.parse::<Timestamp>().ok().and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok());
    expiry.filter(|&at| at > now).ok_or_else(|| {
        let detail = "expires_at must be a time to come, as 2027-01-31T00:00:00Z.";
        Error::new(ErrorCode::InvalidOption, detail)
    })
}

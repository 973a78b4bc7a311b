use async_trait::async_trait;
use inkstream_wire::{ApiKeyId, Scope, UserId};
use jiff::Timestamp;

use super::{NewAudit, SecretHash, UserRecord};
use crate::Result;

/// An API key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// The key's row.
    pub id: ApiKeyId,
    /// The name that its owner gave it.
    pub name: String,
    /// How the key begins, to recognize it by.
    pub prefix: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From when on it is refused; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// An API key to be added.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key without itself.
    pub record: ApiKeyRecord,
    /// Whose it is.
    pub user: UserId,
    /// The key's hash.
    pub hash: SecretHash,
}

/// A valid key and its user.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// The key's row.
    pub id: ApiKeyId,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it was last used, as far as it was recorded.
    pub last_used_at: Option<Timestamp>,
    /// Its user.
    pub user: UserRecord,
}

/// API keys. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Adds a key. `Conflict` if the user has `max` that are not revoked.
    async fn add_key(&self, key: NewKey, max: u32, audit: NewAudit) -> Result<()>;
    /// A user's keys that are not revoked, latest first.
    async fn keys(&self, user: UserId) -> Result<Vec<ApiKeyRecord>>;
    /// Revokes a key of this user.
    async fn revoke_key(&self, user: UserId, id: ApiKeyId, now: Timestamp, audit: NewAudit) -> Result<()>;
    /// The key with this hash, if it is neither revoked nor expired and its user is not disabled.
    async fn known_key(&self, hash: SecretHash, now: Timestamp) -> Result<Option<KnownKey>>;
    /// Records that a key was used.
    async fn key_used(&self, id: ApiKeyId, now: Timestamp) -> Result<()>;
}

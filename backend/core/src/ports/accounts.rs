use async_trait::async_trait;
use inkstream_wire::{
    ApiKey, ApiKeyId, AuditEvent, AuditId, AuditKind, Quotas, QuotasPatch, Role, Scope, User, UserId,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::BlobKey;
use crate::{
    Result,
    quota::{Month, MonthUsed},
    username::Username,
};

/// A user to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The id.
    pub id: UserId,
    /// The name; its skeleton is unique, too.
    pub username: Username,
    /// The password's hash (PHC string); `None` for the anonymous user, who cannot sign in.
    pub password_hash: Option<String>,
    /// The role.
    pub role: Role,
    /// Now.
    pub created_at: Timestamp,
}

/// What signing in compares with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// The password's hash (PHC string), if there is one.
    pub password_hash: Option<String>,
}

/// SHA-256 of a refresh token or API key: with 256 random bits in it, nobody guesses one from its hash.
pub type SecretHash = [u8; 32];

/// A session to be opened: the family of refresh tokens that one signing in begins.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id; access tokens name it.
    pub id: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// The password's hash that was compared: one that was replaced since opens no session.
    pub password_hash: String,
    /// Its first refresh token's hash.
    pub token: SecretHash,
    /// Now.
    pub created_at: Timestamp,
    /// When it ends if no token is renewed until then.
    pub expires_at: Timestamp,
}

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// It was good; the next one takes its place.
    Rotated {
        /// The session.
        session: Uuid,
        /// Its user.
        user: User,
    },
    /// It had been used before: someone has a copy, so the whole session is revoked.
    Reused,
    /// Unknown, expired, revoked, or its user is disabled.
    Refused,
}

/// Which session is meant.
#[derive(Debug, Clone, Copy)]
pub enum SessionRef {
    /// The one of an access token.
    Id(Uuid),
    /// The one of a refresh token.
    Token(SecretHash),
}

/// An API key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Its row as its owner sees it.
    pub row: ApiKey,
    /// Whose it is.
    pub user: UserId,
    /// The key's hash.
    pub hash: SecretHash,
    /// Now.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

/// A key that is good, and its user.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// The key's row.
    pub id: ApiKeyId,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it was last used, as far as it is written down.
    pub last_used_at: Option<Timestamp>,
    /// Its user.
    pub user: User,
}

/// A user with quotas and what was used of them.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// The user.
    pub user: User,
    /// The user's own quotas.
    pub quotas: Quotas,
    /// This month's meter.
    pub used: MonthUsed,
}

/// What an admin changes of a user.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserChange {
    /// The role.
    pub role: Option<Role>,
    /// Whether the user is refused everywhere; sessions end when that begins.
    pub disabled: Option<bool>,
    /// Quotas.
    pub quotas: QuotasPatch,
}

/// A row for the audit trail. Methods that take one write it in the same transaction.
#[derive(Debug, Clone)]
pub struct NewAudit {
    /// Its id.
    pub id: AuditId,
    /// Now.
    pub at: Timestamp,
    /// What happened.
    pub event: AuditKind,
    /// Whose doing it was.
    pub actor: Option<UserId>,
    /// Whom it was about.
    pub subject: Option<UserId>,
    /// The caller's address.
    pub address: Option<String>,
    /// What else there is to know; no secret.
    pub detail: Option<String>,
}

/// Users, sessions, keys and the audit trail. Each method is one transaction.
///
/// Errors: `NotFound` for what is not there or another's, `Conflict` where said, and those of [`super::Store`].
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Finds the anonymous user, or makes it. `Conflict` when the name is an account's. An anonymous user of another
    /// name stays on the ledger, but is not this one.
    async fn ensure_anonymous(&self, username: &Username, now: Timestamp) -> Result<UserId>;
    /// Makes a user. `Conflict` when the name, or one that looks like it, is taken.
    async fn add_user(&self, user: NewUser, audit: NewAudit) -> Result<()>;
    /// Makes the first admin: nothing happens when there is an admin already. `Conflict` as [`Self::add_user`].
    async fn add_first_admin(&self, user: NewUser, audit: NewAudit) -> Result<bool>;
    /// The user of this name with the password's hash.
    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>>;
    /// The same by id.
    async fn credentials_of(&self, user: UserId) -> Result<Option<Credentials>>;
    /// Sets a password, if `old` is still the hash of the one before (`None`: whatever that is), and revokes every session
    /// of the user.
    async fn set_password(&self, user: UserId, old: Option<&str>, hash: &str, audit: NewAudit) -> Result<()>;
    /// Puts a better hash of the same password in the place of `old`, if that is still there. Sessions stay.
    async fn upgrade_password(&self, user: UserId, old: &str, new: &str) -> Result<()>;

    /// Opens a session. `NotFound` when the user is gone, disabled, or has another password by now.
    async fn open_session(&self, session: NewSession, audit: NewAudit) -> Result<()>;
    /// Uses up a refresh token. `audit` is written when it was used before.
    async fn rotate(
        &self,
        old: SecretHash,
        new: SecretHash,
        now: Timestamp,
        expires_at: Timestamp,
        audit: NewAudit,
    ) -> Result<Rotation>;
    /// The user of a session that is neither revoked nor over, if the user is not disabled.
    async fn session_user(&self, session: Uuid, user: UserId, now: Timestamp) -> Result<Option<User>>;
    /// Revokes a session; returns whether there was one. `audit`'s actor and subject are its user.
    async fn close_session(&self, session: SessionRef, now: Timestamp, audit: NewAudit) -> Result<bool>;

    /// Adds a key. `Conflict` when the user has `max` that are not revoked.
    async fn add_key(&self, key: NewKey, max: u32, audit: NewAudit) -> Result<()>;
    /// A user's keys that are not revoked, latest first.
    async fn keys(&self, user: UserId) -> Result<Vec<ApiKey>>;
    /// Revokes a key of this user.
    async fn revoke_key(&self, user: UserId, id: ApiKeyId, now: Timestamp, audit: NewAudit) -> Result<()>;
    /// The key with this hash, if it is neither revoked nor expired and its user is not disabled.
    async fn known_key(&self, hash: SecretHash, now: Timestamp) -> Result<Option<KnownKey>>;
    /// Writes down that a key was used.
    async fn key_used(&self, id: ApiKeyId, now: Timestamp) -> Result<()>;

    /// A user with what was used in this month.
    async fn account(&self, user: UserId, month: Month) -> Result<UserRow>;
    /// Users by name, those after `after`.
    async fn accounts(&self, after: Option<&str>, limit: u32, month: Month) -> Result<Vec<UserRow>>;
    /// Changes a user and writes `audits`. `Conflict` when no enabled admin would be left, or for the anonymous user's
    /// role and state.
    async fn change_user(
        &self,
        user: UserId,
        change: UserChange,
        month: Month,
        audits: Vec<NewAudit>,
    ) -> Result<UserRow>;
    /// Deletes a user with documents, keys and sessions; the ledger stays, without a name. `Conflict` when no enabled
    /// admin would be left. Returns the documents' blobs.
    async fn delete_user(&self, user: UserId, audit: NewAudit) -> Result<Vec<BlobKey>>;

    /// Adds a row to the audit trail.
    async fn add_audit(&self, audit: NewAudit) -> Result<()>;
    /// The audit trail, latest first.
    async fn audit(&self, before: Option<AuditId>, limit: u32) -> Result<Vec<AuditEvent>>;
    /// Deletes sessions that are over at `now` and audit rows older than `audit_before`. Returns how many rows.
    async fn sweep_accounts(&self, now: Timestamp, audit_before: Timestamp) -> Result<u64>;
}

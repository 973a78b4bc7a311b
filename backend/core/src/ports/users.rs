use async_trait::async_trait;
use inkstream_wire::{Quotas, QuotasPatch, Role, UserId};
use jiff::Timestamp;

use super::{BlobKey, NewAudit};
use crate::{
    Result,
    quota::{Month, MonthUsed},
    username::Username,
};

/// A user to be added.
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

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// The user.
    pub id: UserId,
    /// The name in its canonical form.
    pub username: String,
    /// The role.
    pub role: Role,
    /// Whether this is the user of requests without a token.
    pub anonymous: bool,
    /// Whether the user is refused everywhere.
    pub disabled: bool,
    /// When the user was added.
    pub created_at: Timestamp,
}

/// A user with quotas and what was used of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The user.
    pub user: UserRecord,
    /// The user's own quotas.
    pub quotas: Quotas,
    /// The month's meter.
    pub used: MonthUsed,
}

/// An admin's changes to a user.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserChange {
    /// The role.
    pub role: Option<Role>,
    /// Whether the user is refused everywhere; sessions end when that begins.
    pub disabled: Option<bool>,
    /// Quotas.
    pub quotas: QuotasPatch,
}

/// Users. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Finds the anonymous user, or adds it. `Conflict` if the name is an account's. An anonymous user of another
    /// name stays on the ledger, but is not this one.
    async fn ensure_anonymous(&self, username: &Username, now: Timestamp) -> Result<UserId>;
    /// Adds a user. `Conflict` if the name, or one that looks like it, is taken.
    async fn add_user(&self, user: NewUser, audit: NewAudit) -> Result<()>;
    /// Adds the first admin, unless there is an admin already. Returns whether it was added. `Conflict` as [`Self::add_user`].
    async fn add_first_admin(&self, user: NewUser, audit: NewAudit) -> Result<bool>;
    /// A user with the meter of this month.
    async fn account(&self, user: UserId, month: Month) -> Result<AccountRecord>;
    /// Users by name, those after `after`.
    async fn accounts(&self, after: Option<&str>, limit: u32, month: Month) -> Result<Vec<AccountRecord>>;
    /// Changes a user and writes `audits`. `Conflict` if no enabled admin would be left, or for the anonymous user's
    /// role and state.
    async fn change_user(
        &self,
        user: UserId,
        change: UserChange,
        month: Month,
        audits: Vec<NewAudit>,
    ) -> Result<AccountRecord>;
    /// Deletes a user with documents, keys and sessions; the ledger stays, without a name. `Conflict` if no enabled
    /// admin would be left. Returns the documents' blobs.
    async fn delete_user(&self, user: UserId, audit: NewAudit) -> Result<Vec<BlobKey>>;
}

/// A user and the password's hash, to verify a password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: UserRecord,
    /// The password's hash (PHC string), if there is one.
    pub password_hash: Option<String>,
}

/// Password hashes. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait PasswordStore: Send + Sync {
    /// The user of this name with the password's hash.
    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>>;
    /// The same by id.
    async fn credentials_of(&self, user: UserId) -> Result<Option<Credentials>>;
    /// Sets a password, if `old` is still the hash of the previous one (`None`: whatever that is), and revokes every session
    /// of the user.
    async fn set_password(&self, user: UserId, old: Option<&str>, hash: &str, audit: NewAudit) -> Result<()>;
    /// Replaces the hash `old` by a better one of the same password, if it is still there. Sessions stay.
    async fn upgrade_password(&self, user: UserId, old: &str, new: &str) -> Result<()>;
}

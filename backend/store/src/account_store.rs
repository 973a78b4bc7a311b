//! Implements the `AccountStore` port: users, sessions, keys and the audit trail. Each method is one transaction, in the
//! module of its noun.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    accounts::Username,
    ports::{
        AccountStore, BlobKey, Credentials, KnownKey, NewAudit, NewKey, NewSession, NewUser, Rotation, SecretHash,
        SessionRef, UserChange, UserRow,
    },
    quota::Month,
};
use inkstream_wire::{ApiKey, ApiKeyId, AuditEvent, AuditId, User, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{accounts, audit, database::Database, keys, sessions, users};

#[async_trait]
impl AccountStore for Database {
    async fn ensure_anonymous(&self, username: &Username, now: Timestamp) -> Result<UserId> {
        Ok(users::ensure_anonymous(self, username, now).await?)
    }

    async fn add_user(&self, user: NewUser, audit: NewAudit) -> Result<()> {
        Ok(users::add(self, user, audit).await?)
    }

    async fn add_first_admin(&self, user: NewUser, audit: NewAudit) -> Result<bool> {
        Ok(users::add_first_admin(self, user, audit).await?)
    }

    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>> {
        Ok(users::credentials(self, username).await?)
    }

    async fn credentials_of(&self, user: UserId) -> Result<Option<Credentials>> {
        Ok(users::credentials_of(self, user).await?)
    }

    async fn set_password(&self, user: UserId, old: Option<&str>, hash: &str, audit: NewAudit) -> Result<()> {
        Ok(users::set_password(self, user, old, hash, audit).await?)
    }

    async fn upgrade_password(&self, user: UserId, old: &str, new: &str) -> Result<()> {
        Ok(users::upgrade_password(self, user, old, new).await?)
    }

    async fn open_session(&self, session: NewSession, audit: NewAudit) -> Result<()> {
        Ok(sessions::open(self, session, audit).await?)
    }

    async fn rotate(
        &self,
        old: SecretHash,
        new: SecretHash,
        now: Timestamp,
        expires_at: Timestamp,
        audit: NewAudit,
    ) -> Result<Rotation> {
        Ok(sessions::rotate(self, old, new, now, expires_at, audit).await?)
    }

    async fn session_user(&self, session: Uuid, user: UserId, now: Timestamp) -> Result<Option<User>> {
        Ok(sessions::user(self, session, user, now).await?)
    }

    async fn close_session(&self, session: SessionRef, now: Timestamp, audit: NewAudit) -> Result<bool> {
        Ok(sessions::close(self, session, now, audit).await?)
    }

    async fn add_key(&self, key: NewKey, max: u32, audit: NewAudit) -> Result<()> {
        Ok(keys::add(self, key, max, audit).await?)
    }

    async fn keys(&self, user: UserId) -> Result<Vec<ApiKey>> {
        Ok(keys::of_user(self, user).await?)
    }

    async fn revoke_key(&self, user: UserId, id: ApiKeyId, now: Timestamp, audit: NewAudit) -> Result<()> {
        Ok(keys::revoke(self, user, id, now, audit).await?)
    }

    async fn known_key(&self, hash: SecretHash, now: Timestamp) -> Result<Option<KnownKey>> {
        Ok(keys::known(self, hash, now).await?)
    }

    async fn key_used(&self, id: ApiKeyId, now: Timestamp) -> Result<()> {
        Ok(keys::used(self, id, now).await?)
    }

    async fn account(&self, user: UserId, month: Month) -> Result<UserRow> {
        Ok(accounts::one(self, user, month).await?)
    }

    async fn accounts(&self, after: Option<&str>, limit: u32, month: Month) -> Result<Vec<UserRow>> {
        Ok(accounts::by_name(self, after, limit, month).await?)
    }

    async fn change_user(
        &self,
        user: UserId,
        change: UserChange,
        month: Month,
        audits: Vec<NewAudit>,
    ) -> Result<UserRow> {
        Ok(accounts::change(self, user, change, month, audits).await?)
    }

    async fn delete_user(&self, user: UserId, audit: NewAudit) -> Result<Vec<BlobKey>> {
        Ok(accounts::delete(self, user, audit).await?)
    }

    async fn add_audit(&self, audit: NewAudit) -> Result<()> {
        Ok(audit::add(self, audit).await?)
    }

    async fn audit(&self, before: Option<AuditId>, limit: u32) -> Result<Vec<AuditEvent>> {
        Ok(audit::latest(self, before, limit).await?)
    }

    async fn sweep_accounts(&self, now: Timestamp, audit_before: Timestamp) -> Result<u64> {
        Ok(audit::sweep(self, now, audit_before).await?)
    }
}

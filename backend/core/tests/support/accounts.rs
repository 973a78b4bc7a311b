use async_trait::async_trait;
use inkstream_core::{
    Error, Result,
    accounts::Username,
    ports::{
        AccountRecord, ApiKeyRecord, ApiKeyStore, AuditRecord, AuditTrail, BlobKey, Credentials, KnownKey, NewAudit,
        NewKey, NewSession, NewUser, PasswordStore, Rotation, SecretHash, SessionRef, SessionStore, UserChange,
        UserRecord, UserStore,
    },
    quota::Month,
};
use inkstream_wire::{ApiKeyId, AuditId, ErrorCode, UserId};
use jiff::Timestamp;
use uuid::Uuid;

/// A server without accounts: nobody is found, and nobody can be made.
pub(crate) struct NoAccounts;

fn nobody<T>() -> Result<T> {
    Err(Error::new(ErrorCode::NotFound, "There is nobody."))
}

#[async_trait]
impl UserStore for NoAccounts {
    async fn ensure_anonymous(&self, _: &Username, _: Timestamp) -> Result<UserId> {
        nobody()
    }

    async fn add_user(&self, _: NewUser, _: NewAudit) -> Result<()> {
        nobody()
    }

    async fn add_first_admin(&self, _: NewUser, _: NewAudit) -> Result<bool> {
        nobody()
    }

    async fn account(&self, _: UserId, _: Month) -> Result<AccountRecord> {
        nobody()
    }

    async fn accounts(&self, _: Option<&str>, _: u32, _: Month) -> Result<Vec<AccountRecord>> {
        Ok(Vec::new())
    }

    async fn change_user(&self, _: UserId, _: UserChange, _: Month, _: Vec<NewAudit>) -> Result<AccountRecord> {
        nobody()
    }

    async fn delete_user(&self, _: UserId, _: NewAudit) -> Result<Vec<BlobKey>> {
        nobody()
    }
}

#[async_trait]
impl PasswordStore for NoAccounts {
    async fn credentials(&self, _: &Username) -> Result<Option<Credentials>> {
        Ok(None)
    }

    async fn credentials_of(&self, _: UserId) -> Result<Option<Credentials>> {
        Ok(None)
    }

    async fn set_password(&self, _: UserId, _: Option<&str>, _: &str, _: NewAudit) -> Result<()> {
        nobody()
    }

    async fn upgrade_password(&self, _: UserId, _: &str, _: &str) -> Result<()> {
        nobody()
    }
}

#[async_trait]
impl SessionStore for NoAccounts {
    async fn open_session(&self, _: NewSession, _: NewAudit) -> Result<()> {
        nobody()
    }

    async fn rotate(&self, _: SecretHash, _: SecretHash, _: Timestamp, _: Timestamp, _: NewAudit) -> Result<Rotation> {
        Ok(Rotation::Refused)
    }

    async fn session_user(&self, _: Uuid, _: UserId, _: Timestamp) -> Result<Option<UserRecord>> {
        Ok(None)
    }

    async fn close_session(&self, _: SessionRef, _: Timestamp, _: NewAudit) -> Result<bool> {
        Ok(false)
    }

    async fn delete_ended_sessions(&self, _: Timestamp) -> Result<u64> {
        Ok(0)
    }
}

#[async_trait]
impl ApiKeyStore for NoAccounts {
    async fn add_key(&self, _: NewKey, _: u32, _: NewAudit) -> Result<()> {
        nobody()
    }

    async fn keys(&self, _: UserId) -> Result<Vec<ApiKeyRecord>> {
        Ok(Vec::new())
    }

    async fn revoke_key(&self, _: UserId, _: ApiKeyId, _: Timestamp, _: NewAudit) -> Result<()> {
        nobody()
    }

    async fn known_key(&self, _: SecretHash, _: Timestamp) -> Result<Option<KnownKey>> {
        Ok(None)
    }

    async fn key_used(&self, _: ApiKeyId, _: Timestamp) -> Result<()> {
        nobody()
    }
}

#[async_trait]
impl AuditTrail for NoAccounts {
    async fn add_audit(&self, _: NewAudit) -> Result<()> {
        Ok(())
    }

    async fn audit(&self, _: Option<AuditId>, _: u32) -> Result<Vec<AuditRecord>> {
        Ok(Vec::new())
    }

    async fn prune_audit(&self, _: Timestamp) -> Result<u64> {
        Ok(0)
    }
}

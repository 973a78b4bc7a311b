//! API keys.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    ports::{ApiKeyRecord, ApiKeyStore, KnownKey, NewAudit, NewKey, SecretHash},
};
use inkstream_wire::{ApiKeyId, UserId};
use jiff::Timestamp;

use crate::{
    audit::record,
    columns,
    database::{Database, insert, read, transaction},
    error::StoreError,
    sessions::LOCK_USER,
    users::UserRow,
};

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    name: String,
    prefix: String,
    scopes: String,
    created_at: i64,
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
}

impl KeyRow {
    fn parse(self) -> Result<ApiKeyRecord, StoreError> {
        Ok(ApiKeyRecord {
            id: ApiKeyId(columns::id(&self.id, "api_keys.id")?),
            name: self.name,
            prefix: self.prefix,
            scopes: columns::parse_scopes(&self.scopes)?,
            created_at: columns::time(self.created_at, "api_keys.created_at")?,
            last_used_at: columns::optional_time(self.last_used_at, "api_keys.last_used_at")?,
            expires_at: columns::optional_time(self.expires_at, "api_keys.expires_at")?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct KeyWithUserRow {
    key_id: String,
    scopes: String,
    last_used_at: Option<i64>,
    #[sqlx(flatten)]
    user: UserRow,
}

#[async_trait]
impl ApiKeyStore for Database {
    async fn add_key(&self, key: NewKey, max: u32, audit: NewAudit) -> Result<()> {
        let user = key.user.to_string();
        transaction!(self, |tx| {
            // Lock the user's row, so that concurrent requests cannot exceed the maximum together.
            let locked = sqlx::query(LOCK_USER).bind(&user).execute(&mut *tx).await?.rows_affected();
            if locked == 0 {
                return Err(StoreError::not_found("user"));
            }
            let keys: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL")
                    .bind(&user)
                    .fetch_one(&mut *tx)
                    .await?;
            if keys >= i64::from(max) {
                return Err(StoreError::conflict("There are as many keys as one user may have. Revoke one first."));
            }
            insert!(tx, "api_keys", {
                id: key.record.id.to_string(),
                user_id: &user,
                name: columns::storable(&key.record.name),
                prefix: &key.record.prefix,
                hash: key.hash.as_slice(),
                scopes: columns::scopes(&key.record.scopes),
                created_at: key.record.created_at.as_millisecond(),
                expires_at: key.record.expires_at.map(Timestamp::as_millisecond),
            });
            record!(tx, &audit);
        });
        Ok(())
    }

    async fn keys(&self, user: UserId) -> Result<Vec<ApiKeyRecord>> {
        let rows: Vec<KeyRow> = read!(self, |pool| {
            sqlx::query_as(
                "SELECT id, name, prefix, scopes, created_at, last_used_at, expires_at FROM api_keys
                 WHERE user_id = $1 AND revoked_at IS NULL
                 ORDER BY created_at DESC, id DESC",
            )
            .bind(user.to_string())
            .fetch_all(pool)
            .await?
        });
        rows.into_iter().map(|row| Ok(row.parse()?)).collect()
    }

    async fn revoke_key(&self, user: UserId, id: ApiKeyId, now: Timestamp, audit: NewAudit) -> Result<()> {
        transaction!(self, |tx| {
            let revoked = sqlx::query(
                "UPDATE api_keys SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL",
            )
            .bind(id.to_string())
            .bind(user.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if revoked == 0 {
                return Err(StoreError::not_found("key"));
            }
            record!(tx, &audit);
        });
        Ok(())
    }

    async fn known_key(&self, hash: SecretHash, now: Timestamp) -> Result<Option<KnownKey>> {
        let row: Option<KeyWithUserRow> = read!(self, |pool| {
            sqlx::query_as(
                "SELECT k.id AS key_id, k.scopes, k.last_used_at, u.*
                 FROM api_keys k JOIN users u ON u.id = k.user_id
                 WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
                   AND NOT u.disabled",
            )
            .bind(hash.as_slice())
            .bind(now.as_millisecond())
            .fetch_optional(pool)
            .await?
        });
        row.map(|row| {
            Ok(KnownKey {
                id: ApiKeyId(columns::id(&row.key_id, "api_keys.id")?),
                scopes: columns::parse_scopes(&row.scopes)?,
                last_used_at: columns::optional_time(row.last_used_at, "api_keys.last_used_at")?,
                user: row.user.parse()?,
            })
        })
        .transpose()
    }

    /// Does nothing if the key was deleted in the meantime.
    async fn key_used(&self, id: ApiKeyId, now: Timestamp) -> Result<()> {
        transaction!(self, |tx| {
            sqlx::query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1")
                .bind(id.to_string())
                .bind(now.as_millisecond())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }
}

//! API keys.

use inkstream_core::ports::{KnownKey, NewAudit, NewKey, SecretHash};
use inkstream_wire::{ApiKey, ApiKeyId, UserId};
use jiff::Timestamp;

use crate::{
    audit::record,
    columns,
    database::{Database, read, transaction},
    error::StoreError,
    sessions::LOCK_USER,
    users::UserColumns,
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
    fn parse(self) -> Result<ApiKey, StoreError> {
        let time = |time: Option<i64>, column| time.map(|time| columns::rfc3339(time, column)).transpose();
        Ok(ApiKey {
            id: ApiKeyId(columns::id(&self.id, "api_keys.id")?),
            name: self.name,
            prefix: self.prefix,
            scopes: columns::parse_scopes(&self.scopes)?,
            created_at: columns::rfc3339(self.created_at, "api_keys.created_at")?,
            last_used_at: time(self.last_used_at, "api_keys.last_used_at")?,
            expires_at: time(self.expires_at, "api_keys.expires_at")?,
        })
    }
}

pub(crate) async fn add(db: &Database, key: NewKey, max: u32, audit: NewAudit) -> Result<(), StoreError> {
    let user = key.user.to_string();
    transaction!(db, |tx| {
        // Lock the user's row, so that concurrent requests cannot exceed the maximum together.
        let locked = sqlx::query(LOCK_USER).bind(&user).execute(&mut *tx).await?.rows_affected();
        if locked == 0 {
            return Err(StoreError::not_found("user"));
        }
        let keys: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL")
            .bind(&user)
            .fetch_one(&mut *tx)
            .await?;
        if keys >= i64::from(max) {
            return Err(StoreError::conflict("There are as many keys as one user may have. Revoke one first."));
        }
        sqlx::query(
            "INSERT INTO api_keys (id, user_id, name, prefix, hash, scopes, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(key.row.id.to_string())
        .bind(&user)
        .bind(columns::storable(&key.row.name))
        .bind(&key.row.prefix)
        .bind(key.hash.as_slice())
        .bind(columns::scopes(&key.row.scopes))
        .bind(key.created_at.as_millisecond())
        .bind(key.expires_at.map(Timestamp::as_millisecond))
        .execute(&mut *tx)
        .await?;
        record!(tx, &audit);
    });
    Ok(())
}

pub(crate) async fn of_user(db: &Database, user: UserId) -> Result<Vec<ApiKey>, StoreError> {
    let rows: Vec<KeyRow> = read!(db, |pool| {
        sqlx::query_as(
            "SELECT id, name, prefix, scopes, created_at, last_used_at, expires_at FROM api_keys
             WHERE user_id = $1 AND revoked_at IS NULL
             ORDER BY created_at DESC, id DESC",
        )
        .bind(user.to_string())
        .fetch_all(pool)
        .await?
    });
    rows.into_iter().map(KeyRow::parse).collect()
}

pub(crate) async fn revoke(
    db: &Database,
    user: UserId,
    id: ApiKeyId,
    now: Timestamp,
    audit: NewAudit,
) -> Result<(), StoreError> {
    transaction!(db, |tx| {
        let revoked =
            sqlx::query("UPDATE api_keys SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL")
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

#[derive(sqlx::FromRow)]
struct KeyWithUserRow {
    key_id: String,
    scopes: String,
    last_used_at: Option<i64>,
    #[sqlx(flatten)]
    user: UserColumns,
}

pub(crate) async fn known(db: &Database, hash: SecretHash, now: Timestamp) -> Result<Option<KnownKey>, StoreError> {
    let row: Option<KeyWithUserRow> = read!(db, |pool| {
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
            last_used_at: row.last_used_at.map(|time| columns::time(time, "api_keys.last_used_at")).transpose()?,
            user: row.user.parse()?,
        })
    })
    .transpose()
}

/// Does nothing if the key was deleted in the meantime.
pub(crate) async fn used(db: &Database, id: ApiKeyId, now: Timestamp) -> Result<(), StoreError> {
    transaction!(db, |tx| {
        sqlx::query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

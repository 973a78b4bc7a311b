//! Users as admins see them, with quotas and usage; changing and deleting them.

use inkstream_core::{
    ports::{BlobKey, NewAudit, UserChange, UserRow},
    quota::Month,
};
use inkstream_wire::{Role, UserId};

use crate::{
    audit::record,
    columns::{self, SqlEnum},
    database::{Database, read, transaction},
    error::StoreError,
    usage_meters::{MeterRow, OwnQuotas},
    users::{LOCK_ADMINS, REVOKE_SESSIONS, UserColumns},
};

/// Selects users with their meters of the month $2. The argument is the rest of the statement, from `WHERE` on.
macro_rules! with_meters {
    ($rest:literal) => {
        concat!(
            "SELECT u.*, COALESCE(m.pages_used, 0) AS pages_used, COALESCE(m.pages_reserved, 0) AS pages_reserved,
                    COALESCE(m.tokens_used, 0) AS tokens_used, COALESCE(m.tokens_reserved, 0) AS tokens_reserved
             FROM users u LEFT JOIN user_months m ON m.user_id = u.id AND m.month = $2 ",
            $rest
        )
    };
}
const ONE: &str = with_meters!("WHERE u.id = $1");
const AFTER: &str = with_meters!("WHERE u.username > $1 ORDER BY u.username LIMIT $3");
/// Selects whether the user is anonymous, and whether it is the only admin who is not disabled.
const PROTECTION: &str = "SELECT anonymous, role = 'admin' AND NOT disabled AND NOT EXISTS (
         SELECT 1 FROM users other WHERE other.role = 'admin' AND NOT other.disabled AND other.id <> $1
     ) AS last_admin FROM users WHERE id = $1";
const LAST_ADMIN: &str = "This is the last admin who is not disabled. Make another one first.";
const ANONYMOUS: &str = "The anonymous user cannot be changed in this.";

#[derive(sqlx::FromRow)]
struct AccountRow {
    #[sqlx(flatten)]
    user: UserColumns,
    #[sqlx(flatten)]
    quotas: OwnQuotas,
    #[sqlx(flatten)]
    meter: MeterRow,
}

impl AccountRow {
    fn parse(self) -> Result<UserRow, StoreError> {
        Ok(UserRow { user: self.user.parse()?, quotas: self.quotas.parse(), used: self.meter.parse() })
    }
}

pub(crate) async fn one(db: &Database, user: UserId, month: Month) -> Result<UserRow, StoreError> {
    let row: Option<AccountRow> = read!(db, |pool| {
        sqlx::query_as(ONE).bind(user.to_string()).bind(month.number()).fetch_optional(pool).await?
    });
    row.ok_or_else(|| StoreError::not_found("user"))?.parse()
}

pub(crate) async fn by_name(
    db: &Database,
    after: Option<&str>,
    limit: u32,
    month: Month,
) -> Result<Vec<UserRow>, StoreError> {
    let rows: Vec<AccountRow> = read!(db, |pool| {
        sqlx::query_as(AFTER)
            // No username is empty, so that every one is after the empty text.
            .bind(columns::storable(after.unwrap_or_default()))
            .bind(month.number())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
    });
    rows.into_iter().map(AccountRow::parse).collect()
}

pub(crate) async fn change(
    db: &Database,
    user: UserId,
    change: UserChange,
    month: Month,
    audits: Vec<NewAudit>,
) -> Result<UserRow, StoreError> {
    let user = user.to_string();
    let changes_access = change.role.is_some() || change.disabled.is_some();
    let row: AccountRow = transaction!(db, |tx| {
        if changes_access {
            sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?;
        }
        let protection: Option<(bool, bool)> = sqlx::query_as(PROTECTION).bind(&user).fetch_optional(&mut *tx).await?;
        let (anonymous, last_admin) = protection.ok_or_else(|| StoreError::not_found("user"))?;
        if anonymous && changes_access {
            return Err(StoreError::conflict(ANONYMOUS));
        }
        if last_admin && (change.role == Some(Role::User) || change.disabled == Some(true)) {
            return Err(StoreError::conflict(LAST_ADMIN));
        }
        sqlx::query(
            "UPDATE users
             SET role = COALESCE($2, role), disabled = COALESCE($3, disabled),
                 quota_pages = CASE WHEN $4 THEN $5 ELSE quota_pages END,
                 quota_tokens = CASE WHEN $6 THEN $7 ELSE quota_tokens END
             WHERE id = $1",
        )
        .bind(&user)
        .bind(change.role.map(SqlEnum::as_sql))
        .bind(change.disabled)
        .bind(change.quotas.pages.is_some())
        .bind(change.quotas.pages.and_then(columns::quota))
        .bind(change.quotas.tokens.is_some())
        .bind(change.quotas.tokens.and_then(columns::quota))
        .execute(&mut *tx)
        .await?;
        if change.disabled == Some(true) {
            sqlx::query(REVOKE_SESSIONS).bind(&user).execute(&mut *tx).await?;
        }
        for audit in &audits {
            record!(tx, audit);
        }
        let row: Option<AccountRow> =
            sqlx::query_as(ONE).bind(&user).bind(month.number()).fetch_optional(&mut *tx).await?;
        row.ok_or_else(|| StoreError::not_found("user"))?
    });
    row.parse()
}

pub(crate) async fn delete(db: &Database, user: UserId, audit: NewAudit) -> Result<Vec<BlobKey>, StoreError> {
    let user = user.to_string();
    let blobs: Vec<String> = transaction!(db, |tx| {
        sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?;
        let protection: Option<(bool, bool)> = sqlx::query_as(PROTECTION).bind(&user).fetch_optional(&mut *tx).await?;
        let (anonymous, last_admin) = protection.ok_or_else(|| StoreError::not_found("user"))?;
        if anonymous {
            return Err(StoreError::conflict(ANONYMOUS));
        }
        if last_admin {
            return Err(StoreError::conflict(LAST_ADMIN));
        }
        // Change a unique column first: only then does PostgreSQL take the lock (FOR UPDATE) that keeps out new rows that refer
        // to the user.
        sqlx::query("UPDATE users SET username_key = 'deleted ' || id WHERE id = $1")
            .bind(&user)
            .execute(&mut *tx)
            .await?;
        let blobs = sqlx::query_scalar("DELETE FROM documents WHERE user_id = $1 RETURNING blob")
            .bind(&user)
            .fetch_all(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM users WHERE id = $1").bind(&user).execute(&mut *tx).await?;
        record!(tx, &audit);
        blobs
    });
    Ok(blobs.into_iter().map(BlobKey::stored).collect())
}

//! Users: adding, listing, changing and deleting them.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    accounts::Username,
    ports::{AccountRecord, BlobKey, NewAudit, NewUser, UserChange, UserRecord, UserStore},
    quota::Month,
};
use inkstream_wire::{Role, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    audit::record,
    columns::{self, SqlEnum},
    database::{Database, insert, read, transaction},
    error::StoreError,
    usage_meters::{MeterRow, OwnQuotas},
};

/// Waits for other transactions that add or remove admins, so that two of them cannot both remove the last but one.
const LOCK_ADMINS: &str = "UPDATE locks SET name = name WHERE name = 'admins'";
pub(crate) const REVOKE_SESSIONS: &str = "UPDATE sessions SET revoked = TRUE WHERE user_id = $1 AND NOT revoked";

const NAME_TAKEN: &str = "The username, or one that looks like it, is taken.";
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

/// Adds a user within a transaction. Inserts no row if the name is taken: a constraint violation would abort the whole
/// transaction on PostgreSQL.
macro_rules! add_user {
    ($tx:ident, $user:expr) => {{
        let user: &NewUser = $user;
        let added = insert!($tx, "users", {
            id: user.id.to_string(),
            username: user.username.as_str(),
            username_key: user.username.skeleton(),
            password_hash: &user.password_hash,
            role: user.role.as_sql(),
            anonymous: false,
            created_at: user.created_at.as_millisecond(),
        }, "ON CONFLICT DO NOTHING");
        if added == 0 {
            return Err(StoreError::conflict(NAME_TAKEN));
        }
    }};
}

/// The columns of [`UserRecord`].
#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    id: String,
    username: String,
    role: String,
    anonymous: bool,
    disabled: bool,
    created_at: i64,
}

impl UserRow {
    pub(crate) fn parse(self) -> Result<UserRecord, StoreError> {
        Ok(UserRecord {
            id: UserId(columns::id(&self.id, "users.id")?),
            username: self.username,
            role: Role::parse(&self.role, "users.role")?,
            anonymous: self.anonymous,
            disabled: self.disabled,
            created_at: columns::time(self.created_at, "users.created_at")?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    #[sqlx(flatten)]
    user: UserRow,
    #[sqlx(flatten)]
    quotas: OwnQuotas,
    #[sqlx(flatten)]
    meter: MeterRow,
}

impl AccountRow {
    fn parse(self) -> Result<AccountRecord, StoreError> {
        Ok(AccountRecord { user: self.user.parse()?, quotas: self.quotas.parse(), used: self.meter.parse() })
    }
}

#[async_trait]
impl UserStore for Database {
    async fn ensure_anonymous(&self, username: &Username, now: Timestamp) -> Result<UserId> {
        let new_id = Uuid::new_v4().to_string();
        let skeleton = username.skeleton();
        let id: Option<String> = transaction!(self, |tx| {
            insert!(tx, "users", {
                id: &new_id,
                username: username.as_str(),
                username_key: &skeleton,
                role: Role::User.as_sql(),
                anonymous: true,
                created_at: now.as_millisecond(),
            }, "ON CONFLICT DO NOTHING");
            // An anonymous user from before there were accounts has its name as skeleton.
            sqlx::query(
                "UPDATE users SET username_key = $2 WHERE username = $1 AND anonymous AND username_key <> $2
                   AND NOT EXISTS (SELECT 1 FROM users other WHERE other.username_key = $2)",
            )
            .bind(username.as_str())
            .bind(&skeleton)
            .execute(&mut *tx)
            .await?;
            sqlx::query_scalar("SELECT id FROM users WHERE username = $1 AND anonymous")
                .bind(username.as_str())
                .fetch_optional(&mut *tx)
                .await?
        });
        let id =
            id.ok_or_else(|| StoreError::conflict("The anonymous user's name is, or looks like, an account's."))?;
        Ok(UserId(columns::id(&id, "users.id")?))
    }

    async fn add_user(&self, user: NewUser, audit: NewAudit) -> Result<()> {
        transaction!(self, |tx| {
            add_user!(tx, &user);
            record!(tx, &audit);
        });
        Ok(())
    }

    async fn add_first_admin(&self, user: NewUser, audit: NewAudit) -> Result<bool> {
        let added = transaction!(self, |tx| {
            sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?;
            let admins: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE role = $1")
                .bind(Role::Admin.as_sql())
                .fetch_one(&mut *tx)
                .await?;
            if admins > 0 {
                return Ok(false);
            }
            add_user!(tx, &user);
            record!(tx, &audit);
            true
        });
        Ok(added)
    }

    async fn account(&self, user: UserId, month: Month) -> Result<AccountRecord> {
        let row: Option<AccountRow> = read!(self, |pool| {
            sqlx::query_as(ONE).bind(user.to_string()).bind(month.number()).fetch_optional(pool).await?
        });
        Ok(row.ok_or_else(|| StoreError::not_found("user"))?.parse()?)
    }

    async fn accounts(&self, after: Option<&str>, limit: u32, month: Month) -> Result<Vec<AccountRecord>> {
        let rows: Vec<AccountRow> = read!(self, |pool| {
            sqlx::query_as(AFTER)
                // No username is empty, so that every one is after the empty text.
                .bind(columns::storable(after.unwrap_or_default()))
                .bind(month.number())
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?
        });
        rows.into_iter().map(|row| Ok(row.parse()?)).collect()
    }

    async fn change_user(
        &self,
        user: UserId,
        change: UserChange,
        month: Month,
        audits: Vec<NewAudit>,
    ) -> Result<AccountRecord> {
        let user = user.to_string();
        let changes_access = change.role.is_some() || change.disabled.is_some();
        let row: AccountRow = transaction!(self, |tx| {
            if changes_access {
                sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?;
            }
            let protection: Option<(bool, bool)> =
                sqlx::query_as(PROTECTION).bind(&user).fetch_optional(&mut *tx).await?;
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
        Ok(row.parse()?)
    }

    async fn delete_user(&self, user: UserId, audit: NewAudit) -> Result<Vec<BlobKey>> {
        let user = user.to_string();
        let blobs: Vec<String> = transaction!(self, |tx| {
            sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?;
            let protection: Option<(bool, bool)> =
                sqlx::query_as(PROTECTION).bind(&user).fetch_optional(&mut *tx).await?;
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
}

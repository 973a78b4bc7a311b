//! Users and their passwords.

use inkstream_core::{
    accounts::Username,
    ports::{Credentials, NewAudit, NewUser},
};
use inkstream_wire::{Role, User, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    audit::record,
    columns::{self, SqlEnum},
    database::{Database, read, transaction},
    error::StoreError,
};

/// Waits for other transactions that add or remove admins, so that two of them cannot both remove the last but one.
pub(crate) const LOCK_ADMINS: &str = "UPDATE locks SET name = name WHERE name = 'admins'";
pub(crate) const REVOKE_SESSIONS: &str = "UPDATE sessions SET revoked = TRUE WHERE user_id = $1 AND NOT revoked";

/// Inserts no row if the name is taken. A constraint violation would abort the whole transaction on PostgreSQL.
const INSERT: &str = "INSERT INTO users (id, username, username_key, password_hash, role, anonymous, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
const NAME_TAKEN: &str = "The username, or one that looks like it, is taken.";

/// Adds a user within a transaction.
macro_rules! insert {
    ($tx:ident, $user:expr) => {{
        let user: &NewUser = $user;
        let added = sqlx::query(INSERT)
            .bind(user.id.to_string())
            .bind(user.username.as_str())
            .bind(user.username.skeleton())
            .bind(&user.password_hash)
            .bind(user.role.as_sql())
            .bind(false)
            .bind(user.created_at.as_millisecond())
            .execute(&mut *$tx)
            .await?
            .rows_affected();
        if added == 0 {
            return Err(StoreError::conflict(NAME_TAKEN));
        }
    }};
}

/// The columns that [`User`] is made of.
#[derive(sqlx::FromRow)]
pub(crate) struct UserColumns {
    id: String,
    username: String,
    role: String,
    anonymous: bool,
    disabled: bool,
    created_at: i64,
}

impl UserColumns {
    pub(crate) fn parse(self) -> Result<User, StoreError> {
        Ok(User {
            id: UserId(columns::id(&self.id, "users.id")?),
            username: self.username,
            role: Role::parse(&self.role, "users.role")?,
            anonymous: self.anonymous,
            disabled: self.disabled,
            created_at: columns::rfc3339(self.created_at, "users.created_at")?,
        })
    }
}

pub(crate) async fn ensure_anonymous(db: &Database, username: &Username, now: Timestamp) -> Result<UserId, StoreError> {
    let new_id = Uuid::new_v4().to_string();
    let skeleton = username.skeleton();
    let id: Option<String> = transaction!(db, |tx| {
        sqlx::query(INSERT)
            .bind(&new_id)
            .bind(username.as_str())
            .bind(&skeleton)
            .bind(None::<String>)
            .bind(Role::User.as_sql())
            .bind(true)
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
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
    let id = id.ok_or_else(|| StoreError::conflict("The anonymous user's name is, or looks like, an account's."))?;
    columns::id(&id, "users.id").map(UserId)
}

pub(crate) async fn add(db: &Database, user: NewUser, audit: NewAudit) -> Result<(), StoreError> {
    transaction!(db, |tx| {
        insert!(tx, &user);
        record!(tx, &audit);
    });
    Ok(())
}

pub(crate) async fn add_first_admin(db: &Database, user: NewUser, audit: NewAudit) -> Result<bool, StoreError> {
    transaction!(db, |tx| {
        sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?;
        let admins: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE role = $1")
            .bind(Role::Admin.as_sql())
            .fetch_one(&mut *tx)
            .await?;
        if admins > 0 {
            return Ok(false);
        }
        insert!(tx, &user);
        record!(tx, &audit);
    });
    Ok(true)
}

#[derive(sqlx::FromRow)]
struct CredentialsRow {
    #[sqlx(flatten)]
    user: UserColumns,
    password_hash: Option<String>,
}

pub(crate) async fn credentials(db: &Database, username: &Username) -> Result<Option<Credentials>, StoreError> {
    let row: Option<CredentialsRow> = read!(db, |pool| {
        sqlx::query_as("SELECT * FROM users WHERE username = $1").bind(username.as_str()).fetch_optional(pool).await?
    });
    row.map(parse_credentials).transpose()
}

pub(crate) async fn credentials_of(db: &Database, user: UserId) -> Result<Option<Credentials>, StoreError> {
    let row: Option<CredentialsRow> = read!(db, |pool| {
        sqlx::query_as("SELECT * FROM users WHERE id = $1").bind(user.to_string()).fetch_optional(pool).await?
    });
    row.map(parse_credentials).transpose()
}

fn parse_credentials(row: CredentialsRow) -> Result<Credentials, StoreError> {
    Ok(Credentials { user: row.user.parse()?, password_hash: row.password_hash })
}

const SET_PASSWORD: &str = "UPDATE users SET password_hash = $2
     WHERE id = $1 AND NOT anonymous AND ($3 IS NULL OR password_hash = $3)";

pub(crate) async fn set_password(
    db: &Database,
    user: UserId,
    old: Option<&str>,
    hash: &str,
    audit: NewAudit,
) -> Result<(), StoreError> {
    let user = user.to_string();
    transaction!(db, |tx| {
        let set = sqlx::query(SET_PASSWORD).bind(&user).bind(hash).bind(old).execute(&mut *tx).await?.rows_affected();
        if set == 0 {
            return Err(StoreError::not_found("user"));
        }
        sqlx::query(REVOKE_SESSIONS).bind(&user).execute(&mut *tx).await?;
        record!(tx, &audit);
    });
    Ok(())
}

pub(crate) async fn upgrade_password(db: &Database, user: UserId, old: &str, new: &str) -> Result<(), StoreError> {
    transaction!(db, |tx| {
        sqlx::query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(user.to_string())
            .bind(old)
            .bind(new)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

//! Password hashes.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    accounts::Username,
    ports::{Credentials, NewAudit, PasswordStore},
};
use inkstream_wire::UserId;

use crate::{
    audit::record,
    database::{Database, read, transaction},
    error::StoreError,
    users::{REVOKE_SESSIONS, UserRow},
};

/// Sets the password hash $2, if the previous one is $3 or $3 is null.
const SET_PASSWORD: &str = "UPDATE users SET password_hash = $2
     WHERE id = $1 AND NOT anonymous AND ($3 IS NULL OR password_hash = $3)";

#[derive(sqlx::FromRow)]
struct CredentialsRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: Option<String>,
}

impl CredentialsRow {
    fn parse(self) -> Result<Credentials, StoreError> {
        Ok(Credentials { user: self.user.parse()?, password_hash: self.password_hash })
    }
}

#[async_trait]
impl PasswordStore for Database {
    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>> {
        let row: Option<CredentialsRow> = read!(self, |pool| {
            sqlx::query_as("SELECT * FROM users WHERE username = $1")
                .bind(username.as_str())
                .fetch_optional(pool)
                .await?
        });
        Ok(row.map(CredentialsRow::parse).transpose()?)
    }

    async fn credentials_of(&self, user: UserId) -> Result<Option<Credentials>> {
        let row: Option<CredentialsRow> = read!(self, |pool| {
            sqlx::query_as("SELECT * FROM users WHERE id = $1").bind(user.to_string()).fetch_optional(pool).await?
        });
        Ok(row.map(CredentialsRow::parse).transpose()?)
    }

    async fn set_password(&self, user: UserId, old: Option<&str>, hash: &str, audit: NewAudit) -> Result<()> {
        let user = user.to_string();
        transaction!(self, |tx| {
            let set =
                sqlx::query(SET_PASSWORD).bind(&user).bind(hash).bind(old).execute(&mut *tx).await?.rows_affected();
            if set == 0 {
                return Err(StoreError::not_found("user"));
            }
            sqlx::query(REVOKE_SESSIONS).bind(&user).execute(&mut *tx).await?;
            record!(tx, &audit);
        });
        Ok(())
    }

    async fn upgrade_password(&self, user: UserId, old: &str, new: &str) -> Result<()> {
        transaction!(self, |tx| {
            sqlx::query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
                .bind(user.to_string())
                .bind(old)
                .bind(new)
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }
}

//! Sessions and their refresh tokens.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    ports::{NewAudit, NewSession, Rotation, SecretHash, SessionRef, SessionStore, UserRecord},
};
use inkstream_wire::UserId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    audit::record,
    columns,
    database::{Database, read, transaction},
    error::StoreError,
    users::UserRow,
};

/// Locks the row of a user that is not disabled, so that disabling it, deleting it or changing its password happens before or
/// after this transaction, but not during it.
pub(crate) const LOCK_USER: &str = "UPDATE users SET disabled = disabled WHERE id = $1 AND NOT disabled";

const LOCK_USER_OF_PASSWORD: &str =
    "UPDATE users SET disabled = disabled WHERE id = $1 AND NOT disabled AND password_hash = $2";

const ADD_TOKEN: &str = "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($1, $2, $3)";

#[async_trait]
impl SessionStore for Database {
    async fn open_session(&self, session: NewSession, audit: NewAudit) -> Result<()> {
        let id = session.id.to_string();
        let user = session.user.to_string();
        let expires_at = session.expires_at.as_millisecond();
        transaction!(self, |tx| {
            let locked = sqlx::query(LOCK_USER_OF_PASSWORD)
                .bind(&user)
                .bind(&session.password_hash)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if locked == 0 {
                return Err(StoreError::not_found("user"));
            }
            sqlx::query("INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
                .bind(&id)
                .bind(&user)
                .bind(session.created_at.as_millisecond())
                .bind(expires_at)
                .execute(&mut *tx)
                .await?;
            sqlx::query(ADD_TOKEN).bind(session.token.as_slice()).bind(&id).bind(expires_at).execute(&mut *tx).await?;
            record!(tx, &audit);
        });
        Ok(())
    }

    /// If the same token comes several times at once, one request rotates it and the others find it used.
    async fn rotate(
        &self,
        old: SecretHash,
        new: SecretHash,
        now: Timestamp,
        expires_at: Timestamp,
        audit: NewAudit,
    ) -> Result<Rotation> {
        let now = now.as_millisecond();
        let expires_at = expires_at.as_millisecond();
        let rotation = transaction!(self, |tx| {
            // A token's session never changes, so it can be read before it is locked. Lock the session before the token: that is
            // the order of locks.
            let id: Option<String> =
                sqlx::query_scalar("SELECT session_id FROM refresh_tokens WHERE hash = $1 AND expires_at > $2")
                    .bind(old.as_slice())
                    .bind(now)
                    .fetch_optional(&mut *tx)
                    .await?;
            let Some(id) = id else { return Ok(Rotation::Refused) };
            let session: Option<(String, bool)> =
                sqlx::query_as("UPDATE sessions SET revoked = revoked WHERE id = $1 RETURNING user_id, revoked")
                    .bind(&id)
                    .fetch_optional(&mut *tx)
                    .await?;
            let Some((user, revoked)) = session else { return Ok(Rotation::Refused) };
            let marked = sqlx::query("UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL")
                .bind(old.as_slice())
                .bind(now)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if marked == 0 {
                sqlx::query("UPDATE sessions SET revoked = TRUE WHERE id = $1").bind(&id).execute(&mut *tx).await?;
                let subject = UserId(columns::id(&user, "sessions.user_id")?);
                record!(tx, &NewAudit { subject: audit.subject.or(Some(subject)), ..audit.clone() });
                tx.commit().await?;
                return Ok(Rotation::Reused);
            }
            let user: Option<UserRow> = sqlx::query_as("SELECT * FROM users WHERE id = $1 AND NOT disabled")
                .bind(&user)
                .fetch_optional(&mut *tx)
                .await?;
            let (false, Some(user)) = (revoked, user) else { return Ok(Rotation::Refused) };
            sqlx::query("UPDATE sessions SET expires_at = $2 WHERE id = $1")
                .bind(&id)
                .bind(expires_at)
                .execute(&mut *tx)
                .await?;
            sqlx::query(ADD_TOKEN).bind(new.as_slice()).bind(&id).bind(expires_at).execute(&mut *tx).await?;
            Rotation::Rotated { session: columns::id(&id, "sessions.id")?, user: user.parse()? }
        });
        Ok(rotation)
    }

    async fn session_user(&self, id: Uuid, user: UserId, now: Timestamp) -> Result<Option<UserRecord>> {
        let row: Option<UserRow> = read!(self, |pool| {
            sqlx::query_as(
                "SELECT u.* FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.id = $1 AND s.user_id = $2 AND NOT s.revoked AND s.expires_at > $3 AND NOT u.disabled",
            )
            .bind(id.to_string())
            .bind(user.to_string())
            .bind(now.as_millisecond())
            .fetch_optional(pool)
            .await?
        });
        Ok(row.map(UserRow::parse).transpose()?)
    }

    async fn close_session(&self, session: SessionRef, now: Timestamp, audit: NewAudit) -> Result<bool> {
        let now = now.as_millisecond();
        let closed = transaction!(self, |tx| {
            let id: Option<String> = match session {
                SessionRef::Id(id) => Some(id.to_string()),
                SessionRef::Token(hash) => {
                    sqlx::query_scalar("SELECT session_id FROM refresh_tokens WHERE hash = $1")
                        .bind(hash.as_slice())
                        .fetch_optional(&mut *tx)
                        .await?
                }
            };
            let user: Option<String> = sqlx::query_scalar(
                "UPDATE sessions SET revoked = TRUE WHERE id = $1 AND NOT revoked AND expires_at > $2 RETURNING user_id",
            )
            .bind(id)
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(user) = user else { return Ok(false) };
            let user = Some(UserId(columns::id(&user, "sessions.user_id")?));
            record!(tx, &NewAudit { actor: user, subject: user, ..audit.clone() });
            true
        });
        Ok(closed)
    }

    async fn delete_ended_sessions(&self, now: Timestamp) -> Result<u64> {
        let now = now.as_millisecond();
        Ok(transaction!(self, |tx| {
            let sessions = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR revoked")
                .bind(now)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            // Deleting a session deletes its tokens. These are the used ones of sessions that go on.
            sqlx::query("DELETE FROM refresh_tokens WHERE expires_at <= $1").bind(now).execute(&mut *tx).await?;
            sessions
        }))
    }
}

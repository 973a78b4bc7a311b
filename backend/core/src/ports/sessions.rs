use async_trait::async_trait;
use inkstream_wire::UserId;
use jiff::Timestamp;
use uuid::Uuid;

use super::{NewAudit, UserRecord};
use crate::Result;

/// SHA-256 of a refresh token or API key. Since these contain 256 random bits, nobody can guess one from its hash.
pub type SecretHash = [u8; 32];

/// A session to be opened: the family of refresh tokens that begins with one sign-in.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id; access tokens name it.
    pub id: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// The password hash that was verified; if it was replaced since, no session is opened.
    pub password_hash: String,
    /// Its first refresh token's hash.
    pub token: SecretHash,
    /// Now.
    pub created_at: Timestamp,
    /// When it ends if no token is renewed until then.
    pub expires_at: Timestamp,
}

/// The outcome of using a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// It was valid; the next one replaces it.
    Rotated {
        /// The session.
        session: Uuid,
        /// Its user.
        user: UserRecord,
    },
    /// It had been used before: someone has a copy, so the whole session is revoked.
    Reused,
    /// It is unknown, expired or revoked, or its user is disabled.
    Refused,
}

/// Refers to a session.
#[derive(Debug, Clone, Copy)]
pub enum SessionRef {
    /// By the id in an access token.
    Id(Uuid),
    /// By a refresh token.
    Token(SecretHash),
}

/// Sessions. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Opens a session. `NotFound` if the user was deleted or disabled, or has another password by now.
    async fn open_session(&self, session: NewSession, audit: NewAudit) -> Result<()>;
    /// Uses up a refresh token. `audit` is written if it was used before.
    async fn rotate(
        &self,
        old: SecretHash,
        new: SecretHash,
        now: Timestamp,
        expires_at: Timestamp,
        audit: NewAudit,
    ) -> Result<Rotation>;
    /// The user of a session that is neither revoked nor expired, if the user is not disabled.
    async fn session_user(&self, session: Uuid, user: UserId, now: Timestamp) -> Result<Option<UserRecord>>;
    /// Revokes a session. Returns whether there was one. `audit`'s actor and subject are its user.
    async fn close_session(&self, session: SessionRef, now: Timestamp, audit: NewAudit) -> Result<bool>;
    /// Deletes sessions that are revoked or expired at `now`, and expired tokens. Returns how many sessions.
    async fn delete_ended_sessions(&self, now: Timestamp) -> Result<u64>;
}

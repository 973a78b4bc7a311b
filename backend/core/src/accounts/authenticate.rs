use std::time::Duration;

use inkstream_wire::{ApiKeyId, ErrorCode, Role, Scope};
use uuid::Uuid;

use super::{
    Accounts,
    secrets::{self, KEY_PREFIX},
    tokens::{self, Access},
};
use crate::{
    Error, Result,
    owner::Owner,
    ports::{KnownKey, UserRecord},
};

/// The resolution of a key's last use. A write for each request would cost more than it is worth.
const LAST_USED_RESOLUTION: Duration = Duration::from_mins(1);

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The user.
    pub user: UserRecord,
    /// The credential that the caller presented.
    pub proof: Proof,
}

/// A credential that was verified.
#[derive(Debug, Clone)]
pub enum Proof {
    /// An access token of this session.
    Session(Uuid),
    /// An API key.
    Key {
        /// The key's row.
        id: ApiKeyId,
        /// What the key may do.
        scopes: Vec<Scope>,
    },
}

impl Principal {
    /// The owner of the rows that the caller creates and sees.
    pub fn owner(&self) -> Owner {
        Owner { user: self.user.id.0, session: None, anonymous: false, key: self.key() }
    }

    /// The API key, if the caller presented one.
    pub fn key(&self) -> Option<ApiKeyId> {
        match self.proof {
            Proof::Key { id, .. } => Some(id),
            Proof::Session(_) => None,
        }
    }

    /// The session, if the caller presented an access token.
    pub fn session(&self) -> Option<Uuid> {
        match self.proof {
            Proof::Session(session) => Some(session),
            Proof::Key { .. } => None,
        }
    }

    /// Whether the caller has this scope. Sessions have all.
    pub fn may(&self, scope: Scope) -> bool {
        match &self.proof {
            Proof::Session(_) => true,
            Proof::Key { scopes, .. } => scopes.contains(&scope),
        }
    }

    /// Whether the caller is an admin with a session. API keys never have admin rights, because they are stored in scripts.
    pub fn is_admin(&self) -> bool {
        self.user.role == Role::Admin && self.session().is_some()
    }
}

/// Authenticates a bearer token: an access token or an API key. The token is looked up each time, so that one that was
/// revoked, or whose user was disabled or deleted, is refused at once. `Unauthorized` if it is invalid.
pub async fn authenticate(accounts: &Accounts, token: &str) -> Result<Principal> {
    let found = if token.starts_with(KEY_PREFIX) {
        by_key(accounts, token).await?
    } else {
        by_session(accounts, token).await?
    };
    found.ok_or_else(|| Error::new(ErrorCode::Unauthorized, "The token is wrong, over or revoked. Sign in again."))
}

/// Whether the text has the form of a key or token of this server, valid or not: an API key, an access token, or a refresh
/// token. Other texts are placeholders, or belong to another server.
pub fn is_credential_shaped(text: &str) -> bool {
    text.starts_with(KEY_PREFIX) || tokens::is_token_shaped(text) || secrets::refresh_token_hash(text).is_some()
}

async fn by_session(accounts: &Accounts, token: &str) -> Result<Option<Principal>> {
    let now = accounts.clock.now();
    let Some(Access { user, session }) = accounts.auth.tokens.verify(token, now) else { return Ok(None) };
    let user = accounts.store.session_user(session, user, now).await?;
    Ok(user.map(|user| Principal { user, proof: Proof::Session(session) }))
}

async fn by_key(accounts: &Accounts, token: &str) -> Result<Option<Principal>> {
    let now = accounts.clock.now();
    let Some(hash) = secrets::api_key_hash(token) else { return Ok(None) };
    let Some(KnownKey { id, scopes, last_used_at, user }) = accounts.store.known_key(hash, now).await? else {
        return Ok(None);
    };
    if last_used_at.is_none_or(|at| now.duration_since(at).unsigned_abs() >= LAST_USED_RESOLUTION) {
        accounts.store.key_used(id, now).await?;
    }
    Ok(Some(Principal { user, proof: Proof::Key { id, scopes } }))
}

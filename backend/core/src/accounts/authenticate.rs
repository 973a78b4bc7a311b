use std::time::Duration;

use inkstream_wire::{ApiKeyId, ErrorCode, Role, Scope, User};
use uuid::Uuid;

use super::{
    Accounts,
    secrets::{self, KEY_PREFIX},
    tokens::{self, Access},
};
use crate::{Error, Result, owner::Owner, ports::KnownKey};

/// How exactly a key's last use is known: a write a request would cost more than it tells.
const LAST_USED: Duration = Duration::from_mins(1);

/// Someone who has proved who it is.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The user.
    pub user: User,
    /// How that was proved.
    pub proof: Proof,
}

/// How someone proved who it is.
#[derive(Debug, Clone)]
pub enum Proof {
    /// By an access token of this session.
    Session(Uuid),
    /// By an API key.
    Key {
        /// The key's row.
        id: ApiKeyId,
        /// What it is good for.
        scopes: Vec<Scope>,
    },
}

impl Principal {
    /// Whose rows these are.
    pub fn owner(&self) -> Owner {
        Owner { user: self.user.id.0, session: None, anonymous: false, key: self.key() }
    }

    /// The key it came with.
    pub fn key(&self) -> Option<ApiKeyId> {
        match self.proof {
            Proof::Key { id, .. } => Some(id),
            Proof::Session(_) => None,
        }
    }

    /// The session it came with.
    pub fn session(&self) -> Option<Uuid> {
        match self.proof {
            Proof::Session(session) => Some(session),
            Proof::Key { .. } => None,
        }
    }

    /// Whether it may do what `scope` stands for; a session may do everything.
    pub fn may(&self, scope: Scope) -> bool {
        match &self.proof {
            Proof::Session(_) => true,
            Proof::Key { scopes, .. } => scopes.contains(&scope),
        }
    }

    /// Whether it is an admin who has signed in: keys lie about in scripts, and open no admin's door.
    pub fn is_admin(&self) -> bool {
        self.user.role == Role::Admin && self.session().is_some()
    }
}

/// Who brings this bearer token, an access token or an API key. It is looked up each time, so that one that was revoked,
/// or whose user was disabled or deleted, is refused at once. `Unauthorized` for every other.
pub async fn authenticate(accounts: &Accounts, token: &str) -> Result<Principal> {
    let found = if token.starts_with(KEY_PREFIX) {
        by_key(accounts, token).await?
    } else {
        by_session(accounts, token).await?
    };
    found.ok_or_else(|| Error::new(ErrorCode::Unauthorized, "The token is wrong, over or revoked. Sign in again."))
}

/// Whether this is meant to be a key or token of this server, right or wrong: an API key, an access token, or a refresh
/// token in its place. What is none of these was made up, or is for another server.
pub fn is_credential_shaped(text: &str) -> bool {
    text.starts_with(KEY_PREFIX) || tokens::is_token_shaped(text) || secrets::refresh_token_hash(text).is_some()
}

async fn by_session(accounts: &Accounts, token: &str) -> Result<Option<Principal>> {
    let now = accounts.clock.now();
    let Some(Access { user, session }) = accounts.auth.tokens.read(token, now) else { return Ok(None) };
    let user = accounts.store.session_user(session, user, now).await?;
    Ok(user.map(|user| Principal { user, proof: Proof::Session(session) }))
}

async fn by_key(accounts: &Accounts, token: &str) -> Result<Option<Principal>> {
    let now = accounts.clock.now();
    let Some(hash) = secrets::api_key_hash(token) else { return Ok(None) };
    let Some(KnownKey { id, scopes, last_used_at, user }) = accounts.store.known_key(hash, now).await? else {
        return Ok(None);
    };
    if last_used_at.is_none_or(|at| now.duration_since(at).unsigned_abs() >= LAST_USED) {
        accounts.store.key_used(id, now).await?;
    }
    Ok(Some(Principal { user, proof: Proof::Key { id, scopes } }))
}

use std::time::Duration;

use inkstream_wire::{ApiKeyId, ErrorCode, Role, Scope, User};
use uuid::Uuid;

use super::secrets::{self, KEY_PREFIX};
use crate::{Error, Result, app::App, owner::Owner};

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
pub async fn authenticate(app: &App, token: &str) -> Result<Principal> {
    let now = app.clock.now();
    let found = if token.starts_with(KEY_PREFIX) {
        match secrets::api_key_hash(token) {
            Some(hash) => app.accounts.known_key(hash, now).await?,
            None => None,
        }
        .map(|key| {
            let fresh = key.last_used_at.is_some_and(|at| now.duration_since(at).unsigned_abs() < LAST_USED);
            (
                (!fresh).then_some(key.id),
                Principal { user: key.user, proof: Proof::Key { id: key.id, scopes: key.scopes } },
            )
        })
    } else {
        match app.auth.tokens.read(token, now) {
            Some(access) => {
                app.accounts.session_user(access.session, access.user, now).await?.map(|user| (access, user))
            }
            None => None,
        }
        .map(|(access, user)| (None, Principal { user, proof: Proof::Session(access.session) }))
    };
    let Some((used, principal)) = found else {
        return Err(Error::new(ErrorCode::Unauthorized, "The token is wrong, over or revoked. Sign in again."));
    };
    if let Some(key) = used {
        app.accounts.key_used(key, now).await?;
    }
    Ok(principal)
}

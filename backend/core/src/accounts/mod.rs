//! Accounts: registration, authentication, sessions, API keys and signed URLs.

mod administer;
mod audit;
mod authenticate;
mod hasher;
mod keys;
mod password;
mod register;
mod secret_keys;
mod secrets;
mod sessions;
mod signed_urls;
mod throttle;
mod tokens;

use std::{sync::Arc, time::Duration};

pub use crate::username::Username;
pub use administer::{
    Account, NewAccount, account, accounts, alter, audit_trail, change, make, make_first_admin, replace_password,
};
pub use authenticate::{Principal, Proof, authenticate, is_credential_shaped};
pub use hasher::Hasher;
pub use keys::{CreatedKey, MAX_KEYS, create_key, keys, revoke_key};
pub use password::Password;
pub use register::{change_password, delete_account, register};
pub use secret_keys::{KeyTooShort, SecretKeys};
pub use secrets::KEY_PREFIX;
pub use sessions::{Issued, refresh, sign_in, sign_out};
pub use signed_urls::{Signature, SignedUrls};
pub use throttle::Throttle;
pub use tokens::{AccessTokens, TokenAlgorithm};

use crate::{
    lifecycle::Lifecycle,
    live_runs::LiveRuns,
    ports::{AccountStore, Blobs, Clock},
    quota::OperatorQuotas,
};

/// The ports and rules of accounts.
pub struct Accounts {
    /// Users, sessions, keys and the audit trail.
    pub store: Arc<dyn AccountStore>,
    /// Password hashes, tokens and the operator's rules.
    pub auth: Auth,
    /// The files of a deleted user's documents.
    pub blobs: Arc<dyn Blobs>,
    /// The runs that are cancelled when their user is disabled or deleted.
    pub live_runs: LiveRuns,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The lifecycle of the process.
    pub lifecycle: Lifecycle,
}

/// How users are authenticated.
pub struct Auth {
    /// Computes and verifies password hashes.
    pub hasher: Hasher,
    /// Issues and verifies access tokens.
    pub tokens: AccessTokens,
    /// Limits failed sign-ins and new accounts.
    pub throttle: Throttle,
    /// The operator's rules.
    pub policy: AuthPolicy,
}

/// The operator's rules. The command line's help says what each is and gives its default.
#[derive(Debug, Clone)]
pub struct AuthPolicy {
    /// Whether callers must sign in.
    pub required: bool,
    /// Whether documents can be read without signing in although `required` is set.
    pub anonymous_allowed: bool,
    /// Whether anyone may create an account.
    pub registration: bool,
    /// The maximum number of accounts created from one address within an hour.
    pub registrations_per_hour: u32,
    /// How long a session lasts without being refreshed.
    pub session_lifetime: Duration,
    /// How long audit rows are kept.
    pub audit_kept: Duration,
    /// Monthly quotas.
    pub quotas: OperatorQuotas,
}

impl AuthPolicy {
    /// Whether callers without a token are let in.
    pub fn lets_anyone_in(&self) -> bool {
        !self.required || self.anonymous_allowed
    }
}

/// 256 random bits in Base58Check.
fn random_text() -> String {
    let bytes: [u8; 32] = rand::random();
    bs58::encode(bytes).with_check().into_string()
}

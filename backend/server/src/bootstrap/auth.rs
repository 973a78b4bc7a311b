use std::{path::Path, time::Duration};

use inkstream_core::{
    accounts::{AccessTokens, Auth, AuthPolicy, Hasher, SecretKeys, SignedUrls, Throttle, TokenAlgorithm},
    quota::OperatorQuotas,
};
use inkstream_store::Database;
use jiff::Timestamp;

use super::{AccountParts, StartError, secret_key};

/// Builds the authentication of accounts and the signer of URLs. Without a secret key in the settings, uses the one in the database or in `folder`.
pub(super) async fn auth(
    accounts: &AccountParts<'_>,
    database: &Database,
    folder: &Path,
    now: Timestamp,
) -> Result<(Auth, SignedUrls), StartError> {
    let settings = accounts.settings;
    let key = match settings.secret_key() {
        Some(key) => key,
        None => secret_key::load_or_create(database, folder, now).await?,
    };
    let keys = SecretKeys::new(key, settings.previous_keys())
        .map_err(|error| StartError::Setting(format!("SECRET_KEY, SECRET_KEY_PREVIOUS: {error}")))?;
    if keys.weak() {
        tracing::warn!("SECRET_KEY is short, and what it signs can be forged by who guesses it: use 32 random bytes");
    }
    let policy = AuthPolicy {
        required: accounts.required,
        anonymous_allowed: settings.anonymous_allowed,
        registration: settings.registration_enabled,
        registrations_per_hour: settings.registrations_per_hour,
        session_lifetime: settings.session_lifetime,
        audit_kept: settings.audit_retention,
        quotas: OperatorQuotas { users: accounts.quotas.users(), anonymous: accounts.quotas.anonymous() },
    };
    let auth = Auth {
        hasher: Hasher::new(settings.password_hashes)?,
        tokens: AccessTokens::new(settings.algorithm, &keys, settings.access_token_expire_minutes),
        throttle: Throttle::default(),
        policy,
    };
    Ok((auth, SignedUrls::new(&keys).beneath(accounts.base_path.as_str())))
}

/// Builds the authentication for a process without accounts, in which nothing outlives it.
pub(super) fn without_accounts() -> Result<(Auth, SignedUrls), StartError> {
    const HOUR: Duration = Duration::from_hours(1);
    let keys =
        SecretKeys::new(secret_key::generate(), Vec::new()).map_err(|error| StartError::Setting(error.to_string()))?;
    let policy = AuthPolicy {
        required: false,
        anonymous_allowed: true,
        registration: false,
        registrations_per_hour: 0,
        session_lifetime: HOUR,
        audit_kept: HOUR,
        quotas: OperatorQuotas::default(),
    };
    let auth = Auth {
        hasher: Hasher::new(1)?,
        tokens: AccessTokens::new(TokenAlgorithm::Hs256, &keys, HOUR),
        throttle: Throttle::default(),
        policy,
    };
    Ok((auth, SignedUrls::new(&keys)))
}

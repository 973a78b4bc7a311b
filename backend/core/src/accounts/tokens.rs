//! Access tokens: JWTs (RFC 7519, in the profile of RFC 9068) that this server signs and reads itself.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use inkstream_wire::{Secret, UserId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SecretKeys;
use crate::{Error, Result};

/// The issuer and the audience of the tokens.
const ISSUER: &str = "inkstream";
/// The `typ` of access tokens (RFC 9068, section 2.1). No other JWT signed with this key is accepted as one.
const TYPE: &str = "at+jwt";
/// The maximum length of a token in bytes. Issued tokens have about 400.
const MAX_LENGTH: usize = 4_096;

/// The configured algorithm of signatures. No other is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    algorithm: Algorithm,
    signing: EncodingKey,
    /// The current key first, then the previous ones.
    verifying: Vec<DecodingKey>,
    lifetime: Duration,
}

/// The verified claims of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    /// The user.
    pub(super) user: UserId,
    /// The session. The database tells whether it is still open.
    pub(super) session: Uuid,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    exp: i64,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: Uuid,
    /// The session (OpenID Connect Front-Channel Logout, section 3).
    sid: Uuid,
}

impl AccessTokens {
    /// Tokens that are good for `lifetime`.
    pub fn new(algorithm: TokenAlgorithm, keys: &SecretKeys, lifetime: Duration) -> Self {
        let algorithm = match algorithm {
            TokenAlgorithm::Hs256 => Algorithm::HS256,
            TokenAlgorithm::Hs384 => Algorithm::HS384,
            TokenAlgorithm::Hs512 => Algorithm::HS512,
        };
        let verifying = keys.all().map(DecodingKey::from_secret).collect();
        Self { algorithm, signing: EncodingKey::from_secret(keys.current()), verifying, lifetime }
    }

    /// How long a token is good for.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token for this user's session.
    pub(super) fn issue(&self, access: Access, now: Timestamp) -> Result<Secret> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: access.user,
            exp: (now + self.lifetime).as_second(),
            iat: now.as_second(),
            nbf: None,
            jti: Uuid::new_v4(),
            sid: access.session,
        };
        let header = Header { typ: Some(TYPE.to_owned()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, &claims, &self.signing).map(Secret).map_err(Error::internal)
    }

    /// The claims of a token, if this server has issued it and it is valid at `now`.
    pub(super) fn verify(&self, token: &str, now: Timestamp) -> Option<Access> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let mut validation = Validation::new(self.algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Times are compared below with the server's clock. The types of the claims ensure that they are numbers.
        validation.validate_exp = false;
        let token =
            self.verifying.iter().find_map(|key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok())?;
        let Header { typ, jku, jwk, x5u, x5c, crit, .. } = token.header;
        // Refuse headers that name another key or require an extension: this server does not issue them.
        if typ.as_deref() != Some(TYPE)
            || jku.is_some()
            || jwk.is_some()
            || x5u.is_some()
            || x5c.is_some()
            || crit.is_some()
        {
            return None;
        }
        let Claims { sub, exp, iat, nbf, sid, .. } = token.claims;
        let now = now.as_second();
        (iat <= now && nbf.is_none_or(|nbf| nbf <= now) && now < exp).then_some(Access { user: sub, session: sid })
    }
}

/// Whether the text has the form of this server's tokens, valid or not: a JWT with its issuer, or one with its type whose
/// claims are damaged.
pub(super) fn is_token_shaped(text: &str) -> bool {
    if text.len() > MAX_LENGTH {
        return false;
    }
    let mut parts = text.split('.').map(|part| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<serde_json::Value>(&bytes).ok()
    });
    match (parts.next().flatten(), parts.next()) {
        (_, Some(Some(claims))) => claims.get("iss").is_some_and(|issuer| issuer == ISSUER),
        (Some(header), _) => header.get("typ").is_some_and(|kind| kind == TYPE),
        _ => false,
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;

//! Signing in, and API keys. Secrets cross the network in these types alone; their `Debug` does not show them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, Problem};

/// A password or token on its way. `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = Password))]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The answer to `GET /api/auth/settings`: what a page must know before anyone signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthSettings {
    /// Whether callers sign in; if not, everyone is the anonymous user.
    pub auth_enabled: bool,
    /// Whether documents can be read without signing in.
    pub anonymous_allowed: bool,
    /// Whether anyone may make an account.
    pub registration_enabled: bool,
    /// The currency of costs, where the operator has set prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// The body of `POST /api/auth/register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registration {
    /// Letters, digits and `. _ - @ +`, at most 64; upper and lower case are the same.
    pub username: String,
    /// 8 to 128 characters, and none of the commonest passwords.
    pub password: Secret,
}

/// What `POST /api/auth/token` answers where it gives no token: a problem that is an error of `OAuth2`, too (RFC 6749,
/// section 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenProblem {
    /// The problem.
    #[serde(flatten)]
    pub problem: Problem,
    /// `invalid_request`, `invalid_grant` or `unsupported_grant_type`; `temporarily_unavailable` or `server_error` where the
    /// request is not at fault.
    pub error: String,
    /// The problem's detail.
    pub error_description: String,
}

/// The answer to `POST /api/auth/token` and `/refresh` (RFC 6749, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenAnswer {
    /// The access token, a JWT.
    pub access_token: Secret,
    /// Always `bearer`.
    pub token_type: String,
    /// Seconds that the access token is good for.
    pub expires_in: u64,
    /// What gets the next access token, once; left out where it went into a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
}

/// The body of `POST /api/auth/refresh` and `/logout`; browsers send their cookie instead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefreshRequest {
    /// The refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
}

/// The body of `PATCH /api/users/me/password`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordChange {
    /// The password until now.
    pub current_password: Secret,
    /// The one from now on.
    pub new_password: Secret,
}

/// The body of `DELETE /api/users/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountDeletion {
    /// The password, so that an open browser is not enough.
    pub password: Secret,
}

/// What an API key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Upload, recognise, correct and delete documents.
    Ocr,
    /// Make and cancel batch jobs.
    Jobs,
    /// See documents, results and usage.
    Read,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Ocr, Self::Jobs, Self::Read];
}

/// An API key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// The key's row.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// How the key begins, to tell it by.
    pub prefix: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: String,
    /// When it was last used, to the minute; null if never.
    pub last_used_at: Option<String>,
    /// From when on it is refused; null for never.
    pub expires_at: Option<String>,
}

/// The body of `POST /api/users/me/api-keys`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What its owner calls it, 1 to 64 characters.
    pub name: String,
    /// What it is good for; left out: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// From when on it is refused, RFC 3339; left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// The answer to `POST /api/users/me/api-keys`: the only time that the key is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedApiKey {
    /// The key's row.
    #[serde(flatten)]
    pub row: ApiKey,
    /// The key.
    pub key: Secret,
}

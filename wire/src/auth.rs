//! Authentication and API keys. Secrets cross the network only in these types, whose `Debug` hides them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, Problem};

/// A password or token. `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = Password))]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The answer to `GET /api/auth/settings`: what a client must know before signing in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthSettings {
    /// Whether callers must sign in. If not, everyone is the anonymous user.
    pub auth_enabled: bool,
    /// Whether documents can be read without signing in.
    pub anonymous_allowed: bool,
    /// Whether anyone may create an account.
    pub registration_enabled: bool,
    /// The currency of costs, if the operator has set prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// The body of `POST /api/auth/register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registration {
    /// At most 64 letters, digits and `. _ - @ +`. Case is ignored.
    pub username: String,
    /// 8 to 128 characters, not one of the commonest passwords.
    pub password: Secret,
}

/// The error answer of `POST /api/auth/token`: a problem that is also an `OAuth2` error (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenProblem {
    /// The problem.
    #[serde(flatten)]
    pub problem: Problem,
    /// `invalid_request`, `invalid_grant` or `unsupported_grant_type`; `temporarily_unavailable` or `server_error` if the
    /// request is valid.
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
    /// How long the access token is valid, in seconds.
    pub expires_in: u64,
    /// The refresh token, valid for one use; absent if it is in a cookie.
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
    /// The current password.
    pub current_password: Secret,
    /// The new password.
    pub new_password: Secret,
}

/// The body of `DELETE /api/users/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountDeletion {
    /// The password, so that an open browser is not enough.
    pub password: Secret,
}

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Upload, recognize, correct and delete documents.
    Ocr,
    /// Create and cancel batch jobs.
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
    /// The key's id.
    pub id: ApiKeyId,
    /// The name that its owner gave it.
    pub name: String,
    /// The beginning of the key, to recognize it.
    pub prefix: String,
    /// What the key may do.
    pub scopes: Vec<Scope>,
    /// When it was created, RFC 3339 in UTC.
    pub created_at: String,
    /// When it was last used, to the minute; null if never.
    pub last_used_at: Option<String>,
    /// When it expires; null for never.
    pub expires_at: Option<String>,
}

/// The body of `POST /api/users/me/api-keys`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// Its name, 1 to 64 characters.
    pub name: String,
    /// What the key may do; absent for everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// When it expires, RFC 3339; absent for never.
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

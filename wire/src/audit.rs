//! The trail of security events, for admins.

use serde::{Deserialize, Serialize};

use crate::AuditId;

/// A security event. It never holds a secret, nor a name that was only tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// The row's id; `?before=` takes it.
    pub id: AuditId,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What happened.
    pub event: AuditKind,
    /// Whose doing it was: the name, or of a deleted user the id; null for someone unknown, and for the command line.
    pub actor: Option<String>,
    /// Whom it was about, if it was about a user: the name, or of a deleted user the id.
    pub subject: Option<String>,
    /// The caller's address, if there was one.
    pub address: Option<String>,
    /// What else there is to know: a key's name, the new role.
    pub detail: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// An account was made.
    Registered,
    /// Someone signed in.
    SignedIn,
    /// A password was wrong, or the name unknown.
    SignInFailed,
    /// Someone signed out.
    SignedOut,
    /// A refresh token came a second time: its session was ended.
    TokenReused,
    /// A password was changed; every session of its user ended.
    PasswordChanged,
    /// An account was deleted with what it owned.
    AccountDeleted,
    /// An API key was made.
    KeyCreated,
    /// An API key was revoked.
    KeyRevoked,
    /// A role was changed.
    RoleChanged,
    /// A user was disabled.
    UserDisabled,
    /// A user was enabled again.
    UserEnabled,
    /// A quota was changed.
    QuotaChanged,
}

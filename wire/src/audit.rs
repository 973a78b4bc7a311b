//! The audit trail of security events, for admins.

use serde::{Deserialize, Serialize};

use crate::AuditId;

/// A security event. It never contains a secret or the name of a failed sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// The row's id; `?before=` takes it.
    pub id: AuditId,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What happened.
    pub event: AuditKind,
    /// Who acted: the name, or the id of a deleted user; null for unknown callers and the command line.
    pub actor: Option<String>,
    /// The affected user, if any: the name, or the id of a deleted user.
    pub subject: Option<String>,
    /// The caller's address; null on the command line.
    pub address: Option<String>,
    /// Details, such as a key's name or the new role.
    pub detail: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// An account was created.
    Registered,
    /// Someone signed in.
    SignedIn,
    /// The password was wrong or the name unknown.
    SignInFailed,
    /// Someone signed out.
    SignedOut,
    /// A refresh token was used a second time, so its session was ended.
    TokenReused,
    /// A password was changed; every session of its user ended.
    PasswordChanged,
    /// An account was deleted with its data.
    AccountDeleted,
    /// An API key was created.
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

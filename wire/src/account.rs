//! Users, and what they may do and use.

use serde::{Deserialize, Serialize};

use crate::UserId;

/// What a user may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads documents.
    #[default]
    User,
    /// Also sees and changes users, usage and the audit trail.
    Admin,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// The user.
    pub id: UserId,
    /// The name on the ledger, in its canonical form.
    pub username: String,
    /// What the user may do.
    pub role: Role,
    /// True for the one user that requests without a token act as.
    pub anonymous: bool,
    /// True for a user who is refused everywhere.
    pub disabled: bool,
    /// When the user was made, RFC 3339 in UTC.
    pub created_at: String,
}

/// A user with quotas and what was used of them this month: the answer to `GET /api/users/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// What the user's quotas are set to.
    pub quotas: Quotas,
    /// This month (UTC).
    pub period: Period,
}

/// What a user's monthly quotas are set to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quotas {
    /// Pages a month.
    pub pages: Quota,
    /// Tokens a month, sent and made together.
    pub tokens: Quota,
}

/// A monthly quota: a number, `"default"` (the operator's setting) or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Quota {
    /// At most so many.
    Limit(u64),
    /// A rule instead of a number.
    Rule(QuotaRule),
}

/// A quota without a number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuotaRule {
    /// The operator's setting.
    Default,
    /// As many as wanted.
    Unlimited,
}

impl Default for Quota {
    fn default() -> Self {
        Self::Rule(QuotaRule::Default)
    }
}

/// A month of a user's meter, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Period {
    /// Its first moment, RFC 3339 in UTC.
    pub starts_at: String,
    /// The next month's first moment.
    pub ends_at: String,
    /// Pages.
    pub pages: Meter,
    /// Tokens, sent and made together.
    pub tokens: Meter,
}

/// What was used of a quota.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meter {
    /// Used so far.
    pub used: u64,
    /// Set aside for what is being read now.
    pub reserved: u64,
    /// The most that may be used; null for no limit.
    pub limit: Option<u64>,
}

/// The body of `PATCH /api/admin/users/{id}`: what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// A new role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether the user is refused everywhere from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// New quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotas: Option<QuotasPatch>,
}

/// New quotas: what is left out stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuotasPatch {
    /// Pages a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Quota>,
    /// Tokens a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Quota>,
}

/// The answer to `GET /api/admin/users`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accounts {
    /// Users by name.
    pub users: Vec<Account>,
    /// Give it as `?after=` to have those that follow; left out when these are the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_number_or_a_word() {
        let quotas: QuotasPatch = serde_json::from_str(r#"{"pages": 300, "tokens": "unlimited"}"#).unwrap();
        assert_eq!(quotas.pages, Some(Quota::Limit(300)));
        assert_eq!(quotas.tokens, Some(Quota::Rule(QuotaRule::Unlimited)));
        assert_eq!(serde_json::to_string(&Quota::default()).unwrap(), r#""default""#);
        for wrong in [r#"{"pages": -1}"#, r#"{"pages": "none"}"#, r#"{"page": 3}"#] {
            assert!(serde_json::from_str::<QuotasPatch>(wrong).is_err(), "{wrong}");
        }
    }
}

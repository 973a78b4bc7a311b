//! Users, their roles, quotas and usage meters.

use serde::{Deserialize, Serialize};

use crate::UserId;

/// A user's role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May read documents.
    #[default]
    User,
    /// May also see and change users, and see usage and the audit trail.
    Admin,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The name on the ledger, in its canonical form.
    pub username: String,
    /// The user's role.
    pub role: Role,
    /// True for the user of requests without a token.
    pub anonymous: bool,
    /// True for a user whose requests are refused.
    pub disabled: bool,
    /// When the user was created, RFC 3339 in UTC.
    pub created_at: String,
}

/// A user with quotas and this month's usage: the answer to `GET /api/users/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// The user's quotas.
    pub quotas: Quotas,
    /// This month (UTC).
    pub period: Period,
}

/// A user's monthly quotas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quotas {
    /// Pages a month.
    pub pages: Quota,
    /// Tokens a month, sent and generated.
    pub tokens: Quota,
}

/// A monthly quota: a number, `"default"` (the operator's setting) or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Quota {
    /// This maximum.
    Limit(u64),
    /// A rule instead of a number.
    Rule(QuotaRule),
}

/// A quota without a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuotaRule {
    /// The operator's setting.
    Default,
    /// No limit.
    Unlimited,
}

impl Default for Quota {
    fn default() -> Self {
        Self::Rule(QuotaRule::Default)
    }
}

/// A month of a user's usage meter, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Period {
    /// The start of the month, RFC 3339 in UTC.
    pub starts_at: String,
    /// The start of the next month.
    pub ends_at: String,
    /// Pages.
    pub pages: Meter,
    /// Tokens, sent and generated.
    pub tokens: Meter,
}

/// The use of a quota.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meter {
    /// Used so far.
    pub used: u64,
    /// Reserved for pages that are being read.
    pub reserved: u64,
    /// The maximum; null for no limit.
    pub limit: Option<u64>,
}

/// The body of `PATCH /api/admin/users/{id}`. Absent fields do not change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// A new role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether the user's requests are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// New quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotas: Option<QuotasPatch>,
}

/// New quotas. Absent fields do not change.
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
    /// The users, sorted by name.
    pub users: Vec<Account>,
    /// The value of `?after=` for the next users; absent if these are the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_number_or_a_rule() {
        let quotas: QuotasPatch = serde_json::from_str(r#"{"pages": 300, "tokens": "unlimited"}"#).unwrap();
        assert_eq!(quotas.pages, Some(Quota::Limit(300)));
        assert_eq!(quotas.tokens, Some(Quota::Rule(QuotaRule::Unlimited)));
        assert_eq!(serde_json::to_string(&Quota::default()).unwrap(), r#""default""#);
        for wrong in [r#"{"pages": -1}"#, r#"{"pages": "none"}"#, r#"{"page": 3}"#] {
            assert!(serde_json::from_str::<QuotasPatch>(wrong).is_err(), "{wrong}");
        }
    }
}

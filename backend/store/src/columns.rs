//! Values as the tables hold them: words for enums, text for ids, `BIGINT` for numbers and times.

use std::borrow::Cow;

use inkstream_core::owner::Owner;
use inkstream_wire::{
    AuditKind, DocumentKind, ErrorCode, PageStatus, Quota, QuotaRule, Role, RunKind, RunStatus, Scope,
};
use jiff::Timestamp;
use serde::{Deserialize, de::IntoDeserializer, de::value::Error as WordError};
use uuid::Uuid;

use crate::error::StoreError;

/// An enum that a column holds as a word, the same as in JSON.
pub(crate) trait SqlEnum: Copy + for<'de> Deserialize<'de> {
    /// The word.
    fn as_sql(self) -> &'static str;

    /// The enum of a word.
    fn parse(as_sql: &str, column: &'static str) -> Result<Self, StoreError> {
        Self::deserialize(as_sql.into_deserializer()).map_err(|_: WordError| StoreError::corrupt(column))
    }
}

macro_rules! columns {
    ($($name:ident: $($variant:ident = $as_sql:literal),*;)*) => {
        $(impl SqlEnum for $name {
            fn as_sql(self) -> &'static str {
                match self { $(Self::$variant => $as_sql,)* }
            }
        })*

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn words_in_tables_are_the_words_of_the_wire() {
                $($(assert_eq!($name::parse($name::$variant.as_sql(), "test").ok(), Some($name::$variant));)*)*
            }
        }
    };
}

columns! {
    DocumentKind: Image = "image", Pdf = "pdf";
    RunKind: Image = "image", Pdf = "pdf", Chat = "chat", Batch = "batch";
    RunStatus: Running = "running", Ok = "ok", Partial = "partial", Failed = "failed", Aborted = "aborted";
    PageStatus: Pending = "pending", Running = "running", Done = "done",
        Partial = "partial", Failed = "failed", Aborted = "aborted";
    Role: User = "user", Admin = "admin";
    Scope: Ocr = "ocr", Jobs = "jobs", Read = "read";
    AuditKind: Registered = "registered", SignedIn = "signed_in", SignInFailed = "sign_in_failed",
        SignedOut = "signed_out", TokenReused = "token_reused", PasswordChanged = "password_changed",
        AccountDeleted = "account_deleted", KeyCreated = "key_created", KeyRevoked = "key_revoked",
        RoleChanged = "role_changed", UserDisabled = "user_disabled", UserEnabled = "user_enabled",
        QuotaChanged = "quota_changed";
}

impl SqlEnum for ErrorCode {
    fn as_sql(self) -> &'static str {
        self.as_str()
    }
}

/// An id's column, parsed.
pub(crate) fn id(text: &str, column: &'static str) -> Result<Uuid, StoreError> {
    Uuid::try_parse(text).map_err(|_| StoreError::corrupt(column))
}

/// A key's scopes: words with a space between.
pub(crate) fn scopes(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_sql()).collect::<Vec<_>>().join(" ")
}

/// A key's scopes' column.
pub(crate) fn unscopes(columns: &str) -> Result<Vec<Scope>, StoreError> {
    columns.split_whitespace().map(|as_sql| Scope::parse(as_sql, "api_keys.scopes")).collect()
}

/// A user's quota for its column: null for the operator's, -1 for no limit.
pub(crate) fn quota(quota: Quota) -> Option<i64> {
    match quota {
        Quota::Rule(QuotaRule::Default) => None,
        Quota::Rule(QuotaRule::Unlimited) => Some(-1),
        Quota::Limit(limit) => Some(self::limit(limit)),
    }
}

/// A quota's column.
pub(crate) fn unquota(column: Option<i64>) -> Quota {
    match column {
        None => Quota::Rule(QuotaRule::Default),
        Some(limit) => u64::try_from(limit).map_or(Quota::Rule(QuotaRule::Unlimited), Quota::Limit),
    }
}

/// A limit as a statement compares with it.
pub(crate) fn limit(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A time's column.
pub(crate) fn time(millisecond: i64, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millisecond).map_err(|_| StoreError::corrupt(column))
}

/// A time's column as RFC 3339 in UTC.
pub(crate) fn rfc3339(millisecond: i64, column: &'static str) -> Result<String, StoreError> {
    time(millisecond, column).map(|time| time.to_string())
}

/// A count for a column. What engines claim is not trusted: more than 2^40 of anything is cut, so that no sum over
/// pages leaves `BIGINT`.
pub(crate) fn count(value: u64) -> i64 {
    value.min(1 << 40) as i64
}

/// A count's column.
pub(crate) fn uncount(value: i64) -> u64 {
    value.max(0) as u64
}

/// A page number's or size's column.
pub(crate) fn small(value: i64, column: &'static str) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::corrupt(column))
}

/// Text for a column: PostgreSQL has no place for NUL, so it becomes U+FFFD on both databases.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// The session that a row of this owner carries: an anonymous one's alone.
pub(crate) fn session(owner: &Owner) -> Option<String> {
    owner.session.filter(|_| owner.anonymous).map(|session| session.to_string())
}

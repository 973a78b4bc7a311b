//! Conversions between values and columns: enums are stored by name, ids as text, numbers and times as `BIGINT`.

use std::borrow::Cow;

use inkstream_core::{Error, owner::Owner};
use inkstream_wire::{
    AuditKind, DocumentKind, ErrorCode, PageStatus, Quota, QuotaRule, Role, RunKind, RunStatus, Scope,
};
use jiff::Timestamp;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IntoDeserializer, value::Error as EnumError},
};
use uuid::Uuid;

use crate::error::StoreError;

/// An enum that a column stores by the name that it has in JSON.
pub(crate) trait SqlEnum: Copy + for<'de> Deserialize<'de> {
    fn as_sql(self) -> &'static str;

    fn parse(name: &str, column: &'static str) -> Result<Self, StoreError> {
        Self::deserialize(name.into_deserializer()).map_err(|_: EnumError| StoreError::corrupt(column))
    }
}

macro_rules! sql_enums {
    ($($name:ident: $($variant:ident = $name_in_sql:literal),*;)*) => {
        $(impl SqlEnum for $name {
            fn as_sql(self) -> &'static str {
                match self { $(Self::$variant => $name_in_sql,)* }
            }
        })*

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn enums_are_stored_by_their_names_in_json() {
                $($(assert_eq!($name::parse($name::$variant.as_sql(), "test").ok(), Some($name::$variant));)*)*
            }
        }
    };
}

sql_enums! {
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

pub(crate) fn id(text: &str, column: &'static str) -> Result<Uuid, StoreError> {
    Uuid::try_parse(text).map_err(|_| StoreError::corrupt(column))
}

/// Joins a key's scopes by spaces.
pub(crate) fn scopes(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_sql()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn parse_scopes(column: &str) -> Result<Vec<Scope>, StoreError> {
    column.split_whitespace().map(|name| Scope::parse(name, "api_keys.scopes")).collect()
}

/// Encodes a user's own quota: null for the operator's default, -1 for no limit.
pub(crate) fn quota(quota: Quota) -> Option<i64> {
    match quota {
        Quota::Rule(QuotaRule::Default) => None,
        Quota::Rule(QuotaRule::Unlimited) => Some(-1),
        Quota::Limit(limit) => Some(self::limit(limit)),
    }
}

pub(crate) fn parse_quota(column: Option<i64>) -> Quota {
    match column {
        None => Quota::Rule(QuotaRule::Default),
        Some(limit) => u64::try_from(limit).map_or(Quota::Rule(QuotaRule::Unlimited), Quota::Limit),
    }
}

/// A limit beyond `BIGINT` is one that no count reaches, so it is capped.
pub(crate) fn limit(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(crate) fn time(millisecond: i64, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millisecond).map_err(|_| StoreError::corrupt(column))
}

/// The same for a column that may be null.
pub(crate) fn optional_time(millisecond: Option<i64>, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    millisecond.map(|millisecond| time(millisecond, column)).transpose()
}

/// Encodes a count. Engines' own counts are not trusted: each is capped at 2^40, so that no sum over pages overflows
/// `BIGINT`.
pub(crate) fn count(value: u64) -> i64 {
    value.min(1 << 40) as i64
}

/// A negative count, which no version of this program writes, becomes 0.
pub(crate) fn uncount(value: i64) -> u64 {
    value.max(0) as u64
}

pub(crate) fn small(value: i64, column: &'static str) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::corrupt(column))
}

/// Parses a column of JSON.
pub(crate) fn json<T: DeserializeOwned>(text: Option<&str>, column: &'static str) -> Result<Option<T>, StoreError> {
    text.map(|text| serde_json::from_str(text).map_err(|_| StoreError::corrupt(column))).transpose()
}

pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Domain(Error::internal(error)))
}

/// Encodes a list as JSON, and an empty one as null.
pub(crate) fn list_to_json<T: Serialize>(list: &[T]) -> Result<Option<String>, StoreError> {
    if list.is_empty() { Ok(None) } else { to_json(list).map(Some) }
}

/// PostgreSQL cannot store NUL in text, so it becomes U+FFFD on both databases.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// The session to store with a row of this owner. Only an anonymous owner's rows belong to a session.
pub(crate) fn session(owner: &Owner) -> Option<String> {
    owner.session.filter(|_| owner.anonymous).map(|session| session.to_string())
}

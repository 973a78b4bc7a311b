//! What a transaction can fail with, and what callers are told of it.

use std::borrow::Cow;

use inkstream_core::Error;
use inkstream_wire::ErrorCode;

/// After how many seconds a locked or unreachable database is worth another try.
const RETRY_AFTER: u64 = 2;

/// Why a transaction failed.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// The database said so.
    Database(sqlx::Error),
    /// The domain's rules said so.
    Domain(Error),
}

impl StoreError {
    /// Nothing there, or another's.
    pub(crate) fn not_found(what: &'static str) -> Self {
        Self::Domain(Error::new(ErrorCode::NotFound, format!("There is no such {what}.")))
    }

    /// The state does not allow it.
    pub(crate) fn conflict(detail: &'static str) -> Self {
        Self::Domain(Error::new(ErrorCode::Conflict, detail))
    }

    /// A run that was closed by another, because its lease had lapsed.
    pub(crate) fn closed() -> Self {
        let detail = "The run was closed before its end: the server could not renew its lease in time.";
        Self::Domain(Error::new(ErrorCode::Aborted, detail))
    }

    /// A row that holds what no version of this program wrote.
    pub(crate) fn corrupt(column: &'static str) -> Self {
        Self::Domain(Error::internal(format!("the database holds a value in {column} that cannot be read")))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Error {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Database(error) => from_database(error),
            StoreError::Domain(error) => error,
        }
    }
}

/// What the database refused, without the `DETAIL` in which PostgreSQL repeats the row's values.
#[derive(Debug, thiserror::Error)]
#[error("the database refused: code {code}{}{message}", if message.is_empty() { "" } else { ": " })]
struct Refusal {
    code: String,
    message: String,
}

fn from_database(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or(Cow::Borrowed("?")).into_owned();
            let verdict = judge(&code);
            // Class 22 (data exception) quotes the value in the message itself.
            let message =
                if code.starts_with("22") && code.len() == 5 { String::new() } else { error.message().to_owned() };
            let refusal = Refusal { code, message };
            match verdict {
                ErrorClass::Full => Error::new(ErrorCode::StorageFull, "The server's disk is full.").because(refusal),
                ErrorClass::Busy => unavailable("The database is busy.", refusal),
                ErrorClass::Orphan => {
                    Error::new(ErrorCode::NotFound, "What this belongs to has just been deleted.").because(refusal)
                }
                ErrorClass::Defect => Error::internal(refusal),
            }
        }
        error @ (sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)) => unavailable("The database does not answer.", error),
        error => Error::internal(error),
    }
}

fn unavailable(detail: &str, cause: impl Into<inkstream_core::error::Cause>) -> Error {
    Error::new(ErrorCode::Unavailable, detail).because(cause).retry_after(RETRY_AFTER)
}

#[derive(Debug, PartialEq, Eq)]
enum ErrorClass {
    Full,
    Busy,
    /// A row refers to one that is gone: its user, mostly, deleted in the meantime.
    Orphan,
    Defect,
}

/// SQLSTATEs have five characters (PostgreSQL, appendix A), SQLite's result codes are numbers of at most four
/// digits (sqlite.org/rescode.html), the primary one in the low byte.
fn judge(code: &str) -> ErrorClass {
    match code {
        "53100" => ErrorClass::Full,
        // Statement timeout, serialisation failure, deadlock, lock not available.
        "57014" | "40001" | "40P01" | "55P03" => ErrorClass::Busy,
        // Foreign key violations of PostgreSQL and of SQLite.
        "23503" | "787" => ErrorClass::Orphan,
        // Connection exceptions, too few resources, operator intervention.
        _ if code.len() == 5 && ["08", "53", "57"].contains(&&code[..2]) => ErrorClass::Busy,
        _ if code.len() == 5 => ErrorClass::Defect,
        _ => match code.parse::<u32>() {
            // SQLITE_IOERR_SHMSIZE: no room for the index of the write-ahead log.
            Ok(4874) => ErrorClass::Full,
            Ok(code) if code & 0xff == 13 => ErrorClass::Full,
            // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL.
            Ok(code) if [5, 6, 15].contains(&(code & 0xff)) => ErrorClass::Busy,
            _ => ErrorClass::Defect,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_busy_database_are_told_from_defects() {
        for full in ["13", "4874", "53100"] {
            assert_eq!(judge(full), ErrorClass::Full, "{full}");
        }
        for busy in ["5", "261", "517", "6", "262", "15", "08006", "53300", "57014", "57P03", "40P01"] {
            assert_eq!(judge(busy), ErrorClass::Busy, "{busy}");
        }
        for orphan in ["23503", "787"] {
            assert_eq!(judge(orphan), ErrorClass::Orphan, "{orphan}");
        }
        for defect in ["1", "19", "1555", "2067", "11", "42P01", "23505", "22021", "?", "é", "abcdé"] {
            assert_eq!(judge(defect), ErrorClass::Defect, "{defect}");
        }
    }

    #[test]
    fn a_pool_without_a_free_connection_is_worth_another_try() {
        let error = Error::from(StoreError::from(sqlx::Error::PoolTimedOut));
        assert_eq!((error.code, error.retry_after), (ErrorCode::Unavailable, Some(RETRY_AFTER)));
    }
}

//! Errors of a transaction, and their mapping to the domain's errors.

use std::borrow::Cow;

use inkstream_core::Error;
use inkstream_wire::ErrorCode;

/// Seconds after which callers should retry when the database is locked or unreachable.
const RETRY_AFTER: u64 = 2;

/// Why a transaction failed: the database's error, or one of the domain's rules.
#[derive(Debug)]
pub(crate) enum StoreError {
    Database(sqlx::Error),
    Domain(Error),
}

impl StoreError {
    /// The row does not exist, or belongs to another user. Callers cannot tell which, so that ids reveal nothing.
    pub(crate) fn not_found(what: &'static str) -> Self {
        Self::Domain(Error::new(ErrorCode::NotFound, format!("There is no such {what}.")))
    }

    pub(crate) fn conflict(detail: &'static str) -> Self {
        Self::Domain(Error::new(ErrorCode::Conflict, detail))
    }

    /// Another process closed the run, because its lease had lapsed.
    pub(crate) fn closed() -> Self {
        let detail = "The run was closed before its end: the server could not renew its lease in time.";
        Self::Domain(Error::new(ErrorCode::Aborted, detail))
    }

    /// A row holds a value that no version of this program wrote.
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
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(error) => from_database(error),
            StoreError::Domain(error) => error,
        }
    }
}

/// The database's error without the `DETAIL`, in which PostgreSQL repeats the row's values.
#[derive(Debug, thiserror::Error)]
#[error("the database refused: code {code}{}{message}", if message.is_empty() { "" } else { ": " })]
struct DatabaseMessage {
    code: String,
    message: String,
}

fn from_database(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or(Cow::Borrowed("?")).into_owned();
            let class = classify(&code);
            // Messages of class 22 (data exception) quote the value.
            let message =
                if code.starts_with("22") && code.len() == 5 { String::new() } else { error.message().to_owned() };
            let cause = DatabaseMessage { code, message };
            match class {
                ErrorClass::Full => Error::new(ErrorCode::StorageFull, "The server's disk is full.").because(cause),
                ErrorClass::Busy => unavailable("The database is busy.", cause),
                ErrorClass::Orphan => {
                    Error::new(ErrorCode::NotFound, "What this belongs to has just been deleted.").because(cause)
                }
                ErrorClass::Defect => Error::internal(cause),
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
    /// The row refers to one that was deleted in the meantime, mostly its user.
    Orphan,
    Defect,
}

/// SQLSTATEs have five characters (PostgreSQL, appendix A), SQLite's result codes are numbers of at most four
/// digits (sqlite.org/rescode.html), the primary one in the low byte.
fn classify(code: &str) -> ErrorClass {
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
            // SQLITE_IOERR_SHMSIZE: no space for the index of the write-ahead log.
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
    fn a_full_disk_and_a_busy_database_are_distinguished_from_defects() {
        for full in ["13", "4874", "53100"] {
            assert_eq!(classify(full), ErrorClass::Full, "{full}");
        }
        for busy in ["5", "261", "517", "6", "262", "15", "08006", "53300", "57014", "57P03", "40P01"] {
            assert_eq!(classify(busy), ErrorClass::Busy, "{busy}");
        }
        for orphan in ["23503", "787"] {
            assert_eq!(classify(orphan), ErrorClass::Orphan, "{orphan}");
        }
        for defect in ["1", "19", "1555", "2067", "11", "42P01", "23505", "22021", "?", "é", "abcdé"] {
            assert_eq!(classify(defect), ErrorClass::Defect, "{defect}");
        }
    }

    #[test]
    fn a_pool_without_a_free_connection_asks_for_a_retry() {
        let error = Error::from(StoreError::from(sqlx::Error::PoolTimedOut));
        assert_eq!((error.code, error.retry_after), (ErrorCode::Unavailable, Some(RETRY_AFTER)));
    }
}

//! Errors of the set-up. They are for the operator, not for callers.

use std::{io, path::PathBuf};

/// Why the database or the blobs could not be set up. The message names paths, but never the URL, which holds a password.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The database's URL is malformed or unsupported.
    #[error("DATABASE_URL: {0}")]
    Url(String),
    /// A folder or file cannot be created or opened.
    #[error("{}: {source}", path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The folder of the blobs cannot be used.
    #[error("{}: {source}", path.display())]
    Blobs {
        /// The folder.
        path: PathBuf,
        /// The object store's error.
        source: object_store::Error,
    },
    /// Another server uses the embedded database.
    #[error(
        "another server uses the database {}: stop it, or give this one another DATA_DIR, or use PostgreSQL for both",
        path.display()
    )]
    InUse {
        /// The database's file.
        path: PathBuf,
    },
    /// The database does not answer.
    #[error("the database cannot be opened: {0}")]
    Connect(#[source] sqlx::Error),
    /// A migration failed, or the database has one that this program does not know.
    #[error("the database cannot be migrated: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

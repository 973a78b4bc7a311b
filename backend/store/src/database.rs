//! Connections: one enum of native pools, and the macros that write a transaction once for both.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Connection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{SetupError, location::Location};

/// How long a transaction waits for a connection or for SQLite's lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// Readers beside SQLite's one writer.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL of one process.
const POSTGRES_CONNECTIONS: u32 = 16;

/// The database, as the `Store` port. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pools: Pools,
}

/// The pools of the database in use.
#[derive(Debug, Clone)]
pub(crate) enum Pools {
    /// The embedded database. `writer` has one connection, so that writers queue here and not on SQLite's lock.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The one connection that writes.
        writer: SqlitePool,
        /// Connections that cannot.
        readers: SqlitePool,
    },
    /// A server.
    Postgres {
        /// How to reach it, for migrations, which may take longer than a statement of the store.
        options: Box<PgConnectOptions>,
        /// Its connections.
        pool: PgPool,
    },
}

/// Proof that no other server uses the embedded database, for as long as it lives.
#[derive(Debug)]
pub struct ExclusiveLock {
    _lock: File,
}

/// Connects to the database of `url`, and creates the file (0600) and its folder (0700) where SQLite has none yet.
///
/// Understands `sqlite:///absolute`, `sqlite://relative`, `postgres://`, `postgresql://` and `SQLAlchemy`'s
/// `sqlite+aiosqlite:///./relative` and `postgresql+asyncpg://`. A relative path is meant within `data_dir`. Runs no
/// migration.
pub async fn connect(url: &str, data_dir: &Path) -> Result<Database, SetupError> {
    let pools = match url.parse()? {
        Location::Sqlite(path) => open_sqlite(data_dir.join(path)).await,
        Location::Postgres(options) => open_postgres(options).await,
    }?;
    Ok(Database { pools })
}

/// Whether `url` names an embedded database whose file is not there yet: [`connect`] would make it.
pub fn is_missing(url: &str, data_dir: &Path) -> Result<bool, SetupError> {
    Ok(match url.parse()? {
        Location::Sqlite(path) => !data_dir.join(path).exists(),
        Location::Postgres(_) => false,
    })
}

impl Database {
    /// Takes the embedded database for this process, until the proof is dropped; [`SetupError::InUse`] where another
    /// process has it. `None` for PostgreSQL, which many servers may share.
    pub fn exclusive_lock(&self) -> Result<Option<ExclusiveLock>, SetupError> {
        let Pools::Sqlite { path, .. } = &self.pools else { return Ok(None) };
        let mut lock = path.clone().into_os_string();
        lock.push(".lock");
        let lock = PathBuf::from(lock);
        let file = private_file(&lock)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(ExclusiveLock { _lock: file })),
            Err(TryLockError::WouldBlock) => Err(SetupError::InUse { path: path.clone() }),
            Err(TryLockError::Error(source)) => Err(SetupError::File { path: lock, source }),
        }
    }

    /// Closes every connection, after what runs on it has ended; SQLite's write-ahead log is folded in.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { pool, .. } => pool.close().await,
        }
    }
}

async fn open_sqlite(path: PathBuf) -> Result<Pools, SetupError> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| SetupError::File { path: folder.to_owned(), source })?;
    }
    // SQLite gives its -wal and -shm files the rights of this one.
    private_file(&path)?;

    let options = SqliteConnectOptions::new()
        .filename(&path)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .optimize_on_close(true, 400);
    // The file's connections live as long as the pool: opening one costs more than keeping it.
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let writing = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let writer = pool()
        .max_connections(1)
        // A full disk makes SQLite roll back by itself, which sqlx does not learn: it would refuse every further one.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(writing)
        .await
        .map_err(SetupError::Connect)?;
    let reading = options.optimize_on_close(false, None).pragma("query_only", "ON");
    let readers = pool().max_connections(SQLITE_READERS).connect_lazy_with(reading);
    Ok(Pools::Sqlite { path, writer, readers })
}

async fn open_postgres(options: Box<PgConnectOptions>) -> Result<Pools, SetupError> {
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| {
            // A statement, not a start-up parameter: poolers between us and the server refuse those.
            Box::pin(async move {
                sqlx::raw_sql("SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '30s'")
                    .execute(connection)
                    .await
                    .map(drop)
            })
        })
        .connect_with((*options).clone())
        .await
        .map_err(SetupError::Connect)?;
    Ok(Pools::Postgres { options, pool })
}

/// Opens a file of our own, made if need be, that nobody else may read.
fn private_file(path: &Path) -> Result<File, SetupError> {
    let open = || -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
    };
    open().map_err(|source| SetupError::File { path: path.to_owned(), source })
}

/// A transaction that writes. Whatever leaves the body early, an error or `return`, rolls it back.
macro_rules! transaction {
    ($db:expr, |$tx:ident| $body:expr) => {
        match &$db.pools {
            $crate::database::Pools::Sqlite { writer, .. } => {
                // The lock is taken at once: a transaction that reads first and locks later can only fail.
                let mut $tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                let out = $body;
                $tx.commit().await?;
                out
            }
            $crate::database::Pools::Postgres { pool, .. } => {
                let mut $tx = pool.begin().await?;
                let out = $body;
                $tx.commit().await?;
                out
            }
        }
    };
}

/// One statement that reads, which is a transaction by itself.
macro_rules! read {
    ($db:expr, |$pool:ident| $body:expr) => {
        match &$db.pools {
            $crate::database::Pools::Sqlite { readers: $pool, .. } => $body,
            $crate::database::Pools::Postgres { pool: $pool, .. } => $body,
        }
    };
}

pub(crate) use {read, transaction};

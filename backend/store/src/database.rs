//! Connections: one enum of native pools, and the macros that run one transaction body on either database.

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

/// Longest wait for a connection or for SQLite's lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// SQLite allows one writer at a time, but readers run beside it in WAL mode.
const SQLITE_READERS: u32 = 4;
/// Connections of one process to PostgreSQL. Its default `max_connections` is 100, so that several processes fit.
const POSTGRES_CONNECTIONS: u32 = 16;

/// The database. Implements the ports of `inkstream_core::ports` that store rows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pools: Pools,
}

#[derive(Debug, Clone)]
pub(crate) enum Pools {
    /// `writer` has one connection, so that writers queue in the pool and not on SQLite's lock. `readers` are opened with
    /// `query_only`, so that a write that takes the wrong pool fails.
    Sqlite { path: PathBuf, writer: SqlitePool, readers: SqlitePool },
    /// Migrations open their own connection from `options`: they may take longer than the pool's statement timeout.
    Postgres { options: Box<PgConnectOptions>, pool: PgPool },
}

/// Holds the embedded database's lock file. While it lives, no other server can use the database.
#[derive(Debug)]
pub struct ExclusiveLock {
    _lock: File,
}

/// Connects to the database at `url`. For SQLite, creates the file (mode 0600) and its folder (mode 0700) if they do not exist.
///
/// Accepts `sqlite:///absolute`, `sqlite://relative`, `postgres://`, `postgresql://` and `SQLAlchemy`'s
/// `sqlite+aiosqlite:///./relative` and `postgresql+asyncpg://`. A relative path is resolved against `data_dir`. Runs no
/// migration.
pub async fn connect(url: &str, data_dir: &Path) -> Result<Database, SetupError> {
    let pools = match url.parse()? {
        Location::Sqlite(path) => open_sqlite(data_dir.join(path)).await,
        Location::Postgres(options) => open_postgres(options).await,
    }?;
    Ok(Database { pools })
}

/// Whether `url` names an embedded database whose file does not exist yet, so that [`connect`] would create it.
pub fn is_missing(url: &str, data_dir: &Path) -> Result<bool, SetupError> {
    Ok(match url.parse()? {
        Location::Sqlite(path) => !data_dir.join(path).exists(),
        Location::Postgres(_) => false,
    })
}

impl Database {
    /// Locks the embedded database for this process until the returned lock is dropped. `None` for PostgreSQL, which several
    /// servers may share.
    ///
    /// # Errors
    /// [`SetupError::InUse`] if another process holds the lock.
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

    /// Waits for running statements and closes every connection. SQLite then checkpoints its write-ahead log.
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
    // SQLite creates its -wal and -shm files with the permissions of this one.
    private_file(&path)?;

    let options = SqliteConnectOptions::new()
        .filename(&path)
        .busy_timeout(ACQUIRE_TIMEOUT)
        .foreign_keys(true)
        .optimize_on_close(true, 400);
    // Connections to a file live as long as the pool: opening one costs more than keeping it.
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let writing = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let writer = pool()
        .max_connections(1)
        // On a full disk SQLite rolls back by itself. sqlx does not notice and would refuse every further transaction, so
        // such a connection is replaced.
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
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            // Set the timeouts by a statement: poolers between this process and the server refuse start-up parameters.
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

/// Opens a file that only this user may read, and creates it if it does not exist.
fn private_file(path: &Path) -> Result<File, SetupError> {
    let open = || -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
    };
    open().map_err(|source| SetupError::File { path: path.to_owned(), source })
}

/// Runs a transaction that writes, and evaluates to the body's value. The body's errors are [`crate::error::StoreError`]s; an error
/// or a `return` in it rolls back. The enclosing function returns the domain's error.
macro_rules! transaction {
    ($db:expr, |$tx:ident| $body:expr) => {{
        let outcome: std::result::Result<_, $crate::error::StoreError> = async {
            match &$db.pools {
                $crate::database::Pools::Sqlite { writer, .. } => {
                    // Take the write lock at once: SQLite fails a transaction that upgrades from reading to writing after
                    // another one has written.
                    let mut $tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                    let out = $body;
                    $tx.commit().await?;
                    Ok(out)
                }
                $crate::database::Pools::Postgres { pool, .. } => {
                    let mut $tx = pool.begin().await?;
                    let out = $body;
                    $tx.commit().await?;
                    Ok(out)
                }
            }
        }
        .await;
        outcome?
    }};
}

/// Runs one statement that reads; it is a transaction by itself. Errors as in [`transaction`].
macro_rules! read {
    ($db:expr, |$pool:ident| $body:expr) => {{
        let outcome: std::result::Result<_, $crate::error::StoreError> = async {
            Ok(match &$db.pools {
                $crate::database::Pools::Sqlite { readers: $pool, .. } => $body,
                $crate::database::Pools::Postgres { pool: $pool, .. } => $body,
            })
        }
        .await;
        outcome?
    }};
}

/// Inserts a row within a transaction. Each column is written next to its value, so that their orders cannot differ. The literal at the
/// end continues the statement. Evaluates to the number of inserted rows.
macro_rules! insert {
    ($tx:ident, $table:literal, { $($column:ident: $value:expr),+ $(,)? } $(, $rest:literal)?) => {{
        let mut query = sqlx::QueryBuilder::new(concat!("INSERT INTO ", $table, " ("));
        query.push([$(stringify!($column)),+].join(", ")).push(") VALUES (");
        let mut values = query.separated(", ");
        $(values.push_bind($value);)+
        query.push(concat!(")" $(, " ", $rest)?));
        query.build().execute(&mut *$tx).await?.rows_affected()
    }};
}

/// Appends assignments to an `UPDATE … SET` under construction. Each column is written next to its value, as in [`insert`].
macro_rules! set {
    ($query:ident, { $($column:ident: $value:expr),+ $(,)? }) => {{
        let mut assignments = $query.separated(", ");
        $(assignments.push(concat!(stringify!($column), " = ")).push_bind_unseparated($value);)+
    }};
}

pub(crate) use {insert, read, set, transaction};

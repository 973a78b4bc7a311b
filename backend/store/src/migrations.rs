//! Migrations: compiled into the binary, reversible, append-only; one folder per database.

use std::collections::BTreeMap;

use sqlx::{
    Connection, PgConnection,
    migrate::{Migrate, MigrateError, Migrator},
};

use crate::{
    SetupError,
    database::{Database, Pools},
};

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Whether a migration was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// Known to this program, but not applied.
    Pending,
    /// Applied.
    Applied,
    /// Applied by a newer version of this program, and unknown to this one.
    Unknown,
}

/// A migration and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The migration's number.
    pub version: i64,
    /// The migration's name; empty for an unknown one.
    pub name: String,
    /// Whether it was applied.
    pub state: MigrationState,
}

impl Database {
    /// Applies every pending migration. On PostgreSQL several processes may do so at the same time.
    pub async fn migrate_up(&self) -> Result<(), SetupError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => SQLITE.run(writer).await?,
            Pools::Postgres { options, .. } => {
                let mut connection = PgConnection::connect_with(options).await.map_err(SetupError::Connect)?;
                POSTGRES.run(&mut connection).await?;
            }
        }
        Ok(())
    }

    /// Reverts the last `steps` migrations. The contents of the tables that they made are lost.
    pub async fn migrate_down(&self, steps: usize) -> Result<(), SetupError> {
        let applied: Vec<i64> = self
            .migrate_status()
            .await?
            .iter()
            .filter(|migration| migration.state != MigrationState::Pending)
            .map(|migration| migration.version)
            .collect();
        // The version that remains the last one; 0 is before the first.
        let target = applied.iter().rev().nth(steps).copied().unwrap_or(0);
        match &self.pools {
            Pools::Sqlite { writer, .. } => SQLITE.undo(writer, target).await?,
            Pools::Postgres { options, .. } => {
                let mut connection = PgConnection::connect_with(options).await.map_err(SetupError::Connect)?;
                POSTGRES.undo(&mut connection, target).await?;
            }
        }
        Ok(())
    }

    /// Lists every migration that is known or applied, ordered by version.
    pub async fn migrate_status(&self) -> Result<Vec<MigrationStatus>, SetupError> {
        let (migrator, applied) = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let mut connection = writer.acquire().await.map_err(SetupError::Connect)?;
                (&SQLITE, applied(&mut *connection, &SQLITE).await?)
            }
            Pools::Postgres { options, .. } => {
                let mut connection = PgConnection::connect_with(options).await.map_err(SetupError::Connect)?;
                (&POSTGRES, applied(&mut connection, &POSTGRES).await?)
            }
        };
        let mut all: BTreeMap<i64, (String, MigrationState)> = migrator
            .iter()
            .map(|migration| (migration.version, (migration.description.to_string(), MigrationState::Pending)))
            .collect();
        for version in applied {
            all.entry(version).or_insert((String::new(), MigrationState::Unknown)).1 =
                if migrator.version_exists(version) { MigrationState::Applied } else { MigrationState::Unknown };
        }
        Ok(all.into_iter().map(|(version, (name, state))| MigrationStatus { version, name, state }).collect())
    }
}

async fn applied(connection: &mut impl Migrate, migrator: &Migrator) -> Result<Vec<i64>, MigrateError> {
    connection.ensure_migrations_table(&migrator.table_name).await?;
    let applied = connection.list_applied_migrations(&migrator.table_name).await?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

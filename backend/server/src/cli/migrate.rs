use std::{io, process::ExitCode};

use clap::Subcommand;
use inkstream_store::{MigrationState, SetupError, connect, is_missing};

use super::{WRONG_USAGE, output};
use crate::settings::DatabaseSettings;

/// The action on the database, and the database.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Apply all pending migrations
    Up,
    /// Revert the last migrations and delete the data in their tables
    Down {
        /// The number of migrations
        #[arg(long, default_value_t = 1)]
        steps: usize,
    },
    /// List all migrations and whether each is applied
    Status,
}

#[derive(Debug, thiserror::Error)]
enum MigrateError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("no folder for temporary files: {0}")]
    Folder(#[source] io::Error),
}

pub(super) fn migrate(arguments: &Arguments) -> ExitCode {
    super::block_on(1, async {
        match run(arguments).await {
            Ok(text) => output::print(&text),
            Err(error) => {
                output::print_error(&error);
                match error {
                    MigrateError::Setup(SetupError::Url(_)) => ExitCode::from(WRONG_USAGE),
                    MigrateError::Setup(_) | MigrateError::Folder(_) => ExitCode::FAILURE,
                }
            }
        }
    })
}

/// Runs the action, and returns the state of every migration.
async fn run(arguments: &Arguments) -> Result<String, MigrateError> {
    let Arguments { action, database: settings } = arguments;
    if matches!(action, Action::Status) && is_missing(settings.url(), &settings.data_dir)? {
        // `status` must not create the database. Show the migrations of an empty temporary one instead.
        output::print_error(
            "there is no database yet: inkstream migrate up, or the first start of the server, makes it",
        );
        let folder = tempfile::tempdir().map_err(MigrateError::Folder)?;
        return run_on(action, &DatabaseSettings::embedded(folder.path().to_owned())).await;
    }
    run_on(action, settings).await
}

async fn run_on(action: &Action, settings: &DatabaseSettings) -> Result<String, MigrateError> {
    let database = connect(settings.url(), &settings.data_dir).await?;
    match *action {
        Action::Up => {
            // Refuse while a server uses the embedded database: its tables must not change under it.
            let _lock = database.exclusive_lock()?;
            database.migrate_up().await?;
        }
        Action::Down { steps } => {
            let _lock = database.exclusive_lock()?;
            database.migrate_down(steps).await?;
        }
        Action::Status => {}
    }
    let migrations = database.migrate_status().await?;
    database.close().await;
    let line = |migration: &inkstream_store::MigrationStatus| {
        let state = match migration.state {
            MigrationState::Applied => "applied",
            MigrationState::Pending => "pending",
            MigrationState::Unknown => "unknown",
        };
        format!("{state:8} {:014} {}\n", migration.version, migration.name)
    };
    Ok(migrations.iter().map(line).collect())
}

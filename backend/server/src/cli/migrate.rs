use std::process::ExitCode;

use clap::Subcommand;
use inkstream_store::{MigrationState, SetupError, connect};

use crate::settings::DatabaseSettings;

/// What is to be done to the database, and which.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Apply every migration that the database does not have
    Up,
    /// Take the last migrations back, with what is in their tables
    Down {
        /// How many
        #[arg(long, default_value_t = 1)]
        steps: usize,
    },
    /// Show every migration and whether it is applied
    Status,
}

pub(super) fn migrate(arguments: &Arguments) -> ExitCode {
    super::block_on(1, async {
        match run(arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("inkstream: {error}");
                ExitCode::FAILURE
            }
        }
    })
}

async fn run(arguments: &Arguments) -> Result<(), SetupError> {
    let database = connect(arguments.database.url(), &arguments.database.data_dir).await?;
    match arguments.action {
        Action::Up => {
            // A server that runs on this database must not find its tables changed.
            let _sole = database.sole()?;
            database.migrate_up().await?;
        }
        Action::Down { steps } => {
            let _sole = database.sole()?;
            database.migrate_down(steps).await?;
        }
        Action::Status => {}
    }
    for migration in database.migrate_status().await? {
        let state = match migration.state {
            MigrationState::Applied => "applied",
            MigrationState::Pending => "pending",
            MigrationState::Unknown => "unknown",
        };
        println!("{state:8} {:014} {}", migration.version, migration.name);
    }
    database.close().await;
    Ok(())
}

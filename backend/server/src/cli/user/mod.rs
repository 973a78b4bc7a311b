//! `inkstream user`: manages accounts in the database, also while a server runs.

mod password;
mod table;

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use inkstream_core::{
    Error,
    accounts::{self, Hasher, NewAccount, Username},
    ports::{Clock as _, PasswordStore as _, UserRecord, UserStore as _},
    quota::Month,
};
use inkstream_store::{Database, MigrationState, SetupError, connect, is_missing};
use inkstream_wire::{Role, UserPatch};

use super::{WRONG_USAGE, output};
use crate::{bootstrap::SystemClock, settings::DatabaseSettings};

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  the database, or this program, failed
  2  the command line, the settings, the name or the password is wrong";

/// Users per query.
const ROWS: u32 = 200;

/// The action on accounts, and the database.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create an account
    Add {
        /// The account's username
        name: String,
        /// Give the account the role admin
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: password::Arguments,
    },
    /// List all accounts
    List,
    /// Change a user's password and end all of the user's sessions
    Passwd {
        /// The account's username
        name: String,
        #[command(flatten)]
        password: password::Arguments,
    },
    /// Disable an account: refuse all its requests from now on
    Disable {
        /// The account's username
        name: String,
    },
    /// Enable an account again
    Enable {
        /// The account's username
        name: String,
    },
    /// Change a user's role
    Role {
        /// The account's username
        name: String,
        /// The new role
        role: NewRole,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NewRole {
    /// Reads documents
    User,
    /// Also sees and changes users, usage and the audit trail
    Admin,
}

#[derive(Debug, thiserror::Error)]
enum UserError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the database is not up to date: run inkstream migrate up, or start the server")]
    Pending,
    #[error(
        "there is no database here: set DATA_DIR or DATABASE_URL to where it is, or make one with inkstream migrate up"
    )]
    Missing,
    #[error("the database is newer than this program")]
    Unknown,
    #[error("nobody has this name")]
    Nobody,
    #[error("nobody signs in with this name: it is that of all callers without an account")]
    Anonymous,
    #[error("{}", .0.detail)]
    Refused(#[from] Error),
    #[error(transparent)]
    Password(#[from] password::PasswordError),
}

impl UserError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Nobody | Self::Anonymous | Self::Password(_) | Self::Setup(SetupError::Url(_)) => {
                ExitCode::from(WRONG_USAGE)
            }
            Self::Refused(error) if error.code.status() < 500 => ExitCode::from(WRONG_USAGE),
            Self::Setup(_) | Self::Missing | Self::Pending | Self::Unknown | Self::Refused(_) => ExitCode::FAILURE,
        }
    }
}

pub(super) fn user(arguments: &Arguments) -> ExitCode {
    super::block_on(1, async {
        match run(arguments).await {
            Ok(text) => output::print(&text),
            Err(error) => {
                output::print_error(&error);
                error.exit_code()
            }
        }
    })
}

/// Runs the action, and returns its message.
async fn run(arguments: &Arguments) -> Result<String, UserError> {
    if is_missing(arguments.database.url(), &arguments.database.data_dir)? {
        return Err(UserError::Missing);
    }
    let database = connect(arguments.database.url(), &arguments.database.data_dir).await?;
    let answer = match check_migrations(&database).await {
        Ok(()) => run_action(&database, &arguments.action).await,
        Err(error) => Err(error),
    };
    database.close().await;
    answer
}

/// Requires a migrated database. This command does not migrate it itself, because a server may be running on it.
async fn check_migrations(database: &Database) -> Result<(), UserError> {
    let states: Vec<_> = database.migrate_status().await?.into_iter().map(|migration| migration.state).collect();
    if states.contains(&MigrationState::Unknown) {
        return Err(UserError::Unknown);
    }
    if states.contains(&MigrationState::Pending) {
        return Err(UserError::Pending);
    }
    Ok(())
}

async fn run_action(database: &Database, action: &Action) -> Result<String, UserError> {
    let now = SystemClock.now();
    match action {
        Action::List => list_users(database).await,
        Action::Add { name, admin, password } => {
            let username: Username = name.parse()?;
            let role = if *admin { Role::Admin } else { Role::User };
            let account = NewAccount { password: password.password(&username)?, username, role, address: None };
            let made = accounts::make(database, &Hasher::new(1)?, account, now).await?;
            Ok(format!("{} has an account now\n", made.username))
        }
        Action::Passwd { name, password } => {
            let user = find_user(database, name).await?;
            let password = password.password(&Username::stored(user.username.clone()))?;
            accounts::replace_password(database, &Hasher::new(1)?, user.id, &password, now).await?;
            Ok(format!("{} has another password now\n", user.username))
        }
        Action::Disable { name } => {
            let patch = UserPatch { disabled: Some(true), ..UserPatch::default() };
            Ok(format!("{} is disabled now\n", change_user(database, name, &patch).await?.username))
        }
        Action::Enable { name } => {
            let patch = UserPatch { disabled: Some(false), ..UserPatch::default() };
            Ok(format!("{} is enabled now\n", change_user(database, name, &patch).await?.username))
        }
        Action::Role { name, role } => {
            let (role, word) = match role {
                NewRole::User => (Role::User, "user"),
                NewRole::Admin => (Role::Admin, "admin"),
            };
            let patch = UserPatch { role: Some(role), ..UserPatch::default() };
            Ok(format!("{} has the role {word} now\n", change_user(database, name, &patch).await?.username))
        }
    }
}

async fn list_users(database: &Database) -> Result<String, UserError> {
    let month = Month::at(SystemClock.now());
    let mut users: Vec<UserRecord> = Vec::new();
    loop {
        let after = users.last().map(|user| user.username.as_str());
        let rows = database.accounts(after, ROWS, month).await?;
        let last = rows.len() < ROWS as usize;
        users.extend(rows.into_iter().map(|row| row.user));
        if last {
            return Ok(table::format(&users));
        }
    }
}

async fn find_user(database: &Database, name: &str) -> Result<UserRecord, UserError> {
    // No user can have a name that does not parse.
    let username: Username = name.parse().map_err(|_| UserError::Nobody)?;
    let user = database.credentials(&username).await?.ok_or(UserError::Nobody)?.user;
    if user.anonymous { Err(UserError::Anonymous) } else { Ok(user) }
}

async fn change_user(database: &Database, name: &str, patch: &UserPatch) -> Result<UserRecord, UserError> {
    let user = find_user(database, name).await?;
    Ok(accounts::alter(database, (None, None), user.id, patch, SystemClock.now()).await?.user)
}

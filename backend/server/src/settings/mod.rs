//! Settings, read once from the command line, the environment and `.env`, in this order of precedence.
//!
//! Each section is a struct, whose fields have types that are valid by construction. `inkstream serve --help` lists all.

mod accounts;
mod base_path;
mod children;
mod database;
pub mod dotenv;
mod engine;
mod engine_catalog;
mod engines_file;
mod hosts;
mod limits;
mod logs;
mod origins;
mod proxies;
mod quotas;
mod rates;
mod server;
mod value;

pub use accounts::{AccountSettings, FirstAdmin, Retention};
pub use base_path::BasePath;
pub use children::ChildSettings;
pub use database::DatabaseSettings;
pub use engine::{ChosenProfile, EngineSettings};
pub use engine_catalog::EngineCatalog;
pub use engines_file::{EnginesFile, FileEngine};
pub use hosts::AllowedHosts;
pub use limits::{FetchSettings, LimitSettings, UploadSettings};
pub use logs::{LogFormat, LogSettings};
pub use origins::Origins;
pub use proxies::TrustedProxies;
pub use quotas::{Ceiling, QuotaSettings};
pub use rates::{PerMinute, RateSettings};
pub use server::ServerSettings;

/// All settings of `serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// The listener and access to it.
    #[command(flatten)]
    pub server: ServerSettings,
    /// Accounts and sessions.
    #[command(flatten)]
    pub accounts: AccountSettings,
    /// Quotas of a month.
    #[command(flatten)]
    pub quotas: QuotaSettings,
    /// Rate limits.
    #[command(flatten)]
    pub rates: RateSettings,
    /// The database and the files.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The engines.
    #[command(flatten)]
    pub engine: EngineSettings,
    /// Limits on requests and runs.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// The minimum speed of a request body.
    #[command(flatten)]
    pub uploads: UploadSettings,
    /// Images that callers name by their URL.
    #[command(flatten)]
    pub fetch: FetchSettings,
    /// The sandboxed processes.
    #[command(flatten)]
    pub children: ChildSettings,
    /// The log.
    #[command(flatten)]
    pub logs: LogSettings,
}

impl Settings {
    /// Checks the settings together. Returns one line for each that is wrong.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        problems.extend(self.accounts.problems());
        problems.extend(self.engine.problems());
        problems.extend(self.limits.problems());
        problems
    }
}

/// Checks every value from the environment by itself, so that all wrong ones are reported at once: clap stops at the first.
/// A secret's value is never repeated.
pub fn environment_problems(command: &clap::Command) -> Vec<String> {
    command.get_arguments().filter(|argument| argument.get_env().is_some()).filter_map(environment_problem).collect()
}

fn environment_problem(argument: &clap::Arg) -> Option<String> {
    let name = argument.get_env()?.to_string_lossy().into_owned();
    let alone = clap::Command::new("inkstream").disable_help_flag(true).arg(argument.clone());
    let error = alone.try_get_matches_from(["inkstream"]).err()?;
    let reason = std::error::Error::source(&error)
        .map_or_else(|| "it cannot have this value".to_owned(), |source| source.to_string().replace('\n', " "));
    let value = match error.get(clap::error::ContextKind::InvalidValue) {
        Some(clap::error::ContextValue::String(value)) if !argument.is_hide_env_values_set() => format!(" ({value:?})"),
        _ => String::new(),
    };
    let choices = match error.get(clap::error::ContextKind::ValidValue) {
        Some(clap::error::ContextValue::Strings(choices)) => format!(": one of {} is", choices.join(", ")),
        _ => String::new(),
    };
    Some(format!("{name}{value}: {reason}{choices}"))
}

use std::path::PathBuf;

use super::value;

/// The embedded database's file, in `DATA_DIR`.
const EMBEDDED: &str = "sqlite://inkstream.db";

/// Schemes of a `DATABASE_URL`. `SQLAlchemy`'s driver names are accepted and ignored.
const SCHEMES: [&str; 6] =
    ["sqlite", "sqlite+aiosqlite", "postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"];

/// The database and the files.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// Folder of the embedded database and of uploaded files
    #[arg(long, env = "DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// `postgres://…` or `sqlite:///path`; unset: an embedded SQLite database in `DATA_DIR`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = database_url)]
    pub database_url: Option<String>,
}

impl DatabaseSettings {
    /// Settings of an embedded database in this folder.
    pub fn embedded(data_dir: PathBuf) -> Self {
        Self { data_dir, database_url: None }
    }

    /// The database's URL. A relative path in it is resolved against the data folder.
    pub fn url(&self) -> &str {
        value::non_empty(self.database_url.as_ref()).unwrap_or(EMBEDDED)
    }

    /// The folder of uploaded files.
    pub fn blobs(&self) -> PathBuf {
        self.data_dir.join("blobs")
    }
}

/// Checks the scheme. The store parses the rest.
fn database_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let known = text.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme));
    if text.is_empty() || known {
        Ok(text.to_owned())
    } else {
        Err("postgres://… or sqlite:///path was expected".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_another_kind_is_refused_without_repeating_it() {
        for valid in ["", "postgres://u:p@h/d", "sqlite:///a.db", "postgresql+asyncpg://h/d"] {
            assert!(database_url(valid).is_ok(), "{valid}");
        }
        for wrong in ["mysql://u:hunter2@h/d", "hunter2.db", "postgres:hunter2", "://hunter2"] {
            assert!(!database_url(wrong).unwrap_err().contains("hunter2"), "{wrong}");
        }
    }
}

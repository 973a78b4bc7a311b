use std::path::PathBuf;

use super::value;

/// The embedded database's file, in `DATA_DIR`.
const EMBEDDED: &str = "sqlite://inkstream.db";

/// The database and the files.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// Folder of the embedded database and of uploaded files
    #[arg(long, env = "DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// `postgres://…` or `sqlite:///path`; left out: an embedded SQLite in `DATA_DIR`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

impl DatabaseSettings {
    /// The embedded database within this folder.
    pub fn embedded(data_dir: PathBuf) -> Self {
        Self { data_dir, database_url: None }
    }

    /// The database's URL. A relative path in it is meant within the data folder.
    pub fn url(&self) -> &str {
        value::given(self.database_url.as_ref()).unwrap_or(EMBEDDED)
    }

    /// Where uploads are kept.
    pub fn blobs(&self) -> PathBuf {
        self.data_dir.join("blobs")
    }
}

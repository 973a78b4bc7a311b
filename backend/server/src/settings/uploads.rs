use std::time::Duration;

use super::value;

/// How slowly a request's body may come.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Uploads")]
pub struct UploadSettings {
    /// Longest silence within a body
    #[arg(long, env = "UPLOAD_IDLE_TIMEOUT", default_value = "20s", value_parser = value::duration)]
    pub upload_idle_timeout: Duration,
    /// Time that every body has before its rate counts
    #[arg(long, env = "UPLOAD_GRACE", default_value = "15s", value_parser = value::duration)]
    pub upload_grace: Duration,
    /// Lowest rate of a body, in bytes a second
    #[arg(long, env = "UPLOAD_MIN_RATE", default_value = "8KiB", value_parser = value::bytes)]
    pub upload_min_rate: u64,
}

use std::time::Duration;

use super::value;

/// Limits on requests and runs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Maximum size of an upload
    #[arg(long, env = "MAX_UPLOAD_BYTES", default_value = "50MiB", value_parser = value::bytes)]
    pub max_upload_bytes: u64,
    /// Maximum number of pages of a document
    #[arg(long, env = "MAX_PAGES", default_value = "1000", value_parser = value::count32)]
    pub max_pages: u32,
    /// Maximum number of pixels of a page image. Larger PDF pages are rendered at a lower resolution, larger images are
    /// refused
    #[arg(long, env = "MAX_PIXELS", default_value = "100000000", value_parser = pixels)]
    pub max_pixels: u64,
    /// Maximum number of concurrent runs
    #[arg(long, env = "MAX_RUNS", default_value = "64", value_parser = value::count)]
    pub max_runs: usize,
    /// Maximum number of concurrent runs of a client: a user, an API key, or without accounts a browser session or an
    /// address
    #[arg(long, env = "MAX_RUNS_PER_CLIENT", default_value = "16", value_parser = value::count)]
    pub max_runs_per_client: usize,
    /// Maximum number of concurrent runs from one address, which several users may share, with `AUTH_ENABLED=true`
    #[arg(long, env = "MAX_RUNS_PER_ADDRESS", default_value = "32", value_parser = value::count)]
    pub max_runs_per_address: usize,
    /// Maximum number of concurrent runs of a caller who has not signed in, with `AUTH_ENABLED=true`
    #[arg(long, env = "MAX_RUNS_ANONYMOUS", default_value = "2", value_parser = value::count)]
    pub max_runs_anonymous: usize,
    /// Maximum number of waiting runs; 0: none may wait
    #[arg(long, env = "QUEUE_MAX", default_value = "256", value_parser = value::whole)]
    pub queue_max: usize,
    /// Maximum number of waiting runs of a client
    #[arg(long, env = "QUEUE_MAX_PER_CLIENT", default_value = "64", value_parser = value::whole)]
    pub queue_max_per_client: usize,
    /// How long a document is kept
    #[arg(long, env = "DOCUMENT_TTL", default_value = "24h", value_parser = value::duration)]
    pub document_ttl: Duration,
    /// Maximum time that an engine may spend on a page with all its attempts. A fallback has the same time again
    #[arg(long, env = "PAGE_DEADLINE", default_value = "10m", value_parser = value::duration)]
    pub page_deadline: Duration,
    /// Time after which a stream is cut if its reader accepts no data
    #[arg(long, env = "STREAM_STALL_TIMEOUT", default_value = "60s", value_parser = value::duration)]
    pub stream_stall_timeout: Duration,
    /// Minimum rate, in bytes a second, at which a stream's reader must accept data while its run waits for it
    #[arg(long, env = "STREAM_MIN_RATE", default_value = "256", value_parser = value::bytes)]
    pub stream_min_rate: u64,
}

impl LimitSettings {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.max_runs_per_client > self.max_runs {
            problems.push("MAX_RUNS_PER_CLIENT: it cannot be more than MAX_RUNS".to_owned());
        }
        if self.queue_max_per_client > self.queue_max {
            problems.push("QUEUE_MAX_PER_CLIENT: it cannot be more than QUEUE_MAX".to_owned());
        }
        problems
    }
}

/// The minimum speed of a request body.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Uploads")]
pub struct UploadSettings {
    /// Maximum pause within a request body
    #[arg(long, env = "UPLOAD_IDLE_TIMEOUT", default_value = "20s", value_parser = value::duration)]
    pub upload_idle_timeout: Duration,
    /// Time before the minimum rate of a request body applies
    #[arg(long, env = "UPLOAD_GRACE", default_value = "15s", value_parser = value::duration)]
    pub upload_grace: Duration,
    /// Minimum rate of a request body, in bytes a second
    #[arg(long, env = "UPLOAD_MIN_RATE", default_value = "8KiB", value_parser = value::bytes)]
    pub upload_min_rate: u64,
}

/// Images that callers name by their URL.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Fetching")]
pub struct FetchSettings {
    /// Whether images that a request names by an http(s) URL are fetched (in the chat dialect). Private networks are
    /// never accessed
    #[arg(long, env = "ALLOW_URL_FETCH", default_value = "false", action = clap::ArgAction::Set,
          value_parser = clap::builder::BoolishValueParser::new())]
    pub allow_url_fetch: bool,
    /// Maximum time for fetching all images of a request
    #[arg(long, env = "URL_FETCH_TIMEOUT", default_value = "20s", value_parser = value::duration)]
    pub url_fetch_timeout: Duration,
}

fn pixels(text: &str) -> Result<u64, String> {
    // Less than the minimum does not hold a postcard at 150 dpi. An RGBA image of more than the maximum is larger than 4 GB.
    const ALLOWED: std::ops::RangeInclusive<u64> = 500_000..=1_000_000_000;
    match text.trim().parse() {
        Ok(number) if ALLOWED.contains(&number) => Ok(number),
        _ => Err("a number of pixels from 500000 to 1000000000 was expected".to_owned()),
    }
}

use std::time::Duration;

use super::value;

/// How much is allowed.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Largest upload
    #[arg(long, env = "MAX_UPLOAD_BYTES", default_value = "50MiB", value_parser = value::bytes)]
    pub max_upload_bytes: u64,
    /// Most pages that one document may have
    #[arg(long, env = "MAX_PAGES", default_value = "1000", value_parser = value::count32)]
    pub max_pages: u32,
    /// Most pixels of a page's image; PDF pages beyond are rendered at a lower dpi, images refused
    #[arg(long, env = "MAX_PIXELS", default_value = "100000000", value_parser = pixels)]
    pub max_pixels: u64,
    /// Runs at once
    #[arg(long, env = "MAX_RUNS", default_value = "64", value_parser = value::count)]
    pub max_runs: usize,
    /// Runs at once for one client: a user, an API key, or without accounts a browser's session or an address
    #[arg(long, env = "MAX_RUNS_PER_CLIENT", default_value = "16", value_parser = value::count)]
    pub max_runs_per_client: usize,
    /// Runs at once from one address, where `AUTH_ENABLED=true`: several users may share it
    #[arg(long, env = "MAX_RUNS_PER_ADDRESS", default_value = "32", value_parser = value::count)]
    pub max_runs_per_address: usize,
    /// Runs at once for one caller who has not signed in, where `AUTH_ENABLED=true`
    #[arg(long, env = "MAX_RUNS_ANONYMOUS", default_value = "2", value_parser = value::count)]
    pub max_runs_anonymous: usize,
    /// Runs that may wait; 0: none
    #[arg(long, env = "QUEUE_MAX", default_value = "256", value_parser = value::whole)]
    pub queue_max: usize,
    /// Runs that may wait for one client
    #[arg(long, env = "QUEUE_MAX_PER_CLIENT", default_value = "64", value_parser = value::whole)]
    pub queue_max_per_client: usize,
    /// How long a document is kept
    #[arg(long, env = "DOCUMENT_TTL", default_value = "24h", value_parser = value::duration)]
    pub document_ttl: Duration,
    /// How long an engine may work at a page, all its attempts together; a fallback has as long again
    #[arg(long, env = "PAGE_DEADLINE", default_value = "10m", value_parser = value::duration)]
    pub page_deadline: Duration,
    /// How long the reader of a stream may take nothing before it is cut
    #[arg(long, env = "STREAM_STALL_TIMEOUT", default_value = "60s", value_parser = value::duration)]
    pub stream_stall_timeout: Duration,
    /// Least that the reader of a stream must take while its run waits for it, in bytes a second
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

/// Images that callers name by their address.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Fetching")]
pub struct FetchSettings {
    /// Whether images named by an http(s) address are fetched (in the chat dialect); never from private networks
    #[arg(long, env = "ALLOW_URL_FETCH", default_value = "false", action = clap::ArgAction::Set,
          value_parser = clap::builder::BoolishValueParser::new())]
    pub allow_url_fetch: bool,
    /// How long fetching all images of one request may take
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

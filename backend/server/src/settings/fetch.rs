use std::time::Duration;

use super::value;

/// Pictures that callers name by their address.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Fetching")]
pub struct FetchSettings {
    /// Whether pictures named by an http(s) address are fetched (in the chat dialect); never from private networks
    #[arg(long, env = "ALLOW_URL_FETCH", default_value = "false", action = clap::ArgAction::Set,
          value_parser = clap::builder::BoolishValueParser::new())]
    pub allow_url_fetch: bool,
    /// How long fetching all pictures of one request may take
    #[arg(long, env = "URL_FETCH_TIMEOUT", default_value = "20s", value_parser = value::duration)]
    pub url_fetch_timeout: Duration,
}

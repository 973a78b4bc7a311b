use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// The log, on stderr.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Log")]
pub struct LogSettings {
    /// Format of the log: text for people, json for programs
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// Minimum level that is logged: error, warn, info, debug, trace, or directives such as info,inkstream=debug
    #[arg(long, env = "LOG_LEVEL", default_value = "info", value_parser = filter)]
    pub log_level: String,
}

/// The log's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl LogSettings {
    /// Starts logging to stderr.
    pub fn start(&self) {
        let filter = EnvFilter::new(&self.log_level);
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            // tracing would report them on stderr, and panic if that is closed.
            .log_internal_errors(false)
            .with_ansi(std::io::stderr().is_terminal());
        // A second call, which only tests make, keeps the first subscriber.
        let _ = match self.log_format {
            LogFormat::Text => builder.try_init(),
            LogFormat::Json => builder.json().flatten_event(true).try_init(),
        };
    }
}

fn filter(text: &str) -> Result<String, String> {
    // EnvFilter takes a misspelt level for a target's name, and then logs nothing at all.
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let is_valid = |directive: &str| directive.contains('=') || is_level(directive.trim());
    if text.split(',').all(is_valid) && EnvFilter::try_new(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err("a level (error, warn, info, debug, trace) or directives such as info,inkstream=debug were expected"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_one_that_exists_and_a_directive_has_one() {
        for valid in ["info", "WARN", "off", "info,inkstream=debug", "inkstream_core=trace, warn"] {
            assert!(filter(valid).is_ok(), "{valid}");
        }
        for wrong in ["", "zzz", "info,zzz", "inkstream", "inkstream=zzz", "verbose"] {
            assert!(filter(wrong).is_err(), "{wrong}");
        }
    }
}

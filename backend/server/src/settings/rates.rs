use std::{num::NonZeroU32, str::FromStr};

/// Rate limits.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Rates")]
pub struct RateSettings {
    /// Maximum number of requests a minute from one address; 0: no limit
    #[arg(long, env = "RATE_LIMIT_ADDRESS", default_value = "1200")]
    pub rate_limit_address: PerMinute,
    /// Maximum number of requests a minute of one user, with all keys; 0: no limit
    #[arg(long, env = "RATE_LIMIT_USER", default_value = "600")]
    pub rate_limit_user: PerMinute,
    /// Maximum number of requests a minute with one API key; 0: no limit
    #[arg(long, env = "RATE_LIMIT_KEY", default_value = "600")]
    pub rate_limit_key: PerMinute,
    /// Maximum number of requests a minute without a token from one address, with `AUTH_ENABLED=true`; 0: no limit
    #[arg(long, env = "RATE_LIMIT_ANONYMOUS", default_value = "60")]
    pub rate_limit_anonymous: PerMinute,
}

/// Requests a minute; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerMinute(pub Option<NonZeroU32>);

impl FromStr for PerMinute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| "a whole number of requests a minute was expected, or 0 for no limit".to_owned();
        text.trim().parse().map(NonZeroU32::new).map(Self).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_and_zero_is_no_limit() {
        assert_eq!("60".parse(), Ok(PerMinute(NonZeroU32::new(60))));
        assert_eq!("0".parse(), Ok(PerMinute(None)));
        for wrong in ["", "-1", "1.5", "60/min", "4294967296"] {
            assert!(wrong.parse::<PerMinute>().is_err(), "{wrong}");
        }
    }
}

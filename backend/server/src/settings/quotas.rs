use std::str::FromStr;

use inkstream_core::quota::QuotaLimits;

/// Quotas of a month (UTC).
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Quotas")]
pub struct QuotaSettings {
    /// Maximum number of pages a month for each user without a quota of their own; unset: no limit
    #[arg(long, env = "QUOTA_PAGES", default_value = "")]
    pub quota_pages: Ceiling,
    /// Maximum number of tokens a month, sent and generated, for each user without a quota of their own; unset: no
    /// limit
    #[arg(long, env = "QUOTA_TOKENS", default_value = "")]
    pub quota_tokens: Ceiling,
    /// Maximum number of pages a month for all callers without an account together; unset: no limit
    #[arg(long, env = "ANON_QUOTA_PAGES", default_value = "")]
    pub anon_quota_pages: Ceiling,
    /// Maximum number of tokens a month for all callers without an account together; unset: no limit
    #[arg(long, env = "ANON_QUOTA_TOKENS", default_value = "")]
    pub anon_quota_tokens: Ceiling,
}

/// A quota; `None` (an empty setting) is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ceiling(Option<u64>);

impl QuotaSettings {
    /// The default quotas of a user.
    pub fn users(&self) -> QuotaLimits {
        QuotaLimits { pages: self.quota_pages.0, tokens: self.quota_tokens.0 }
    }

    /// The quotas of all anonymous callers together.
    pub fn anonymous(&self) -> QuotaLimits {
        QuotaLimits { pages: self.anon_quota_pages.0, tokens: self.anon_quota_tokens.0 }
    }
}

impl FromStr for Ceiling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The maximum of the database's integers.
        const MAX: u64 = i64::MAX as u64;
        match text.trim() {
            "" => Ok(Self(None)),
            text => match text.parse() {
                Ok(number @ 0..=MAX) => Ok(Self(Some(number))),
                _ => Err("a whole number was expected, or nothing for no limit".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_no_limit_and_zero_is_none_at_all() {
        assert_eq!("".parse(), Ok(Ceiling(None)));
        assert_eq!(" 0 ".parse(), Ok(Ceiling(Some(0))));
        assert_eq!("300".parse(), Ok(Ceiling(Some(300))));
        for wrong in ["-1", "many", "1e3", "9223372036854775808"] {
            assert!(wrong.parse::<Ceiling>().is_err(), "{wrong}");
        }
    }
}

//! Parsers of values as people write them.

use std::{str::FromStr, time::Duration};

/// The longest duration, so that now plus a duration is still a valid timestamp.
const CENTURY: Duration = Duration::from_hours(24 * 36_525);

/// Parses `90s`, `1h 30m` or `24h`; a plain number is seconds. Zero is refused.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = match text.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text.trim())
            .map_err(|_| "a duration such as 30s, 5m or 24h was expected".to_owned())?,
    };
    match duration {
        Duration::ZERO => Err("it must be longer than nothing".to_owned()),
        duration if duration > CENTURY => Err("it must be shorter than a hundred years".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses `50MiB` or `1 GB`; a plain number is bytes. Zero is refused.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    match bytesize::ByteSize::from_str(text.trim()) {
        Ok(size) if size.as_u64() > 0 => Ok(size.as_u64()),
        _ => Err("a size such as 50MiB or a number of bytes was expected, more than 0".to_owned()),
    }
}

/// Parses a whole number of at least 1.
pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("a whole number of at least 1 was expected".to_owned()),
    }
}

/// Parses a whole number, which may be 0.
pub(super) fn whole(text: &str) -> Result<usize, String> {
    text.trim().parse().map_err(|_| "a whole number was expected".to_owned())
}

/// Parses a [`count`] of 32 bits.
pub(super) fn count32(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("a whole number from 1 to 4294967295 was expected".to_owned()),
    }
}

/// An empty value counts as unset, because `NAME=` in a compose file means so.
pub(super) fn non_empty(value: Option<&String>) -> Option<&str> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_as_people_write_them() {
        assert_eq!(duration("24h"), Ok(Duration::from_hours(24)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("15"), Ok(Duration::from_secs(15)));
        assert!(duration("0").is_err());
        assert!(duration("soon").is_err());
        assert!(duration("9000years").is_err());
        assert!(duration("18446744073709551615").is_err());
    }

    #[test]
    fn sizes_are_parsed_as_people_write_them() {
        assert_eq!(bytes("50MiB"), Ok(52_428_800));
        assert_eq!(bytes("1 GB"), Ok(1_000_000_000));
        assert_eq!(bytes("4096"), Ok(4096));
        assert!(bytes("0").is_err());
        assert!(bytes("-1").is_err());
    }
}

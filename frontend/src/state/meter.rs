//! Usage meters in words and as bars.

use inkstream_wire::{Meter, Quota, QuotaRule};

use crate::state::{count, counted};

/// The share of a quota from which a warning is shown.
const WARNING_SHARE: f64 = 0.8;

/// How full a quota is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// Enough is left.
    Room,
    /// Little is left.
    Nearly,
    /// Nothing is left.
    Full,
}

/// A meter's bar, in percent of its width, at most 100 in total.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gauge {
    /// The used share.
    pub(crate) used: f64,
    /// The reserved share.
    pub(crate) reserved: f64,
    /// How full the quota is.
    pub(crate) fill: Fill,
}

/// The bar of a meter; `None` without a limit.
pub(crate) fn gauge(meter: &Meter) -> Option<Gauge> {
    let limit = meter.limit?;
    let taken = meter.used.saturating_add(meter.reserved);
    let share = |number: u64| if limit == 0 { 100.0 } else { (number as f64 / limit as f64 * 100.0).min(100.0) };
    let used = share(meter.used);
    let fill = match share(taken) {
        _ if taken >= limit => Fill::Full,
        taken if taken >= WARNING_SHARE * 100.0 => Fill::Nearly,
        _ => Fill::Room,
    };
    Some(Gauge { used, reserved: (share(taken) - used).max(0.0), fill })
}

/// `120 of 300 pages, 3 being read`.
pub(crate) fn metered(meter: &Meter, noun: &str) -> String {
    let words = match meter.limit {
        Some(limit) => format!("{} of {}", count(meter.used), counted(limit, noun)),
        None => format!("{}, no limit", counted(meter.used, noun)),
    };
    match meter.reserved {
        0 => words,
        reserved => format!("{words}, {} set aside for what is being read", count(reserved)),
    }
}

/// The label of a quota: `default`, `unlimited`, or the number.
pub(crate) fn quota_words(quota: Quota) -> String {
    match quota {
        Quota::Limit(limit) => count(limit),
        Quota::Rule(QuotaRule::Default) => "default".to_owned(),
        Quota::Rule(QuotaRule::Unlimited) => "unlimited".to_owned(),
    }
}

/// Parses a quota from a form: the chosen rule, or the typed number. `None` if the number is invalid.
pub(crate) fn parse_quota(rule: &str, number: &str) -> Option<Quota> {
    match rule {
        "default" => Some(Quota::Rule(QuotaRule::Default)),
        "unlimited" => Some(Quota::Rule(QuotaRule::Unlimited)),
        _ => {
            let digits: String = number.chars().filter(|letter| !letter.is_whitespace()).collect();
            digits.parse().ok().filter(|&number: &u64| i64::try_from(number).is_ok()).map(Quota::Limit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(used: u64, reserved: u64, limit: Option<u64>) -> Meter {
        Meter { used, reserved, limit }
    }

    #[test]
    fn used_and_reserved_shares_never_exceed_the_bar() {
        let full = gauge(&meter(290, 40, Some(300))).unwrap();
        assert!((full.used + full.reserved - 100.0).abs() < 1e-9);
        assert_eq!(full.fill, Fill::Full);
        assert_eq!(gauge(&meter(0, 0, Some(0))).unwrap().fill, Fill::Full);
        assert_eq!(gauge(&meter(3, 0, None)), None);
    }

    #[test]
    fn a_nearly_full_quota_has_a_warning() {
        assert_eq!(gauge(&meter(100, 100, Some(300))).unwrap().fill, Fill::Room);
        assert_eq!(gauge(&meter(200, 40, Some(300))).unwrap().fill, Fill::Nearly);
    }

    #[test]
    fn a_meter_is_shown_in_numbers() {
        assert_eq!(metered(&meter(120, 0, Some(300)), "page"), "120 of 300 pages");
        assert_eq!(metered(&meter(1, 2, None), "page"), "1 page, no limit, 2 set aside for what is being read");
    }

    #[test]
    fn a_typed_quota_is_a_number_or_nothing() {
        assert_eq!(parse_quota("limit", " 1 500 "), Some(Quota::Limit(1500)));
        assert_eq!(parse_quota("unlimited", "x"), Some(Quota::Rule(QuotaRule::Unlimited)));
        for wrong in ["", "-1", "1.5", "many", "18446744073709551615"] {
            assert_eq!(parse_quota("limit", wrong), None, "{wrong}");
        }
    }
}

//! Days of the Gregorian calendar, in UTC.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i64);

impl Day {
    /// The day of a moment in milliseconds since 1970.
    pub(crate) fn from_milliseconds(milliseconds: f64) -> Self {
        Self((milliseconds / 86_400_000.0).floor() as i64)
    }

    /// The day at the start of `text`, which is RFC 3339 or a date.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.get(..10)?.split('-');
        let year: i64 = parts.next()?.parse().ok()?;
        let month: i64 = parts.next()?.parse().ok().filter(|month| (1..=12).contains(month))?;
        let day: i64 = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
        // Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// This many days later.
    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// `2026-11-21`.
    pub(crate) fn iso(self) -> String {
        let (year, month, day) = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `21 Nov`.
    pub(crate) fn short(self) -> String {
        let (_, month, day) = self.civil();
        format!("{day}\u{a0}{}", MONTHS[month as usize - 1])
    }

    /// `21 Nov 2026`.
    pub(crate) fn long(self) -> String {
        format!("{}\u{a0}{}", self.short(), self.civil().0)
    }

    /// Year, month and day: `civil_from_days` of the same source.
    fn civil(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn days_are_equal_after_a_round_trip() {
        for days in (-700_000..800_000).step_by(37) {
            let day = Day::from_milliseconds(0.0).plus(days);
            assert_eq!(Day::parse(&day.iso()), Some(day));
        }
    }

    #[test]
    fn leap_days_and_month_ends_are_right() {
        assert_eq!(Day::parse("2028-02-28").unwrap().plus(1).iso(), "2028-02-29");
        assert_eq!(Day::parse("2026-02-28T23:59:59Z").unwrap().plus(1).short(), "1\u{a0}Mar");
        assert_eq!(Day::from_milliseconds(1_795_219_200_000.0).long(), "21\u{a0}Nov\u{a0}2026");
    }

    #[test]
    fn invalid_dates_are_none() {
        for text in ["", "today", "2026-13-01", "2026-1-1", "20261121T10"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}

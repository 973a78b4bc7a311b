//! How countries write numbers and dates.

/// The decimal separator. The other of the two may separate groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separators {
    /// `1,234.5`
    DecimalPoint,
    /// `1.234,5`
    DecimalComma,
}

impl Separators {
    pub(super) const ALL: [Self; 2] = [Self::DecimalPoint, Self::DecimalComma];

    pub(super) const fn decimal(self) -> char {
        match self {
            Self::DecimalPoint => '.',
            Self::DecimalComma => ',',
        }
    }
}

/// The order of day and month before a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateOrder {
    DayMonth,
    MonthDay,
}

/// What is known of how a text is written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conventions {
    pub(super) separators: Option<Separators>,
    pub(super) order: Option<DateOrder>,
}

/// What all agree on; `None` if they do not, or if there are none.
pub(super) fn agreed<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// A language, perhaps with its country: how its people write numbers and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale {
    separators: Separators,
    order: Option<DateOrder>,
}

/// Languages with a decimal comma, from CLDR 47 (`numbers/symbols-numberSystem-latn/decimal`).
const DECIMAL_COMMA: &[&str] = &[
    "af", "az", "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fo", "fr", "gl", "hr", "hu",
    "hy", "id", "is", "it", "ka", "kk", "ky", "lb", "lt", "lv", "mk", "mn", "nb", "nl", "nn", "no", "pl", "pt", "ro",
    "ru", "sk", "sl", "sq", "sr", "sv", "tk", "tr", "uk", "uz", "vi",
];
/// Languages with a decimal point, from the same source. Their digits here are Latin.
const DECIMAL_POINT: &[&str] = &[
    "am", "bn", "cy", "en", "fil", "ga", "gu", "he", "hi", "ja", "kn", "ko", "ml", "mr", "ms", "mt", "my", "ne", "pa",
    "si", "sw", "ta", "te", "th", "ur", "zh", "zu",
];
/// Countries that write otherwise than the rest of their language.
const EXCEPTIONS: &[(&str, &str, Separators)] = &[
    ("de", "ch", Separators::DecimalPoint),
    ("de", "li", Separators::DecimalPoint),
    ("it", "ch", Separators::DecimalPoint),
    ("en", "za", Separators::DecimalComma),
    ("es", "mx", Separators::DecimalPoint),
    ("es", "us", Separators::DecimalPoint),
    ("es", "419", Separators::DecimalPoint),
    ("es", "cu", Separators::DecimalPoint),
    ("es", "do", Separators::DecimalPoint),
    ("es", "gt", Separators::DecimalPoint),
    ("es", "hn", Separators::DecimalPoint),
    ("es", "ni", Separators::DecimalPoint),
    ("es", "pa", Separators::DecimalPoint),
    ("es", "pe", Separators::DecimalPoint),
    ("es", "pr", Separators::DecimalPoint),
    ("es", "sv", Separators::DecimalPoint),
];
/// Where the month stands before the day, from CLDR 47 (`dates/calendars/gregorian/dateFormats-short`). English is that of the United
/// States, unless the country is named.
const MONTH_FIRST: &[(&str, &[&str])] =
    &[("en", &["", "us", "ph", "pr", "gu"]), ("es", &["us", "pa", "pr"]), ("fil", &["", "ph"])];
/// Where the year stands first, so that nothing is known of a date at whose end it is.
const YEAR_FIRST: &[&str] = &["hu", "ja", "ko", "lt", "mn", "zh"];

impl Locale {
    /// The locale of a BCP 47 tag, such as `de`, `en-GB`, `pt_BR` or `zh-Hant-TW`; `None` if its language is not known.
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase().replace('_', "-");
        let mut parts = tag.split('-');
        let language = parts.next()?;
        // A script has four letters; a country two letters or three digits.
        let country = parts.find(|part| matches!(part.len(), 2 | 3)).unwrap_or_default();
        let exception = EXCEPTIONS.iter().find(|(of, within, _)| *of == language && *within == country);
        let separators = match exception {
            Some((_, _, separators)) => *separators,
            None if DECIMAL_COMMA.contains(&language) => Separators::DecimalComma,
            None if DECIMAL_POINT.contains(&language) => Separators::DecimalPoint,
            None => return None,
        };
        let month_first = MONTH_FIRST.iter().any(|(of, countries)| *of == language && countries.contains(&country));
        let order = match month_first {
            true => Some(DateOrder::MonthDay),
            false if YEAR_FIRST.contains(&language) => None,
            false => Some(DateOrder::DayMonth),
        };
        Some(Self { separators, order })
    }

    pub(super) fn conventions(self) -> Conventions {
        Conventions { separators: Some(self.separators), order: self.order }
    }
}

//! Numbers as people write them: signs, groups of digits, percent, currencies.

use std::fmt::Write as _;

use super::{
    currency,
    locale::{Separators, agreed},
};

/// Excel's precision, in significant digits
/// (<https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3>).
pub(super) const MAX_DIGITS: usize = 15;

/// How a number's sign is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    Plus,
    Minus,
    /// As accountants write what is negative. It may also be a standard error or the number of a note.
    Parentheses,
}

/// A number as it is written.
#[derive(Debug, Clone)]
pub(super) struct Numeral {
    sign: Sign,
    /// What stands before and after the digits, as an Excel format.
    prefix: String,
    suffix: String,
    is_percent: bool,
    has_currency: bool,
    /// The digits under each of [`Separators::ALL`].
    readings: [Option<Digits>; 2],
}

/// The digits of a number, their groups removed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Digits {
    /// Empty in `.05`.
    integer: String,
    fraction: String,
    is_grouped: bool,
}

/// The number that a text is under at least one convention.
pub(super) fn parse(text: &str) -> Option<Numeral> {
    let mut rest = text.trim();
    let mut sign = Sign::None;
    let mut has_currency = false;
    let (mut prefix, mut suffix) = (String::new(), String::new());
    rest = unsigned(rest, &mut sign);
    if let Some((symbol, after)) = currency::strip_prefix(rest) {
        let amount = after.trim_start();
        literal(&mut prefix, symbol, after.len() > amount.len(), false);
        has_currency = true;
        rest = if sign == Sign::None { unsigned(amount, &mut sign) } else { amount };
    }
    let mut is_percent = false;
    if let Some(before) = rest.strip_suffix('%') {
        is_percent = true;
        suffix.push_str(if before.ends_with(char::is_whitespace) { "\\ %" } else { "%" });
        rest = before.trim_end();
    } else if let Some((before, symbol)) = currency::strip_suffix(rest).filter(|_| !has_currency) {
        literal(&mut suffix, symbol, before.ends_with(char::is_whitespace), true);
        has_currency = true;
        rest = before.trim_end();
    }
    let readings = Separators::ALL.map(|separators| digits(rest, separators));
    let is_number = readings.iter().any(Option::is_some) && !(is_percent && has_currency);
    is_number.then_some(Numeral { sign, prefix, suffix, is_percent, has_currency, readings })
}

/// Removes a sign, which must touch what it belongs to: `- 5` may be the item of a list.
fn unsigned<'a>(text: &'a str, sign: &mut Sign) -> &'a str {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let (rest, found) = if let Some(inner) = inner {
        (inner, Sign::Parentheses)
    } else if let Some(rest) = text.strip_prefix(['-', '−', '–']) {
        (rest, Sign::Minus)
    } else if let Some(rest) = text.strip_prefix('+') {
        (rest, Sign::Plus)
    } else {
        return text;
    };
    if rest.starts_with(char::is_whitespace) {
        return text;
    }
    *sign = found;
    rest
}

/// Writes a symbol as literal text of an Excel format (ECMA-376 part 1, 18.8.31).
fn literal(format: &mut String, symbol: &str, is_apart: bool, is_after: bool) {
    let space = if is_apart { " " } else { "" };
    // Writing to a string never fails.
    let _ = if is_after { write!(format, "\"{space}{symbol}\"") } else { write!(format, "\"{symbol}{space}\"") };
}

/// The digits of a number without sign and symbols under a convention.
fn digits(text: &str, separators: Separators) -> Option<Digits> {
    let (whole, fraction) = match text.split_once(separators.decimal()) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|fraction| fraction.is_empty() || !is_digits(fraction)) {
        return None;
    }
    let (integer, separator) = ungrouped(whole, separators)?;
    // `1 234` may be two numbers that stand side by side.
    if separator == Some(' ') && fraction.is_none() && integer.len() < 7 {
        return None;
    }
    let fraction = fraction.unwrap_or_default().to_owned();
    let is_written = !integer.is_empty() || !fraction.is_empty();
    // A number does not begin with zeros; a code does, and would lose them.
    let is_code = integer.len() > 1 && integer.starts_with('0');
    let is_exact = integer.len() + fraction.len() <= MAX_DIGITS;
    (is_written && !is_code && is_exact).then_some(Digits { integer, fraction, is_grouped: separator.is_some() })
}

/// An integer without the separators of its groups, and the separator. All groups but the first have three digits.
fn ungrouped(text: &str, separators: Separators) -> Option<(String, Option<char>)> {
    let Some(separator) = text.chars().find(|letter| !letter.is_ascii_digit()) else {
        return Some((text.to_owned(), None));
    };
    let is_separator = match separator {
        '.' | ',' => separator != separators.decimal(),
        ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}' => true,
        _ => false,
    };
    let mut groups = text.split(separator);
    let first = groups.next().filter(|first| matches!(first.len(), 1..=3) && is_digits(first))?;
    let rest_is_grouped = groups.all(|group| group.len() == 3 && is_digits(group));
    let is_code = first.starts_with('0');
    (is_separator && rest_is_grouped && !is_code).then(|| (text.replace(separator, ""), Some(separator)))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Numeral {
    /// Whether both conventions give the same number.
    fn is_neutral(&self) -> bool {
        self.readings[0] == self.readings[1]
    }

    /// The only convention under which this is a number.
    pub(super) fn separators(&self) -> Option<Separators> {
        let possible = Separators::ALL.into_iter().zip(&self.readings).filter(|(_, digits)| digits.is_some());
        agreed(possible.map(|(separators, _)| separators))
    }

    /// Whether this is a number under this convention.
    pub(super) fn fits(&self, separators: Separators) -> bool {
        self.reading(separators).is_some()
    }

    /// Whether it depends on the convention which number this is.
    pub(super) fn is_ambiguous(&self) -> bool {
        !self.is_neutral() && self.readings.iter().all(Option::is_some)
    }

    /// Whether this looks like an amount: with a currency or with groups of digits.
    pub(super) fn is_amount(&self) -> bool {
        self.has_currency || self.readings.iter().flatten().any(|digits| digits.is_grouped)
    }

    /// Whether this is in parentheses.
    pub(super) fn is_in_parentheses(&self) -> bool {
        self.sign == Sign::Parentheses
    }

    /// Whether this is an integer below 1,000 that needs no separator.
    pub(super) fn is_small_integer(&self) -> bool {
        self.is_neutral()
            && self.readings.iter().flatten().all(|digits| digits.fraction.is_empty() && digits.integer.len() <= 3)
    }

    fn reading(&self, separators: Separators) -> Option<&Digits> {
        let index = Separators::ALL.iter().position(|one| *one == separators)?;
        self.readings[index].as_ref()
    }

    /// The number, and the Excel format that shows it as it is written. `None` for a negative zero, which Excel cannot show. Without a
    /// convention only what does not depend on one.
    pub(super) fn value(&self, separators: Option<Separators>) -> Option<(f64, String)> {
        let digits = match separators {
            Some(separators) => self.reading(separators)?,
            None => self.readings[0].as_ref().filter(|_| self.is_neutral())?,
        };
        let is_negative = matches!(self.sign, Sign::Minus | Sign::Parentheses);
        // The decimal point is moved in the text: a division would not give the nearest number.
        let exponent = if self.is_percent { "e-2" } else { "" };
        let sign = if is_negative { "-" } else { "" };
        let value: f64 = format!("{sign}0{}.{}0{exponent}", digits.integer, digits.fraction).parse().ok()?;
        if is_negative && value == 0.0 {
            return None;
        }
        let integer = match (digits.is_grouped, digits.integer.is_empty()) {
            (true, _) => "#,##0",
            (false, true) => "",
            (false, false) => "0",
        };
        let point = if digits.fraction.is_empty() { "" } else { "." };
        let zeros = "0".repeat(digits.fraction.len());
        let format = format!("{}{integer}{point}{zeros}{}", self.prefix, self.suffix);
        let format = match self.sign {
            Sign::Plus => format!("+{format};-{format}"),
            Sign::Parentheses => format!("{format};\\({format}\\)"),
            Sign::None | Sign::Minus => format,
        };
        Some((value, format))
    }
}

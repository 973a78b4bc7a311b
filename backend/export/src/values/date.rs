//! Dates as people write them.

use super::locale::{DateOrder, agreed};

/// English names, which are shown in English wherever the sheet is opened: `[$-409]` is the language in Excel's formats.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date as it is written, under each order that is possible.
#[derive(Debug, Clone)]
pub(super) struct DateText {
    /// With the day before the month.
    dmy: Option<CalendarDate>,
    /// With the month before the day.
    mdy: Option<CalendarDate>,
    /// Whether both are the same, because of the way it is written.
    order_is_clear: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CalendarDate {
    pub(super) year: u16,
    pub(super) month: u8,
    pub(super) day: u8,
    /// The Excel format that shows it as it is written.
    pub(super) format: String,
}

impl CalendarDate {
    /// Excel takes 1900 for a leap year, so that its first two months are not what they seem; its years end with 9999.
    fn new(year: &str, month: u8, day: &str, format: String) -> Option<Self> {
        let (year, day): (u16, u8) = (year.parse().ok()?, day.parse().ok()?);
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let is_known = (year, month) >= (1900, 3) && year <= 9999;
        (is_known && (1..=days).contains(&day)).then_some(Self { year, month, day, format })
    }
}

/// The date that a text is. A year has four digits, because two do not tell the century.
pub(super) fn parse(text: &str) -> Option<DateText> {
    let text = text.trim();
    numeric(text).or_else(|| named(text).map(DateText::fixed))
}

fn numeric(text: &str) -> Option<DateText> {
    let separator = text.chars().find(|letter| !letter.is_ascii_digit()).filter(|it| matches!(it, '.' | '/' | '-'))?;
    let parts: Vec<&str> = text.split(separator).collect();
    let &[first, second, third] = parts.as_slice() else { return None };
    let is_short = |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = |part: &str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    let (d, m) = (|part: &str| "d".repeat(part.len()), |part: &str| "m".repeat(part.len()));
    let s = format!("\\{separator}");
    if is_year(first) && is_short(second) && is_short(third) {
        let format = format!("yyyy{s}{}{s}{}", m(second), d(third));
        return CalendarDate::new(first, second.parse().ok()?, third, format).map(DateText::fixed);
    }
    if !(is_short(first) && is_short(second) && is_year(third)) {
        return None;
    }
    let dmy = CalendarDate::new(third, second.parse().ok()?, first, format!("{}{s}{}{s}yyyy", d(first), m(second)));
    // Nobody writes points with the month first.
    if separator == '.' {
        return dmy.map(DateText::fixed);
    }
    let mdy = CalendarDate::new(third, first.parse().ok()?, second, format!("{}{s}{}{s}yyyy", m(first), d(second)));
    let is_date = dmy.is_some() || mdy.is_some();
    is_date.then_some(DateText { dmy, mdy, order_is_clear: false })
}

/// `3 January 2024`, `3-Jan-2024`, `Jan 3, 2024`.
fn named(text: &str) -> Option<CalendarDate> {
    let separator = if text.contains('-') { '-' } else { ' ' };
    let parts: Vec<&str> = text.split(separator).collect();
    let &[first, second, year] = parts.as_slice() else { return None };
    let is_number = |part: &str, len: &[usize]| len.contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit());
    if !is_number(year, &[4]) {
        return None;
    }
    let s = if separator == '-' { "\\-" } else { " " };
    if let Some((month, m)) = month(second) {
        let format = format!("[$-409]{}{s}{m}{s}yyyy", "d".repeat(first.len()));
        return CalendarDate::new(year, month, first, format).filter(|_| is_number(first, &[1, 2]));
    }
    let (month, m) = month(first)?;
    let (day, comma) = second.strip_suffix(',').map_or((second, ""), |day| (day, ","));
    let format = format!("[$-409]{m}{s}{}{comma}{s}yyyy", "d".repeat(day.len()));
    CalendarDate::new(year, month, day, format).filter(|_| is_number(day, &[1, 2]))
}

/// The number of a month, and its place in a format.
fn month(name: &str) -> Option<(u8, &'static str)> {
    let index = MONTHS.iter().position(|month| *month == name || month[..3] == *name)?;
    // `May` is short and long at once.
    Some((index as u8 + 1, if name.len() == 3 { "mmm" } else { "mmmm" }))
}

impl DateText {
    fn fixed(day: CalendarDate) -> Self {
        Self { dmy: Some(day.clone()), mdy: Some(day), order_is_clear: true }
    }

    /// The only order under which this is a date.
    pub(super) fn order(&self) -> Option<DateOrder> {
        let orders = [(DateOrder::DayMonth, &self.dmy), (DateOrder::MonthDay, &self.mdy)];
        agreed(orders.into_iter().filter(|(_, day)| day.is_some()).map(|(order, _)| order))
    }

    /// Whether this is a date under this order.
    pub(super) fn fits(&self, order: DateOrder) -> bool {
        self.day(Some(order)).is_some()
    }

    /// Whether it depends on the order which day this is.
    pub(super) fn is_ambiguous(&self) -> bool {
        !self.order_is_clear && self.order().is_none()
    }

    /// The day. Without an order only what does not depend on one.
    pub(super) fn day(&self, order: Option<DateOrder>) -> Option<&CalendarDate> {
        match order {
            Some(DateOrder::DayMonth) => self.dmy.as_ref(),
            Some(DateOrder::MonthDay) => self.mdy.as_ref(),
            None => self.dmy.as_ref().filter(|_| self.order_is_clear),
        }
    }
}

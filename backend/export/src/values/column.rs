//! A column, whose cells explain each other.

use super::{
    Value,
    date::{self, DateText},
    locale::{Conventions, DateOrder, Locale, Separators, agreed},
    number::{self, MAX_DIGITS, Numeral},
};

/// What stands where there is no number.
const PLACEHOLDERS: &[&str] =
    &["-", "−", "–", "—", "--", ".", "..", "...", "…", "n/a", "na", "n.a.", "n. a.", "k.a.", "k. a."];

#[derive(Debug)]
enum Cell<'a> {
    /// Nothing, or what stands for nothing.
    Empty,
    Number(Numeral),
    Date(DateText),
    /// Digits that are not an amount: they begin with zeros, or are more than Excel keeps.
    Code,
    Other(&'a str),
}

/// The body of a column.
#[derive(Debug)]
pub(super) struct Column<'a> {
    cells: Vec<Cell<'a>>,
}

impl<'a> Column<'a> {
    pub(super) fn parse(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut cells: Vec<Cell<'a>> = texts.map(parse).collect();
        // Without amounts beside them, numbers in parentheses may be standard errors, or the numbers of notes.
        let numbers = || cells.iter().filter_map(Cell::number);
        let has_amounts = numbers().any(Numeral::is_amount) && !numbers().all(Numeral::is_in_parentheses);
        if !has_amounts {
            for cell in &mut cells {
                if cell.number().is_some_and(Numeral::is_in_parentheses) {
                    *cell = Cell::Other("");
                }
            }
        }
        Self { cells }
    }

    fn numbers(&self) -> impl Iterator<Item = &Numeral> {
        self.cells.iter().filter_map(Cell::number)
    }

    fn dates(&self) -> impl Iterator<Item = &DateText> {
        self.cells.iter().filter_map(|cell| match cell {
            Cell::Date(date) => Some(date),
            _ => None,
        })
    }

    /// Whether this is a column of numbers and dates: at least half of what it holds, and no codes, whose neighbours are codes, too.
    fn is_typed(&self) -> bool {
        let has_code = self.cells.iter().any(|cell| matches!(cell, Cell::Code));
        let filled = self.cells.iter().filter(|cell| !matches!(cell, Cell::Empty)).count();
        !has_code && (self.numbers().count() + self.dates().count()) * 2 >= filled
    }

    /// The convention that one number of this column requires and all others allow.
    pub(super) fn separators(&self) -> Option<Separators> {
        let required = agreed(self.numbers().filter_map(Numeral::separators))?;
        self.is_typed().then_some(required)
    }

    /// The order that one date of this column requires and all others allow.
    pub(super) fn order(&self) -> Option<DateOrder> {
        let required = agreed(self.dates().filter_map(DateText::order))?;
        self.is_typed().then_some(required)
    }

    /// Whether all separators of this column are those of groups: several numbers have just three digits behind theirs, and those below
    /// 1,000 have none. As decimals they would have three places or none.
    fn separates_groups(&self) -> bool {
        let ambiguous = self.numbers().filter(|number| number.is_ambiguous()).count();
        let small = self.numbers().filter(|number| number.is_small_integer()).count();
        ambiguous >= 2 && small >= 1 && ambiguous + small == self.numbers().count()
    }

    /// The convention under which all ambiguous numbers are integers with groups.
    fn of_groups(&self) -> Option<Separators> {
        let of = |number: &Numeral| {
            Separators::ALL
                .into_iter()
                .find(|separators| number.value(Some(*separators)).is_some_and(|(_, format)| format.contains("#,##0")))
        };
        let separators = agreed(self.numbers().filter(|number| number.is_ambiguous()).filter_map(of))?;
        self.separates_groups().then_some(separators)
    }

    /// The values of the cells, in their order.
    pub(super) fn values(&self, table: Conventions, locale: Option<Locale>) -> Vec<Value> {
        if !self.is_typed() {
            return vec![Value::Text; self.cells.len()];
        }
        let locale = locale.map(Locale::conventions).unwrap_or_default();
        let separators = agreed(self.numbers().filter_map(Numeral::separators))
            .or(table.separators)
            .or(locale.separators)
            .or_else(|| self.of_groups());
        let order = agreed(self.dates().filter_map(DateText::order)).or(table.order).or(locale.order);
        // What a convention does not fit is not a mistake of one cell: the column is written in two ways, or in none that is known.
        let numbers_are_clear = match separators {
            Some(separators) => self.numbers().all(|number| number.fits(separators)),
            None => self.numbers().all(|number| !number.is_ambiguous() && number.separators().is_none()),
        };
        let dates_are_clear = match order {
            Some(order) => self.dates().all(|date| date.fits(order)),
            None => self.dates().all(|date| !date.is_ambiguous() && date.order().is_none()),
        };
        let value = |cell: &Cell<'_>| match cell {
            Cell::Number(number) if numbers_are_clear => {
                number.value(separators).map_or(Value::Text, |(value, format)| Value::Number { value, format })
            }
            Cell::Date(date) if dates_are_clear => date.day(order).map_or(Value::Text, |day| Value::Date {
                year: day.year,
                month: day.month,
                day: day.day,
                format: day.format.clone(),
            }),
            Cell::Other(text) if text.contains(|letter: char| letter.is_ascii_digit()) => Value::OddText,
            _ => Value::Text,
        };
        self.cells.iter().map(value).collect()
    }
}

impl Cell<'_> {
    fn number(&self) -> Option<&Numeral> {
        match self {
            Cell::Number(number) => Some(number),
            _ => None,
        }
    }
}

fn parse(text: &str) -> Cell<'_> {
    let text = text.trim();
    if text.is_empty() || PLACEHOLDERS.contains(&text.to_lowercase().as_str()) {
        Cell::Empty
    } else if let Some(date) = date::parse(text) {
        Cell::Date(date)
    } else if let Some(number) = number::parse(text) {
        Cell::Number(number)
    } else if is_code(text) {
        Cell::Code
    } else {
        Cell::Other(text)
    }
}

/// Whether a text consists of digits that begin with a zero or are more than Excel keeps, perhaps in groups as in `020 7946 0018`.
fn is_code(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
    is_digits && digits > 1 && (text.starts_with('0') || digits > MAX_DIGITS)
}

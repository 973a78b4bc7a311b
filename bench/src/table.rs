//! The table of results.

use std::fmt::Write as _;

use serde::Serialize;

/// The target of a value.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub(crate) enum Bar {
    /// The value must not be higher.
    AtMost(f64),
    /// The value must not be lower.
    AtLeast(f64),
    /// The value should not be lower.
    Aim(f64),
    /// There is no target.
    None,
}

/// One measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    what: String,
    /// The value in `unit`; `None` if it could not be measured.
    value: Option<f64>,
    unit: &'static str,
    bar: Bar,
    /// The figures behind the value, or why it is missing.
    figures: String,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str, bar: Bar, figures: String) -> Self {
        Self { what: what.into(), value: Some(value), unit, bar, figures }
    }

    /// A measurement that failed, and why.
    pub(crate) fn missing(what: impl Into<String>, unit: &'static str, bar: Bar, why: String) -> Self {
        Self { what: what.into(), value: None, unit, bar, figures: why }
    }

    /// How well the value meets its target: at least 1 is good for every kind of target. `None` without a value or a target.
    fn ratio(&self) -> Option<f64> {
        match self.bar {
            Bar::AtMost(bar) => Some(bar / self.value?),
            Bar::AtLeast(bar) | Bar::Aim(bar) => Some(self.value? / bar),
            Bar::None => None,
        }
    }

    fn verdict(&self) -> &'static str {
        match (self.ratio(), self.bar) {
            (None, Bar::None) if self.value.is_some() => "",
            (None, _) => "not measured",
            (Some(ratio), _) if ratio >= 1.0 => "ok",
            (Some(_), Bar::Aim(_)) => "below aim",
            (Some(_), _) => "below",
        }
    }

    fn cells(&self) -> [String; 6] {
        let bar = match self.bar {
            Bar::AtMost(bar) => format!("≤ {}", with_unit(bar, self.unit)),
            Bar::AtLeast(bar) => format!("≥ {}", with_unit(bar, self.unit)),
            Bar::Aim(bar) => format!("aim {}", with_unit(bar, self.unit)),
            Bar::None => "–".to_owned(),
        };
        [
            self.what.clone(),
            self.value.map_or_else(|| "–".to_owned(), |value| with_unit(value, self.unit)),
            bar,
            self.ratio().map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")),
            self.verdict().to_owned(),
            self.figures.clone(),
        ]
    }
}

/// The rows as aligned text.
pub(crate) fn text(rows: &[Row]) -> String {
    let titles = ["what", "measured", "bar", "ratio", "", "figures"].map(str::to_owned);
    let lines: Vec<[String; 6]> = std::iter::once(titles).chain(rows.iter().map(Row::cells)).collect();
    let widths: [usize; 6] =
        std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for line in &lines {
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            // Numbers are right-aligned, words left-aligned. Writing to a String cannot fail.
            let _ = match column {
                1..=3 => write!(text, "{cell:>width$}  "),
                5 => writeln!(text, "{cell}"),
                _ => write!(text, "{cell:<width$}  "),
            };
        }
    }
    text
}

fn with_unit(value: f64, unit: &str) -> String {
    let number = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    if unit == "×" { format!("×{number}") } else { format!("{number} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, bar: Bar) -> Row {
        Row::new("something", value, "ms", bar, String::new())
    }

    #[test]
    fn a_ratio_of_one_is_good_for_every_kind_of_target() {
        assert_eq!(row(2.5, Bar::AtMost(5.0)).ratio(), Some(2.0));
        assert_eq!(row(30.0, Bar::AtLeast(15.0)).ratio(), Some(2.0));
        assert_eq!(row(5.1, Bar::AtMost(5.0)).verdict(), "below");
        assert_eq!(row(5.0, Bar::AtMost(5.0)).verdict(), "ok");
        assert_eq!(row(0.2, Bar::Aim(0.33)).verdict(), "below aim");
    }

    #[test]
    fn a_value_without_a_target_is_neither_good_nor_bad() {
        let row = row(2.5, Bar::None);
        assert_eq!((row.ratio(), row.verdict()), (None, ""));
        assert_eq!(Row::missing("something", "ms", Bar::None, String::new()).verdict(), "not measured");
    }

    #[test]
    fn a_failed_measurement_is_neither_good_nor_bad() {
        let row = Row::missing("something", "×", Bar::AtLeast(1.0), "no such program".to_owned());
        assert_eq!(row.verdict(), "not measured");
        assert!(text(&[row]).contains("no such program"));
    }
}

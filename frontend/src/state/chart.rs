//! Pages by day as a bar chart.

use inkstream_wire::UsageGroup;

use crate::state::{Day, count, counted};

/// The number of days in the chart.
pub(crate) const DAYS: i64 = 30;

/// A day's bar, in units of the chart: a day is 10 wide, the chart 100 high.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub(crate) day: Day,
    /// Pages read on it.
    pub(crate) pages: u64,
    /// The left edge of the day's column.
    pub(crate) x: f64,
    /// The height of the bar. It is visible if any page was read.
    pub(crate) height: f64,
}

/// The bars of the last days.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    /// The bars, oldest first.
    pub(crate) bars: Vec<Bar>,
    /// The pages at the chart's full height, a round number.
    pub(crate) top: u64,
}

impl Chart {
    /// The [`DAYS`] days up to `today`, from a summary by day.
    pub(crate) fn new(groups: &[UsageGroup], today: Day) -> Self {
        let pages = |day: Day| {
            let name = day.iso();
            groups.iter().filter(|group| group.group == name).map(|group| group.pages).sum::<u64>()
        };
        let days: Vec<(Day, u64)> = (1 - DAYS..=0).map(|back| today.plus(back)).map(|day| (day, pages(day))).collect();
        let top = ceiling(days.iter().map(|&(_, pages)| pages).max().unwrap_or(0));
        let bars = days.into_iter().enumerate().map(|(index, (day, pages))| {
            let share = pages as f64 / top as f64 * 100.0;
            let height = if pages == 0 { 0.0 } else { share.max(1.5) };
            Bar { day, pages, x: index as f64 * 10.0, height }
        });
        Self { bars: bars.collect(), top }
    }

    /// Pages of all days together.
    pub(crate) fn total(&self) -> u64 {
        self.bars.iter().map(|bar| bar.pages).sum()
    }

    /// The chart in a sentence.
    pub(crate) fn summary(&self) -> String {
        let (Some(first), Some(last)) = (self.bars.first(), self.bars.last()) else { return String::new() };
        let span = format!("from {} to {}", first.day.short(), last.day.short());
        match self.bars.iter().rev().max_by_key(|bar| bar.pages).filter(|bar| bar.pages > 0) {
            None => format!("Pages by day {span}: none."),
            Some(max) => format!(
                "Pages by day {span}: {} in all, most on {} with {}.",
                counted(self.total(), "page"),
                max.day.short(),
                count(max.pages)
            ),
        }
    }
}

/// The smallest round number (1, 2 or 5 times a power of ten) that is at least `max` and 5.
fn ceiling(max: u64) -> u64 {
    let mut step = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let top = step.saturating_mul(factor);
            if top >= max.max(5) {
                return top;
            }
        }
        step = step.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(days: &[(&str, u64)]) -> Chart {
        let group = |&(day, pages): &(&str, u64)| UsageGroup { group: day.to_owned(), pages, ..UsageGroup::default() };
        Chart::new(&days.iter().map(group).collect::<Vec<_>>(), Day::parse("2026-11-21").unwrap())
    }

    #[test]
    fn every_day_has_a_column_and_older_days_are_omitted() {
        let chart = chart(&[("2026-11-21", 12), ("2026-10-23", 20), ("2026-10-22", 900)]);
        assert_eq!(chart.bars.len(), 30);
        assert_eq!((chart.bars[0].pages, chart.bars[0].x), (20, 0.0));
        assert_eq!((chart.bars[29].pages, chart.bars[29].x), (12, 290.0));
        assert_eq!(chart.total(), 32);
    }

    #[test]
    fn heights_are_relative_to_a_round_number_and_one_page_is_visible() {
        let chart = chart(&[("2026-11-20", 1), ("2026-11-21", 180)]);
        assert_eq!(chart.top, 200);
        assert!((chart.bars[29].height - 90.0).abs() < 1e-9);
        assert!(chart.bars[28].height > 1.0);
        assert!(chart.bars[27].height.abs() < 1e-9);
    }

    #[test]
    fn round_numbers_exist_for_the_largest_counts() {
        assert_eq!([0, 5, 6, 11, 21, 51, 100, 101].map(ceiling), [5, 5, 10, 20, 50, 100, 100, 200]);
        assert_eq!(ceiling(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_summary_names_the_first_of_the_days_with_most_pages() {
        let chart = chart(&[("2026-11-12", 60), ("2026-11-14", 60), ("2026-11-20", 1)]);
        assert_eq!(
            chart.summary().replace('\u{a0}', " "),
            "Pages by day from 23 Oct to 21 Nov: 121 pages in all, most on 12 Nov with 60."
        );
        assert!(self::chart(&[]).summary().ends_with("none."));
    }
}

//! How fast a run goes, and how long it may still take.

/// A run's progress. Times are milliseconds of the page's own clock.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pace {
    /// Pages that the run will read.
    pub(crate) total: u32,
    /// Pages read or failed so far.
    pub(crate) done: u32,
    /// Those of them that failed.
    pub(crate) failed: u32,
    started: f64,
    latest: f64,
}

impl Pace {
    /// A run of `total` pages begins.
    pub(crate) fn begin(total: u32, at: f64) -> Self {
        Self { total, done: 0, failed: 0, started: at, latest: at }
    }

    /// A page is over.
    pub(crate) fn tick(&mut self, at: f64) {
        self.done += 1;
        self.latest = at;
    }

    /// A page is over, and failed.
    pub(crate) fn fail(&mut self, at: f64) {
        self.failed += 1;
        self.tick(at);
    }

    /// Seconds from the start to the last page's end.
    pub(crate) fn seconds(&self) -> f64 {
        (self.latest - self.started).max(0.0) / 1000.0
    }

    /// `7 of 20 · 1.3 pages/s · about 10 s left`; rate and rest once two pages are over.
    pub(crate) fn line(&self) -> String {
        let mut facts = vec![format!("{} of {}", self.done, self.total)];
        let seconds = self.seconds();
        if self.done >= 2 && seconds > 0.0 {
            let rate = f64::from(self.done) / seconds;
            facts.push(match rate {
                0.1.. => format!("{rate:.1} pages/s"),
                _ => format!("{:.0} s a page", 1.0 / rate),
            });
            if self.done < self.total {
                facts.push(format!("about {} left", span(f64::from(self.total - self.done) / rate)));
            }
        }
        facts.join(" · ")
    }
}

/// A time span in words; whole seconds, at least one.
pub(crate) fn span(seconds: f64) -> String {
    let whole = seconds.ceil().max(1.0) as u64;
    match whole {
        ..60 => format!("{whole} s"),
        60..3600 => format!("{} min", whole.div_ceil(60)),
        3600..172_800 => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} days", whole.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, span};

    fn after(done: u32, total: u32, seconds: f64) -> String {
        let mut pace = Pace::begin(total, 0.0);
        for n in 1..=done {
            pace.tick(seconds * 1000.0 * f64::from(n) / f64::from(done));
        }
        pace.line()
    }

    #[test]
    fn one_page_is_too_few_to_speak_of_a_rate() {
        assert_eq!(after(1, 20, 1.0), "1 of 20");
    }

    #[test]
    fn rate_and_rest_follow_from_what_was_read() {
        assert_eq!(after(7, 20, 5.4), "7 of 20 · 1.3 pages/s · about 11 s left");
    }

    #[test]
    fn a_slow_engines_rate_is_shown_in_seconds_per_page() {
        assert_eq!(after(2, 4, 60.0), "2 of 4 · 30 s a page · about 1 min left");
    }

    #[test]
    fn no_remaining_time_is_shown_at_the_end() {
        assert_eq!(after(4, 4, 2.0), "4 of 4 · 2.0 pages/s");
    }

    #[test]
    fn spans_are_rounded_up() {
        assert_eq!(span(0.0), "1 s");
        assert_eq!(span(61.0), "2 min");
        assert_eq!(span(3660.0), "1 h 1 min");
        assert_eq!(span(8.5 * 86_400.0), "9 days");
    }
}

use inkstream_core::ports::Clock;
use jiff::{Timestamp, TimestampRound, Unit};

/// The system's time, to the millisecond: as the database keeps it, so that what is told first and read later is the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port's adapter, where the time comes from")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let down = TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Trunc);
        // Rounding down leaves the range that a timestamp has at no time that a clock shows.
        now.round(down).unwrap_or(now)
    }
}

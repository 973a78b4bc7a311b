use inkstream_core::ports::Clock;
use jiff::{Timestamp, TimestampRound, Unit};

/// The system's time, truncated to milliseconds. The database stores milliseconds, so that a time is the same in a first response
/// and when it is read back.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port's adapter, where the time comes from")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let truncate = TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Trunc);
        // Rounding fails only at the minimum of the range, which no clock shows.
        now.round(truncate).unwrap_or(now)
    }
}

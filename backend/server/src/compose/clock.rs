use inkstream_core::ports::Clock;
use jiff::Timestamp;

/// The system's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port's adapter, where the time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

use jiff::Timestamp;

/// The time. Tests hand in one that they turn themselves.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

//! Wrong passwords and new accounts are counted, and too many are too many.
//!
//! Wrong passwords are counted by account and address together, and by address alone. A stranger who guesses an account's password
//! therefore locks out the stranger's own address, and never its owner, who comes from another. What a guesser with many
//! addresses may try is bounded by the hasher.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use inkstream_wire::ErrorCode;
use moka::sync::Cache;
use tokio::time::Instant;

use super::Username;
use crate::{Error, Result, metrics, network::Network};

/// After the first failure, how long it counts.
const WINDOW: Duration = Duration::from_mins(15);
/// How long an account that was made counts.
const HOUR: Duration = Duration::from_hours(1);
/// Failures of one account from one address.
const MOST_OF_ACCOUNT: u32 = 10;
/// Failures from one address, of whatever account: an office shares one.
const MOST_OF_ADDRESS: u32 = 100;
/// Pairs and addresses that are remembered, a hundred bytes each.
const REMEMBERED: u64 = 100_000;

/// Counts wrong passwords and new accounts.
pub struct Throttle {
    pairs: Cache<(Option<Username>, Option<Network>), Arc<Counted>>,
    networks: Cache<Option<Network>, Arc<Counted>>,
    /// Accounts that were made.
    registrations: Cache<Network, Arc<Counted>>,
}

/// Someone who gives a password.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    username: Option<Username>,
    network: Option<Network>,
}

/// What happened so often since.
struct Counted {
    since: Instant,
    count: AtomicU32,
}

impl Attempt {
    pub(super) fn new(username: Option<&Username>, address: Option<IpAddr>) -> Self {
        Self { username: username.cloned(), network: address.map(Network::from) }
    }

    fn pair(&self) -> (Option<Username>, Option<Network>) {
        (self.username.clone(), self.network)
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self { pairs: remembering(WINDOW), networks: remembering(WINDOW), registrations: remembering(HOUR) }
    }
}

impl Throttle {
    /// `TooManyRequests` when there were too many failures, with the time until they are forgotten.
    pub(super) fn check(&self, attempt: &Attempt) -> Result<()> {
        let full = [
            self.pairs.get(&attempt.pair()).filter(|counted| counted.reached(MOST_OF_ACCOUNT)),
            self.networks.get(&attempt.network).filter(|counted| counted.reached(MOST_OF_ADDRESS)),
        ];
        let Some(left) = full.into_iter().flatten().map(|counted| counted.left(WINDOW)).max() else { return Ok(()) };
        metrics::signed_in("throttled");
        let detail = "Too many wrong passwords. Wait a while before you try again.";
        Err(Error::new(ErrorCode::TooManyRequests, detail).retry_after(left.as_secs() + 1))
    }

    /// `TooManyRequests` when `max` accounts were made from this address within the hour. Addresses that nobody knows
    /// (tests alone) are not counted.
    pub(super) fn check_registration(&self, address: Option<IpAddr>, max: u32) -> Result<()> {
        let made = address.and_then(|address| self.registrations.get(&Network::from(address)));
        match made.filter(|made| made.reached(max)) {
            None => Ok(()),
            Some(made) => {
                let detail = format!("More than {max} accounts an hour from one place are too many here.");
                Err(Error::new(ErrorCode::TooManyRequests, detail).retry_after(made.left(HOUR).as_secs() + 1))
            }
        }
    }

    /// An account was made.
    pub(super) fn registered(&self, address: Option<IpAddr>) {
        if let Some(address) = address {
            self.registrations.get_with(address.into(), fresh).count.fetch_add(1, SeqCst);
        }
    }

    /// The password was wrong.
    pub(super) fn failed(&self, attempt: &Attempt) {
        self.pairs.get_with(attempt.pair(), fresh).count.fetch_add(1, SeqCst);
        self.networks.get_with(attempt.network, fresh).count.fetch_add(1, SeqCst);
    }

    /// The password was right: the account's earlier failures were slips. The address' stay, or an account of one's own
    /// would buy guesses at others.
    pub(super) fn succeeded(&self, attempt: &Attempt) {
        self.pairs.invalidate(&attempt.pair());
    }
}

fn remembering<K: std::hash::Hash + Eq + Send + Sync + 'static>(how_long: Duration) -> Cache<K, Arc<Counted>> {
    Cache::builder().max_capacity(REMEMBERED).time_to_live(how_long).build()
}

fn fresh() -> Arc<Counted> {
    Arc::new(Counted { since: Instant::now(), count: AtomicU32::new(0) })
}

impl Counted {
    fn reached(&self, max: u32) -> bool {
        self.count.load(SeqCst) >= max
    }

    fn left(&self, window: Duration) -> Duration {
        window.saturating_sub(self.since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(name: &str, address: &str) -> Attempt {
        Attempt::new(name.parse().ok().as_ref(), address.parse().ok())
    }

    #[test]
    fn ten_failures_lock_the_guessers_address_and_not_the_owners() {
        let throttle = Throttle::default();
        let (guesser, owner) = (attempt("ada", "203.0.113.7"), attempt("ada", "198.51.100.1"));
        for _ in 0..MOST_OF_ACCOUNT {
            throttle.check(&guesser).unwrap();
            throttle.failed(&guesser);
        }
        let error = throttle.check(&guesser).unwrap_err();
        assert_eq!(error.code, ErrorCode::TooManyRequests);
        assert!((1..=WINDOW.as_secs() + 1).contains(&error.retry_after.unwrap()));
        throttle.check(&owner).unwrap();
        throttle.check(&attempt("eve", "203.0.113.7")).unwrap();
    }

    #[test]
    fn an_address_that_tries_many_names_is_locked_whole() {
        let throttle = Throttle::default();
        for number in 0..MOST_OF_ADDRESS {
            throttle.failed(&attempt(&format!("user{number}"), "2001:db8::1"));
        }
        assert!(throttle.check(&attempt("another", "2001:db8::ffff:1")).is_err());
        throttle.check(&attempt("another", "2001:db8:0:1::1")).unwrap();
    }

    #[test]
    fn a_right_password_forgives_the_slips_of_its_account_alone() {
        let throttle = Throttle::default();
        let own = attempt("ada", "203.0.113.7");
        for _ in 0..MOST_OF_ADDRESS / 5 {
            for _ in 0..5 {
                throttle.failed(&own);
            }
            throttle.succeeded(&own);
        }
        assert!(throttle.check(&own).is_err(), "the address has used up its guesses");
    }

    #[test]
    fn accounts_are_made_a_few_an_hour_from_one_place() {
        let throttle = Throttle::default();
        let (one, other) = ("203.0.113.7".parse().ok(), "203.0.113.8".parse().ok());
        for _ in 0..3 {
            throttle.check_registration(one, 3).unwrap();
            throttle.registered(one);
        }
        let refused = throttle.check_registration(one, 3).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooManyRequests);
        assert!((1..=3_601).contains(&refused.retry_after.unwrap()));
        throttle.check_registration(other, 3).unwrap();
    }

    #[test]
    fn an_address_written_as_ipv6_is_the_same() {
        let throttle = Throttle::default();
        for _ in 0..MOST_OF_ACCOUNT {
            throttle.failed(&attempt("ada", "::ffff:203.0.113.7"));
        }
        assert!(throttle.check(&attempt("ada", "203.0.113.7")).is_err());
    }
}

//! Limits wrong passwords and new accounts.
//!
//! Wrong passwords are counted by account and address together, and by address alone. An attacker therefore locks out only the
//! own address, not the account's owner. The hasher bounds the attempts of an attacker with many addresses.

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

/// How long failures count after the first one.
const WINDOW: Duration = Duration::from_mins(15);
/// How long new accounts count after the first one.
const HOUR: Duration = Duration::from_hours(1);
/// The maximum number of failures of one account from one address.
const MAX_OF_ACCOUNT: u32 = 10;
/// The maximum number of failures of all accounts from one address, which an office may share.
const MAX_OF_ADDRESS: u32 = 100;
/// The maximum number of counters of a kind, each of about a hundred bytes.
const MAX_COUNTERS: u64 = 100_000;

/// Counts wrong passwords and new accounts.
pub struct Throttle {
    pairs: Cache<(Option<Username>, Option<Network>), Arc<Counter>>,
    networks: Cache<Option<Network>, Arc<Counter>>,
    registrations: Cache<Network, Arc<Counter>>,
}

/// The account and the network of a sign-in.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    username: Option<Username>,
    network: Option<Network>,
}

/// The number of events in a window.
struct Counter {
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
        Self { pairs: counters(WINDOW), networks: counters(WINDOW), registrations: counters(HOUR) }
    }
}

impl Throttle {
    /// `TooManyRequests` after too many failures, with the time until they no longer count.
    pub(super) fn check(&self, attempt: &Attempt) -> Result<()> {
        let full = [
            self.pairs.get(&attempt.pair()).filter(|counter| counter.reached(MAX_OF_ACCOUNT)),
            self.networks.get(&attempt.network).filter(|counter| counter.reached(MAX_OF_ADDRESS)),
        ];
        let Some(left) = full.into_iter().flatten().map(|counter| counter.left(WINDOW)).max() else { return Ok(()) };
        metrics::signed_in("throttled");
        let detail = "Too many wrong passwords. Wait a while before you try again.";
        Err(Error::new(ErrorCode::TooManyRequests, detail).retry_after(left.as_secs() + 1))
    }

    /// `TooManyRequests` if `max` accounts were created from this address within the hour. Unknown addresses, which only tests
    /// have, are not counted.
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

    /// Counts a new account.
    pub(super) fn registered(&self, address: Option<IpAddr>) {
        if let Some(address) = address {
            self.registrations.get_with(address.into(), new_counter).count.fetch_add(1, SeqCst);
        }
    }

    /// Counts a wrong password.
    pub(super) fn failed(&self, attempt: &Attempt) {
        self.pairs.get_with(attempt.pair(), new_counter).count.fetch_add(1, SeqCst);
        self.networks.get_with(attempt.network, new_counter).count.fetch_add(1, SeqCst);
    }

    /// Resets the account's count after a right password. The address' count stays: otherwise an attacker could reset it by
    /// signing in to an account of the attacker's own.
    pub(super) fn succeeded(&self, attempt: &Attempt) {
        self.pairs.invalidate(&attempt.pair());
    }
}

fn counters<K: std::hash::Hash + Eq + Send + Sync + 'static>(lifetime: Duration) -> Cache<K, Arc<Counter>> {
    Cache::builder().max_capacity(MAX_COUNTERS).time_to_live(lifetime).build()
}

fn new_counter() -> Arc<Counter> {
    Arc::new(Counter { since: Instant::now(), count: AtomicU32::new(0) })
}

impl Counter {
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
    fn ten_failures_lock_the_attackers_address_but_not_the_owners() {
        let throttle = Throttle::default();
        let (guesser, owner) = (attempt("ada", "203.0.113.7"), attempt("ada", "198.51.100.1"));
        for _ in 0..MAX_OF_ACCOUNT {
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
    fn an_address_that_tries_many_names_is_locked_for_all_names() {
        let throttle = Throttle::default();
        for number in 0..MAX_OF_ADDRESS {
            throttle.failed(&attempt(&format!("user{number}"), "2001:db8::1"));
        }
        assert!(throttle.check(&attempt("another", "2001:db8::ffff:1")).is_err());
        throttle.check(&attempt("another", "2001:db8:0:1::1")).unwrap();
    }

    #[test]
    fn a_right_password_resets_only_the_count_of_its_account() {
        let throttle = Throttle::default();
        let own = attempt("ada", "203.0.113.7");
        for _ in 0..MAX_OF_ADDRESS / 5 {
            for _ in 0..5 {
                throttle.failed(&own);
            }
            throttle.succeeded(&own);
        }
        assert!(throttle.check(&own).is_err(), "the address has used up its guesses");
    }

    #[test]
    fn an_address_creates_only_a_few_accounts_an_hour() {
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
    fn an_ipv4_address_mapped_to_ipv6_is_the_same() {
        let throttle = Throttle::default();
        for _ in 0..MAX_OF_ACCOUNT {
            throttle.failed(&attempt("ada", "::ffff:203.0.113.7"));
        }
        assert!(throttle.check(&attempt("ada", "203.0.113.7")).is_err());
    }
}

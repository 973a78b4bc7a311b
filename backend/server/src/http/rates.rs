//! Rate limits in requests per minute: of an address, of a user, of a key, and of anonymous callers.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{extract::Request, middleware::Next, response::Response};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
    state::keyed::DashMapStateStore,
};
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use inkstream_core::{Error, Result, metrics, network::Network};
use inkstream_wire::ErrorCode;
use uuid::Uuid;

use crate::settings::{PerMinute, RateSettings};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The rate-limit headers of a response.
pub(super) const HEADERS: [HeaderName; 3] = [LIMIT, REMAINING, RESET];

/// The limits, each with its recent use.
pub struct Rates {
    address: Option<Limit<Network>>,
    anonymous: Option<Limit<Network>>,
    user: Option<Limit<Uuid>>,
    key: Option<Limit<Uuid>>,
}

struct Limit<K: std::hash::Hash + Eq + Clone> {
    name: &'static str,
    per_minute: NonZeroU32,
    used: RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

/// The tightest of a request's limits, for the response's headers.
#[derive(Debug, Clone, Copy)]
struct RateState {
    limit: u32,
    remaining: u32,
}

/// Carries the state from the extractor, which counts the request, to the layer that writes the headers.
#[derive(Debug, Clone, Default)]
struct Report(Arc<Mutex<Option<RateState>>>);

impl Rates {
    /// Creates unused limits. If callers must sign in (`auth`), anonymous callers have a limit of their own.
    pub fn new(settings: &RateSettings, auth: bool) -> Self {
        Self {
            address: Limit::new("address", settings.rate_limit_address),
            anonymous: if auth { Limit::new("anonymous", settings.rate_limit_anonymous) } else { None },
            user: Limit::new("user", settings.rate_limit_user),
            key: Limit::new("key", settings.rate_limit_key),
        }
    }

    /// Counts a request from this address. Requests without an address, which only tests make, are not counted.
    pub(super) fn count_address(&self, parts: &Parts, address: Option<IpAddr>) -> Result<()> {
        count(self.address.as_ref(), parts, address.map(Network::from))
    }

    /// Counts a request without a token.
    pub(super) fn count_anonymous(&self, parts: &Parts, address: Option<IpAddr>) -> Result<()> {
        count(self.anonymous.as_ref(), parts, address.map(Network::from))
    }

    /// Counts a request of a user, and of the API key if the user came with one.
    pub(super) fn count_user(&self, parts: &Parts, user: Uuid, key: Option<Uuid>) -> Result<()> {
        count(self.user.as_ref(), parts, Some(user))?;
        count(self.key.as_ref(), parts, key)
    }

    /// Evicts clients whose use has decayed to zero. Call it periodically, or the maps grow without bound.
    pub fn evict_idle(&self) {
        for limit in [&self.address, &self.anonymous].into_iter().flatten() {
            limit.used.retain_recent();
        }
        for limit in [&self.user, &self.key].into_iter().flatten() {
            limit.used.retain_recent();
        }
    }
}

fn count<K: std::hash::Hash + Eq + Clone>(limit: Option<&Limit<K>>, parts: &Parts, key: Option<K>) -> Result<()> {
    let (Some(limit), Some(key)) = (limit, key) else { return Ok(()) };
    let outcome = limit.count(&key);
    let remaining = outcome.as_ref().map_or(0, StateSnapshot::remaining_burst_capacity);
    if let Some(Report(report)) = parts.extensions.get() {
        let state = RateState { limit: limit.per_minute.get(), remaining };
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        if report.is_none_or(|other| remaining < other.remaining) {
            *report = Some(state);
        }
    }
    outcome.map(drop)
}

impl<K: std::hash::Hash + Eq + Clone> Limit<K> {
    fn new(name: &'static str, per_minute: PerMinute) -> Option<Self> {
        let per_minute = per_minute.0?;
        let used = RateLimiter::dashmap(Quota::per_minute(per_minute)).with_middleware();
        Some(Self { name, per_minute, used })
    }

    fn count(&self, key: &K) -> Result<StateSnapshot> {
        self.used.check_key(key).map_err(|until| {
            metrics::limited(self.name);
            let wait = until.wait_time_from(DefaultClock::default().now());
            let detail = format!("More than {} requests a minute are too many here.", self.per_minute);
            Error::new(ErrorCode::TooManyRequests, detail).retry_after(wait.as_secs() + 1)
        })
    }
}

/// Adds the rate-limit headers to every response whose request was counted.
pub(super) async fn add_headers(mut request: Request, next: Next) -> Response {
    let report = Report::default();
    request.extensions_mut().insert(report.clone());
    let mut response = next.run(request).await;
    let state = *report.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(state) = state {
        state.write(response.headers_mut());
    }
    response
}

impl RateState {
    /// The headers follow draft-ietf-httpapi-ratelimit-headers-03. The reset is the time, in seconds, until the whole limit is
    /// available again.
    fn write(self, headers: &mut HeaderMap) {
        let used = u64::from(self.limit - self.remaining.min(self.limit));
        let reset = (used * 60).div_ceil(u64::from(self.limit));
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(reset));
    }
}

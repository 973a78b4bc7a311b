//! All metrics: names, help, labels and buckets. No other file names a metric.
//!
//! Labels are bounded: engines and models come from the operator's settings, routes are the matched patterns, causes and
//! outcomes are closed sets. No caller's input becomes a label.

use std::time::Duration;

use inkstream_wire::{EngineCondition, RunKind, RunStatus, Usage};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const HTTP_REQUESTS: &str = "inkstream_http_requests_total";
const HTTP_SECONDS: &str = "inkstream_http_request_seconds";
const STREAMS_OPEN: &str = "inkstream_streams_open";
const FIRST_DELTA: &str = "inkstream_first_delta_seconds";
const DELTA_GAP: &str = "inkstream_delta_gap_seconds";
const PAGES: &str = "inkstream_pages_total";
const STAGE: &str = "inkstream_page_stage_seconds";
const TOKENS: &str = "inkstream_tokens_total";
const CHARS: &str = "inkstream_chars_total";
const UPLOAD_BYTES: &str = "inkstream_upload_bytes_total";
const RUNS: &str = "inkstream_runs_total";
const RUNS_ACTIVE: &str = "inkstream_runs_active";
const RUNS_WAITING: &str = "inkstream_runs_waiting";
const ENGINE_ERRORS: &str = "inkstream_engine_errors_total";
const ENGINE_STATE: &str = "inkstream_engine_state";
const ENGINE_LOAD: &str = "inkstream_engine_load_pages";
const FALLBACKS: &str = "inkstream_fallback_pages_total";
const CHILDREN: &str = "inkstream_children";
const CHILD_RESTARTS: &str = "inkstream_child_restarts_total";
const CHILD_QUEUE: &str = "inkstream_children_queue_depth";
const SIGN_INS: &str = "inkstream_sign_ins_total";
const REFRESHES: &str = "inkstream_token_refreshes_total";
const PASSWORD_HASH: &str = "inkstream_password_hash_seconds";
const LIMITED: &str = "inkstream_requests_limited_total";
const FORWARDED: &str = "inkstream_forwarded_not_understood_total";
const QUOTA_REFUSED: &str = "inkstream_quota_refused_total";
const SWEPT: &str = "inkstream_swept_total";
const STUCK: &str = "inkstream_sweep_stuck";
const LEDGER_LOST: &str = "inkstream_ledger_writes_lost_total";
const READERS_CUT: &str = "inkstream_readers_cut_total";
const FETCHES: &str = "inkstream_url_fetches_total";
const BUILD: &str = "inkstream_build_info";

/// Buckets in seconds, by metric; every histogram has its own.
pub const BUCKETS: &[(&str, &[f64])] = &[
    (HTTP_SECONDS, &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0]),
    (FIRST_DELTA, &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0]),
    (DELTA_GAP, &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0]),
    (PASSWORD_HASH, &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]),
    (STAGE, &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0]),
];

/// Registers names, units and help. Call it once, after the recorder is installed.
pub fn describe(version: &'static str) {
    describe_counter!(HTTP_REQUESTS, "HTTP requests by method, matched route and status");
    describe_histogram!(
        HTTP_SECONDS,
        Unit::Seconds,
        "Time until an HTTP answer's headers, by method and matched route"
    );
    describe_gauge!(STREAMS_OPEN, "Streams being written to readers");
    describe_histogram!(FIRST_DELTA, Unit::Seconds, "From a run's begin to its first text, by engine");
    describe_histogram!(DELTA_GAP, Unit::Seconds, "Between two texts of one page, by engine");
    describe_counter!(PAGES, "Pages by engine and outcome");
    describe_histogram!(STAGE, Unit::Seconds, "Time that pages spend in a stage, by stage and engine");
    describe_counter!(TOKENS, "Tokens by engine and direction, estimates included");
    describe_counter!(CHARS, "Characters by engine and direction");
    describe_counter!(UPLOAD_BYTES, Unit::Bytes, "Bytes uploaded");
    describe_counter!(RUNS, "Runs by kind and end");
    describe_gauge!(RUNS_ACTIVE, "Runs being read");
    describe_gauge!(RUNS_WAITING, "Runs waiting for their turn");
    describe_counter!(ENGINE_ERRORS, "Failed attempts by engine and kind of error");
    describe_gauge!(ENGINE_STATE, "1 for the state that an engine is in (ready, busy, down), 0 for the others");
    describe_gauge!(ENGINE_LOAD, "Pages at an engine, by engine and whether it reads them or they wait for it");
    describe_counter!(FALLBACKS, "Pages read by a stand-in, by the engine that should have read them");
    describe_gauge!(CHILDREN, "Child processes by role and state");
    describe_counter!(CHILD_RESTARTS, "Child processes that were ended before their time, by role and cause");
    describe_gauge!(CHILD_QUEUE, "Requests waiting for a child process, by role");
    describe_counter!(SIGN_INS, "Passwords given, by outcome: ok, wrong, throttled");
    describe_counter!(REFRESHES, "Refresh tokens brought, by outcome: rotated, reused, refused");
    describe_histogram!(PASSWORD_HASH, Unit::Seconds, "Time that a password hash takes");
    describe_counter!(LIMITED, "Requests beyond a rate limit, by what is limited: address, anonymous, user, key");
    describe_counter!(
        FORWARDED,
        "Requests whose trusted proxy does not say who the caller is, by header and reason: malformed, hidden"
    );
    describe_counter!(QUOTA_REFUSED, "Runs and pages refused because a monthly quota is used up");
    describe_counter!(SWEPT, "Things cleared by the sweeper, by kind");
    describe_gauge!(STUCK, "Things that the sweeper cannot delete, and tries again later, by kind: documents, blobs");
    describe_counter!(LEDGER_LOST, "Ends that can never be written to the ledger, by what ended: page, run");
    describe_counter!(READERS_CUT, "Readers of streams that were too slow, and were cut");
    describe_counter!(FETCHES, "Images fetched for callers, by outcome: ok, refused, failed, timeout, too_large");
    describe_gauge!(BUILD, "1, with the server's version as a label");
    gauge!(BUILD, "version" => version).set(1.0);
}

/// Records the response headers of an HTTP request; a stream may still be open. `route` is the matched pattern.
pub fn http_request(method: &'static str, route: String, status: u16, duration: Duration) {
    counter!(HTTP_REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string()).increment(1);
    histogram!(HTTP_SECONDS, "method" => method, "route" => route).record(duration.as_secs_f64());
}

/// Counts an open stream while it exists.
#[derive(Debug)]
pub struct OpenStream(());

impl OpenStream {
    /// Counts a new stream.
    #[expect(clippy::new_without_default, reason = "it counts: a default would hide that")]
    pub fn new() -> Self {
        gauge!(STREAMS_OPEN).increment(1.0);
        Self(())
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        gauge!(STREAMS_OPEN).decrement(1.0);
    }
}

/// The metrics of one engine's pages. Their handles are looked up once for each run, not for each delta.
pub struct EngineMetrics {
    engine: String,
    first_delta: metrics::Histogram,
    delta_gap: metrics::Histogram,
}

impl EngineMetrics {
    /// The metrics of this engine.
    pub fn new(engine: &str) -> Self {
        Self {
            engine: engine.to_owned(),
            first_delta: histogram!(FIRST_DELTA, "engine" => engine.to_owned()),
            delta_gap: histogram!(DELTA_GAP, "engine" => engine.to_owned()),
        }
    }

    /// Records the time from a run's start to its first text.
    pub fn first_delta(&self, after: Duration) {
        self.first_delta.record(after.as_secs_f64());
    }

    /// Records the time between two texts of a page.
    pub fn delta_gap(&self, gap: Duration) {
        self.delta_gap.record(gap.as_secs_f64());
    }

    /// Counts a finished page. `outcome` is done, partial, failed or aborted.
    pub fn page(&self, outcome: &'static str, usage: &Usage) {
        let engine = || self.engine.clone();
        counter!(PAGES, "engine" => engine(), "outcome" => outcome).increment(1);
        counter!(TOKENS, "engine" => engine(), "direction" => "prompt").increment(usage.prompt_tokens);
        counter!(TOKENS, "engine" => engine(), "direction" => "completion").increment(usage.completion_tokens);
        counter!(CHARS, "engine" => engine(), "direction" => "prompt").increment(usage.prompt_chars);
        counter!(CHARS, "engine" => engine(), "direction" => "completion").increment(usage.completion_chars);
    }

    /// Counts a failed attempt.
    pub fn error(&self, kind: &'static str) {
        counter!(ENGINE_ERRORS, "engine" => self.engine.clone(), "kind" => kind).increment(1);
    }

    /// Counts a page of this engine that goes to a fallback.
    pub fn fell_back(&self) {
        counter!(FALLBACKS, "engine" => self.engine.clone()).increment(1);
    }

    /// Sets how many pages the engine reads and how many wait for it.
    pub fn load(&self, reading: usize, waiting: usize) {
        gauge!(ENGINE_LOAD, "engine" => self.engine.clone(), "state" => "reading").set(reading as f64);
        gauge!(ENGINE_LOAD, "engine" => self.engine.clone(), "state" => "waiting").set(waiting as f64);
    }

    /// Sets the engine's state.
    pub fn condition(&self, condition: EngineCondition) {
        let states =
            [(EngineCondition::Ready, "ready"), (EngineCondition::Busy, "busy"), (EngineCondition::Down, "down")];
        for (state, name) in states {
            let is = f64::from(u8::from(state == condition));
            gauge!(ENGINE_STATE, "engine" => self.engine.clone(), "state" => name).set(is);
        }
    }

    /// Records how long a page was in a stage.
    pub fn stage(&self, stage: Stage, duration: Duration) {
        histogram!(STAGE, "stage" => stage.as_str(), "engine" => self.engine.clone()).record(duration.as_secs_f64());
    }
}

/// A stage of reading a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its image is rendered.
    Render,
    /// It waits for the engine.
    Queue,
    /// The engine reads it.
    Recognise,
}

impl Stage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Render => "render",
            Self::Queue => "queue",
            Self::Recognise => "recognise",
        }
    }
}

/// Counts uploaded bytes.
pub fn uploaded(bytes: u64) {
    counter!(UPLOAD_BYTES).increment(bytes);
}

/// Counts a finished run.
pub fn run_ended(kind: RunKind, status: RunStatus) {
    let kind = match kind {
        RunKind::Image => "image",
        RunKind::Pdf => "pdf",
        RunKind::Chat => "chat",
        RunKind::Batch => "batch",
    };
    let status = match status {
        RunStatus::Running => "running",
        RunStatus::Ok => "ok",
        RunStatus::Partial => "partial",
        RunStatus::Failed => "failed",
        RunStatus::Aborted => "aborted",
    };
    counter!(RUNS, "kind" => kind, "status" => status).increment(1);
}

/// Sets how many runs are active and how many wait.
pub fn queue(active: usize, waiting: usize) {
    gauge!(RUNS_ACTIVE).set(active as f64);
    gauge!(RUNS_WAITING).set(waiting as f64);
}

/// Sets how many child processes of this role are busy and how many are idle.
pub fn children_set(role: &'static str, busy: usize, idle: usize) {
    gauge!(CHILDREN, "role" => role, "state" => "busy").set(busy as f64);
    gauge!(CHILDREN, "role" => role, "state" => "idle").set(idle as f64);
}

/// Counts a child process that ended early. `cause` is one of a closed set.
pub fn child_restarted(role: &'static str, cause: &'static str) {
    counter!(CHILD_RESTARTS, "role" => role, "cause" => cause).increment(1);
}

/// Sets how many requests wait for a child of this role.
pub fn children_waiting(role: &'static str, requests: usize) {
    gauge!(CHILD_QUEUE, "role" => role).set(requests as f64);
}

/// Counts a password check. `outcome` is ok, wrong or throttled.
pub fn signed_in(outcome: &'static str) {
    counter!(SIGN_INS, "outcome" => outcome).increment(1);
}

/// Counts the use of a refresh token. `outcome` is rotated, reused or refused.
pub fn refreshed(outcome: &'static str) {
    counter!(REFRESHES, "outcome" => outcome).increment(1);
}

/// Records the time of a password hash.
pub fn password_hashed(duration: Duration) {
    histogram!(PASSWORD_HASH).record(duration.as_secs_f64());
}

/// Counts a request beyond a rate limit: of an address, of anonymous callers, of a user or of a key.
pub fn limited(limit: &'static str) {
    counter!(LIMITED, "limit" => limit).increment(1);
}

/// Counts a trusted proxy's header that does not tell the caller's address. `reason` is malformed or hidden.
pub fn forwarded_not_understood(header: &'static str, reason: &'static str) {
    counter!(FORWARDED, "header" => header, "reason" => reason).increment(1);
}

/// Counts a run or page that a monthly quota refused.
pub fn quota_refused() {
    counter!(QUOTA_REFUSED).increment(1);
}

/// Counts the items of this kind that the sweeper deleted.
pub fn swept(kind: &'static str, count: u64) {
    counter!(SWEPT, "kind" => kind).increment(count);
}

/// Sets how many items of this kind cannot be deleted.
pub fn stuck(kind: &'static str, count: u64) {
    gauge!(STUCK, "kind" => kind).set(count as f64);
}

/// Counts the end of a page or run that could not be written.
pub fn ledger_write_lost(kind: &'static str) {
    counter!(LEDGER_LOST, "kind" => kind).increment(1);
}

/// Counts a reader that was disconnected because it was too slow.
pub fn reader_cut() {
    counter!(READERS_CUT).increment(1);
}

/// Counts the fetch of an image. `outcome` is ok, refused, failed, timeout or `too_large`.
pub fn fetched(outcome: &'static str) {
    counter!(FETCHES, "outcome" => outcome).increment(1);
}

//! Fifty people who sign in at once, again and again, while streams flow.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    Bench, client,
    engine::{Engine, Pace},
    services,
    streams::{self, Target},
    table::{Bar, Row},
};

const STREAMS: usize = 50;
const INTERVAL: Duration = Duration::from_millis(10);
const DELTAS: usize = 600;
const AT_ONCE: usize = 50;
const USER: &str = "bench";
const PASSWORD: &str = "a password for the bench alone";

/// The delay of a delta, and the memory of the server.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let pace = Pace::Ticks { streams: STREAMS, interval: INTERVAL, spread: true };
    let engine = Engine::start(bench.clock, DELTAS, pace)?;
    let service = services::inkstream(bench, Some(&engine)).await?;
    let address = service.address();
    let account = json!({"username": USER, "password": PASSWORD});
    client::send(address, &client::post_json("/api/auth/register", &account)).await?.answered(201).await?;
    let before = service.memory()?.resident;

    let request: Arc<[u8]> = client::post_form("/api/auth/token", &[("username", USER), ("password", PASSWORD)]).into();
    let signed_in = Arc::new(AtomicUsize::new(0));
    let mut people = JoinSet::new();
    for _ in 0..AT_ONCE {
        people.spawn(sign_in_for_ever(address, Arc::clone(&request), Arc::clone(&signed_in)));
    }
    let begun = Instant::now();
    let delays = tokio::select! {
        delays = delays(bench, address) => delays?,
        Some(ended) = people.join_next() => bail!("signing in failed: {:?}", ended?.err()),
    };
    let rate = signed_in.load(Relaxed) as f64 / begun.elapsed().as_secs_f64();
    let peak = service.memory()?.peak;
    let at = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize] as f64 / 1e6;
    Ok(vec![
        Row::new(
            "sign-in: p99 delay of a delta while 50 sign in at once",
            at(0.99),
            "ms",
            Bar::AtMost(50.0),
            format!("median {:.2} ms; {rate:.0} signed in a second, beside {STREAMS} streams of 100/s", at(0.5)),
        ),
        Row::new(
            "sign-in: server's memory at most",
            peak,
            "MB",
            Bar::AtMost(150.0),
            format!("{before:.1} MB before; a hash takes 19.9 MB, two at once"),
        ),
    ])
}

/// How much later each delta came than the engine wrote it, in nanoseconds, sorted.
async fn delays(bench: &Bench, address: SocketAddr) -> Result<Vec<u64>> {
    let clock = bench.clock;
    let target = Target::service(bench, address).await?;
    let streams = streams::read_all(&target, STREAMS, DELTAS, move |delays: &mut Vec<u64>, marks| {
        let now = clock.now();
        delays.extend(marks.iter().map(|written| now.saturating_sub(*written)));
        Ok(())
    });
    let mut delays = streams.await?.concat();
    delays.sort_unstable();
    Ok(delays)
}

async fn sign_in_for_ever(address: SocketAddr, request: Arc<[u8]>, signed_in: Arc<AtomicUsize>) -> Result<()> {
    loop {
        client::send(address, &request).await?.answered(200).await?;
        signed_in.fetch_add(1, Relaxed);
    }
}

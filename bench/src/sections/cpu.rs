//! Measures the processor time of a delta.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

use crate::{
    Bench,
    engine::{Engine, Pace},
    services,
    streams::{self, Target},
    table::{Bar, Row},
};

const STREAMS: usize = 16;
/// Deltas of a stream.
const DELTAS: usize = 20_000;
/// The number of repetitions. The minimum counts, because other load on the machine can only add time.
const ROUNDS: usize = 3;

/// A client that reads the engine directly only finds a number in each delta. The server parses it, watches for loops, counts, numbers
/// and encodes it, and writes it to a connection.
const BAR: Bar = Bar::AtMost(4.0);

/// The server's processor time for a delta of streams without pauses, beside that of a client that reads the engine directly.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let (mut ours, mut direct) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        ours = ours.min(through(bench).await?);
        direct = direct.min(directly(bench).await?);
    }
    Ok(vec![Row::new(
        "processor time of a delta, beside reading the engine directly",
        ours / direct,
        "×",
        BAR,
        format!(
            "{ours:.1} µs beside {direct:.1} µs, {STREAMS} streams without a gap, {} at once",
            bench.events_per_write
        ),
    )])
}

async fn through(bench: &Bench) -> Result<f64> {
    let engine = engine(bench)?;
    let service = services::inkstream(bench, Some(&engine)).await?;
    let target = Target::service(bench, service.address()).await?;
    let before = service.processor_time()?;
    read(&target).await?;
    Ok(a_delta(service.processor_time()?.saturating_sub(before)))
}

/// The thread runs only the client, so its processor time is the client's.
async fn directly(bench: &Bench) -> Result<f64> {
    let engine = engine(bench)?;
    let before = own_thread()?;
    read(&Target::engine(engine.address())).await?;
    Ok(a_delta(own_thread()?.saturating_sub(before)))
}

fn engine(bench: &Bench) -> Result<Engine> {
    Engine::start(bench.clock, DELTAS, Pace::Flood { streams: STREAMS, events_per_write: bench.events_per_write })
}

async fn read(target: &Target) -> Result<()> {
    streams::read_all(target, STREAMS, DELTAS, |(): &mut (), _| Ok(())).await.map(drop)
}

/// In microseconds.
fn a_delta(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / (STREAMS * DELTAS) as f64
}

fn own_thread() -> Result<Duration> {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(Duration::from_nanos(schedstat.split_whitespace().next().context("schedstat is empty")?.parse()?))
}

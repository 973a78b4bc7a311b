//! Measures the delay between the engine's write of a delta and the client's read.

use std::time::Duration;

use anyhow::Result;

use crate::{
    Bench,
    engine::{Engine, Pace},
    services,
    streams::{self, Target},
    table::{Bar, Row},
};

const STREAMS: usize = 200;
const INTERVAL: Duration = Duration::from_millis(10);
const DELTAS: usize = 500;
const BAR: Bar = Bar::AtMost(5.0);

/// 200 image streams of 100 deltas a second, spread evenly and all at the same instant.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let spread = through(bench, true).await?;
    let together = through(bench, false).await?;
    let direct = direct(bench).await?;
    Ok(vec![
        Row::new(
            "relay: p99 delay of a delta, 200 streams of 100/s",
            spread.p99,
            "ms",
            BAR,
            format!("median {:.2} ms; reading the engine directly p99 {:.2} ms", spread.median, direct.p99),
        ),
        Row::new(
            "relay: the same, all streams at the same instant",
            together.p99,
            "ms",
            BAR,
            format!("median {:.2} ms, worst {:.1} ms", together.median, together.worst),
        ),
        Row::new(
            "relay: server's peak memory, 200 streams",
            spread.peak_memory.max(together.peak_memory),
            "MB",
            Bar::AtMost(80.0),
            "without children".to_owned(),
        ),
    ])
}

/// In milliseconds.
struct Delays {
    median: f64,
    p99: f64,
    worst: f64,
    /// In MB.
    peak_memory: f64,
}

async fn through(bench: &Bench, spread: bool) -> Result<Delays> {
    let engine = engine(bench, spread)?;
    let service = services::inkstream(bench, Some(&engine)).await?;
    let delays = measure(bench, &Target::service(bench, service.address()).await?).await?;
    Ok(Delays { peak_memory: service.memory()?.peak, ..delays })
}

async fn direct(bench: &Bench) -> Result<Delays> {
    let engine = engine(bench, true)?;
    measure(bench, &Target::engine(engine.address())).await
}

fn engine(bench: &Bench, spread: bool) -> Result<Engine> {
    Engine::start(bench.clock, DELTAS, Pace::Ticks { streams: STREAMS, interval: INTERVAL, spread })
}

async fn measure(bench: &Bench, target: &Target) -> Result<Delays> {
    let clock = bench.clock;
    let streams = streams::read_all(target, STREAMS, DELTAS, move |delays: &mut Vec<u64>, marks| {
        let now = clock.now();
        delays.extend(marks.iter().map(|written| now.saturating_sub(*written)));
        Ok(())
    });
    let mut delays = streams.await?.concat();
    delays.sort_unstable();
    let at = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize] as f64 / 1e6;
    Ok(Delays { median: at(0.5), p99: at(0.99), worst: at(1.0), peak_memory: 0.0 })
}

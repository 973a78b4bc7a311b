//! Measures the number of deltas a second, when the engine sends them as fast as they are read.

use anyhow::{Result, ensure};

use crate::{
    Bench,
    engine::{Engine, Pace},
    services,
    streams::{self, Target},
    table::{Bar, Row},
};

const STREAMS: usize = 100;
/// The number of deltas of a stream, enough for about five seconds each.
const OURS: usize = 5_000;
const FASTAPI: usize = 500;
const DIRECT: usize = 10_000;

/// 100 image streams at once, through Inkstream, through the straight service, and without a service.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let engine = engine(bench, OURS)?;
    let service = services::inkstream(bench, Some(&engine)).await?;
    let ours = rate(bench, &engine, &Target::service(bench, service.address()).await?, OURS).await?;
    let memory = service.memory()?;
    drop(service);

    let engine = self::engine(bench, FASTAPI)?;
    let service = services::fastapi(bench, &engine).await?;
    let fastapi = rate(bench, &engine, &Target::service(bench, service.address()).await?, FASTAPI).await?;
    drop(service);

    let engine = self::engine(bench, DIRECT)?;
    let direct = rate(bench, &engine, &Target::engine(engine.address()), DIRECT).await?;

    let per_write = bench.events_per_write;
    Ok(vec![
        Row::new(
            "deltas a second, 100 streams, beside FastAPI",
            ours / fastapi,
            "×",
            Bar::AtLeast(15.0),
            format!("{ours:.0}/s beside {fastapi:.0}/s; the engine writes {per_write} at once"),
        ),
        Row::new(
            "deltas a second, beside the engine read directly",
            ours / direct,
            "×",
            Bar::Aim(1.0 / 3.0),
            format!("{ours:.0}/s beside {direct:.0}/s; the server's memory rose to {:.0} MB", memory.peak),
        ),
    ])
}

fn engine(bench: &Bench, deltas: usize) -> Result<Engine> {
    let pace = Pace::Flood { streams: STREAMS, events_per_write: bench.events_per_write };
    Engine::start(bench.clock, deltas, pace)
}

/// The result of one stream.
#[derive(Default)]
struct Seen {
    deltas: u64,
    last: u64,
}

/// Deltas a second from the moment when all streams are open to the last delta of the last stream.
async fn rate(bench: &Bench, engine: &Engine, target: &Target, deltas: usize) -> Result<f64> {
    let clock = bench.clock;
    let streams = streams::read_all(target, STREAMS, deltas, move |seen: &mut Seen, marks| {
        for mark in marks {
            ensure!(*mark == seen.deltas, "delta {} came in place of {}", mark, seen.deltas);
            seen.deltas += 1;
        }
        if !marks.is_empty() {
            seen.last = clock.now();
        }
        Ok(())
    });
    let end = streams.await?.iter().map(|seen| seen.last).max().unwrap_or_default();
    Ok((STREAMS * deltas) as f64 / (end.saturating_sub(engine.begun()?) as f64 / 1e9))
}

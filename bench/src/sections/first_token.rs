//! Measures the time to an image's first delta, with an engine that answers after a few milliseconds.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    Bench, client,
    engine::{Engine, Pace},
    inputs::{self, Colours},
    marks::Scanner,
    services,
    table::{Bar, Row},
};

const ENGINE: Duration = Duration::from_millis(5);
const DELTAS: usize = 8;
/// The resolution at which A4 is 1,520 pixels high, so that the image is not scaled.
const DPI: u32 = 130;
/// A resolution at which the image must be scaled down.
const LARGE_DPI: u32 = 200;
const ALONE: usize = 30;
const AT_ONCE: usize = 16;
const ROUNDS: usize = 6;
/// The straight service passes on what it is given, and checks and stores nothing. Twice as fast is not possible alone: the engine
/// takes half of its time.
const AIM: Bar = Bar::Aim(1.0);

/// A page in colours, alone and many at once, beside the straight service; and one that must be scaled down.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let engine = Engine::start(bench.clock, DELTAS, Pace::After(ENGINE))?;
    let (page, bytes) = upload(bench, DPI).await?;
    let (large, large_bytes) = upload(bench, LARGE_DPI).await?;
    let service = services::inkstream(bench, Some(&engine)).await?;
    let ours = measure(service.address(), &page).await?;
    let scaled = measure(service.address(), &large).await?;
    drop(service);
    let service = services::fastapi(bench, &engine).await?;
    let theirs = measure(service.address(), &page).await?;
    let theirs_large = measure(service.address(), &large).await?;
    let row = |what, ours: &Spread, theirs: &Spread, bytes: usize, bar| {
        let Spread { median, worst } = ours;
        let figures = format!(
            "{median:.1} ms beside {:.1} ms, worst {worst:.0} ms beside {:.0} ms; a PNG of {} KB, the engine takes {} ms",
            theirs.median,
            theirs.worst,
            bytes / 1000,
            ENGINE.as_millis()
        );
        Row::new(what, theirs.median / median, "×", bar, figures)
    };
    Ok(vec![
        row("first token of an image, beside FastAPI", &ours.alone, &theirs.alone, bytes, AIM),
        row("first token, 16 images at once", &ours.at_once, &theirs.at_once, bytes, AIM),
        row("first token of an image to be scaled", &scaled.alone, &theirs_large.alone, large_bytes, AIM),
        row("first token, 16 such at once", &scaled.at_once, &theirs_large.at_once, large_bytes, AIM),
    ])
}

async fn upload(bench: &Bench, dpi: u32) -> Result<(Arc<[u8]>, usize)> {
    let images = inputs::images(bench, 1, dpi, Colours::Rgb).await?;
    let image = std::fs::read(images.first().context("there is one image")?)?;
    Ok((client::upload("/api/ocr/image", &[], "page.png", &image).into(), image.len()))
}

/// In milliseconds.
struct Spread {
    median: f64,
    worst: f64,
}

impl Spread {
    fn compute(mut times: Vec<Duration>) -> Result<Self> {
        times.sort_unstable();
        let ms = |time: &Duration| time.as_secs_f64() * 1e3;
        let median = times.get(times.len() / 2).map(ms).context("there was an image")?;
        Ok(Self { median, worst: times.last().map_or(median, ms) })
    }
}

struct Measured {
    alone: Spread,
    at_once: Spread,
}

async fn measure(address: SocketAddr, request: &Arc<[u8]>) -> Result<Measured> {
    // What is loaded once is not waited for again.
    first_delta(address, request).await?;
    let mut alone = Vec::new();
    for _ in 0..ALONE {
        alone.push(first_delta(address, request).await?);
    }
    let mut at_once = Vec::new();
    for _ in 0..ROUNDS {
        let start = Arc::new(Barrier::new(AT_ONCE));
        let mut reading = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (request, start) = (Arc::clone(request), Arc::clone(&start));
            reading.spawn(async move {
                start.wait().await;
                first_delta(address, &request).await
            });
        }
        while let Some(first) = reading.join_next().await {
            at_once.push(first??);
        }
    }
    Ok(Measured { alone: Spread::compute(alone)?, at_once: Spread::compute(at_once)? })
}

/// From connecting to the first delta; the rest is read, too.
async fn first_delta(address: SocketAddr, request: &[u8]) -> Result<Duration> {
    let begin = Instant::now();
    let mut reply = client::send(address, request).await?.reply().await?;
    let (mut scanner, mut first) = (Scanner::default(), None);
    while reply.read(|piece| scanner.push(piece, |_| first = first.or(Some(begin.elapsed())))).await? {}
    first.context("an image brought no delta")
}

//! Measures a server without requests.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{
    Bench, services,
    table::{Bar, Row},
};

const STARTS: usize = 5;
/// The time after which the memory that a start needs has been freed.
const SETTLED: Duration = Duration::from_secs(1);

/// Time to readiness and resident memory, the worst of some starts with an empty data folder.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let mut ready = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..STARTS {
        let service = services::inkstream(bench, None).await?;
        ready.push(service.ready_after().as_secs_f64() * 1e3);
        tokio::time::sleep(SETTLED).await;
        resident.push(service.memory()?.resident);
    }
    let (ready, resident) = (spread(ready)?, spread(resident)?);
    Ok(vec![
        Row::new(
            "idle: ready after the process began",
            ready.worst,
            "ms",
            Bar::AtMost(300.0),
            format!("the worst of {STARTS} starts, the best {:.0} ms", ready.best),
        ),
        Row::new(
            "idle: server's memory without children",
            resident.worst,
            "MB",
            Bar::AtMost(40.0),
            format!("the worst of {STARTS} starts, the best {:.1} MB", resident.best),
        ),
    ])
}

struct Spread {
    best: f64,
    worst: f64,
}

fn spread(values: Vec<f64>) -> Result<Spread> {
    let best = values.iter().copied().reduce(f64::min).context("there was a start")?;
    let worst = values.into_iter().reduce(f64::max).context("there was a start")?;
    Ok(Spread { best, worst })
}

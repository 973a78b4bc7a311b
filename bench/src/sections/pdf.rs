//! Measures a long PDF with an engine that answers at once, so that opening, rendering and relaying remain.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    Bench, client,
    engine::{Engine, Pace},
    events, inputs, services,
    table::{Bar, Row},
};

const PAGES: usize = 1_000;
/// The straight service's rate does not depend on the number of pages.
const FASTAPI_PAGES: usize = 120;
const DELTAS: usize = 8;
/// At which A4 is 1,520 pixels high: at a higher one Inkstream would scale down to what models have use for (1,540), and
/// have less to do than the other.
const DPI: &str = "130";
/// The page at which memory is measured first.
const EARLY: usize = 100;
/// The memory that an allocator may keep without a leak.
const SAME: f64 = 1.05;

/// 1,000 pages: rate, first page, memory.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let engine = Engine::start(bench.clock, DELTAS, Pace::AtOnce)?;
    let fastapi = {
        let service = services::fastapi(bench, &engine).await?;
        read(service.address(), FASTAPI_PAGES, |_| Ok(())).await?
    };

    let service = services::inkstream(bench, Some(&engine)).await?;
    let idle = service.memory()?;
    let mut early = None;
    let mut late = None;
    let ours = read(service.address(), PAGES, |page| {
        match page {
            EARLY => early = Some(service.memory()?),
            PAGES => late = Some(service.memory()?),
            _ => {}
        }
        Ok(())
    });
    let ours = ours.await?;
    let (early, late) = (early.context("page 100 came")?, late.context("page 1,000 came")?);
    Ok(vec![
        Row::new(
            "PDF of 1,000 pages: pages a second, beside FastAPI",
            ours.rate / fastapi.rate,
            "×",
            Bar::AtLeast(3.0),
            format!("{:.1}/s beside {:.1}/s, {DPI} dpi", ours.rate, fastapi.rate),
        ),
        Row::new(
            "PDF: first page_start after the upload's last byte",
            ours.first_page.as_secs_f64() * 1e3,
            "ms",
            Bar::AtMost(200.0),
            format!("FastAPI {:.0} ms with {FASTAPI_PAGES} pages", fastapi.first_page.as_secs_f64() * 1e3),
        ),
        Row::new(
            "PDF: server's memory at page 1,000 beside page 100",
            late.resident / early.resident,
            "×",
            Bar::AtMost(SAME),
            format!("idle {:.1} MB, {:.1} MB, {:.1} MB", idle.resident, early.resident, late.resident),
        ),
        Row::new("PDF: server's peak memory without children", late.peak, "MB", Bar::AtMost(150.0), String::new()),
    ])
}

struct Reading {
    /// Pages a second, from the upload's last byte to the stream's end.
    rate: f64,
    first_page: Duration,
}

/// Reads a PDF, and calls `page_ended` with the number of finished pages.
async fn read(address: SocketAddr, pages: usize, mut page_ended: impl FnMut(usize) -> Result<()>) -> Result<Reading> {
    let request = client::upload("/api/ocr/pdf", &[("dpi", DPI)], "long.pdf", &inputs::pdf(pages));
    let mut first_page = None;
    let mut ended = 0;
    let took = events::follow(address, &request, |event, at| {
        match event.kind.as_str() {
            "page_start" => first_page = first_page.or(Some(at)),
            "page_end" => {
                ended += 1;
                page_ended(ended)?;
            }
            _ => {}
        }
        Ok(())
    });
    let took = took.await?;
    ensure!(ended == pages, "{ended} pages of {pages} were read");
    Ok(Reading { rate: pages as f64 / took.as_secs_f64(), first_page: first_page.context("a page began")? })
}

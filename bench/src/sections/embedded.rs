//! Compares the embedded engines with the programs that people use for the same.

use std::{
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{process::Command, sync::Semaphore, task::JoinSet};

use crate::{
    Bench, client, events,
    inputs::{self, Colours},
    services,
    table::{Bar, Row},
};

const PAGES: usize = 12;
const DPI: u32 = 200;
/// The number of runs of each program. They take turns, so that other load on the machine affects all equally.
const ROUNDS: usize = 2;
/// The number of processes of the other programs.
const JOBS: usize = 2;
/// The nice value of Inkstream's children. Otherwise other load on the machine would slow down only them.
const NICE: &str = "10";
/// The number of concurrent uploads to Inkstream, so that both its children always have a page.
const UPLOADS: usize = 4;
/// The number of pages that are read one at a time, to measure the time to their first text.
const ALONE: usize = 4;

/// The engines by name.
const TESSERACT: &str = "tesseract";
const PPOCR: &str = "ppocr";

/// Pages a second of Tesseract beside two command lines and beside ocrmypdf, pages a second of PP-OCR, and the first text of a page.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let images = inputs::images(bench, PAGES, DPI, Colours::Grey).await?;
    let service = services::inkstream(bench, None).await?;
    let address = service.address();
    // The first page also warms the children up, for which a user waits once.
    for model in [TESSERACT, PPOCR] {
        upload(address, model, &images[0]).await?;
    }
    let (mut ours, mut neural, mut theirs) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut ocrmypdf = scan(bench, &images).await.map(|()| Duration::ZERO);
    for _ in 0..ROUNDS {
        let read = move |model| move |image: PathBuf| async move { upload(address, model, &image).await.map(drop) };
        ours += all(&images, UPLOADS, read(TESSERACT)).await?;
        neural += all(&images, UPLOADS, read(PPOCR)).await?;
        theirs += all(&images, JOBS, tesseract).await?;
        if let Ok(total) = ocrmypdf {
            ocrmypdf = self::ocrmypdf(bench).await.map(|time| total + time);
        }
    }
    let rate = |time: Duration| (ROUNDS * PAGES) as f64 / time.as_secs_f64();
    let (ours, neural, theirs) = (rate(ours), rate(neural), rate(theirs));
    let beside = "tesseract: pages a second, beside ocrmypdf --jobs 2";
    let ocrmypdf = match ocrmypdf {
        Ok(time) => {
            let figures = format!("{ours:.2}/s beside {:.2}/s", rate(time));
            Row::new(beside, ours / rate(time), "×", Bar::AtLeast(1.0), figures)
        }
        Err(error) => Row::missing(beside, "×", Bar::AtLeast(1.0), format!("{error:#}")),
    };
    Ok(vec![
        Row::new(
            "tesseract: pages a second, beside 2 × the command line",
            ours / theirs,
            "×",
            Bar::AtLeast(0.95),
            format!("{ours:.2}/s beside {theirs:.2}/s, {PAGES} pages of {DPI} dpi, {ROUNDS} rounds"),
        ),
        ocrmypdf,
        first_text(address, TESSERACT, &images, Bar::AtMost(30.0)).await?,
        Row::new(
            "ppocr: pages a second",
            neural,
            "/s",
            Bar::AtLeast(0.5),
            format!("the same pages; ×{:.2} beside tesseract", neural / ours),
        ),
        first_text(address, PPOCR, &images, Bar::AtMost(40.0)).await?,
    ])
}

/// The time to the first text of pages that are read one at a time.
async fn first_text(address: SocketAddr, model: &str, images: &[PathBuf], bar: Bar) -> Result<Row> {
    let mut shares = Vec::new();
    for image in images.iter().take(ALONE) {
        let Page { first, whole } = upload(address, model, image).await?;
        shares.push((first.as_secs_f64() / whole.as_secs_f64() * 100.0, first));
    }
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (worst, first) = shares.last().copied().context("pages were read")?;
    let figures = format!("the worst of {ALONE} pages, after {} ms", first.as_millis());
    Ok(Row::new(format!("{model}: first text, part of the page's time"), worst, "%", bar, figures))
}

/// A page's times since the upload's last byte.
struct Page {
    first: Duration,
    whole: Duration,
}

async fn upload(address: SocketAddr, model: &str, image: &Path) -> Result<Page> {
    let file = tokio::fs::read(image).await?;
    let request = client::upload("/api/ocr/image", &[("model", model)], "page.png", &file);
    let mut first = None;
    let whole = events::follow(address, &request, |event, at| {
        if event.kind == "delta" {
            first = first.or(Some(at));
        }
        Ok(())
    });
    let whole = whole.await?;
    Ok(Page { first: first.context("the page has text")?, whole })
}

/// Runs `work` for each image, with a maximum concurrency, and returns the total time.
async fn all<F: Future<Output = Result<()>> + Send + 'static>(
    images: &[PathBuf],
    at_once: usize,
    work: impl Fn(PathBuf) -> F,
) -> Result<Duration> {
    let places = Arc::new(Semaphore::new(at_once));
    let begin = Instant::now();
    let mut running = JoinSet::new();
    for image in images {
        let place = Arc::clone(&places).acquire_owned().await?;
        let work = work(image.clone());
        running.spawn(async move {
            let done = work.await;
            drop(place);
            done
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(begin.elapsed())
}

async fn tesseract(image: PathBuf) -> Result<()> {
    let mut command = nice("tesseract".as_ref());
    command.arg(image).args(["stdout", "-l", "eng"]).env("OMP_THREAD_LIMIT", "1");
    let output = command.stdin(Stdio::null()).output().await.context("tesseract cannot be started")?;
    ensure!(output.status.success() && !output.stdout.is_empty(), "tesseract read nothing");
    Ok(())
}

/// Writes the images into one PDF without loss.
async fn scan(bench: &Bench, images: &[PathBuf]) -> Result<()> {
    succeed(python(bench, "img2pdf").args(images).arg("--output").arg(bench.work.path().join("scan.pdf"))).await
}

/// Recognizes that PDF with ocrmypdf, without writing a PDF.
async fn ocrmypdf(bench: &Bench) -> Result<Duration> {
    let begin = Instant::now();
    let mut command = python(bench, "ocrmypdf");
    command.args(["--jobs", &JOBS.to_string(), "--output-type", "none", "--sidecar", "scan.txt", "scan.pdf", "-"]);
    succeed(command.current_dir(bench.work.path())).await?;
    Ok(begin.elapsed())
}

fn python(bench: &Bench, module: &str) -> Command {
    let mut command = nice(bench.python.as_os_str());
    command.args(["-m", module]);
    command
}

fn nice(program: &OsStr) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", NICE]).arg(program);
    command
}

/// Runs a command. If it fails, the error contains the end of its output.
async fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", said.trim().lines().last().unwrap_or("it failed silently"));
    Ok(())
}

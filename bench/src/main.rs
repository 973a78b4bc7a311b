//! `make bench` runs this program. It measures a release build beside other programs on the same machine, and prints one table.
//!
//! It fails only if something could not be measured, not because something is slow.

mod body;
mod client;
mod clock;
mod engine;
mod events;
mod inputs;
mod marks;
mod reading;
mod sections;
mod services;
mod streams;
mod table;

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use tempfile::TempDir;

use crate::{clock::Clock, table::Row};

/// The maximum time of a section. None takes half as long.
const LIMIT: Duration = Duration::from_mins(6);
/// The same for reading, where each engine and program reads all pages one after the other.
const READING_LIMIT: Duration = Duration::from_mins(40);

#[derive(Debug, Parser)]
#[command(about = "Measures a release build of Inkstream beside others")]
struct Arguments {
    /// Sections to measure; unset: all
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// Path of the program `inkstream`
    #[arg(long)]
    server: PathBuf,
    /// Path of the Python interpreter with the packages of requirements.txt and ocrmypdf.txt
    #[arg(long)]
    python: PathBuf,
    /// Folder of the straight service
    #[arg(long)]
    fastapi: PathBuf,
    /// Folder with the scripts that make the fixtures of the section reading and run the programs of its comparison
    #[arg(long)]
    reading: PathBuf,
    /// Path of the Python interpreter with the packages of its requirements.txt
    #[arg(long)]
    reading_python: PathBuf,
    /// Folder with real pages and tables that are read besides the fixtures; left out if it does not exist
    #[arg(long)]
    samples: Option<PathBuf>,
    /// Folder for the results and the services' logs
    #[arg(long)]
    results: PathBuf,
    /// Number of events per write of the engine when it is not paced; vLLM writes each alone
    #[arg(long, env = "EVENTS_PER_WRITE", default_value_t = 1)]
    events_per_write: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Delay that is added to a delta
    Relay,
    /// Deltas a second
    Throughput,
    /// Processor time of a delta
    Cpu,
    /// Time to an image's first delta
    FirstToken,
    /// A PDF of 1,000 pages
    Pdf,
    /// The embedded engine
    Embedded,
    /// A server without requests
    Idle,
    /// Streams beside people who sign in
    SignIn,
    /// Quality of reading
    Reading,
}

/// What all sections share.
pub(crate) struct Bench {
    server: PathBuf,
    python: PathBuf,
    fastapi: PathBuf,
    reading: PathBuf,
    reading_python: PathBuf,
    samples: Option<PathBuf>,
    results: PathBuf,
    events_per_write: usize,
    clock: Clock,
    /// Inputs that are created once.
    work: TempDir,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.results)?;
    let sections = match arguments.sections.as_slice() {
        [] => Section::value_variants(),
        some => some,
    };
    let bench = Bench {
        server: fs::canonicalize(&arguments.server).context("--server")?,
        // Do not resolve links: a virtual environment's Python finds its environment by the location of its link.
        python: std::path::absolute(&arguments.python).context("--python")?,
        fastapi: fs::canonicalize(&arguments.fastapi).context("--fastapi")?,
        reading: fs::canonicalize(&arguments.reading).context("--reading")?,
        reading_python: std::path::absolute(&arguments.reading_python).context("--reading-python")?,
        samples: arguments.samples.and_then(|folder| fs::canonicalize(folder).ok()),
        results: fs::canonicalize(&arguments.results).context("--results")?,
        events_per_write: arguments.events_per_write,
        clock: Clock::start(),
        work: tempfile::tempdir()?,
    };
    // One thread: the client must leave the machine to the services.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rows = Vec::new();
    let mut failed = false;
    for section in sections {
        eprintln!("measuring: {section:?}");
        match runtime.block_on(measure(&bench, *section)) {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                eprintln!("{section:?} could not be measured: {error:#}");
                failed = true;
            }
        }
    }
    fs::write(bench.results.join("latest.json"), serde_json::to_vec_pretty(&rows)?)?;
    print!("{}", table::text(&rows));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn measure(bench: &Bench, section: Section) -> Result<Vec<Row>> {
    let rows = async {
        match section {
            Section::Relay => sections::relay::run(bench).await,
            Section::Throughput => sections::throughput::run(bench).await,
            Section::Cpu => sections::cpu::run(bench).await,
            Section::FirstToken => sections::first_token::run(bench).await,
            Section::Pdf => sections::pdf::run(bench).await,
            Section::Embedded => sections::embedded::run(bench).await,
            Section::Idle => sections::idle::run(bench).await,
            Section::SignIn => sections::sign_in::run(bench).await,
            Section::Reading => sections::reading::run(bench).await,
        }
    };
    let limit = if section == Section::Reading { READING_LIMIT } else { LIMIT };
    tokio::time::timeout(limit, rows).await.context("it took too long")?
}

//! `inkstream engines`: what could read, and whether it is there.

use std::{collections::HashMap, process::ExitCode};

use futures::future::join_all;
use inkstream_core::engines::EngineHandle;
use inkstream_wire::Task;
use serde::Serialize;
use tokio::time::Instant;

use super::{columns::columns, output};
use crate::{
    bootstrap::{self, StartError},
    settings::{ChildSettings, EngineSettings, LogSettings},
};

const EXIT_CODES: &str = "Exit codes:
  0  every engine is there
  1  an engine is down
  2  the command line or the settings are wrong
  3  this program failed";
/// This program failed.
const FAILED: u8 = 3;

/// Which engines, and how they are told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineSettings,
    #[command(flatten)]
    children: ChildSettings,
    #[command(flatten)]
    logs: LogSettings,
}

impl Arguments {
    /// What cannot be seen in one value alone: one line for each setting that is wrong.
    pub(super) fn problems(&self) -> Vec<String> {
        self.engine.problems()
    }
}

/// What an engine said when it was asked.
#[derive(Debug, Serialize)]
struct Asked {
    /// As callers give it in `model`.
    name: String,
    profile: String,
    /// Where it is: no path, for that may hold a key.
    host: Option<String>,
    tasks: Vec<Task>,
    default: bool,
    ready: bool,
    /// Why it is down.
    problem: Option<String>,
    /// Parameters that requests to it leave out.
    omitted: Vec<String>,
    seconds: f64,
}

/// Asks every engine, and tells what they are.
pub(super) fn engines(arguments: &Arguments) -> ExitCode {
    arguments.logs.start();
    super::block_on(FAILED, async {
        let asked = match ask(arguments).await {
            Ok(asked) => asked,
            Err(error) => {
                output::complain(error);
                return ExitCode::from(FAILED);
            }
        };
        let text = if arguments.json { json(&asked) } else { table(&asked) };
        let written = output::answer(&text);
        if asked.iter().all(|engine| engine.ready) { written } else { ExitCode::FAILURE }
    })
}

async fn ask(arguments: &Arguments) -> Result<Vec<Asked>, StartError> {
    let hosts = hosts(&arguments.engine);
    let (engines, native) = bootstrap::engines_alone(&arguments.engine, &arguments.children)?;
    let mut asked = join_all(engines.all().iter().map(|station| ask_one(station))).await;
    for (place, engine) in asked.iter_mut().enumerate() {
        engine.default = place == 0;
        engine.host = hosts.get(&engine.name).cloned();
    }
    native.shutdown().await;
    Ok(asked)
}

async fn ask_one(station: &EngineHandle) -> Asked {
    let begun = Instant::now();
    let probed = station.engine().probe().await;
    let info = station.info();
    Asked {
        name: info.model.clone(),
        profile: info.profile.clone(),
        host: None,
        tasks: info.tasks.clone(),
        default: false,
        ready: probed.is_ok(),
        problem: probed.err().map(|error| error.detail),
        omitted: station.engine().omitted(),
        seconds: begun.elapsed().as_secs_f64(),
    }
}

/// The servers' hosts, by their engines' names.
fn hosts(settings: &EngineSettings) -> HashMap<String, String> {
    let servers = settings.engine_catalog().map(|engine_catalog| engine_catalog.servers).unwrap_or_default();
    let host = |base_url: &str| {
        let url = url::Url::parse(base_url).ok()?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}{port}", url.host_str()?))
    };
    servers.into_iter().filter_map(|server| Some((server.name, host(&server.base_url)?))).collect()
}

fn json(asked: &[Asked]) -> String {
    // What is written has string keys alone: it always becomes JSON.
    serde_json::to_string_pretty(asked).unwrap_or_default() + "\n"
}

fn table(asked: &[Asked]) -> String {
    let mut rows = vec![["name", "profile", "host", "tasks", "state", "seconds"].map(str::to_owned)];
    rows.extend(asked.iter().map(|engine| {
        let tasks: Vec<_> = engine.tasks.iter().map(|task| task.as_str()).collect();
        [
            engine.name.clone() + if engine.default { " (default)" } else { "" },
            engine.profile.clone(),
            engine.host.clone().unwrap_or_else(|| "embedded".to_owned()),
            tasks.join(","),
            engine.problem.as_ref().map_or_else(|| "ready".to_owned(), |problem| format!("down: {problem}")),
            format!("{:.3}", engine.seconds),
        ]
    }));
    columns(&rows)
}

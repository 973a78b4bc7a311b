//! `inkstream engines`: lists the engines and probes each.

use std::{collections::HashMap, process::ExitCode};

use futures::future::join_all;
use inkstream_core::engines::EngineHandle;
use inkstream_wire::Task;
use serde::Serialize;
use tokio::time::Instant;

use super::output::{self, columns};
use crate::{
    bootstrap::{self, StartError},
    settings::{ChildSettings, EngineSettings, LogSettings},
};

const EXIT_CODES: &str = "Exit codes:
  0  every engine is there
  1  an engine is down
  2  the command line or the settings are wrong
  3  this program failed";
/// Exit code: this program failed.
const FAILED: u8 = 3;

/// The engines, and the output format.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// Write JSON
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
    /// Checks the settings together. Returns one line for each that is wrong.
    pub(super) fn problems(&self) -> Vec<String> {
        self.engine.problems()
    }
}

/// An engine and the result of its probe.
#[derive(Debug, Serialize)]
struct ProbedEngine {
    /// The name that callers give as `model`.
    name: String,
    profile: String,
    /// The server's host without its path, which may hold a key.
    host: Option<String>,
    tasks: Vec<Task>,
    default: bool,
    ready: bool,
    /// Why it is not ready.
    problem: Option<String>,
    /// Parameters that requests to it leave out.
    omitted: Vec<String>,
    seconds: f64,
}

/// Probes every engine and prints the results.
pub(super) fn engines(arguments: &Arguments) -> ExitCode {
    arguments.logs.start();
    super::block_on(FAILED, async {
        let probed = match probe_all(arguments).await {
            Ok(probed) => probed,
            Err(error) => {
                output::print_error(error);
                return ExitCode::from(FAILED);
            }
        };
        let text = if arguments.json { json(&probed) } else { table(&probed) };
        let written = output::print(&text);
        if probed.iter().all(|engine| engine.ready) { written } else { ExitCode::FAILURE }
    })
}

async fn probe_all(arguments: &Arguments) -> Result<Vec<ProbedEngine>, StartError> {
    let hosts = hosts(&arguments.engine);
    let (engines, native) = bootstrap::engines_only(&arguments.engine, &arguments.children)?;
    let mut probed = join_all(engines.all().iter().map(|handle| probe_one(handle))).await;
    for (index, engine) in probed.iter_mut().enumerate() {
        engine.default = index == 0;
        engine.host = hosts.get(&engine.name).cloned();
    }
    native.shutdown().await;
    Ok(probed)
}

async fn probe_one(handle: &EngineHandle) -> ProbedEngine {
    let started = Instant::now();
    let probe = handle.engine().probe().await;
    let info = handle.info();
    ProbedEngine {
        name: info.identity.model.clone(),
        profile: info.identity.profile.clone(),
        host: None,
        tasks: info.capabilities.tasks.clone(),
        default: false,
        ready: probe.is_ok(),
        problem: probe.err().map(|error| error.detail),
        omitted: handle.engine().omitted(),
        seconds: started.elapsed().as_secs_f64(),
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

fn json(probed: &[ProbedEngine]) -> String {
    // The values have only string keys, so that serialization cannot fail.
    serde_json::to_string_pretty(probed).unwrap_or_default() + "\n"
}

fn table(probed: &[ProbedEngine]) -> String {
    let mut rows = vec![["name", "profile", "host", "tasks", "state", "seconds"].map(str::to_owned)];
    rows.extend(probed.iter().map(|engine| {
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

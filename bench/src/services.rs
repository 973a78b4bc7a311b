//! The services under test: starting, waiting for readiness, measuring memory and processor time, stopping.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::{Bench, client, engine::Engine};

/// The maximum time until a service is ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// The kernel's unit of processor time (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// More than the bench does at once, so that nothing waits in a queue.
const RUNS: &str = "400";

/// A running service; dropping it stops it.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    ready_after: Duration,
    _data: TempDir,
}

/// Resident memory of a process without its children, in MB (10⁶ bytes).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// The current value.
    pub(crate) resident: f64,
    /// The maximum so far.
    pub(crate) peak: f64,
}

/// A child process of a service.
#[derive(Debug, Clone)]
pub(crate) struct ChildProcess {
    /// Its last argument, which is the role of Inkstream's children.
    pub(crate) role: String,
    pub(crate) memory: Memory,
}

/// Starts Inkstream, with the engine or only with its embedded one. Its log is written to the results' folder.
pub(crate) async fn inkstream(bench: &Bench, engine: Option<&Engine>) -> Result<Service> {
    let data = tempfile::tempdir()?;
    let address = free_address()?;
    let mut command = bare(&bench.server);
    command.arg("serve").current_dir(data.path()).env("DATA_DIR", data.path().join("data"));
    command.env("PORT", address.port().to_string());
    for limit in ["MAX_RUNS", "MAX_RUNS_PER_CLIENT", "QUEUE_MAX", "QUEUE_MAX_PER_CLIENT", "LLM_CONCURRENCY"] {
        command.env(limit, RUNS);
    }
    command.env("RATE_LIMIT_ADDRESS", "0");
    if let Some(engine) = engine {
        command.env("LLM_BASE_URL", engine.base_url());
    }
    start(command, address, data, &bench.results.join("inkstream.log")).await
}

/// Starts the straight service.
pub(crate) async fn fastapi(bench: &Bench, engine: &Engine) -> Result<Service> {
    let data = tempfile::tempdir()?;
    let address = free_address()?;
    let mut command = bare(&bench.python);
    command.args(["-m", "uvicorn", "service:app", "--no-access-log", "--log-level", "warning", "--port"]);
    command.arg(address.port().to_string()).current_dir(&bench.fastapi).env("LLM_BASE_URL", engine.base_url());
    start(command, address, data, &bench.results.join("fastapi.log")).await
}

/// A command without the caller's environment, so that no proxy and no setting of it has an effect. `PATH` is fixed.
fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

async fn start(mut command: Command, address: SocketAddr, data: TempDir, log: &Path) -> Result<Service> {
    command.stderr(fs::File::create(log)?);
    let begin = Instant::now();
    let child = command.spawn().with_context(|| format!("{} does not start", command.get_program().display()))?;
    let mut service = Service { child, address, ready_after: Duration::ZERO, _data: data };
    while !is_ready(address).await {
        if let Some(status) = service.child.try_wait()? {
            bail!("the service ended at once ({status}); see {}", log.display());
        }
        if begin.elapsed() > PATIENCE {
            bail!("the service is not ready after {PATIENCE:?}; see {}", log.display());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    service.ready_after = begin.elapsed();
    Ok(service)
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(sent) = client::send(address, &client::get("/readyz")).await else { return false };
    let Ok(reply) = sent.reply().await else { return false };
    reply.whole().await.is_ok()
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

impl Service {
    /// The address on which it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time from starting the process to the first 200 of /readyz.
    pub(crate) fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The processor time that it has used so far, without its children.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // After the name in brackets, which may hold anything, the 12th and 13th field are user and system time.
        let fields = stat.rsplit(')').next().context("stat has a name")?.split_whitespace().skip(11).take(2);
        let ticks = fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(TICK * u32::try_from(ticks)?)
    }

    /// Its resident memory, without its children.
    pub(crate) fn memory(&self) -> Result<Memory> {
        memory_of(self.child.id())
    }

    /// Its children.
    pub(crate) fn children(&self) -> Result<Vec<ChildProcess>> {
        let processes = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        // Children may end at any time. Those that are gone are omitted.
        Ok(processes.filter_map(|process: u32| child_of(self.child.id(), process)).collect())
    }
}

fn child_of(parent: u32, process: u32) -> Option<ChildProcess> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    if line.trim().parse() != Ok(parent) {
        return None;
    }
    let arguments = fs::read_to_string(format!("/proc/{process}/cmdline")).ok()?;
    let role = arguments.trim_end_matches('\0').rsplit('\0').next()?.to_owned();
    Some(ChildProcess { role, memory: memory_of(process).ok()? })
}

fn memory_of(process: u32) -> Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let field = |name: &str| -> Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0 / 1e6)
    };
    Ok(Memory { resident: field("VmRSS:")?, peak: field("VmHWM:")? })
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

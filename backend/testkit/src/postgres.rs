//! A temporary PostgreSQL: one cluster for a test process, one new database for each call.
//!
//! Debian's `initdb` and `pg_ctl` run in a guard, a shell that reads from a pipe to this process. When the pipe closes, because the
//! process ends, panics or is killed, the guard stops the server and deletes the folder. PostgreSQL refuses to run as root, so root runs it
//! as the user `postgres`.

use std::{
    io::{BufRead, BufReader, Error, Result},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use tokio::{sync::OnceCell, task::spawn_blocking};

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// $1 is the folder of PostgreSQL's programs. Prints the cluster's folder when the server is up.
const GUARD: &str = r#"
set -e
dir=$(mktemp -d /tmp/inkstream-pg.XXXXXXXX)
trap 'rm -rf "$dir"' EXIT
exec 2>"$dir/log"
if "$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" &&
    "$1/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 120 \
        -o "-k $dir -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=300" start >>"$dir/log"
then
    trap '"$1/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
    trap '' PIPE # who waits for the next line may be dead already: that must not end the guard here
    echo "$dir" || true
    exec >/dev/null
    read -r _ || true
else
    echo "failed: $(tail -n 3 "$dir/log" | tr '\n' ' ')"
fi
"#;

struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// The pipe to the guard. Statics are never dropped, so it closes when the process ends.
    _alive: ChildStdin,
}

/// The URL of a new, empty database on a unix socket. The first call of a process starts the server.
pub async fn database() -> Result<String> {
    let cluster = CLUSTER.get_or_try_init(|| async { spawn_blocking(start).await.map_err(Error::other)? }).await?;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let url = format!("postgres:///{name}?host={}&user=postgres", cluster.folder.display());
    spawn_blocking(move || {
        let mut command = Command::new(cluster.programs.join("createdb"));
        succeeded(&command.arg("-h").arg(&cluster.folder).args(["-U", "postgres", &name]).output()?)
    })
    .await
    .map_err(Error::other)??;
    Ok(url)
}

fn start() -> Result<Cluster> {
    let programs = programs()?;
    let mut command = if is_root()? {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh", "-c", GUARD]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", GUARD]);
        command
    };
    let mut guard = command
        .arg("guard")
        .arg(&programs)
        .current_dir("/")
        // A process group of its own, so that the guard survives Ctrl-C and cleans up.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (Some(alive), Some(said)) = (guard.stdin.take(), guard.stdout.take()) else {
        return Err(Error::other("the guard has no pipes"));
    };
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line)?;
    let line = line.trim();
    if line.starts_with('/') {
        Ok(Cluster { programs, folder: PathBuf::from(line), _alive: alive })
    } else {
        guard.wait()?;
        Err(Error::other(format!("PostgreSQL did not start: {line}")))
    }
}

/// The programs of the latest PostgreSQL that Debian installed.
fn programs() -> Result<PathBuf> {
    let missing = || Error::other("PostgreSQL is needed for these tests: apt-get install postgresql");
    std::fs::read_dir("/usr/lib/postgresql")
        .map_err(|_| missing())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|version| version.join("bin/initdb").exists())
        .max_by_key(|version| version.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()))
        .map(|version| version.join("bin"))
        .ok_or_else(missing)
}

fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(Path::new("/proc/self"))?.uid() == 0)
}

fn succeeded(output: &Output) -> Result<()> {
    if output.status.success() {
        Ok(())
    } else {
        Err(Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

//! `inkstream ocr FILE`: the same use-case as the server's, on a database and files that vanish with it.

mod printer;

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use futures::{StreamExt, TryStreamExt};
use inkstream_core::{
    Error,
    accounts::Username,
    app::App,
    documents,
    owner::Owner,
    runs::{self, Client, LiveRun, Source},
};
use inkstream_wire::{ErrorCode, EventBody, RunOptions};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use super::output;
use crate::{
    compose::{self, Parts, StartError},
    settings::{ChildSettings, DatabaseSettings, EngineSettings, LimitSettings, LogSettings},
};
use printer::Printer;

const EXIT_CODES: &str = "Exit codes:
  0    every page was read
  1    some pages were read, some failed
  2    the command line, the settings or the file is wrong
  3    the engine, or this program, failed
  130  interrupted";

/// Who reads, on a ledger that nobody sees.
const LOCAL: &str = "local";

/// Which file, and how it is read.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES, mut_args(hide_what_serves))]
pub(super) struct Arguments {
    /// A picture or a PDF; - reads it from stdin
    file: PathBuf,
    /// Pages to read, such as 1-3,7
    #[arg(long)]
    pages: Option<String>,
    /// Model to read with; left out: the default engine's
    #[arg(long)]
    model: Option<String>,
    /// Languages of the pages, such as en or eng+deu
    #[arg(long)]
    language: Option<String>,
    /// What to ask a model
    #[arg(long)]
    prompt: Option<String>,
    /// Resolution to render PDF pages at, in dots per inch
    #[arg(long)]
    dpi: Option<f32>,
    /// The PDF's password; better in the environment than on the command line
    #[arg(long, env = "INKSTREAM_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    #[command(flatten)]
    engine: EngineSettings,
    #[command(flatten)]
    limits: LimitSettings,
    #[command(flatten)]
    children: ChildSettings,
    #[command(flatten)]
    logs: LogSettings,
}

/// What one file for one reader never meets; it is taken all the same, for the environment may hold it.
fn hide_what_serves(argument: clap::Arg) -> clap::Arg {
    let serves = [
        "max_runs",
        "max_runs_per_client",
        "max_runs_per_address",
        "max_runs_anonymous",
        "queue_max",
        "queue_max_per_client",
        "document_ttl",
        "stream_stall_timeout",
        "engines_file",
    ];
    let hidden = serves.contains(&argument.get_id().as_str());
    argument.hide(hidden)
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Read,
    Partly,
    WrongInput,
    Failed,
    Interrupted,
}

impl Outcome {
    fn of(code: ErrorCode) -> Self {
        match code {
            // Nobody stopped it: the run gave up by itself.
            ErrorCode::Aborted => Self::Failed,
            code if code.status() < 500 => Self::WrongInput,
            _ => Self::Failed,
        }
    }

    fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Read => 0,
            Self::Partly => 1,
            Self::WrongInput => 2,
            Self::Failed => 3,
            Self::Interrupted => 130,
        })
    }
}

#[derive(Debug, thiserror::Error)]
enum OcrError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("no folder for temporary files: {0}")]
    Folder(#[source] io::Error),
    #[error("the text cannot be written: {0}")]
    Output(#[source] io::Error),
    #[error("{}", .0.detail)]
    Run(#[from] Error),
}

impl OcrError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::File { .. } => Outcome::WrongInput,
            // Whoever took the text has enough of it.
            Self::Output(error) if output::is_closed(error) => Outcome::Read,
            Self::Run(error) => Outcome::of(error.code),
            Self::Start(_) | Self::Folder(_) | Self::Output(_) => Outcome::Failed,
        }
    }
}

pub(super) fn ocr(arguments: &Arguments) -> ExitCode {
    arguments.logs.start();
    super::block_on(3, async {
        let outcome = run(arguments).await.unwrap_or_else(|error| {
            let outcome = error.outcome();
            if outcome != Outcome::Read {
                output::complain(error);
            }
            outcome
        });
        outcome.exit_code()
    })
}

async fn run(arguments: &Arguments) -> Result<Outcome, OcrError> {
    let folder = tempfile::tempdir().map_err(OcrError::Folder)?;
    let database = DatabaseSettings::embedded(folder.path().to_owned());
    let composed = compose::compose(Parts {
        database: &database,
        engine: &arguments.engine,
        limits: &arguments.limits,
        children: &arguments.children,
        anonymous: &Username::stored(LOCAL.to_owned()),
        accounts: None,
    })
    .await?;
    let app = &composed.app;
    let owner = Owner { user: composed.anonymous.id.0, session: None, anonymous: true, key: None };
    let outcome = tokio::select! {
        outcome = read(app, owner, arguments) => outcome,
        _ = tokio::signal::ctrl_c() => Ok(Outcome::Interrupted),
    };
    app.stopping.cancel();
    app.tasks.close();
    app.tasks.wait().await;
    composed.native.shutdown().await;
    composed.database.close().await;
    outcome
}

async fn read(app: &std::sync::Arc<App>, owner: Owner, arguments: &Arguments) -> Result<Outcome, OcrError> {
    let LimitSettings { max_runs, queue_max, .. } = arguments.limits;
    let ticket = app.queue.enter(&[Client { name: LOCAL.to_owned(), max_runs, queue_max }])?;
    let bytes = ReaderStream::new(open(&arguments.file).await?).map_err(Error::internal);
    let upload = documents::receive(app, arguments.file.file_name().and_then(|name| name.to_str()), bytes).await?;
    let options = RunOptions {
        pages: arguments.pages.clone(),
        model: arguments.model.clone(),
        language: arguments.language.clone(),
        prompt: arguments.prompt.clone(),
        dpi: arguments.dpi,
        password: arguments.password.clone(),
        ..RunOptions::default()
    };
    let run = runs::start(app, owner, ticket, Source::Upload(upload), None, options).await?;
    print(app, run).await
}

async fn open(path: &Path) -> Result<Box<dyn AsyncRead + Send + Unpin>, OcrError> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(tokio::io::stdin()));
    }
    let wrong = |source| OcrError::File { path: path.to_owned(), source };
    let file = tokio::fs::File::open(path).await.map_err(wrong)?;
    if file.metadata().await.map_err(wrong)?.is_dir() {
        return Err(wrong(io::Error::new(io::ErrorKind::IsADirectory, "a folder is no file")));
    }
    Ok(Box::new(file))
}

async fn print(app: &App, mut run: LiveRun) -> Result<Outcome, OcrError> {
    let mut printer = Printer::new(io::stdout().lock());
    let (mut read, mut failed) = (0, 0);
    while let Some(event) = run.next().await {
        match event.body {
            EventBody::Start(start) if start.pages.is_some() => {
                // The pages of this run are those that are no longer pending: the database is this run's alone.
                let pages = app.store.pages(start.document_id).await?;
                let pages = pages.iter().filter(|page| page.status != inkstream_wire::PageStatus::Pending);
                printer.expect(pages.map(|page| page.page));
            }
            EventBody::Delta { delta, .. } => printer.text(None, &delta).map_err(OcrError::Output)?,
            EventBody::PageDelta { page, delta, .. } => {
                printer.text(Some(page), &delta).map_err(OcrError::Output)?;
            }
            EventBody::PageEnd(end) => {
                read += 1;
                printer.end(end.page).map_err(OcrError::Output)?;
            }
            EventBody::PageError { page, error } => {
                failed += 1;
                output::complain(format_args!("page {page}: {}", error.message));
                printer.end(page).map_err(OcrError::Output)?;
            }
            EventBody::Error { error } => {
                output::complain(&error.message);
                return Ok(Outcome::of(error.code));
            }
            EventBody::End(_) => {
                printer.finish().map_err(OcrError::Output)?;
                return Ok(match (read, failed) {
                    (_, 0) => Outcome::Read,
                    (0, _) => Outcome::Failed,
                    _ => Outcome::Partly,
                });
            }
            _ => {}
        }
    }
    Ok(Outcome::Failed)
}

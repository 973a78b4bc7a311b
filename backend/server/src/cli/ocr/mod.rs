//! `inkstream ocr FILE`: runs the server's use-case on a temporary database and folder.

mod annotate;
mod args;
mod follow;
mod printer;

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use futures::TryStreamExt as _;
use inkstream_core::{
    Error,
    accounts::Username,
    documents,
    owner::Owner,
    runs::{self, Client, Runs, Source},
};
use inkstream_wire::ErrorCode;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use super::output;
use crate::{
    bootstrap::{self, Parts, StartError},
    settings::{ChildSettings, DatabaseSettings, EngineSettings, LimitSettings, LogSettings},
};
use annotate::AnnotatedImages;
use args::OcrArgs;
use follow::FollowOutcome;
use printer::Printer;

const EXIT_CODES: &str = "Exit codes:
  0    every page was read
  1    some pages were read, and some failed, or text of some is missing
  2    the command line, the settings or the file is wrong
  3    the engine, or this program, failed
  130  interrupted";

/// The user's name in the temporary database.
const LOCAL: &str = "local";

/// The file and the options of its run.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES, mut_args(hide_server_settings))]
pub(super) struct Arguments {
    /// An image or a PDF; - reads it from stdin
    file: PathBuf,
    #[command(flatten)]
    args: OcrArgs,
    #[command(flatten)]
    engine: EngineSettings,
    #[command(flatten)]
    limits: LimitSettings,
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

/// Hides limits that only the server needs. They are still accepted, because the environment may set them.
fn hide_server_settings(argument: clap::Arg) -> clap::Arg {
    let serves = [
        "max_runs",
        "max_runs_per_client",
        "max_runs_per_address",
        "max_runs_anonymous",
        "queue_max",
        "queue_max_per_client",
        "document_ttl",
        "stream_stall_timeout",
        "stream_min_rate",
    ];
    let hidden = serves.contains(&argument.get_id().as_str());
    argument.hide(hidden)
}

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Complete,
    Partial,
    WrongInput,
    Failed,
    Interrupted,
}

impl Outcome {
    fn from_code(code: ErrorCode) -> Self {
        match code {
            // Nobody cancelled the run here, so it gave up by itself.
            ErrorCode::Aborted => Self::Failed,
            code if code.status() < 500 => Self::WrongInput,
            _ => Self::Failed,
        }
    }

    fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Complete => 0,
            Self::Partial => 1,
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
            // The reader of the pipe has read enough.
            Self::Output(error) if output::is_closed(error) => Outcome::Complete,
            Self::Run(error) => Outcome::from_code(error.code),
            Self::Start(_) | Self::Folder(_) | Self::Output(_) => Outcome::Failed,
        }
    }
}

pub(super) fn ocr(arguments: &Arguments) -> ExitCode {
    arguments.logs.start();
    super::block_on(3, async {
        let outcome = run(arguments).await.unwrap_or_else(|error| {
            let outcome = error.outcome();
            if outcome != Outcome::Complete {
                output::print_error(error);
            }
            outcome
        });
        outcome.exit_code()
    })
}

async fn run(arguments: &Arguments) -> Result<Outcome, OcrError> {
    let folder = tempfile::tempdir().map_err(OcrError::Folder)?;
    let database = DatabaseSettings::embedded(folder.path().to_owned());
    let composed = bootstrap::bootstrap(Parts {
        database: &database,
        engine: &arguments.engine,
        limits: &arguments.limits,
        children: &arguments.children,
        anonymous: &Username::stored(LOCAL.to_owned()),
        accounts: None,
    })
    .await?;
    let runs = &composed.runs;
    let owner = Owner { user: composed.anonymous.id.0, session: None, anonymous: true, key: None };
    let outcome = tokio::select! {
        outcome = recognize(runs, owner, arguments) => outcome,
        _ = tokio::signal::ctrl_c() => Ok(Outcome::Interrupted),
    };
    runs.lifecycle.stop().await;
    composed.native.shutdown().await;
    composed.database.close().await;
    outcome
}

async fn recognize(runs: &Arc<Runs>, owner: Owner, arguments: &Arguments) -> Result<Outcome, OcrError> {
    let args = &arguments.args;
    let images = args.annotate.as_deref().map(AnnotatedImages::at).transpose()?;
    let LimitSettings { max_runs, queue_max, .. } = arguments.limits;
    let ticket = runs.queue.enter(&[Client { name: LOCAL.to_owned(), max_runs, queue_max }])?;
    let bytes = ReaderStream::new(open(&arguments.file).await?).map_err(Error::internal);
    let upload =
        documents::receive(&runs.documents, arguments.file.file_name().and_then(|name| name.to_str()), bytes).await?;
    let run = runs::start(runs, owner.clone(), ticket, Source::Upload(upload), None, args.options()).await?;
    let (document, several) = (run.document_id, run.pages.len() > 1);
    let printer =
        if args.locates() { Printer::lines(io::stdout().lock()) } else { Printer::pages(io::stdout().lock()) };
    let FollowOutcome { outcome, pages } = follow::follow(run, args.locates(), printer).await?;
    if let Some(images) = images {
        images.write(&runs.documents, &owner, document, &pages, several, args.password.as_ref()).await?;
    }
    Ok(outcome)
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

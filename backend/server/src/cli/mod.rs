//! The command line.

mod engines;
mod migrate;
mod ocr;
mod openapi;
mod output;
mod serve;
mod user;

use std::{ffi::OsString, future::Future, path::Path, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};

use crate::settings::{Settings, dotenv, environment_problems};

/// Exit code: the command line or a setting is wrong.
const WRONG_USAGE: u8 = 2;

/// Recognizes the text of images and PDFs, and streams it while pages are read.
#[derive(Debug, Parser)]
#[command(name = "inkstream", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API and the web page
    Serve(Box<Settings>),
    /// Recognize a file and write its text to stdout while it is read
    Ocr(Box<ocr::Arguments>),
    /// List the engines and probe each
    Engines(Box<engines::Arguments>),
    /// Apply, revert or show database migrations
    Migrate(migrate::Arguments),
    /// Create, list and change accounts, also while the server runs
    User(user::Arguments),
    /// Write the description of the HTTP API as JSON to stdout
    Openapi,
    /// A sandboxed child process, which only the program itself starts
    #[command(hide = true)]
    Worker,
}

/// Runs the command line. Settings come from it, from the environment and from `.env`, in this order of precedence.
pub fn main() -> ExitCode {
    if let Err(problems) = dotenv::load(Path::new(".env")) {
        return refuse(&problems);
    }
    let problems = check_environment(&std::env::args_os().collect::<Vec<_>>());
    if !problems.is_empty() {
        return refuse(&problems);
    }
    match Cli::parse().command {
        Command::Serve(settings) => match settings.problems().as_slice() {
            [] => serve::serve(&settings),
            problems => refuse(problems),
        },
        Command::Ocr(arguments) => match arguments.problems().as_slice() {
            [] => ocr::ocr(&arguments),
            problems => refuse(problems),
        },
        Command::Engines(arguments) => match arguments.problems().as_slice() {
            [] => engines::engines(&arguments),
            problems => refuse(problems),
        },
        Command::Migrate(arguments) => migrate::migrate(&arguments),
        Command::User(arguments) => user::user(&arguments),
        Command::Openapi => openapi::openapi(),
        Command::Worker => refuse(&["worker: only the program itself starts it, as the first argument".to_owned()]),
    }
}

fn check_environment(arguments: &[OsString]) -> Vec<String> {
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        return Vec::new();
    }
    let command = Cli::command();
    let chosen = arguments.get(1).and_then(|name| command.find_subcommand(name));
    chosen.map(environment_problems).unwrap_or_default()
}

fn refuse(problems: &[String]) -> ExitCode {
    for problem in problems {
        output::print_error(problem);
    }
    ExitCode::from(WRONG_USAGE)
}

/// Runs a future on a new runtime. `failed` is the exit code if no runtime can be started.
fn block_on(failed: u8, future: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => {
            output::print_error(format_args!("no threads can be started: {error}"));
            ExitCode::from(failed)
        }
    }
}

//! What is said on stdout and stderr. Either may be a pipe that nobody reads any more (`| head`): that is no failure.

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

/// Writes what a command has to say to stdout, all of it at once.
pub(super) fn answer(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if !is_closed(&error) => {
            complain(format_args!("the answer cannot be written: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Says what is wrong, in a line on stderr.
pub(super) fn complain(problem: impl Display) {
    // Where nobody reads this either, the exit code has to do.
    let _ = writeln!(io::stderr(), "inkstream: {problem}");
}

/// Whether whoever read has gone.
pub(super) fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

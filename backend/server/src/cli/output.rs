//! Writes to stdout and stderr, and aligns columns. Either stream may be a pipe that is closed already (`| head`), which is not a failure.

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

/// Writes a command's result to stdout in one write.
pub(super) fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if !is_closed(&error) => {
            print_error(format_args!("the answer cannot be written: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Writes an error to stderr, as one line.
pub(super) fn print_error(problem: impl Display) {
    // If stderr is closed, too, only the exit code is left.
    let _ = writeln!(io::stderr(), "inkstream: {problem}");
}

/// Whether the reader has closed the pipe.
pub(super) fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Formats rows as aligned columns, one row per line. The first row holds the headings.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

//! The binary `inkstream`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Start a worker before tokio, clap or any setting is touched: it must have no other threads when it drops its privileges.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|argument| argument == "worker") {
        return inkstream_native::worker_main(arguments);
    }
    inkstream::cli::main()
}

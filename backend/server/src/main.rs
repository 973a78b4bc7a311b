//! The binary `inkstream`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The child branches off before tokio, clap or any setting: it must have no threads when it gives up its rights.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|argument| argument == "worker") {
        return inkstream_native::worker_main(arguments);
    }
    inkstream::cli::main()
}

//! The tests' child: what `inkstream worker` is to the server; and `probe`, which tries what a child must not do.

mod probe;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "probe") {
        return probe::main(arguments.next().is_some_and(|role| role == "decode"));
    }
    inkstream_native::worker_main(arguments)
}

//! The tests' child: what `inkstream worker` is to the server; `probe`, which tries what a child must not do; and `throw`,
//! which ends as C++ does.

mod exceptions;
mod probe;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_ref().and_then(|first| first.to_str()) {
        Some("probe") => probe::main(arguments.next().is_some_and(|role| role == "decode")),
        Some("throw") => exceptions::main(arguments.next().is_some_and(|what| what == "memory")),
        _ => inkstream_native::worker_main(arguments),
    }
}

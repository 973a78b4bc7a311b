//! The child's side: `inkstream worker decode` and `inkstream worker read`.

mod decode;
mod read;

use std::{ffi::OsString, io, os::fd::AsFd, process::ExitCode};

use rustix::process::Signal;

use crate::{
    decode::Libraries,
    protocol::{ChildEnd, Hello, Setup, Work},
    sandbox::{self, Allowance},
};

/// How much nicer than the server a child is.
const NICE: i32 = 10;

/// The whole life of a child process. The binary calls it before it makes a thread, with what follows `worker` on its
/// command line (the role, which is there for those who look at a list of processes). Only a server starts it: standard
/// input is the socket to it.
pub fn worker_main(_role: impl IntoIterator<Item = OsString>) -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("inkstream worker: {error} (only the server starts it)");
            ExitCode::from(2)
        }
    }
}

/// An error here is one of the socket: the server is gone, or the child was not started by one.
fn work() -> io::Result<()> {
    detach()?;
    let mut server = ChildEnd::of_stdin()?;
    let Some((Setup { allowance, work }, _)) = server.receive()? else { return Ok(()) };
    match work {
        Work::Decode { library, pdfium, limits } => {
            let libraries = Libraries::load_one(library, &pdfium);
            match libraries.and_then(|libraries| decode::Decoder::confined(libraries, limits, &allowance)) {
                Ok(decoder) => {
                    server.send(&Hello::Ready)?;
                    decoder.serve(&mut server)
                }
                Err(sentence) => server.send(&Hello::Failed(sentence)),
            }
        }
        Work::Read { tessdata, languages } => match read::PageReader::prepare(&tessdata, &languages, &allowance) {
            Ok(reader) => {
                server.send(&Hello::Ready)?;
                reader.serve(&mut server)
            }
            Err(sentence) => server.send(&Hello::Failed(sentence)),
        },
    }
}

/// Dies with the server, stands back behind it, and keeps nothing that the server may have left open.
fn detach() -> io::Result<()> {
    // Reading from a terminal would wait for ever: it must be a socket.
    rustix::net::sockopt::socket_type(io::stdin().as_fd())?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::nice(NICE)?;
    // SAFETY: it runs first in a process of one thread, where nothing owns a descriptor beyond the standard streams.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    Ok(())
}

/// Gives the rights up, with an error for the operator.
fn close_sandbox(allowance: &Allowance) -> Result<(), String> {
    sandbox::close(allowance).map_err(|error| error.to_string())
}

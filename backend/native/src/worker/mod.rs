//! The child's side: `inkstream worker` with `decode`, `read`, `ppocr` or `script`.

mod decode;
mod read;
mod script;

use std::{ffi::OsString, io, os::fd::AsFd, process::ExitCode};

use rustix::process::Signal;

use crate::{
    decode::Libraries,
    neural::Models,
    protocol::{ChildEnd, Hello, Setup, Work},
    sandbox::{self, Allowance},
};

/// The increase of a child's nice value over the server's.
const NICE: i32 = 10;

/// Runs a child process. The binary calls it before it starts a thread, with the arguments after `worker` (the role,
/// which is there for people who read a list of processes). Only a server starts it: standard input is the socket to
/// the server.
pub fn worker_main(_role: impl IntoIterator<Item = OsString>) -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("inkstream worker: {error} (only the server starts it)");
            ExitCode::from(2)
        }
    }
}

/// This error is one of the socket: the server is gone, or no server started the child.
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
        Work::Read { tessdata, languages, models } => {
            let models = models.as_deref().map(Models);
            let reader = read::PageReader::with_tesseract(&tessdata, &languages, models, &allowance);
            serve(reader, &mut server)
        }
        Work::Script { tessdata, models } => {
            match script::PageScripts::load(&tessdata, models.as_deref().map(Models), &allowance) {
                Ok(mut scripts) => {
                    server.send(&Hello::Ready)?;
                    scripts.serve(&mut server)
                }
                Err(sentence) => server.send(&Hello::Failed(sentence)),
            }
        }
        Work::Ppocr { models } => serve(read::PageReader::with_ppocr(Models(&models), &allowance), &mut server),
    }
}

/// Recognizes pages until the server closes the socket.
fn serve(reader: Result<read::PageReader, String>, server: &mut ChildEnd) -> io::Result<()> {
    match reader {
        Ok(reader) => {
            server.send(&Hello::Ready)?;
            reader.serve(server)
        }
        Err(sentence) => server.send(&Hello::Failed(sentence)),
    }
}

/// Makes the child die with the server, lowers its priority, and closes descriptors that the server may have left open.
fn detach() -> io::Result<()> {
    // Standard input must be a socket, because reading from a terminal would wait for ever.
    rustix::net::sockopt::socket_type(io::stdin().as_fd())?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::nice(NICE)?;
    // SAFETY: it runs first in a process of one thread, where nothing owns a descriptor beyond the standard streams.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    Ok(())
}

/// Drops the rights. The error is a sentence for the operator.
fn close_sandbox(allowance: &Allowance) -> Result<(), String> {
    sandbox::close(allowance).map_err(|error| error.to_string())
}

//! Parses requests to the engine: their kind, and whether they request usage in every chunk.

use anyhow::{Result, ensure};
use memchr::memmem;
use tokio::{io::AsyncReadExt, net::TcpStream};

/// A request.
pub(super) enum Request {
    /// The list of models.
    Models,
    /// A completion.
    Completion {
        /// `stream_options.continuous_usage_stats`.
        continuous_usage: bool,
    },
}

/// Reads the next request of a connection with its body; `None` if the client has closed the connection. `buffer` is initially empty and
/// keeps bytes of the following request.
pub(super) async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>> {
    loop {
        if let Some((is_get, end)) = bounds(buffer)?
            && buffer.len() >= end
        {
            let continuous_usage = wants_continuous_usage(&buffer[..end]);
            buffer.drain(..end);
            return Ok(Some(if is_get { Request::Models } else { Request::Completion { continuous_usage } }));
        }
        if stream.read_buf(buffer).await? == 0 {
            ensure!(buffer.is_empty(), "the request was cut off");
            return Ok(None);
        }
    }
}

/// Whether the request is a GET, and the end of its body; `None` while its head is incomplete.
fn bounds(buffer: &[u8]) -> Result<Option<(bool, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(buffer)? else { return Ok(None) };
    let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = match length {
        Some(header) => std::str::from_utf8(header.value)?.trim().parse()?,
        None => 0,
    };
    Ok(Some((head.method == Some("GET"), start + length)))
}

fn wants_continuous_usage(request: &[u8]) -> bool {
    const KEY: &[u8] = b"\"continuous_usage_stats\"";
    let Some(at) = memmem::find(request, KEY) else { return false };
    let value = request[at + KEY.len()..].iter().find(|byte| !byte.is_ascii_whitespace() && **byte != b':');
    value == Some(&b't')
}

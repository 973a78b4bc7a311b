//! Decodes a response's body from the bytes of its connection. A client library would use more CPU for each chunk than the service under
//! test, and both share two cores.

use anyhow::{Result, bail};

/// The state of decoding: what the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A chunk's size line, with the size so far.
    Size(usize),
    /// A chunk with this many bytes left.
    Data(usize),
    /// The line end after a chunk's bytes.
    ChunkEnd,
    /// A body of known length with this many bytes left.
    Plain(usize),
    /// The body has ended.
    Over,
}

/// Removes a body's framing.
#[derive(Debug)]
pub(crate) struct Body(State);

impl Body {
    /// `Transfer-Encoding: chunked`.
    pub(crate) fn chunked() -> Self {
        Self(State::Size(0))
    }

    /// `Content-Length`.
    pub(crate) fn of_length(length: usize) -> Self {
        Self(if length == 0 { State::Over } else { State::Plain(length) })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0 == State::Over
    }

    /// Calls `on_bytes` with the body's bytes in `bytes`.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut on_bytes: impl FnMut(&[u8])) -> Result<()> {
        while let [first, rest @ ..] = bytes {
            match self.0 {
                State::Size(size) => {
                    bytes = rest;
                    self.0 = match (first, size) {
                        (b'\r', _) => self.0,
                        (b'\n', 0) => State::Over,
                        (b'\n', size) => State::Data(size),
                        (digit, size) => match char::from(*digit).to_digit(16) {
                            Some(digit) => State::Size(size * 16 + digit as usize),
                            None => bail!("a chunk's size has the byte {first:#x}"),
                        },
                    };
                }
                State::Data(left) | State::Plain(left) => {
                    let (now, later) = bytes.split_at(left.min(bytes.len()));
                    on_bytes(now);
                    bytes = later;
                    self.0 = match (self.0, left - now.len()) {
                        (State::Data(_), 0) => State::ChunkEnd,
                        (State::Data(_), left) => State::Data(left),
                        (_, 0) => State::Over,
                        (_, left) => State::Plain(left),
                    };
                }
                State::ChunkEnd => {
                    bytes = rest;
                    if *first == b'\n' {
                        self.0 = State::Size(0);
                    }
                }
                State::Over => return Ok(()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_wherever_the_reads_split_them() {
        let stream = b"5\r\nhello\r\n1a\r\n, there is nothing to hide\r\n0\r\n\r\n";
        for cut in 0..=stream.len() {
            let (mut body, mut text) = (Body::chunked(), Vec::new());
            let (first, second) = stream.split_at(cut);
            body.push(first, |on_bytes| text.extend_from_slice(on_bytes)).unwrap();
            body.push(second, |on_bytes| text.extend_from_slice(on_bytes)).unwrap();
            assert_eq!(text, b"hello, there is nothing to hide");
            assert!(body.is_over());
        }
    }

    #[test]
    fn a_body_of_known_length_ends_after_its_length() {
        let (mut body, mut text) = (Body::of_length(4), Vec::new());
        body.push(b"ab", |on_bytes| text.extend_from_slice(on_bytes)).unwrap();
        assert!(!body.is_over());
        body.push(b"cdef", |on_bytes| text.extend_from_slice(on_bytes)).unwrap();
        assert_eq!(text, b"abcd");
        assert!(body.is_over());
    }

    #[test]
    fn a_chunk_size_that_is_not_a_number_is_an_error() {
        assert!(Body::chunked().push(b"xyz\r\n", |_| ()).is_err());
    }
}

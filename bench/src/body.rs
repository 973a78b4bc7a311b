//! A response's body out of the bytes of its connection. By hand, because a client library costs more per piece than
//! the service under test, and both share two cores.

use anyhow::{Result, bail};

/// Where in the body the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a chunk's size line, so far this much.
    Size(usize),
    /// In a chunk with so many bytes to come.
    Data(usize),
    /// Behind a chunk's bytes, before its line end.
    ChunkEnd,
    /// In a body of known length with so many bytes to come.
    Plain(usize),
    /// Behind the last byte.
    Over,
}

/// Takes a body's framing off.
#[derive(Debug)]
pub(crate) struct Body(Place);

impl Body {
    /// `Transfer-Encoding: chunked`.
    pub(crate) fn chunked() -> Self {
        Self(Place::Size(0))
    }

    /// `Content-Length`.
    pub(crate) fn of_length(length: usize) -> Self {
        Self(if length == 0 { Place::Over } else { Place::Plain(length) })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0 == Place::Over
    }

    /// Calls `piece` with the body's bytes in `bytes`.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut piece: impl FnMut(&[u8])) -> Result<()> {
        while let [first, rest @ ..] = bytes {
            match self.0 {
                Place::Size(size) => {
                    bytes = rest;
                    self.0 = match (first, size) {
                        (b'\r', _) => self.0,
                        (b'\n', 0) => Place::Over,
                        (b'\n', size) => Place::Data(size),
                        (digit, size) => match char::from(*digit).to_digit(16) {
                            Some(digit) => Place::Size(size * 16 + digit as usize),
                            None => bail!("a chunk's size has the byte {first:#x}"),
                        },
                    };
                }
                Place::Data(left) | Place::Plain(left) => {
                    let (now, later) = bytes.split_at(left.min(bytes.len()));
                    piece(now);
                    bytes = later;
                    self.0 = match (self.0, left - now.len()) {
                        (Place::Data(_), 0) => Place::ChunkEnd,
                        (Place::Data(_), left) => Place::Data(left),
                        (_, 0) => Place::Over,
                        (_, left) => Place::Plain(left),
                    };
                }
                Place::ChunkEnd => {
                    bytes = rest;
                    if *first == b'\n' {
                        self.0 = Place::Size(0);
                    }
                }
                Place::Over => return Ok(()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_wherever_the_connection_cuts_them() {
        let stream = b"5\r\nhello\r\n1a\r\n, there is nothing to hide\r\n0\r\n\r\n";
        for cut in 0..=stream.len() {
            let (mut body, mut text) = (Body::chunked(), Vec::new());
            let (first, second) = stream.split_at(cut);
            body.push(first, |piece| text.extend_from_slice(piece)).unwrap();
            body.push(second, |piece| text.extend_from_slice(piece)).unwrap();
            assert_eq!(text, b"hello, there is nothing to hide");
            assert!(body.is_over());
        }
    }

    #[test]
    fn a_body_of_known_length_ends_there() {
        let (mut body, mut text) = (Body::of_length(4), Vec::new());
        body.push(b"ab", |piece| text.extend_from_slice(piece)).unwrap();
        assert!(!body.is_over());
        body.push(b"cdef", |piece| text.extend_from_slice(piece)).unwrap();
        assert_eq!(text, b"abcd");
        assert!(body.is_over());
    }

    #[test]
    fn a_size_that_is_no_number_is_an_error() {
        assert!(Body::chunked().push(b"xyz\r\n", |_| ()).is_err());
    }
}

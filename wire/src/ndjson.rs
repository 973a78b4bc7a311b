//! A decoder of newline-delimited JSON from chunks that may be split anywhere.

use serde::de::DeserializeOwned;

/// The maximum length of a line in bytes. No event is longer.
const MAX_LINE: usize = 16 << 20;

/// A line that could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum NdjsonError {
    /// The line is not the expected JSON.
    #[error("a line of the stream is not an event: {0}")]
    Json(#[from] serde_json::Error),
    /// The line is too long.
    #[error("a line of the stream is longer than {MAX_LINE} bytes")]
    TooLong,
}

/// Collects bytes and returns a value for each line. It stores bytes rather than text, because a chunk may end within a character.
#[derive(Debug, Default)]
pub struct NdjsonDecoder {
    pending: Vec<u8>,
}

impl NdjsonDecoder {
    /// Takes a chunk and returns the values of the lines that it completes. A line that is not JSON is an error; the lines after it are
    /// still decoded.
    pub fn push<T: DeserializeOwned>(&mut self, chunk: &[u8]) -> Vec<Result<T, NdjsonError>> {
        let mut values = Vec::new();
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, tail) = rest.split_at(end);
            rest = &tail[1..];
            if self.pending.is_empty() {
                values.extend(parse(line));
            } else {
                self.pending.extend_from_slice(line);
                values.extend(parse(&self.pending));
                self.pending.clear();
            }
        }
        self.pending.extend_from_slice(rest);
        if self.pending.len() > MAX_LINE {
            self.pending = Vec::new();
            values.push(Err(NdjsonError::TooLong));
        }
        values
    }

    /// Returns the value after the last newline, if there is one.
    pub fn finish<T: DeserializeOwned>(self) -> Option<Result<T, NdjsonError>> {
        parse(&self.pending)
    }
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Option<Result<T, NdjsonError>> {
    let line = line.trim_ascii();
    (!line.is_empty()).then(|| serde_json::from_slice(line).map_err(NdjsonError::from))
}

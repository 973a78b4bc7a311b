//! Parses server-sent events, as far as engines use them, with bounded memory. A body that is one JSON object instead, as from a
//! server that does not stream, is parsed as one event.
//!
//! Written on tokio-util's codecs instead of eventsource-stream, or async-openai, which uses it: both buffer a line of any
//! length. async-openai also reads ahead of a slow consumer without a limit, hides whether `[DONE]` came, and logs chunks that it
//! cannot parse, with the document's text.

use std::io;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use tokio_util::{
    codec::{AnyDelimiterCodec, AnyDelimiterCodecError, FramedRead},
    io::StreamReader,
};

/// The maximum size of an event, and of a line, in bytes.
pub(crate) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Why the event stream ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SseError {
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] io::Error),
    /// A line or an event has more than [`MAX_EVENT_BYTES`].
    #[error("an event has more than {MAX_EVENT_BYTES} bytes")]
    TooLong,
}

/// The data of each event, in order. Several `data` lines are joined as the standard says; comments and other fields are skipped.
/// An event without its final blank line is accepted, since some servers omit it. Nothing is read after `[DONE]`, which is also
/// added after a body that is one JSON object.
pub(crate) fn data<E>(
    body: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> impl Stream<Item = Result<String, SseError>> + Send
where
    E: std::error::Error + Send + Sync + 'static,
{
    let reader = StreamReader::new(body.map_err(io::Error::other).boxed());
    let codec = AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), b"\n".to_vec(), MAX_EVENT_BYTES);
    let lines = FramedRead::new(reader, codec);
    futures::stream::unfold(Some((Shape::Unknown, lines)), |state| async move {
        let (mut shape, mut lines) = state?;
        let event =
            if shape == Shape::Whole { Ok(Some(DONE.to_owned())) } else { next_event(&mut shape, &mut lines).await };
        match event {
            // `[DONE]` ends the stream, also after an unstreamed answer.
            Ok(event) if event.as_deref() == Some(DONE) => event.map(|event| (Ok(event), None)),
            Ok(event) => event.map(|event| (Ok(event), Some((shape, lines)))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

/// The data of the event that ends an answer.
const DONE: &str = "[DONE]";

/// The format of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Not known before the first line.
    Unknown,
    /// Server-sent events.
    Events,
    /// One JSON object, possibly over several lines: an unstreamed answer.
    Whole,
}

/// The data of the next event, or all of a body that is one JSON object.
async fn next_event<R>(shape: &mut Shape, lines: &mut Lines<R>) -> Result<Option<String>, SseError>
where
    R: tokio::io::AsyncRead + Unpin,
{
    let mut event: Option<String> = None;
    while let Some(line) = next_line(lines).await? {
        let mut line = line;
        if *shape == Shape::Unknown && !line.trim().is_empty() {
            // The standard allows a byte order mark at the start.
            if let Some(rest) = line.strip_prefix('\u{feff}') {
                line = rest.to_owned();
            }
            if line.trim_start().starts_with('{') {
                *shape = Shape::Whole;
                return rest_of(line, lines).await.map(Some);
            }
            *shape = Shape::Events;
        }
        if line.is_empty() {
            if event.is_some() {
                break;
            }
            continue;
        }
        let Some(data) = line.strip_prefix("data:") else { continue };
        let start = line.len() - data.strip_prefix(' ').unwrap_or(data).len();
        match &mut event {
            None => {
                line.drain(..start);
                event = Some(line);
            }
            Some(event) if event.len() + line.len() > MAX_EVENT_BYTES => return Err(SseError::TooLong),
            Some(event) => {
                event.push('\n');
                event.push_str(&line[start..]);
            }
        }
    }
    Ok(event)
}

type Lines<R> = FramedRead<R, AnyDelimiterCodec>;

/// Joins this line and all that follow.
async fn rest_of<R>(first: String, lines: &mut Lines<R>) -> Result<String, SseError>
where
    R: tokio::io::AsyncRead + Unpin,
{
    let mut whole = first;
    while let Some(line) = next_line(lines).await? {
        if whole.len() + line.len() > MAX_EVENT_BYTES {
            return Err(SseError::TooLong);
        }
        whole.push('\n');
        whole.push_str(&line);
    }
    Ok(whole)
}

/// The next line, without its ending. Bytes that are no UTF-8 become U+FFFD, so that one of them does not cost the whole answer.
async fn next_line<R>(lines: &mut Lines<R>) -> Result<Option<String>, SseError>
where
    R: tokio::io::AsyncRead + Unpin,
{
    let line = lines.next().await.transpose().map_err(|error| match error {
        AnyDelimiterCodecError::MaxChunkLengthExceeded => SseError::TooLong,
        AnyDelimiterCodecError::Io(error) => SseError::Broken(error),
    })?;
    Ok(line.map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        String::from_utf8_lossy(line).into_owned()
    }))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{StreamExt, executor::block_on};
    use proptest::prelude::*;

    use super::*;

    fn read(text_chunks: Vec<Bytes>) -> Vec<Result<String, SseError>> {
        block_on(data(futures::stream::iter(text_chunks.into_iter().map(Ok::<_, Infallible>))).collect())
    }

    proptest! {
        #[test]
        fn events_survive_every_split(
            events in prop::collection::vec("[^\r\n\u{0}]{1,40}", 0..8),
            crlf: bool,
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let events_sent: Vec<_> = events.iter().map(|event| format!(": note{end}data: {event}{end}{end}")).collect();
            let bytes = events_sent.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let text_chunks = cuts.windows(2).map(|cut| Bytes::copy_from_slice(&bytes.as_bytes()[cut[0]..cut[1]])).collect();
            let read: Vec<String> = read(text_chunks).into_iter().map(Result::unwrap).collect();
            prop_assert_eq!(read, events);
        }

        #[test]
        fn hostile_bytes_are_read_or_refused_and_the_stream_ends(text_chunks in prop::collection::vec(any::<Vec<u8>>(), 0..20)) {
            let read = read(text_chunks.into_iter().map(Bytes::from).collect());
            prop_assert!(read.iter().rev().skip(1).all(Result::is_ok), "nothing follows an error");
        }
    }
}

//! The events of a run as they arrive, each with the time since the upload's last byte.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use inkstream_wire::NdjsonDecoder;
use serde::Deserialize;

use crate::client;

/// The fields that the events of both services have.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    /// `start`, `page_end`, …
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// Uploads and calls `on_event` with each event until the stream ends. Returns the total time since the upload's last byte. A failed page or
/// run is an error.
pub(crate) async fn follow(
    address: SocketAddr,
    request: &[u8],
    mut on_event: impl FnMut(&Event, Duration) -> Result<()>,
) -> Result<Duration> {
    let sent = client::send(address, request).await?;
    let begin = Instant::now();
    let mut reply = sent.reply().await?;
    let (mut decoder, mut last) = (NdjsonDecoder::default(), String::new());
    let mut events = Vec::new();
    while reply.read(|piece| events.extend(decoder.push::<Event>(piece))).await? {
        for event in events.drain(..) {
            let event = event?;
            if matches!(event.kind.as_str(), "error" | "page_error") {
                bail!("the stream has an event {:?}", event.kind);
            }
            on_event(&event, begin.elapsed())?;
            last = event.kind;
        }
    }
    ensure!(last == "end", "the stream ends in {last:?}");
    Ok(begin.elapsed())
}

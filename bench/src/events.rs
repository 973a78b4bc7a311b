//! A recognition's events as they arrive, each with the time since the upload's last byte.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use inkstream_wire::NdjsonDecoder;
use serde::Deserialize;

use crate::client;

/// What both services say alike. The rest of an event is not looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    /// `start`, `page_end`, …
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// Uploads, and calls `seen` with each event until the stream ends. Returns the time that all took since the upload's
/// last byte. A page or run that fails is an error.
pub(crate) async fn follow(
    address: SocketAddr,
    request: &[u8],
    mut seen: impl FnMut(&Event, Duration) -> Result<()>,
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
            seen(&event, begin.elapsed())?;
            last = event.kind;
        }
    }
    ensure!(last == "end", "the stream ends in {last:?}");
    Ok(begin.elapsed())
}

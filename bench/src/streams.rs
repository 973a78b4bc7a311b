//! Reads many image streams concurrently, as fast as they arrive.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    Bench, client,
    inputs::{self, Colours},
    marks::Scanner,
};

/// The request of one stream, and the address of its receiver.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) request: Arc<[u8]>,
}

impl Target {
    /// A small image for a service, so that the streams open soon.
    pub(crate) async fn service(bench: &Bench, address: SocketAddr) -> Result<Self> {
        let images = inputs::images(bench, 1, 50, Colours::Grey).await?;
        let image = std::fs::read(images.first().context("there is one image")?)?;
        Ok(Self { address, request: client::upload("/api/ocr/image", &[], "page.png", &image).into() })
    }

    /// The engine itself, with the request that Inkstream sends.
    pub(crate) fn engine(address: SocketAddr) -> Self {
        let options = json!({"include_usage": true, "continuous_usage_stats": true});
        let body = json!({"model": "default", "stream": true, "stream_options": options, "messages": []});
        Self { address, request: client::post_json("/v1/chat/completions", &body).into() }
    }
}

/// Reads `streams` answers at once and calls `on_read` with the marks that each read from a socket brought. Every stream
/// must bring `deltas` of them and end well. Returns what the streams kept.
pub(crate) async fn read_all<S: Default + Send + 'static>(
    target: &Target,
    streams: usize,
    deltas: usize,
    on_read: impl Fn(&mut S, &[u64]) -> Result<()> + Copy + Send + Sync + 'static,
) -> Result<Vec<S>> {
    let mut reading = JoinSet::new();
    for _ in 0..streams {
        let (address, request) = (target.address, Arc::clone(&target.request));
        reading.spawn(async move {
            let mut reply = client::send(address, &request).await?.reply().await?;
            let (mut scanner, mut marks, mut count, mut state) = (Scanner::default(), Vec::new(), 0, S::default());
            while reply.read(|piece| scanner.push(piece, |mark| marks.push(mark))).await? {
                count += marks.len();
                on_read(&mut state, &marks)?;
                marks.clear();
            }
            ensure!(count == deltas, "a stream brought {count} deltas of {deltas}");
            Ok::<S, anyhow::Error>(state)
        });
    }
    let mut states = Vec::new();
    while let Some(state) = reading.join_next().await {
        states.push(state??);
    }
    Ok(states)
}

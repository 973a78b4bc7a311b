//! A client with little overhead: one connection for each request, whose bytes are passed on as they arrive.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::body::Body;

const BOUNDARY: &str = "the-bench-s-boundary-which-no-image-holds";
const READ: usize = 64 << 10;

/// The bytes of a GET request.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

/// The bytes of a POST request with JSON.
pub(crate) fn post_json(path: &str, body: &serde_json::Value) -> Vec<u8> {
    post(path, "application/json", body.to_string().as_bytes())
}

/// The bytes of a POST request with a form without files. Only spaces of the values are escaped.
pub(crate) fn post_form(path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
    post(path, "application/x-www-form-urlencoded", fields.join("&").as_bytes())
}

/// The bytes of a multipart upload: form fields, then the file.
pub(crate) fn upload(path: &str, fields: &[(&str, &str)], file_name: &str, file: &[u8]) -> Vec<u8> {
    let field = |(name, value): &(&str, &str)| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file_head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let mut parts: Vec<String> = fields.iter().map(field).collect();
    parts.push(file_head);
    let body = [parts.concat().as_bytes(), file, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
    post(path, &format!("multipart/form-data; boundary={BOUNDARY}"), &body)
}

fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// An answer that is being received.
pub(crate) struct Reply {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of the body that were read together with the head.
    early: std::ops::Range<usize>,
    body: Body,
}

/// Sends a request. Returns when the kernel has its last byte.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Result<Sent> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(request).await?;
    Ok(Sent(stream))
}

/// A request that was sent.
pub(crate) struct Sent(TcpStream);

impl Sent {
    /// Waits for the end of the answer, which must have this status.
    pub(crate) async fn answered(self, status: u16) -> Result<()> {
        self.reply_of(status).await?.whole().await.map(drop)
    }

    /// Waits for the answer's head. A status other than 200 is an error with the start of the answer.
    pub(crate) async fn reply(self) -> Result<Reply> {
        self.reply_of(200).await
    }

    async fn reply_of(self, status: u16) -> Result<Reply> {
        let Self(mut stream) = self;
        let mut buffer = vec![0; READ];
        let mut filled = 0;
        loop {
            let count = stream.read(&mut buffer[filled..]).await?;
            ensure!(count > 0, "the connection was closed before the answer's head was there");
            filled += count;
            let mut headers = [httparse::EMPTY_HEADER; 64];
            let mut head = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(end) = head.parse(&buffer[..filled])? else {
                ensure!(filled < READ, "the answer's head is too long");
                continue;
            };
            if head.code != Some(status) {
                bail!("the answer is {:?}: {}", head.code, String::from_utf8_lossy(&buffer[end..filled]));
            }
            let body = framing(head.headers)?;
            return Ok(Reply { stream, buffer, early: end..filled, body });
        }
    }
}

fn framing(headers: &[httparse::Header<'_>]) -> Result<Body> {
    let value = |name: &str| headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|h| h.value);
    if value("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case(b"chunked")) {
        return Ok(Body::chunked());
    }
    let length = value("content-length").context("the answer has no length and no chunks")?;
    Ok(Body::of_length(std::str::from_utf8(length)?.trim().parse()?))
}

impl Reply {
    /// Reads once from the socket and calls `on_bytes` with the bytes of the body. Returns false if the body has ended.
    pub(crate) async fn read(&mut self, on_bytes: impl FnMut(&[u8])) -> Result<bool> {
        if self.body.is_over() {
            return Ok(false);
        }
        let range = match std::mem::take(&mut self.early) {
            early if !early.is_empty() => early,
            _ => {
                let count = self.stream.read(&mut self.buffer).await?;
                ensure!(count > 0, "the answer was cut off");
                0..count
            }
        };
        self.body.push(&self.buffer[range], on_bytes)?;
        Ok(true)
    }

    /// Reads the whole body.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        while self.read(|on_bytes| body.extend_from_slice(on_bytes)).await? {}
        Ok(body)
    }
}

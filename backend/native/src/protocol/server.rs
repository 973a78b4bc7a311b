use std::{
    io::{self, IoSlice},
    os::{fd::BorrowedFd, unix::net::UnixStream as StdUnixStream},
};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::UnixStream,
};

use super::MAX_REQUEST;

/// Why a frame could not be received or sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The child is gone.
    #[error("the child closed its socket")]
    Closed,
    /// The child broke the protocol.
    #[error("the child broke the protocol: {0}")]
    Protocol(&'static str),
    /// A frame to the child exceeds the maximum length.
    #[error("the request is too long for the child")]
    RequestTooLong,
}

impl From<io::Error> for FrameError {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// The server's end of a child's socket.
#[derive(Debug)]
pub(crate) struct ServerEnd(UnixStream);

impl ServerEnd {
    /// Wraps the socket. Must be called within an async runtime.
    pub(crate) fn new(socket: StdUnixStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self(UnixStream::from_std(socket)?))
    }

    /// Sends a frame, with a descriptor.
    pub(crate) async fn send<T: Serialize + Sync>(
        &mut self,
        message: &T,
        descriptor: Option<BorrowedFd<'_>>,
    ) -> Result<(), FrameError> {
        let mut frame = vec![0; 4];
        serde_json::to_writer(&mut frame, message).map_err(|_| FrameError::Protocol("a request has no JSON"))?;
        let length = frame.len() - 4;
        if length > MAX_REQUEST {
            return Err(FrameError::RequestTooLong);
        }
        frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
        let sent = self.0.async_io(Interest::WRITABLE, || send_with(&self.0, &frame, descriptor)).await?;
        self.0.write_all(&frame[sent..]).await?;
        Ok(())
    }

    /// Receives a frame of at most `bound` bytes.
    pub(crate) async fn receive<T: DeserializeOwned>(&mut self, bound: usize) -> Result<T, FrameError> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).await?;
        let length = u32::from_le_bytes(length) as usize;
        if length > bound {
            return Err(FrameError::Protocol("a frame is too long"));
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        serde_json::from_slice(&body).map_err(|_| FrameError::Protocol("a frame makes no sense"))
    }
}

fn send_with(socket: &UnixStream, frame: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<usize> {
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<_> = descriptor.into_iter().collect();
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(sendmsg(socket, &[IoSlice::new(frame)], &mut control, SendFlags::NOSIGNAL)?)
}

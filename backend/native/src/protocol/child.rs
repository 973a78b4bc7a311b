use std::{
    fs::File,
    io::{self, IoSliceMut, Read, Write},
    os::fd::OwnedFd,
};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde::{Serialize, de::DeserializeOwned};

use super::MAX_REQUEST;

/// The child's end of its socket, with blocking calls. It is a `File`, because the sandbox allows `read` and `write`,
/// but not `sendto`.
#[derive(Debug)]
pub struct ChildEnd(File);

impl ChildEnd {
    /// The socket is the child's standard input.
    pub fn of_stdin() -> io::Result<Self> {
        Ok(Self(rustix::io::dup(io::stdin())?.into()))
    }

    /// Waits for a frame and the descriptor sent with it. `None` if the server has closed the socket.
    pub fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Option<(T, Option<File>)>> {
        let mut length = [0; 4];
        let (mut got, descriptor) = self.receive_first(&mut length)?;
        if got == 0 {
            return Ok(None);
        }
        while got < length.len() {
            self.0.read_exact(&mut length[got..])?;
            got = length.len();
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Some((serde_json::from_slice(&body)?, descriptor.map(File::from))))
    }

    /// Sends a frame.
    pub fn send<T: Serialize>(&mut self, message: &T) -> io::Result<()> {
        let mut frame = vec![0; 4];
        serde_json::to_writer(&mut frame, message)?;
        let length = u32::try_from(frame.len() - 4).map_err(|_| io::ErrorKind::InvalidData)?;
        frame[..4].copy_from_slice(&length.to_le_bytes());
        self.0.write_all(&frame)
    }

    /// The kernel delivers a frame's descriptor with its first byte.
    fn receive_first(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let message = recvmsg(&self.0, &mut [IoSliceMut::new(buffer)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let mut descriptor = None;
        for ancillary in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = ancillary {
                descriptor = descriptors.last().or(descriptor);
            }
        }
        Ok((message.bytes, descriptor))
    }
}

use std::{fs::File, io};

use super::close_sandbox;
use crate::{
    decode::{self, DecodeError, DecodeLimits, Decoded, Libraries},
    protocol::{ChildEnd, DecodeAnswer, DecodeRequest},
    sandbox::Allowance,
};

/// A decode child that has dropped its rights.
pub(super) struct Decoder {
    libraries: Libraries,
    limits: DecodeLimits,
}

impl Decoder {
    /// Drops the rights. The libraries must have been loaded before.
    pub(super) fn confined(libraries: Libraries, limits: DecodeLimits, allowance: &Allowance) -> Result<Self, String> {
        close_sandbox(allowance)?;
        Ok(Self { libraries, limits })
    }

    /// Answers requests until the server closes the socket.
    pub(super) fn serve(self, server: &mut ChildEnd) -> io::Result<()> {
        let mut document: Option<Box<dyn Decoded + '_>> = None;
        while let Some((request, descriptor)) = server.receive()? {
            let answer = match (request, &mut document) {
                (DecodeRequest::Open { password }, document) => {
                    let file = needed(descriptor)?;
                    decode::open(file, password.as_deref(), &self.libraries, &self.limits).map(|opened| {
                        let opened = document.insert(opened);
                        DecodeAnswer::Opened { format: opened.format(), pages: opened.pages() }
                    })
                }
                (_, None) => Err(DecodeError::PageUnreadable),
                (DecodeRequest::Render { page, spec, capacity }, Some(document)) => {
                    document.render(page, &spec, &needed(descriptor)?, capacity).map(DecodeAnswer::Rendered)
                }
                (DecodeRequest::Annotate { page, spec, capacity, marks }, Some(document)) => {
                    let memfd = needed(descriptor)?;
                    document.annotate(page, &spec, &marks, &memfd, capacity).map(DecodeAnswer::Rendered)
                }
                (DecodeRequest::Text { page, spec, capacity }, Some(document)) => {
                    document.text(page, &spec, capacity).map(DecodeAnswer::Text)
                }
            };
            server.send(&answer.unwrap_or_else(DecodeAnswer::Failed))?;
        }
        Ok(())
    }
}

fn needed(descriptor: Option<File>) -> io::Result<File> {
    descriptor.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

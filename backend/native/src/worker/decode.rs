use std::{io, path::Path};

use super::close_sandbox;
use crate::{
    decode::{self, DecodeError, DecodeLimits, Decoded, Pdfium},
    protocol::{ChildEnd, DecodeAnswer, DecodeRequest},
    sandbox::Allowance,
};

/// A decode child whose rights are gone.
pub(super) struct Decoder {
    pdfium: Pdfium,
    limits: DecodeLimits,
}

impl Decoder {
    /// Binds PDFium, then gives the rights up.
    pub(super) fn prepare(pdfium: &Path, limits: DecodeLimits, allowance: &Allowance) -> Result<Self, String> {
        let pdfium = Pdfium::load(pdfium)?;
        close_sandbox(allowance)?;
        Ok(Self { pdfium, limits })
    }

    /// Answers until the server leaves.
    pub(super) fn serve(self, server: &mut ChildEnd) -> io::Result<()> {
        let mut document: Option<Box<dyn Decoded + '_>> = None;
        while let Some((request, descriptor)) = server.receive()? {
            let descriptor = descriptor.ok_or(io::ErrorKind::InvalidData)?;
            let answer = match request {
                DecodeRequest::Open { password } => {
                    decode::open(descriptor, password.as_deref(), &self.pdfium, &self.limits).map(|opened| {
                        let opened = document.insert(opened);
                        DecodeAnswer::Opened { format: opened.format(), pages: opened.pages() }
                    })
                }
                DecodeRequest::Render { page, spec, capacity } => document
                    .as_mut()
                    .ok_or(DecodeError::PageUnreadable)
                    .and_then(|document| document.render(page, &spec, &descriptor, capacity))
                    .map(DecodeAnswer::Rendered),
            };
            server.send(&answer.unwrap_or_else(DecodeAnswer::Failed))?;
        }
        Ok(())
    }
}

use std::{io, ops::ControlFlow, os::unix::fs::FileExt, path::Path};

use super::close_sandbox;
use crate::{
    protocol::{ChildEnd, ReadAnswer, ReadImage},
    sandbox::{Allowance, within_memory},
    tesseract::{Reader, Tesseract},
};

/// A read child that has dropped its rights.
pub(super) struct PageReader(Reader);

impl PageReader {
    /// Loads Tesseract and its models, and then drops the rights, because no further file is needed.
    pub(super) fn prepare(tessdata: &Path, languages: &[String], allowance: &Allowance) -> Result<Self, String> {
        let reader = Tesseract::load()?.reader(tessdata, languages)?;
        close_sandbox(allowance)?;
        Ok(Self(reader))
    }

    /// Answers requests until the server closes the socket.
    pub(super) fn serve(mut self, server: &mut ChildEnd) -> io::Result<()> {
        while let Some((image, memfd)) = server.receive::<ReadImage>()? {
            let memfd = memfd.ok_or(io::ErrorKind::InvalidData)?;
            let mut pixels = vec![0; image.width as usize * image.height as usize];
            memfd.read_exact_at(&mut pixels, 0)?;
            let mut lost = None;
            let mut on_line = |line| match server.send(&ReadAnswer::Line(line)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    lost = Some(error);
                    ControlFlow::Break(())
                }
            };
            let ReadImage { width, height, dpi } = image;
            let read = within_memory(|| self.0.recognize(&pixels, width, height, dpi, &mut on_line));
            if let Some(error) = lost {
                return Err(error);
            }
            server.send(&read.map_or_else(ReadAnswer::Failed, ReadAnswer::Page))?;
        }
        Ok(())
    }
}

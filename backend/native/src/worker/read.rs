use std::{io, ops::ControlFlow, os::unix::fs::FileExt, path::Path};

use super::close_sandbox;
use crate::{
    protocol::{ChildEnd, ReadAnswer, ReadPicture},
    sandbox::{Allowance, within_memory},
    tesseract::{Reader, Tesseract},
};

/// A read child whose rights are gone.
pub(super) struct PageReader(Reader);

impl PageReader {
    /// Loads Tesseract and its models, then gives the rights up: no file is needed any more.
    pub(super) fn prepare(tessdata: &Path, languages: &[String], allowance: &Allowance) -> Result<Self, String> {
        let reader = Tesseract::load()?.reader(tessdata, languages)?;
        close_sandbox(allowance)?;
        Ok(Self(reader))
    }

    /// Answers until the server leaves.
    pub(super) fn serve(mut self, server: &mut ChildEnd) -> io::Result<()> {
        while let Some((picture, memfd)) = server.receive::<ReadPicture>()? {
            let memfd = memfd.ok_or(io::ErrorKind::InvalidData)?;
            let mut pixels = vec![0; picture.width as usize * picture.height as usize];
            memfd.read_exact_at(&mut pixels, 0)?;
            let mut lost = None;
            let mut on_line = |line| match server.send(&ReadAnswer::Line(line)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    lost = Some(error);
                    ControlFlow::Break(())
                }
            };
            let ReadPicture { width, height, dpi } = picture;
            let read = within_memory(|| self.0.read(&pixels, width, height, dpi, &mut on_line));
            if let Some(error) = lost {
                return Err(error);
            }
            server.send(&read.map_or_else(ReadAnswer::Failed, ReadAnswer::Page))?;
        }
        Ok(())
    }
}

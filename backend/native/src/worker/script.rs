use std::{io, os::unix::fs::FileExt, path::Path};

use super::close_sandbox;
use crate::{
    neural::{Model, Models, Orientation, turned, use_one_thread},
    protocol::{ChildEnd, ReadImage, ScriptAnswer},
    sandbox::{Allowance, within_memory},
    script::Script,
    tesseract::{ScriptFinder, Tesseract},
};

/// A child that finds the scripts of pages and has dropped its rights.
pub(super) struct PageScripts {
    finder: ScriptFinder,
    orientation: Option<Orientation>,
}

impl PageScripts {
    /// Loads Tesseract and its data, and then drops the rights, because no further file is needed.
    pub(super) fn load(tessdata: &Path, models: Option<Models<'_>>, allowance: &Allowance) -> Result<Self, String> {
        let finder = Tesseract::load()?.script_finder(tessdata)?;
        let orientation = models.map(|models| models.read(Model::Orientation)).transpose();
        let orientation = orientation.map_err(|error| error.to_string())?;
        use_one_thread()?;
        close_sandbox(allowance)?;
        Ok(Self { finder, orientation: orientation.map(Orientation::load).transpose()? })
    }

    /// Answers requests until the server closes the socket.
    pub(super) fn serve(&mut self, server: &mut ChildEnd) -> io::Result<()> {
        while let Some((image, memfd)) = server.receive::<ReadImage>()? {
            let memfd = memfd.ok_or(io::ErrorKind::InvalidData)?;
            let mut pixels = vec![0; image.width as usize * image.height as usize];
            memfd.read_exact_at(&mut pixels, 0)?;
            let found = within_memory(|| self.find(pixels, &image));
            server.send(&found.map_or_else(ScriptAnswer::Failed, ScriptAnswer::Found))?;
        }
        Ok(())
    }

    fn find(&mut self, pixels: Vec<u8>, image: &ReadImage) -> Result<Option<Script>, String> {
        let ReadImage { width, height, .. } = *image;
        let orientation = self.orientation.as_ref();
        let rotation = orientation.map_or(Ok(0), |orientation| orientation.rotation(&pixels, width, height))?;
        let (pixels, width, height) = turned(pixels, width, height, rotation);
        self.finder.find(&pixels, width, height)
    }
}

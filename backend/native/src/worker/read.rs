use std::{io, ops::ControlFlow, os::unix::fs::FileExt, path::Path};

use super::close_sandbox;
use crate::{
    neural::{Model, Models, Orientation, turned, use_one_thread},
    ppocr,
    protocol::{ChildEnd, ReadAnswer, ReadImage},
    recognized::{ReadLine, ReadPage},
    sandbox::{Allowance, within_memory},
    tables::with_tables,
    tesseract::{self, Tesseract},
};

/// A child that recognizes pages and has dropped its rights.
pub(super) struct PageReader {
    recognizer: Recognizer,
    orientation: Option<Orientation>,
}

enum Recognizer {
    Tesseract(tesseract::Reader),
    Ppocr(ppocr::Reader),
}

impl PageReader {
    /// Loads Tesseract and its models, and then drops the rights, because no further file is needed.
    pub(super) fn with_tesseract(
        tessdata: &Path,
        languages: &[String],
        models: Option<Models<'_>>,
        allowance: &Allowance,
    ) -> Result<Self, String> {
        let reader = Tesseract::load()?.reader(tessdata, languages)?;
        let orientation = models.map(|models| read(models, Model::Orientation)).transpose()?;
        use_one_thread()?;
        close_sandbox(allowance)?;
        let orientation = orientation.map(Orientation::load).transpose()?;
        Ok(Self { recognizer: Recognizer::Tesseract(reader), orientation })
    }

    /// Reads the models' files and then drops the rights. The models are parsed without rights.
    pub(super) fn with_ppocr(models: Models<'_>, allowance: &Allowance) -> Result<Self, String> {
        let detection = read(models, Model::Detection)?;
        let recognition = read(models, Model::Recognition)?;
        let tables = read(models, Model::TableStructure)?;
        let orientation = read(models, Model::Orientation)?;
        use_one_thread()?;
        close_sandbox(allowance)?;
        let recognizer = Recognizer::Ppocr(ppocr::Reader::load(detection, recognition, tables)?);
        Ok(Self { recognizer, orientation: Some(Orientation::load(orientation)?) })
    }

    /// Answers requests until the server closes the socket.
    pub(super) fn serve(mut self, server: &mut ChildEnd) -> io::Result<()> {
        while let Some((image, memfd)) = server.receive::<ReadImage>()? {
            let memfd = memfd.ok_or(io::ErrorKind::InvalidData)?;
            let mut pixels = vec![0; image.width as usize * image.height as usize];
            memfd.read_exact_at(&mut pixels, 0)?;
            let mut lost = None;
            let mut send = |answer: &ReadAnswer| match server.send(answer) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    lost = Some(error);
                    ControlFlow::Break(())
                }
            };
            let read = within_memory(|| self.recognize(pixels, &image, &mut send));
            if let Some(error) = lost {
                return Err(error);
            }
            server.send(&read.map_or_else(ReadAnswer::Failed, ReadAnswer::Page))?;
        }
        Ok(())
    }

    fn recognize(
        &mut self,
        pixels: Vec<u8>,
        image: &ReadImage,
        send: &mut dyn FnMut(&ReadAnswer) -> ControlFlow<()>,
    ) -> Result<ReadPage, String> {
        let ReadImage { width, height, dpi } = *image;
        let orientation = self.orientation.as_ref();
        let rotation = orientation.map_or(Ok(0), |orientation| orientation.rotation(&pixels, width, height))?;
        let (pixels, width, height) = turned(pixels, width, height, rotation);
        if send(&ReadAnswer::Begun { rotation }).is_break() {
            return Ok(ReadPage::default());
        }
        let mut on_line = |line: ReadLine| send(&ReadAnswer::Line(line));
        match &mut self.recognizer {
            Recognizer::Tesseract(reader) => {
                let page = reader.recognize(&pixels, width, height, dpi, &mut on_line)?;
                Ok(with_tables(page, &pixels, width, height))
            }
            Recognizer::Ppocr(reader) => reader.recognize(pixels, width, height, &mut on_line),
        }
    }
}

fn read(models: Models<'_>, model: Model) -> Result<Vec<u8>, String> {
    models.read(model).map_err(|error| error.to_string())
}

//! `--annotate`: writes the pages as images with their boxes drawn.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use inkstream_core::{
    documents::{self, Documents},
    owner::Owner,
};
use inkstream_wire::DocumentId;

use super::OcrError;

/// The path of the annotated images. It is checked before any page is read, so that a typo costs no run.
pub(super) struct AnnotatedImages(PathBuf);

impl AnnotatedImages {
    pub(super) fn at(path: &Path) -> Result<Self, OcrError> {
        let wrong = |kind, reason| OcrError::File { path: path.to_owned(), source: io::Error::new(kind, reason) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(wrong(io::ErrorKind::NotFound, "there is no such folder"));
        }
        if path.file_stem().is_none() || path.is_dir() {
            return Err(wrong(io::ErrorKind::InvalidInput, "a file's name was expected, such as page.png"));
        }
        Ok(Self(path.to_owned()))
    }

    /// Writes the images of these pages. `several`: whether the run has more than one page.
    pub(super) async fn write(
        &self,
        documents: &Documents,
        owner: &Owner,
        document: DocumentId,
        pages: &[u32],
        several: bool,
        password: Option<&String>,
    ) -> Result<(), OcrError> {
        for &page in pages {
            let png = documents::annotated(documents, owner, document, page, None, password.cloned()).await?;
            let path = if several { numbered(&self.0, page) } else { self.0.clone() };
            tokio::fs::write(&path, png).await.map_err(|source| OcrError::File { path, source })?;
        }
        Ok(())
    }
}

/// `OUT.png` of page 3 is `OUT-3.png`.
fn numbered(path: &Path, page: u32) -> PathBuf {
    let mut name = path.file_stem().map(OsString::from).unwrap_or_default();
    name.push(format!("-{page}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_pages_has_its_number_in_the_name() {
        assert_eq!(numbered(Path::new("out/page.png"), 3), Path::new("out/page-3.png"));
        assert_eq!(numbered(Path::new("a.b.png"), 12), Path::new("a.b-12.png"));
        assert_eq!(numbered(Path::new("page"), 1), Path::new("page-1"));
    }
}

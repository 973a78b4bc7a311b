use inkstream_core::documents::Upload;

/// The files of one request, by index. Files that are not taken are deleted on drop.
#[derive(Default)]
pub(super) struct Uploads(Vec<Option<Upload>>);

impl Uploads {
    /// The number of files added.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The total size, in bytes, of the files that were not taken.
    pub(super) fn bytes(&self) -> u64 {
        self.0.iter().flatten().map(|upload| upload.bytes).sum()
    }

    /// Adds a file and returns its index.
    pub(super) fn add(&mut self, upload: Upload) -> usize {
        self.0.push(Some(upload));
        self.0.len() - 1
    }

    /// Takes the file at this index; `None` if it was taken before.
    pub(super) fn take(&mut self, index: usize) -> Option<Upload> {
        self.0.get_mut(index)?.take()
    }
}

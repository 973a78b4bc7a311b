use inkstream_core::documents::Upload;

/// The files of one request, by the place that they had in it. Those that nobody has taken delete themselves in the end.
#[derive(Default)]
pub(super) struct Uploads(Vec<Option<Upload>>);

impl Uploads {
    /// How many there were.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The bytes of those that nobody has taken.
    pub(super) fn bytes(&self) -> u64 {
        self.0.iter().flatten().map(|upload| upload.bytes).sum()
    }

    /// Adds a file and returns its place.
    pub(super) fn add(&mut self, upload: Upload) -> usize {
        self.0.push(Some(upload));
        self.0.len() - 1
    }

    /// The file of this place, once.
    pub(super) fn take(&mut self, place: usize) -> Option<Upload> {
        self.0.get_mut(place)?.take()
    }
}

use std::sync::Arc;

use inkstream_core::{
    app::App,
    documents::{self, Upload},
};

/// The files of one request, by the place that they had in it. Those that nobody has taken are deleted in the end.
pub(super) struct Uploads {
    app: Arc<App>,
    files: Vec<Option<Upload>>,
}

impl Uploads {
    pub(super) fn new(app: &Arc<App>) -> Self {
        Self { app: Arc::clone(app), files: Vec::new() }
    }

    /// How many there were.
    pub(super) fn count(&self) -> usize {
        self.files.len()
    }

    /// The bytes of those that nobody has taken.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().flatten().map(|upload| upload.bytes).sum()
    }

    /// Adds a file and returns its place.
    pub(super) fn add(&mut self, upload: Upload) -> usize {
        self.files.push(Some(upload));
        self.files.len() - 1
    }

    /// The file of this place, once.
    pub(super) fn take(&mut self, place: usize) -> Option<Upload> {
        self.files.get_mut(place)?.take()
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        let left: Vec<Upload> = self.files.drain(..).flatten().collect();
        if left.is_empty() {
            return;
        }
        let app = Arc::clone(&self.app);
        self.app.tasks.spawn(async move {
            for upload in left {
                documents::discard(&app, &upload).await;
            }
        });
    }
}

//! Documents that stay open after an image of one of their pages was made. Who looks at a page is likely to look at the next one,
//! and opening a PDF again takes another process, which parses its structure again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use inkstream_wire::DocumentId;
use jiff::Timestamp;

use crate::ports::OpenDocument;

/// How long a document stays open after its last image. The sweeper closes it then.
const MAX_IDLE: Duration = Duration::from_secs(15);
/// The maximum number of documents that stay open.
const MAX_OPEN: usize = 8;

/// The documents that stay open, in the order of their last use.
#[derive(Default)]
pub struct OpenDocuments(Mutex<Vec<Entry>>);

struct Entry {
    id: DocumentId,
    /// The password that opened it: with another one, or none, it must be opened again.
    password: Option<String>,
    pages: Arc<dyn OpenDocument>,
    used_at: Timestamp,
}

impl OpenDocuments {
    /// The document, if it is open and this password opened it.
    pub(super) fn get(&self, id: DocumentId, password: Option<&str>, now: Timestamp) -> Option<Arc<dyn OpenDocument>> {
        let mut open = self.lock();
        let position = open.iter().position(|entry| entry.id == id && entry.password.as_deref() == password)?;
        let entry = Entry { used_at: now, ..open.remove(position) };
        let pages = Arc::clone(&entry.pages);
        open.push(entry);
        Some(pages)
    }

    /// Keeps a document open. Closes the one that was used longest ago if there are too many.
    pub(super) fn keep(&self, id: DocumentId, password: Option<String>, pages: Arc<dyn OpenDocument>, now: Timestamp) {
        let mut open = self.lock();
        open.retain(|entry| entry.id != id);
        if open.len() >= MAX_OPEN {
            open.remove(0);
        }
        open.push(Entry { id, password, pages, used_at: now });
    }

    /// Closes a document that is deleted.
    pub(super) fn close(&self, id: DocumentId) {
        self.lock().retain(|entry| entry.id != id);
    }

    /// Closes the documents that have not been used for some seconds.
    pub(crate) fn close_idle(&self, now: Timestamp) {
        self.lock().retain(|entry| now < entry.used_at + MAX_IDLE);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Toasts, and deletions that can still be undone.

use inkstream_wire::{ApiKeyId, DocumentId};

/// What is deleted when a toast closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// A document.
    Document(DocumentId),
    /// An API key.
    Key(ApiKeyId),
}

/// A toast. Its deletion, if any, is executed when it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// Its id.
    pub(crate) id: u32,
    pub(crate) text: String,
    /// What is deleted when the toast closes.
    pub(crate) deletes: Option<Deletion>,
}

/// The toasts on the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Toasts {
    /// The toasts, oldest first.
    pub(crate) notes: Vec<Toast>,
    /// What lists hide: deleted, or about to be.
    pub(crate) hidden: Vec<Deletion>,
    next: u32,
}

/// What changes [`Toasts`].
#[derive(Debug, Clone)]
pub(crate) enum ToastAction {
    /// Show a message.
    Say(String),
    /// Delete something with this name after a delay.
    Delete(Deletion, String),
    /// Undo a deletion.
    Undo(u32),
    /// A toast's time is over.
    Gone(u32),
    /// The server did not delete it.
    Kept(Deletion),
}

impl Toasts {
    /// The state after `action`.
    pub(crate) fn after(mut self, action: ToastAction) -> Self {
        match action {
            ToastAction::Say(text) => self.add(text, None),
            ToastAction::Delete(doomed, name) => {
                self.hidden.push(doomed);
                let done = match doomed {
                    Deletion::Document(_) => "deleted",
                    Deletion::Key(_) => "revoked",
                };
                self.add(format!("{name} is {done}"), Some(doomed));
            }
            ToastAction::Undo(note) => {
                let undone = self.notes.iter().find(|toast| toast.id == note).and_then(|toast| toast.deletes);
                self.hidden.retain(|&hidden| Some(hidden) != undone);
                self.notes.retain(|toast| toast.id != note);
            }
            ToastAction::Gone(note) => self.notes.retain(|toast| toast.id != note),
            ToastAction::Kept(doomed) => {
                self.hidden.retain(|&hidden| hidden != doomed);
                let said = match doomed {
                    Deletion::Document(_) => "The document could not be deleted. It is still here.",
                    Deletion::Key(_) => "The key could not be revoked. It still works.",
                };
                self.add(said.to_owned(), None);
            }
        }
        self
    }

    fn add(&mut self, text: String, deletes: Option<Deletion>) {
        self.notes.push(Toast { id: self.next, text, deletes });
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Deletion {
        Deletion::Document("7f8a4c1e-0000-4000-8000-000000000001".parse().unwrap())
    }

    fn deleting() -> Toasts {
        Toasts::default().after(ToastAction::Delete(document(), "a.pdf".to_owned()))
    }

    #[test]
    fn a_deleted_document_is_hidden_at_once_and_comes_back_with_undo() {
        let toasts = deleting();
        assert_eq!(toasts.hidden, [document()]);
        let toasts = toasts.after(ToastAction::Undo(0));
        assert!(toasts.hidden.is_empty() && toasts.notes.is_empty());
    }

    #[test]
    fn a_document_stays_hidden_after_its_toast_closes() {
        let toasts = deleting().after(ToastAction::Gone(0));
        assert!(toasts.notes.is_empty());
        assert_eq!(toasts.hidden, [document()]);
    }

    #[test]
    fn what_the_server_did_not_delete_is_shown_again_with_a_message() {
        let toasts = deleting().after(ToastAction::Gone(0)).after(ToastAction::Kept(document()));
        assert!(toasts.hidden.is_empty());
        assert_eq!(toasts.notes.len(), 1);
    }

    #[test]
    fn a_key_that_could_not_be_revoked_is_reported_as_valid() {
        let key = Deletion::Key("7f8a4c1e-0000-4000-8000-000000000002".parse().unwrap());
        let toasts = deleting().after(ToastAction::Delete(key, "Laptop".to_owned()));
        assert_eq!(toasts.notes[1].text, "Laptop is revoked");
        let toasts = toasts.after(ToastAction::Gone(1)).after(ToastAction::Kept(key));
        assert_eq!(toasts.hidden, [document()]);
        assert!(toasts.notes[1].text.contains("still works"));
    }
}

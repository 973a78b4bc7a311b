//! Short notes at the edge of the screen, and deletions that can still be taken back.

use inkstream_wire::{ApiKeyId, DocumentId};

/// What a note deletes when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doomed {
    /// A document.
    Document(DocumentId),
    /// An API key.
    Key(ApiKeyId),
}

/// A note. One that deletes something does so when it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// Tells it from the others.
    pub(crate) id: u32,
    /// What it says.
    pub(crate) text: String,
    /// What is deleted when the note goes.
    pub(crate) deletes: Option<Doomed>,
}

/// The notes on the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Toasts {
    /// Oldest first.
    pub(crate) notes: Vec<Toast>,
    /// What lists leave out: deleted, or about to be.
    pub(crate) hidden: Vec<Doomed>,
    next: u32,
}

/// What changes [`Toasts`].
#[derive(Debug, Clone)]
pub(crate) enum ToastAction {
    /// Says something.
    Say(String),
    /// Deletes something of this name in a while.
    Delete(Doomed, String),
    /// Takes a deletion back.
    Undo(u32),
    /// A note's time is over.
    Gone(u32),
    /// It is still there: the server did not delete it.
    Kept(Doomed),
}

impl Toasts {
    /// The state after `action`.
    pub(crate) fn after(mut self, action: ToastAction) -> Self {
        match action {
            ToastAction::Say(text) => self.add(text, None),
            ToastAction::Delete(doomed, name) => {
                self.hidden.push(doomed);
                let done = match doomed {
                    Doomed::Document(_) => "deleted",
                    Doomed::Key(_) => "revoked",
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
                    Doomed::Document(_) => "The document could not be deleted. It is still here.",
                    Doomed::Key(_) => "The key could not be revoked. It still works.",
                };
                self.add(said.to_owned(), None);
            }
        }
        self
    }

    fn add(&mut self, text: String, deletes: Option<Doomed>) {
        self.notes.push(Toast { id: self.next, text, deletes });
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Doomed {
        Doomed::Document("7f8a4c1e-0000-4000-8000-000000000001".parse().unwrap())
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
    fn when_the_note_goes_the_document_stays_hidden() {
        let toasts = deleting().after(ToastAction::Gone(0));
        assert!(toasts.notes.is_empty());
        assert_eq!(toasts.hidden, [document()]);
    }

    #[test]
    fn what_the_server_kept_is_shown_again_and_said() {
        let toasts = deleting().after(ToastAction::Gone(0)).after(ToastAction::Kept(document()));
        assert!(toasts.hidden.is_empty());
        assert_eq!(toasts.notes.len(), 1);
    }

    #[test]
    fn a_key_that_could_not_be_revoked_is_said_to_work_still() {
        let key = Doomed::Key("7f8a4c1e-0000-4000-8000-000000000002".parse().unwrap());
        let toasts = deleting().after(ToastAction::Delete(key, "Laptop".to_owned()));
        assert_eq!(toasts.notes[1].text, "Laptop is revoked");
        let toasts = toasts.after(ToastAction::Gone(1)).after(ToastAction::Kept(key));
        assert_eq!(toasts.hidden, [document()]);
        assert!(toasts.notes[1].text.contains("still works"));
    }
}

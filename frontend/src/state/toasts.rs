//! Short notes at the edge of the screen, and deletions that can still be taken back.

use inkstream_wire::DocumentId;

/// A note. One that deletes a document does so when it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// Tells it from the others.
    pub(crate) id: u32,
    /// What it says.
    pub(crate) text: String,
    /// The document that is deleted when the note goes.
    pub(crate) deletes: Option<DocumentId>,
}

/// The notes on the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Toasts {
    /// Oldest first.
    pub(crate) notes: Vec<Toast>,
    /// Documents that lists leave out: deleted, or about to be.
    pub(crate) hidden: Vec<DocumentId>,
    next: u32,
}

/// What changes [`Toasts`].
#[derive(Debug, Clone)]
pub(crate) enum ToastAction {
    /// Says something.
    Say(String),
    /// Deletes a document of this name in a while.
    Delete(DocumentId, String),
    /// Takes a deletion back.
    Undo(u32),
    /// A note's time is over.
    Gone(u32),
    /// The document is still there: the server did not delete it.
    Kept(DocumentId),
}

impl Toasts {
    /// The state after `action`.
    pub(crate) fn after(mut self, action: ToastAction) -> Self {
        match action {
            ToastAction::Say(text) => self.add(text, None),
            ToastAction::Delete(id, name) => {
                self.hidden.push(id);
                self.add(format!("{name} is deleted"), Some(id));
            }
            ToastAction::Undo(note) => {
                let undone = self.notes.iter().find(|toast| toast.id == note).and_then(|toast| toast.deletes);
                self.hidden.retain(|&hidden| Some(hidden) != undone);
                self.notes.retain(|toast| toast.id != note);
            }
            ToastAction::Gone(note) => self.notes.retain(|toast| toast.id != note),
            ToastAction::Kept(id) => {
                self.hidden.retain(|&hidden| hidden != id);
                self.add("The document could not be deleted. It is still here.".to_owned(), None);
            }
        }
        self
    }

    fn add(&mut self, text: String, deletes: Option<DocumentId>) {
        self.notes.push(Toast { id: self.next, text, deletes });
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> DocumentId {
        "7f8a4c1e-0000-4000-8000-000000000001".parse().unwrap()
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
}

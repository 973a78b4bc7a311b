//! The app's addresses.

use inkstream_wire::DocumentId;
use yew_router::Routable;

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Routable)]
pub(crate) enum Route {
    /// Take a document in; recent ones.
    #[at("/")]
    Home,
    /// One document: picture beside text.
    #[at("/d/:id")]
    Document {
        /// The document.
        id: DocumentId,
    },
    /// The caller's ledger.
    #[at("/usage")]
    Usage,
    /// Anything else.
    #[not_found]
    #[at("/not-found")]
    NotFound,
}

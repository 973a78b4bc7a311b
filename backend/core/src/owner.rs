//! Who owns a row.

use inkstream_wire::ApiKeyId;
use uuid::Uuid;

/// A user, and for the anonymous one the browser session.
///
/// An anonymous browser sees what its own session made. A client without a session sees what was
/// made without one, and only if it knows the id: it has no lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The user's row.
    pub user: Uuid,
    /// The browser session of an anonymous user.
    pub session: Option<Uuid>,
    /// Whether the user is the anonymous one.
    pub anonymous: bool,
    /// The API key that the user came with: it stands on the ledger, and divides nothing else.
    pub key: Option<ApiKeyId>,
}

impl Owner {
    /// Whether this owner may list things, rather than only ask for them by id.
    pub fn has_lists(&self) -> bool {
        !self.anonymous || self.session.is_some()
    }
}

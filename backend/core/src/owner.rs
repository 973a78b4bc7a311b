//! The owner of rows.

use inkstream_wire::ApiKeyId;
use uuid::Uuid;

/// A user, with the browser session of an anonymous one.
///
/// An anonymous browser sees what its session created. A client without a session sees what was created without one, but only by
/// id: it has no lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The user's row.
    pub user: Uuid,
    /// The browser session of an anonymous user.
    pub session: Option<Uuid>,
    /// Whether the user is the anonymous one.
    pub anonymous: bool,
    /// The API key of the request. It is recorded in the ledger and does not affect ownership.
    pub key: Option<ApiKeyId>,
}

impl Owner {
    /// Whether this owner may list resources rather than only get them by id.
    pub fn has_lists(&self) -> bool {
        !self.anonymous || self.session.is_some()
    }
}

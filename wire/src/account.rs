//! Users.

use serde::{Deserialize, Serialize};

/// The answer to `GET /api/users/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// The name on the ledger.
    pub username: String,
    /// True for requests that come without a token.
    pub anonymous: bool,
}

use async_trait::async_trait;

use super::{
    ApiKeyStore, AuditTrail, DocumentStore, PageStore, PasswordStore, Retention, RunPageStore, RunStore, SessionStore,
    UsageLedger, UserStore,
};
use crate::Result;

/// The maximum number of rows of one list.
pub const MAX_ROWS: u32 = 200;

/// The database: documents, runs and the ledger. A use-case that needs one of these ports takes that one.
///
/// Each method of the ports is one transaction: all of it happens, or nothing does. Errors: `NotFound` for what does not exist or
/// belongs to another user, `StorageFull` for a full disk, `Unavailable` for a locked or unreachable database, `Conflict` where the
/// method says so, `Internal` for the rest.
#[async_trait]
pub trait Store: DocumentStore + PageStore + RunStore + RunPageStore + UsageLedger + Retention {
    /// Checks that the database answers.
    async fn ping(&self) -> Result<()>;
}

/// The database: users, their passwords, sessions and keys, and the audit trail.
pub trait AccountStore: UserStore + PasswordStore + SessionStore + ApiKeyStore + AuditTrail {}

impl<T: UserStore + PasswordStore + SessionStore + ApiKeyStore + AuditTrail> AccountStore for T {}

//! The interfaces that the domain needs. Adapters implement them, and the server passes the adapters to use-cases.

mod api_keys;
mod audit;
mod blobs;
mod clock;
mod documents;
mod engine;
mod ledger;
mod pages;
mod renderer;
mod runs;
mod sessions;
mod store;
mod users;

pub use api_keys::{ApiKeyRecord, ApiKeyStore, KnownKey, NewKey};
pub use audit::{AuditRecord, AuditTrail, NewAudit};
pub use blobs::{BlobKey, BlobWriter, Blobs};
pub use clock::Clock;
pub use documents::{DocumentRecord, DocumentStore, ExpiredDocument, NewDocument};
pub use engine::{
    Engine, EngineCapabilities, EngineError, EngineErrorKind, EngineEvent, EngineIdentity, EngineInfo, EngineLimits,
    EngineStart, Finish, PageStructure, Prompt, ReadRequest, TokenUsage,
};
pub use ledger::{GroupKey, MAX_GROUPS, Retention, UsageGroupRecord, UsageLedger, UsageRecord, UsageSums, UsageTotals};
pub use pages::{PageRecord, PageStore, PageSummary, PageWithContent};
pub use renderer::{
    DocumentInfo, EmbeddedLine, EmbeddedTable, EmbeddedText, EmbeddedWord, FileFormat, OpenDocument, OpenRequest,
    Renderer,
};
pub use runs::{Begun, NewRun, PageOutcome, PageResult, RunPageStore, RunStore, Settlement, Written};
pub use sessions::{NewSession, Rotation, SecretHash, SessionRef, SessionStore};
pub use store::{AccountStore, MAX_ROWS, Store};
pub use users::{AccountRecord, Credentials, NewUser, PasswordStore, UserChange, UserRecord, UserStore};

//! What the domain needs from outside. Adapters implement these; the server hands them in.

mod accounts;
mod blobs;
mod clock;
mod engine;
mod renderer;
mod store;

pub use accounts::{
    AccountStore, Credentials, KnownKey, NewAudit, NewKey, NewSession, NewUser, Rotation, SecretHash, SessionRef,
    UserChange, UserRow,
};
pub use blobs::{BlobKey, BlobWriter, Blobs};
pub use clock::Clock;
pub use engine::{
    Engine, EngineCapabilities, EngineError, EngineErrorKind, EngineEvent, EngineIdentity, EngineInfo, EngineLimits,
    Finish, ReadRequest, TokenUsage,
};
pub use renderer::{
    DocumentInfo, EmbeddedLine, EmbeddedText, EmbeddedWord, FileFormat, OpenDocument, OpenRequest, Renderer,
};
pub use store::{
    Begun, ExpiredDocument, MAX_GROUPS, NewDocument, NewRun, PageOutcome, PageResult, Settlement, Store,
    StoredDocument, UsageRecord, Written,
};

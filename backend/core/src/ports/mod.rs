//! What the domain needs from outside. Adapters implement these; the server hands them in.

mod blobs;
mod clock;
mod engine;
mod renderer;
mod store;

pub use blobs::{BlobKey, BlobWriter, Blobs};
pub use clock::Clock;
pub use engine::{Engine, EngineError, EngineErrorKind, EngineEvent, EngineInfo, Finish, ReadRequest, TokenUsage};
pub use renderer::{DocumentInfo, OpenDocument, OpenRequest, Renderer};
pub use store::{
    ExpiredDocument, NewDocument, NewRun, PageOutcome, PageRecord, RunRecord, Settlement, Store, StoredDocument,
};

//! The types that cross the network between Inkstream and its clients.
//!
//! The server and the web app share these types, so that they cannot diverge. The crate does no I/O and compiles for the host and for
//! `wasm32-unknown-unknown`.

mod account;
mod audit;
mod auth;
mod chat;
mod document;
mod error;
mod event;
mod health;
mod id;
mod micro;
mod ndjson;
mod request;
pub mod routes;
mod usage;

pub use account::{Account, Accounts, Meter, Period, Quota, QuotaRule, Quotas, QuotasPatch, Role, User, UserPatch};
pub use audit::{AuditEvent, AuditKind};
pub use auth::{
    AccountDeletion, ApiKey, AuthSettings, CreatedApiKey, NewApiKey, PasswordChange, RefreshRequest, Registration,
    Scope, Secret, TokenAnswer, TokenProblem,
};
pub use chat::{
    ChatAnnotatedPage, ChatAnnotations, ChatBox, ChatBoxes, ChatChoice, ChatChunk, ChatCompletion, ChatError,
    ChatErrorBody, ChatMessage, ChatModel, ChatModels, ChatPage, ChatUsage, ChatWarning, ChunkChoice, ChunkDelta,
    FinishReason,
};
pub use document::{
    Document, DocumentDetail, DocumentKind, Documents, Page, PageAttempt, PageDetail, PageMetadata, PageStatus,
    PageWarning, Stored, WarningCode,
};
pub use error::{ErrorCode, EventError, Problem};
pub use event::{End, EventBody, OcrEvent, PDF_TEXT, PageEnd, PageReset, PageStart, Start};
pub use health::{EngineCondition, EngineState, Health, HealthStatus};
pub use id::{ApiKeyId, AuditId, DocumentId, ParseIdError, RunId, UsageId, UserId};
pub use inkstream_content::{BoundingBox as PixelBox, BoxKind, TextBox};
pub use micro::{MicroText, MicroWarning};
pub use ndjson::{NdjsonDecoder, NdjsonError};
pub use request::{ResultFormat, RunOptions, SizeMode, Task, TextLayer};
pub use usage::{Grouping, RunKind, RunStatus, Usage, UsageEvent, UsageGroup, UsageSummary};

//! Health.

use serde::{Deserialize, Serialize};

use crate::{SizeMode, Task};

/// Whether the service can do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Everything answers.
    Ok,
    /// Something does not.
    Degraded,
}

/// Whether an engine can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EngineCondition {
    /// It takes a page at once.
    Ready,
    /// It works, and a page would have to wait.
    Busy,
    /// It does not answer, or answers with failures only.
    Down,
}

/// An engine, what it can do, and whether it can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EngineState {
    /// The model's name, as `model` takes it.
    pub model: String,
    /// Whether it can read now.
    pub ready: bool,
    /// The same more exactly.
    pub state: EngineCondition,
    /// Since when it is so, RFC 3339 in UTC.
    pub since: String,
    /// How it is asked: the profile of its model family, such as `olmocr`; an embedded engine's own name.
    pub profile: String,
    /// What it can do; the first is its default.
    pub tasks: Vec<Task>,
    /// The size modes it has; empty where it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<SizeMode>,
    /// How many pages it reads at once.
    pub concurrency: usize,
    /// Pages that it reads now.
    pub reading: usize,
    /// Pages that wait for it.
    pub waiting: usize,
    /// The model that reads in its place while it is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// Languages it has, where it must be told the language; empty where it need not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Whether `prompt` means anything to it.
    #[serde(default)]
    pub takes_prompt: bool,
    /// Parameters that requests to it leave out, because its server has refused them or the operator says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<String>,
    /// Whether it reads when `model` is left out.
    #[serde(default)]
    pub default: bool,
}

/// The answer to `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// The service as a whole.
    pub status: HealthStatus,
    /// Whether the default engine can read.
    pub model_loaded: bool,
    /// Every engine.
    pub engines: Vec<EngineState>,
    /// The server's version.
    pub version: String,
}

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
    /// Something does not answer.
    Degraded,
}

/// Whether an engine can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EngineCondition {
    /// It would start a page at once.
    Ready,
    /// It works, but a page would have to wait.
    Busy,
    /// It does not answer, or all its answers are failures.
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
    /// Its state.
    pub state: EngineCondition,
    /// When the state began, RFC 3339 in UTC.
    pub since: String,
    /// The profile of its requests: of its model family, such as `olmocr`, or an embedded engine's own name.
    pub profile: String,
    /// Its tasks; the first is the default.
    pub tasks: Vec<Task>,
    /// Its size modes; empty if it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<SizeMode>,
    /// How many pages it reads at once.
    pub concurrency: usize,
    /// Pages that it reads now.
    pub reading: usize,
    /// Pages that wait for it.
    pub waiting: usize,
    /// The model of its fallback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// Its languages, if requests must name the language; otherwise empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Whether it can find the languages of a page itself: `language=auto`.
    #[serde(default)]
    pub detects_languages: bool,
    /// Whether it uses `prompt`.
    #[serde(default)]
    pub takes_prompt: bool,
    /// Whether it reads lines, so that it uses `dehyphenate`.
    #[serde(default)]
    pub sends_lines: bool,
    /// Parameters that requests to it leave out, because its server has refused them or the operator says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<String>,
    /// Whether it is used if `model` is absent.
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

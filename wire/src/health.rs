//! Health.

use serde::{Deserialize, Serialize};

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

/// An engine and whether it can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EngineState {
    /// The model's name, as `model` takes it.
    pub model: String,
    /// Whether it can read now.
    pub ready: bool,
    /// Languages it has, where it must be told the language; empty where it need not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Whether `prompt` means anything to it.
    #[serde(default)]
    pub takes_prompt: bool,
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

//! Usage and its ledger.

use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, RunId, UsageId};

/// The usage of a run or a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens sent to the engine.
    pub prompt_tokens: u64,
    /// Tokens that the engine generated.
    pub completion_tokens: u64,
    /// Characters (Unicode scalar values) of the prompt.
    pub prompt_chars: u64,
    /// Characters (Unicode scalar values) of the answer.
    pub completion_chars: u64,
    /// Bytes uploaded; for a page, bytes of the image sent to the engine.
    pub input_bytes: u64,
    /// Pages read, including partial ones; absent for a single image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// True if the engine reported no tokens, so that they were estimated from characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

impl Usage {
    /// Adds the tokens and characters of `page` to a run's total. Bytes and pages are not added.
    pub fn add_page(&mut self, page: &Self) {
        self.prompt_tokens += page.prompt_tokens;
        self.completion_tokens += page.completion_tokens;
        self.prompt_chars += page.prompt_chars;
        self.completion_chars += page.completion_chars;
        self.estimated |= page.estimated;
    }
}

/// The API through which a run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// An image, read live.
    Image,
    /// A PDF, read live.
    Pdf,
    /// The `OpenAI` API.
    Chat,
    /// A page of a batch.
    Batch,
}

/// The status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// The run has not ended.
    Running,
    /// Every page was read completely.
    Ok,
    /// Some pages failed or are partial.
    Partial,
    /// No page was read.
    Failed,
    /// The reader disconnected or the server stopped before the end.
    Aborted,
}

/// A row of the ledger: a run and its usage. Failed and aborted runs have one, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageEvent {
    /// The row's id; `?before=` takes it.
    pub id: UsageId,
    /// The run.
    pub run_id: RunId,
    /// The API through which the run was started.
    pub kind: RunKind,
    /// The model that read.
    pub model: String,
    /// The engine that served the model.
    pub engine: String,
    /// The run's status.
    pub status: RunStatus,
    /// Bytes uploaded.
    pub input_bytes: u64,
    /// Pages read, including partial ones.
    pub pages: u32,
    /// Tokens sent to the engine.
    pub prompt_tokens: u64,
    /// Tokens that the engine generated.
    pub completion_tokens: u64,
    /// Characters of the prompts.
    pub prompt_chars: u64,
    /// Characters of the answers.
    pub completion_chars: u64,
    /// True if tokens were estimated.
    pub estimated: bool,
    /// Cost in the operator's currency; null if no price is set.
    pub cost: Option<f64>,
    /// When the run began, RFC 3339 in UTC.
    pub created_at: String,
    /// How long it ran, in seconds.
    pub seconds: f64,
    /// The API key of the request; null without one.
    #[serde(default)]
    pub key_id: Option<ApiKeyId>,
    /// The user, only in the ledger of all users; null for a deleted user.
    #[serde(default)]
    pub username: Option<String>,
}

/// The ledger's totals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageSummary {
    /// Rows of the ledger.
    pub events: u64,
    /// Bytes uploaded.
    pub input_bytes: u64,
    /// Pages read.
    pub pages: u64,
    /// Tokens sent to engines.
    pub prompt_tokens: u64,
    /// Tokens that engines generated.
    pub completion_tokens: u64,
    /// Both together.
    pub total_tokens: u64,
    /// Characters of the prompts.
    pub prompt_chars: u64,
    /// Characters of the answers.
    pub completion_chars: u64,
    /// Cost in the operator's currency; null if no price is set.
    pub cost: Option<f64>,
    /// The totals by day, model, key or user, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<UsageGroup>>,
}

/// The grouping of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// By the day (UTC) that runs began on.
    Day,
    /// By model.
    Model,
    /// By API key.
    Key,
    /// By user; for admins.
    User,
}

/// A part of the ledger's totals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageGroup {
    /// The day (`2026-11-21`), the model, or the id of the key or user; empty for runs without a key.
    pub group: String,
    /// The name of the key or user, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Rows of the ledger.
    pub events: u64,
    /// Pages read.
    pub pages: u64,
    /// Tokens sent to engines.
    pub prompt_tokens: u64,
    /// Tokens that engines generated.
    pub completion_tokens: u64,
    /// Cost in the operator's currency; null if no price is set.
    pub cost: Option<f64>,
}

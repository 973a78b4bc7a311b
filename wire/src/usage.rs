//! The meter: what a run used.

use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, RunId, UsageId};

/// What a run or a page used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens sent to the engine.
    pub prompt_tokens: u64,
    /// Tokens that the engine made.
    pub completion_tokens: u64,
    /// Characters (Unicode scalar values) of the prompt.
    pub prompt_chars: u64,
    /// Characters (Unicode scalar values) of the answer.
    pub completion_chars: u64,
    /// Bytes uploaded; on a page: bytes of the picture sent to the engine.
    pub input_bytes: u64,
    /// Pages read, those of which text is missing included; left out for a single picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// True where the engine reported no tokens, and they were estimated from characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

impl Usage {
    /// Adds tokens and characters of `page` to a run's total. Bytes and pages are the run's own.
    pub fn add_page(&mut self, page: &Self) {
        self.prompt_tokens += page.prompt_tokens;
        self.completion_tokens += page.completion_tokens;
        self.prompt_chars += page.prompt_chars;
        self.completion_chars += page.completion_chars;
        self.estimated |= page.estimated;
    }
}

/// What a run was asked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// A picture, read live.
    Image,
    /// A PDF, read live.
    Pdf,
    /// `OpenAI`'s dialect.
    Chat,
    /// A page of a batch.
    Batch,
}

/// How a run ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Still being read.
    Running,
    /// Every page was read.
    Ok,
    /// Some pages were read, and some failed, or text of some is missing.
    Partial,
    /// Nothing was read.
    Failed,
    /// The reader left, or the server stopped, before the end.
    Aborted,
}

/// One row of the ledger: a run and what it used, there also when it failed or was aborted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageEvent {
    /// The row's id; `?before=` takes it.
    pub id: UsageId,
    /// The run.
    pub run_id: RunId,
    /// What the run was asked through.
    pub kind: RunKind,
    /// The model that read.
    pub model: String,
    /// The engine that served the model.
    pub engine: String,
    /// How the run ended.
    pub status: RunStatus,
    /// Bytes uploaded.
    pub input_bytes: u64,
    /// Pages read, those of which text is missing included.
    pub pages: u32,
    /// Tokens sent to the engine.
    pub prompt_tokens: u64,
    /// Tokens that the engine made.
    pub completion_tokens: u64,
    /// Characters of the prompts.
    pub prompt_chars: u64,
    /// Characters of the answers.
    pub completion_chars: u64,
    /// True where tokens were estimated.
    pub estimated: bool,
    /// Price in the operator's currency; null where none is set.
    pub cost: Option<f64>,
    /// When the run began, RFC 3339 in UTC.
    pub created_at: String,
    /// How long it ran, in seconds.
    pub seconds: f64,
    /// The API key it was asked with; null without one.
    #[serde(default)]
    pub key_id: Option<ApiKeyId>,
    /// Who asked, on the ledger of all users alone; null for an account that was deleted.
    #[serde(default)]
    pub username: Option<String>,
}

/// The ledger's totals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageSummary {
    /// Rows on the ledger.
    pub events: u64,
    /// Bytes uploaded.
    pub input_bytes: u64,
    /// Pages read.
    pub pages: u64,
    /// Tokens sent to engines.
    pub prompt_tokens: u64,
    /// Tokens that engines made.
    pub completion_tokens: u64,
    /// Both together.
    pub total_tokens: u64,
    /// Characters of the prompts.
    pub prompt_chars: u64,
    /// Characters of the answers.
    pub completion_chars: u64,
    /// Price in the operator's currency; null where none is set.
    pub cost: Option<f64>,
    /// The same by day, model, key or user, where asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<UsageGroup>>,
}

/// What a summary is divided by.
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
    /// A key's or a user's name, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Rows on the ledger.
    pub events: u64,
    /// Pages read.
    pub pages: u64,
    /// Tokens sent to engines.
    pub prompt_tokens: u64,
    /// Tokens that engines made.
    pub completion_tokens: u64,
    /// Price in the operator's currency; null where none is set.
    pub cost: Option<f64>,
}

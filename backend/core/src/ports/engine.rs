use std::time::Duration;

use futures::stream::BoxStream;
use inkstream_wire::{ErrorCode, PageMetadata, PageWarning, PixelBox, SizeMode, Task, TextBox};

use crate::{
    Error,
    error::Cause,
    image::{ImageSpec, PageImage},
};

/// The longest wait that is passed on to a caller, whatever an engine asks for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// What an engine is and can do.
#[derive(Debug, Clone)]
pub struct EngineInfo {
    /// Its name, as callers give it in `model`. The operator chose it: it is a metric label, too.
    pub model: String,
    /// How its model family is asked.
    pub profile: String,
    /// Tasks it can do; the first is its default.
    pub tasks: Vec<Task>,
    /// Size modes it has; empty where it has none.
    pub sizes: Vec<SizeMode>,
    /// Whether a prompt means anything to it.
    pub takes_prompt: bool,
    /// Whether it must be told the page's language, and knows only those in [`Engine::languages`].
    pub takes_language: bool,
    /// How many pages it reads at once, of all runs together.
    pub concurrency: usize,
    /// Most attempts at a page.
    pub attempts: u32,
    /// The model that reads while this one is down.
    pub fallback: Option<String>,
    /// Whether it is told how many tokens it may make at most ([`ReadRequest::max_tokens`]), and holds that.
    pub takes_max_tokens: bool,
    /// Most tokens that a page may use, sent and made: so many are reserved where the user's tokens are limited.
    pub tokens_per_page: u64,
}

/// One attempt at a page.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// The text sent to a model: the caller's, the task's or the operator's.
    pub prompt: Option<String>,
    /// What is to be made of the page.
    pub task: Task,
    /// The size mode asked for.
    pub size: Option<SizeMode>,
    /// What `locate` looks for.
    pub reference: Option<String>,
    /// Languages, as the engine names them ([`Engine::languages`]), the main one first.
    pub languages: Vec<String>,
    /// Whether boxes are wanted.
    pub boxes: bool,
    /// How many answers to this page have been [`EngineErrorKind::Invalid`] or [`EngineErrorKind::Repetition`] so far:
    /// the step on a profile's ladder of temperatures.
    pub attempt: u32,
    /// Clockwise turn of the page in degrees that an earlier answer asked for: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Whether nothing comes after this attempt, so that an answer that is only poor should be kept.
    pub last: bool,
    /// Most tokens that the answer may have, where its caller bounds them; an engine's own bound holds beside it.
    pub max_tokens: Option<u64>,
    /// Whether the page may begin anew after text of it went out.
    pub resets: bool,
}

/// Tokens that an engine counted, in all so far for this attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// Sent to the model, the picture's included.
    pub prompt_tokens: u64,
    /// Made by it.
    pub completion_tokens: u64,
}

/// How an attempt ended well.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finish {
    /// `stop`; `length` and `content_filter`, with which text is missing; any other word of the engine's, and none where it
    /// did not say, with which text may be missing.
    pub reason: Option<String>,
    /// Recognised places, in the picture's pixels.
    pub boxes: Vec<TextBox>,
    /// Mean confidence, 0 to 100.
    pub confidence: Option<f32>,
    /// The size mode that was really applied.
    pub size_applied: Option<SizeMode>,
    /// What the model said of the page beside its text.
    pub metadata: Option<PageMetadata>,
    /// What may be wrong with the text, as far as the engine knows.
    pub warnings: Vec<PageWarning>,
}

/// What an engine says while it reads a page. Every stream ends with `Finished` or an error.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineEvent {
    /// The engine reads the page: it comes with the first text or before, and only `Usage` may come before it.
    Started,
    /// Text, to be appended.
    Text {
        /// The text.
        delta: String,
        /// Where it stands in the picture, if known.
        bounds: Option<PixelBox>,
        /// Tokens so far, this text's included, where the engine tells them with it: they go with the text, since an
        /// event of their own would cost a stream as much as the text does.
        tokens: Option<TokenUsage>,
    },
    /// Tokens so far, without a text.
    Usage(TokenUsage),
    /// The end.
    Finished(Finish),
}

impl EngineEvent {
    /// Whether it is of the answer itself: tokens alone may be told while the page still waits.
    pub(crate) fn is_answer(&self) -> bool {
        !matches!(self, Self::Usage(_))
    }
}

/// What kind of failure it was: a metric label, and the public code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EngineErrorKind {
    /// No connection.
    Unreachable,
    /// No answer in time, or none going on.
    Timeout,
    /// The engine said no to this request (4xx).
    Refused,
    /// The engine cannot take more (503).
    Busy,
    /// The engine has had enough of us for now (429).
    Limited,
    /// The engine failed (5xx), or sent an error object.
    Failed,
    /// The answer broke off.
    Broken,
    /// The answer is not what the protocol says.
    Protocol,
    /// The answer is empty, or not as this model answers.
    Invalid,
    /// The answer says the same again and again.
    Repetition,
    /// The page took more time or memory than it may.
    TooComplex,
    /// The engine's process died.
    Crashed,
}

impl EngineErrorKind {
    /// The kind as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Limited => "limited",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::Protocol => "protocol",
            Self::Invalid => "invalid",
            Self::Repetition => "repetition",
            Self::TooComplex => "too_complex",
            Self::Crashed => "crashed",
        }
    }

    /// The public code.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Unreachable => ErrorCode::EngineUnreachable,
            Self::Timeout => ErrorCode::EngineTimeout,
            Self::TooComplex => ErrorCode::PageTooComplex,
            Self::Busy | Self::Limited => ErrorCode::Unavailable,
            Self::Refused
            | Self::Failed
            | Self::Broken
            | Self::Protocol
            | Self::Invalid
            | Self::Repetition
            | Self::Crashed => ErrorCode::EngineFailed,
        }
    }
}

/// Why an attempt failed. `detail` is public; what an engine wrote of its inside stays in `cause`.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct EngineError {
    /// What kind of failure.
    pub kind: EngineErrorKind,
    /// The same for people, in a sentence.
    pub detail: String,
    /// What the engine itself asks for.
    pub retry_after: Option<Duration>,
    /// With `Invalid`: how far the page must be turned, clockwise in degrees, beyond [`ReadRequest::rotation`].
    pub rotation: Option<u16>,
    /// Why, for the log alone.
    #[source]
    pub cause: Option<Cause>,
}

impl EngineError {
    /// An error without a private cause.
    pub fn new(kind: EngineErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None, rotation: None, cause: None }
    }

    /// Adds the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        let seconds = |after: Duration| after.min(MAX_RETRY_AFTER).as_secs().max(1);
        Self {
            code: error.kind.code(),
            detail: error.detail,
            cause: error.cause,
            retry_after: error.retry_after.map(seconds),
            field: None,
        }
    }
}

/// What turns a page's picture into text.
#[async_trait::async_trait]
pub trait Engine: Send + Sync {
    /// What it is and can do.
    fn info(&self) -> &EngineInfo;
    /// Languages that it has installed; empty where it need not be told.
    fn languages(&self) -> Vec<String>;
    /// The picture it wants for this attempt; `dpi` is what the caller asked for.
    fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>) -> ImageSpec;
    /// Characters (Unicode scalar values) of the text that goes to the model beside the picture, for the meter.
    fn prompt_chars(&self, request: &ReadRequest) -> u64;
    /// Reads a picture. Dropping the stream stops the work at once.
    fn read(&self, image: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>>;
    /// Parameters that requests to it leave out, because its server has refused them or the operator says so.
    fn omitted(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether it could read now; cheap, and over within seconds.
    async fn probe(&self) -> Result<(), EngineError>;
}

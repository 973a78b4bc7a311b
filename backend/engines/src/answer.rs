//! From the chunks of an answer to what the model said in them.

use inkstream_core::ports::{EngineError, TokenUsage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::{config::ApiKey, error};

/// The most tokens that a page is believed to use: a hundred times any context.
const MAX_TOKENS: u64 = 100_000_000;

/// One event's data. One struct for chunks and errors: an untagged enum would parse every chunk twice.
#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Counts>,
    error: Option<Value>,
    object: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
    /// vLLM's own: a string, or a token's number.
    stop_reason: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Counts {
    prompt_tokens: Option<Count>,
    completion_tokens: Option<Count>,
}

/// A number of tokens. What cannot be one costs no page: it is as if the engine had not told it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Told(u64),
    Nonsense(IgnoredAny),
}

impl Count {
    fn told(&self) -> Option<u64> {
        match self {
            Self::Told(tokens) => Some(*tokens).filter(|tokens| *tokens <= MAX_TOKENS),
            Self::Nonsense(_) => None,
        }
    }
}

/// What one event of the answer comes to.
#[derive(Default)]
pub(crate) struct Said {
    /// What is to be appended; often empty.
    pub(crate) text: String,
    /// Tokens so far, where they are new.
    pub(crate) tokens: Option<TokenUsage>,
    /// The answer is at its end, `[DONE]`: nothing comes after it.
    pub(crate) done: bool,
}

/// An answer being read.
pub(crate) struct Answer {
    max_bytes: usize,
    key: Option<ApiKey>,
    bytes: usize,
    usage: TokenUsage,
    reason: Option<String>,
    done: bool,
}

impl Answer {
    /// An answer of which nothing came yet.
    pub(crate) fn new(max_bytes: usize, key: Option<ApiKey>) -> Self {
        Self { max_bytes, key, bytes: 0, usage: TokenUsage::default(), reason: None, done: false }
    }

    /// Reads the data of one event.
    pub(crate) fn read(&mut self, data: &str) -> Result<Said, EngineError> {
        if data.trim() == "[DONE]" {
            if self.bytes == 0 {
                return Err(error::not_understood().because("the answer ended before its first chunk"));
            }
            self.done = true;
            return Ok(Said { done: true, ..Said::default() });
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            // The parser's own message may quote the document.
            let public = if error.is_eof() { error::broken() } else { error::not_understood() };
            public.because(format!("a chunk is not as it should be: {:?}", error.classify()))
        })?;
        if let Some(message) = error_message(&chunk) {
            return Err(error::in_stream(&message, self.key.as_ref()));
        }
        let Some(choices) = chunk.choices else {
            return Err(error::not_understood().because("a chunk has no choices"));
        };
        let mut text = String::new();
        for choice in choices {
            choice.refuse_bad_end()?;
            match choice.delta.content {
                Some(content) if text.is_empty() => text = content,
                Some(content) => text.push_str(&content),
                None => {}
            }
            self.reason = choice.finish_reason.or(self.reason.take());
        }
        // An event without text counts too, so that an endless stream of them ends.
        self.bytes += text.len().max(1);
        if self.bytes > self.max_bytes {
            return Err(error::too_long());
        }
        let tokens = chunk.usage.and_then(|counts| self.count(&counts));
        Ok(Said { text, tokens, done: false })
    }

    /// Why the model stopped, where it said so.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether the stream may end here: a reason or `[DONE]` makes it whole.
    pub(crate) fn is_whole(&self) -> bool {
        self.done || self.reason.is_some()
    }

    fn count(&mut self, counts: &Counts) -> Option<TokenUsage> {
        let usage = TokenUsage {
            prompt_tokens: counts.prompt_tokens.as_ref().and_then(Count::told).unwrap_or(self.usage.prompt_tokens),
            completion_tokens: counts
                .completion_tokens
                .as_ref()
                .and_then(Count::told)
                .unwrap_or(self.usage.completion_tokens),
        };
        let news = usage != self.usage;
        self.usage = usage;
        news.then_some(usage)
    }
}

impl Choice {
    /// vLLM's reasons that are no end: `abort` and `error` when it gave the request up, and, where it looks for
    /// repetitions itself, `repetition` with the stop reason `repetition_detected`.
    fn refuse_bad_end(&self) -> Result<(), EngineError> {
        let stop = self.stop_reason.as_ref().and_then(Value::as_str);
        match (self.finish_reason.as_deref(), stop) {
            (Some("repetition" | "repetition_detected"), _) | (_, Some("repetition_detected")) => {
                Err(error::repetition())
            }
            (Some("abort" | "error"), _) => Err(error::broken().because("the engine gave the request up")),
            _ => Ok(()),
        }
    }
}

/// The message of an error in one of its shapes: `{"error": {"message": …}}`, `{"error": "…"}`, or the same fields at
/// the top level with `"object": "error"`. `code`, an integer or a string, is not looked at.
fn error_message(chunk: &Chunk) -> Option<String> {
    if let Some(error) = &chunk.error {
        let message = error.as_str().or_else(|| error.get("message")?.as_str());
        return Some(message.map_or_else(|| error.to_string(), str::to_owned));
    }
    (chunk.object.as_deref() == Some("error")).then(|| chunk.message.clone().unwrap_or_default())
}

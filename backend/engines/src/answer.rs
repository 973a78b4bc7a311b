//! Parses the chunks of a completion into text, usage and finish reason.

use inkstream_core::ports::{EngineError, TokenUsage};
use serde_json::Value;

use crate::{
    chunk::{Choice, Chunk, Content, Counts, Message},
    config::ApiKey,
    error,
    finish::FinishReason,
    surrogates,
};

/// Larger token counts are taken for nonsense: this is a hundred times any context.
const MAX_TOKENS: u64 = 100_000_000;

/// The content of one event.
#[derive(Default)]
pub(crate) struct ChunkContent {
    /// Text to append; often empty.
    pub(crate) text: String,
    /// Tokens so far, if they have changed.
    pub(crate) tokens: Option<TokenUsage>,
    /// Whether this is the end, `[DONE]`.
    pub(crate) done: bool,
}

/// The field that carries a choice's text, in ascending order of preference. A server may send the same text in several fields:
/// `text` beside each `delta`, or the whole `message` after all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextField {
    Text,
    Message,
    Delta,
}

/// The state of an answer while it is parsed.
pub(crate) struct Answer {
    max_bytes: usize,
    key: Option<ApiKey>,
    bytes: usize,
    usage: TokenUsage,
    reason: Option<FinishReason>,
    done: bool,
    /// The field that has carried the text so far.
    text_field: Option<TextField>,
    /// The texts that came as `message`.
    messages: Vec<String>,
    /// The index of the choice that is read: the first one's. Some servers send several, though one was asked for.
    choice_index: Option<u64>,
    /// Whether an event could not be parsed, so that text may be missing.
    is_damaged: bool,
}

impl Answer {
    pub(crate) fn new(max_bytes: usize, key: Option<ApiKey>) -> Self {
        Self {
            max_bytes,
            key,
            bytes: 0,
            usage: TokenUsage::default(),
            reason: None,
            done: false,
            text_field: None,
            messages: Vec::new(),
            choice_index: None,
            is_damaged: false,
        }
    }

    /// Parses the data of one event. One that cannot be parsed is an error, unless `tolerant`: then it has no content, and the
    /// answer counts as damaged.
    pub(crate) fn parse_chunk(&mut self, data: &str, tolerant: bool) -> Result<ChunkContent, EngineError> {
        if data.trim() == "[DONE]" {
            if self.bytes == 0 {
                return Err(error::not_understood().because("the answer ended before its first chunk"));
            }
            self.done = true;
            return Ok(ChunkContent { done: true, ..ChunkContent::default() });
        }
        let repaired;
        let mut parsed = Chunk::parse(data);
        if parsed.is_err()
            && let Some(json) = surrogates::replace_lone(data)
        {
            repaired = json;
            parsed = Chunk::parse(&repaired);
        }
        let chunk = match parsed {
            Ok(chunk) => chunk,
            Err(_) if tolerant => {
                self.is_damaged = true;
                None
            }
            Err(error) => {
                // Log only the error's class: its message may quote the document.
                let public = if error.is_eof() { error::broken() } else { error::not_understood() };
                return Err(public.because(format!("a chunk is not as it should be: {:?}", error.classify())));
            }
        };
        if chunk.as_ref().is_some_and(Chunk::is_error) {
            let object = serde_json::from_str(data).unwrap_or_default();
            return Err(error::in_stream(&object, self.key.as_ref()));
        }
        let mut text = String::new();
        let mut tokens = None;
        if let Some(Chunk { choices, usage, .. }) = chunk {
            for (position, choice) in choices.into_iter().flatten().flatten().enumerate() {
                let index = choice.index.as_ref().and_then(Value::as_u64).unwrap_or(position as u64);
                if index != *self.choice_index.get_or_insert(index) {
                    continue;
                }
                let choice_text = self.choice(choice)?;
                if text.is_empty() {
                    text = choice_text;
                } else {
                    text.push_str(&choice_text);
                }
            }
            tokens = usage.0.and_then(|counts| self.count(&counts));
        }
        // Count events without text as a byte, so that an endless stream of them hits the limit.
        self.bytes += text.len().max(1);
        if self.bytes > self.max_bytes {
            return Err(error::too_long());
        }
        Ok(ChunkContent { text, tokens, done: false })
    }

    /// The finish reason, if one has come: `stop`, `length`, `content_filter` or an unknown word.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(FinishReason::as_str)
    }

    /// Whether an event could not be parsed, so that text may be missing.
    pub(crate) fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// Whether the stream may end here: after a finish reason or `[DONE]`.
    pub(crate) fn is_complete(&self) -> bool {
        self.done || self.reason.is_some()
    }

    /// The new text of a choice.
    fn choice(&mut self, choice: Choice) -> Result<String, EngineError> {
        let Choice { index: _, delta, message, text, finish_reason, stop_reason } = choice;
        let reason = finish_reason.as_ref().and_then(FinishReason::parse);
        let stop_reason = stop_reason.as_ref().filter(|reason| reason.is_string()).and_then(FinishReason::parse);
        if stop_reason == Some(FinishReason::Repetition) {
            return Err(error::repetition());
        }
        let is_last = reason.is_some();
        if let Some(reason) = reason {
            self.set_reason(reason)?;
        }
        let [delta, message] = [delta, message].map(Option::unwrap_or_default);
        if [&delta, &message].into_iter().any(Message::is_refusal) {
            self.set_reason(FinishReason::ContentFilter)?;
        }
        let fields =
            [(TextField::Delta, delta.content), (TextField::Message, message.content), (TextField::Text, text)];
        let found = fields.into_iter().find_map(|(field, content)| {
            let Content(text) = content?;
            (!text.is_empty()).then_some((field, text))
        });
        let Some((field, text)) = found else { return Ok(String::new()) };
        if self.text_field.is_some_and(|known| field < known) {
            return Ok(String::new());
        }
        self.text_field = Some(field);
        if field == TextField::Message {
            // The last message may repeat all earlier ones together.
            if is_last && self.messages.len() > 1 && self.messages.concat() == text {
                return Ok(String::new());
            }
            self.messages.push(text.clone());
        }
        Ok(text)
    }

    /// Records a finish reason. A later `stop` does not replace one that means missing text.
    fn set_reason(&mut self, reason: FinishReason) -> Result<(), EngineError> {
        match reason {
            FinishReason::Repetition => Err(error::repetition()),
            FinishReason::Aborted => Err(error::broken().because("the engine gave the request up")),
            FinishReason::Stop if self.reason.is_some() => Ok(()),
            reason => {
                self.reason = Some(reason);
                Ok(())
            }
        }
    }

    fn count(&mut self, counts: &Counts) -> Option<TokenUsage> {
        let [prompt_tokens, completion_tokens] =
            [counts.prompt_tokens, counts.completion_tokens].map(|count| count.plausible(MAX_TOKENS));
        let usage = TokenUsage {
            prompt_tokens: prompt_tokens.unwrap_or(self.usage.prompt_tokens),
            completion_tokens: completion_tokens.unwrap_or(self.usage.completion_tokens),
        };
        let is_changed = usage != self.usage;
        self.usage = usage;
        is_changed.then_some(usage)
    }
}

impl Message {
    /// Whether the model refuses to answer. A refusal is no text of the page.
    fn is_refusal(&self) -> bool {
        self.refusal.as_ref().and_then(Value::as_str).is_some_and(|refusal| !refusal.is_empty())
    }
}

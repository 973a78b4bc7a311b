//! From the chunks of an answer to what the model said in them.

use inkstream_core::ports::{EngineError, TokenUsage};
use serde_json::Value;

use crate::{
    chunk::{Choice, Chunk, Content, Counts, Message},
    config::ApiKey,
    error,
    finish::FinishReason,
};

/// The most tokens that a page is believed to use: a hundred times any context.
const MAX_TOKENS: u64 = 100_000_000;

/// What one event of the answer comes to.
#[derive(Default)]
pub(crate) struct ChunkContent {
    /// What is to be appended; often empty.
    pub(crate) text: String,
    /// Tokens so far, where they are new.
    pub(crate) tokens: Option<TokenUsage>,
    /// The answer is at its end, `[DONE]`: nothing comes after it.
    pub(crate) done: bool,
}

/// Where a choice's text stands, the usual place last. A server may say the same in several: a text beside each delta, or
/// the whole message after all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Text,
    Message,
    Delta,
}

/// An answer being read.
pub(crate) struct Answer {
    max_bytes: usize,
    key: Option<ApiKey>,
    bytes: usize,
    usage: TokenUsage,
    reason: Option<FinishReason>,
    done: bool,
    /// Where its text stands.
    place: Option<Place>,
    /// What came in messages, while it comes there.
    messages: Vec<String>,
}

impl Answer {
    /// An answer of which nothing came yet.
    pub(crate) fn new(max_bytes: usize, key: Option<ApiKey>) -> Self {
        Self {
            max_bytes,
            key,
            bytes: 0,
            usage: TokenUsage::default(),
            reason: None,
            done: false,
            place: None,
            messages: Vec::new(),
        }
    }

    /// Reads the data of one event.
    pub(crate) fn read(&mut self, data: &str) -> Result<ChunkContent, EngineError> {
        if data.trim() == "[DONE]" {
            if self.bytes == 0 {
                return Err(error::not_understood().because("the answer ended before its first chunk"));
            }
            self.done = true;
            return Ok(ChunkContent { done: true, ..ChunkContent::default() });
        }
        let chunk = Chunk::parse(data).map_err(|error| {
            // The parser's own message may quote the document.
            let public = if error.is_eof() { error::broken() } else { error::not_understood() };
            public.because(format!("a chunk is not as it should be: {:?}", error.classify()))
        })?;
        if let Some(message) = chunk.as_ref().and_then(Chunk::error_message) {
            return Err(error::in_stream(&message, self.key.as_ref()));
        }
        let mut text = String::new();
        let mut tokens = None;
        if let Some(Chunk { choices, usage, .. }) = chunk {
            for choice in choices.into_iter().flatten().flatten() {
                let said = self.choice(choice)?;
                if text.is_empty() {
                    text = said;
                } else {
                    text.push_str(&said);
                }
            }
            tokens = usage.0.and_then(|counts| self.count(&counts));
        }
        // An event without text counts too, so that an endless stream of them ends.
        self.bytes += text.len().max(1);
        if self.bytes > self.max_bytes {
            return Err(error::too_long());
        }
        Ok(ChunkContent { text, tokens, done: false })
    }

    /// Why the model stopped, where it said so: `stop`, `length`, `content_filter`, or a word that nobody here knows.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(FinishReason::as_str)
    }

    /// Whether the stream may end here: a reason or `[DONE]` makes it whole.
    pub(crate) fn is_whole(&self) -> bool {
        self.done || self.reason.is_some()
    }

    /// The text of a choice's part.
    fn choice(&mut self, choice: Choice) -> Result<String, EngineError> {
        let Choice { delta, message, text, finish_reason, stop_reason } = choice;
        let reason = finish_reason.as_ref().and_then(FinishReason::parse);
        let stop_reason = stop_reason.as_ref().filter(|reason| reason.is_string()).and_then(FinishReason::parse);
        if stop_reason == Some(FinishReason::Repetition) {
            return Err(error::repetition());
        }
        let ends = reason.is_some();
        if let Some(reason) = reason {
            self.ends(reason)?;
        }
        let [delta, message] = [delta, message].map(Option::unwrap_or_default);
        if [&delta, &message].into_iter().any(Message::refuses) {
            self.ends(FinishReason::ContentFilter)?;
        }
        let places = [(Place::Delta, delta.content), (Place::Message, message.content), (Place::Text, text)];
        let said = places.into_iter().find_map(|(place, content)| {
            let Content(text) = content?;
            (!text.is_empty()).then_some((place, text))
        });
        let Some((place, text)) = said else { return Ok(String::new()) };
        if self.place.is_some_and(|known| place < known) {
            return Ok(String::new());
        }
        self.place = Some(place);
        if place == Place::Message {
            // The last of several messages may be all of them together.
            if ends && self.messages.len() > 1 && self.messages.concat() == text {
                return Ok(String::new());
            }
            self.messages.push(text.clone());
        }
        Ok(text)
    }

    /// The model stopped. A reason that says less than everything is not undone by a `stop` after it.
    fn ends(&mut self, reason: FinishReason) -> Result<(), EngineError> {
        match reason {
            FinishReason::Repetition => Err(error::repetition()),
            FinishReason::GivenUp => Err(error::broken().because("the engine gave the request up")),
            FinishReason::Stop if self.reason.is_some() => Ok(()),
            reason => {
                self.reason = Some(reason);
                Ok(())
            }
        }
    }

    fn count(&mut self, counts: &Counts) -> Option<TokenUsage> {
        let [prompt_tokens, completion_tokens] = [&counts.prompt_tokens, &counts.completion_tokens]
            .map(|count| count.as_ref().and_then(|count| count.told(MAX_TOKENS)));
        let usage = TokenUsage {
            prompt_tokens: prompt_tokens.unwrap_or(self.usage.prompt_tokens),
            completion_tokens: completion_tokens.unwrap_or(self.usage.completion_tokens),
        };
        let news = usage != self.usage;
        self.usage = usage;
        news.then_some(usage)
    }
}

impl Message {
    /// Whether the model declines to answer; what it says then is no text of the page.
    fn refuses(&self) -> bool {
        self.refusal.as_ref().and_then(Value::as_str).is_some_and(|refusal| !refusal.is_empty())
    }
}

//! One attempt at a page: turns the server's events into the port's.

use std::collections::VecDeque;

use inkstream_core::{
    image::PageImage,
    ports::{EngineError, EngineEvent, EngineStart, Finish, ReadRequest, TokenUsage},
};
use inkstream_wire::{PageWarning, SizeMode, WarningCode};

use crate::{
    answer::Answer,
    config::OpenAiConfig,
    error,
    parse::{AnswerParser, ParserInput, TextChunk, ThinkingFilter},
    repetition::RepetitionDetector,
};

/// One attempt at a page.
pub(crate) struct Page {
    answer: Answer,
    repetition: RepetitionDetector,
    thinking: ThinkingFilter,
    parser: Box<dyn AnswerParser>,
    text_chunks: Vec<TextChunk>,
    received: usize,
    last: bool,
    /// Whether text that was sent can be voided by another attempt.
    resets: bool,
    size_applied: Option<SizeMode>,
    events: Events,
}

impl Page {
    pub(crate) fn new(config: &OpenAiConfig, image: &PageImage, request: &ReadRequest) -> Self {
        Self {
            answer: Answer::new(config.max_answer_bytes, config.api_key.clone()),
            repetition: RepetitionDetector::default(),
            thinking: ThinkingFilter::default(),
            parser: (config.profile.family().parser)(&ParserInput { config, image, request }),
            text_chunks: Vec::new(),
            received: 0,
            last: request.last,
            resets: request.resets,
            size_applied: config.profile.family().size(request).map(|size| SizeMode::new(size.name)),
            events: Events::default(),
        }
    }

    /// Handles the data of one event, and returns whether it is the last.
    pub(crate) fn handle(&mut self, data: &str) -> Result<bool, EngineError> {
        let content = self.answer.parse_chunk(data, self.is_kept())?;
        let result = self.take(content.text);
        // Report the usage even if the text is rejected.
        self.events.push(&mut self.text_chunks, content.tokens);
        result.map(|()| content.done)
    }

    /// Whether the text that was emitted is kept, even if some is missing: it was paid for, and no other attempt can replace it.
    fn is_kept(&self) -> bool {
        self.events.started && (self.last || !self.resets)
    }

    /// A measure of progress: the bytes of text so far, plus one for the finish reason.
    pub(crate) fn received(&self) -> usize {
        self.received + usize::from(self.is_complete())
    }

    /// Whether any text has come.
    pub(crate) fn has_text(&self) -> bool {
        self.received > 0
    }

    fn take(&mut self, mut text: String) -> Result<(), EngineError> {
        if text.is_empty() {
            return Ok(());
        }
        self.received += text.len();
        // Terminals would interpret control characters, and PostgreSQL rejects NUL.
        if text.bytes().any(may_be_unprintable) {
            text.retain(|c| !is_unprintable(c));
        }
        if self.repetition.sees_loop(&text) {
            return Err(error::repetition());
        }
        let text = self.thinking.push(text);
        if text.is_empty() { Ok(()) } else { self.parser.push(text, &mut self.text_chunks) }
    }

    /// The next event to emit, if there is one.
    pub(crate) fn next_event(&mut self) -> Option<EngineEvent> {
        self.events.pending.pop_front()
    }

    /// Whether a finish reason has come: the text is complete, and only usage and `[DONE]` may follow.
    pub(crate) fn is_complete(&self) -> bool {
        self.answer.reason().is_some()
    }

    /// Ends the attempt and returns the remaining events.
    pub(crate) fn finish(self) -> Result<impl Iterator<Item = EngineEvent>, EngineError> {
        // An answer without an ending is retried if possible.
        if !(self.answer.is_complete() || self.is_kept()) {
            return Err(error::broken());
        }
        let Self { answer, thinking, mut parser, mut text_chunks, mut events, last, .. } = self;
        let reason = answer.reason();
        let held = thinking.finish();
        if !held.is_empty() {
            parser.push(held, &mut text_chunks)?;
        }
        let parsed = parser.finish(reason, &mut text_chunks)?;
        events.push(&mut text_chunks, None);
        // `stop` would say that the text is complete.
        let is_damaged = answer.is_damaged() || parsed.breaks_off;
        if parsed.breaks_off && !last && (self.resets || !events.started) {
            return Err(error::not_whole());
        }
        let has_result = events.started || !parsed.structure.is_empty() || !parsed.occurrences.is_empty();
        // An empty answer is more often a model's failure than a blank page: accept it only from the last attempt.
        let is_blank = match reason {
            Some("stop") => parsed.may_be_empty || last,
            None => parsed.may_be_empty,
            Some(_) => false,
        };
        if !has_result && !is_blank {
            return Err(error::without_text(reason));
        }
        let finish = Finish {
            reason: reason.filter(|reason| *reason != "stop" || !is_damaged).map(str::to_owned),
            structure: parsed.structure,
            occurrences: parsed.occurrences,
            confidence: None,
            size_applied: self.size_applied,
            metadata: parsed.metadata,
            warnings: is_damaged.then(damaged).into_iter().collect(),
        };
        events.start();
        events.pending.push_back(EngineEvent::Finished(finish));
        Ok(events.pending.into_iter())
    }
}

fn damaged() -> PageWarning {
    let message = "A part of the engine's answer cannot be understood: text may be missing.";
    PageWarning::new(WarningCode::UnknownFinish, message)
}

/// Whether a character that begins with this byte may be unprintable: a cheap check that spares most texts the full one. 0xC2
/// begins U+0080 to U+00BF.
fn may_be_unprintable(byte: u8) -> bool {
    matches!(byte, 0..=8 | 11..=31 | 127 | 0xC2)
}

fn is_unprintable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// The port's events, in order.
#[derive(Default)]
struct Events {
    pending: VecDeque<EngineEvent>,
    started: bool,
    /// White space before the first text, held back: an answer of nothing but white space emits nothing.
    leading_space: String,
}

impl Events {
    /// Queues the text chunks as events. The tokens go with the last one.
    fn push(&mut self, text_chunks: &mut Vec<TextChunk>, mut tokens: Option<TokenUsage>) {
        let count = text_chunks.len();
        for (at, TextChunk { text: mut delta, bounds }) in text_chunks.drain(..).enumerate() {
            if !self.started {
                if delta.trim_start().is_empty() {
                    self.leading_space.push_str(&delta);
                    continue;
                }
                self.start();
                delta.insert_str(0, &std::mem::take(&mut self.leading_space));
            }
            let tokens = if at + 1 == count { tokens.take() } else { None };
            self.pending.push_back(EngineEvent::Text { delta, bounds, tokens });
        }
        self.pending.extend(tokens.map(EngineEvent::Usage));
    }

    fn start(&mut self) {
        if !std::mem::replace(&mut self.started, true) {
            self.pending.push_back(EngineEvent::Started(EngineStart::default()));
        }
    }
}

//! A page being read: from an answer's events to the port's.

use std::collections::VecDeque;

use inkstream_core::{
    image::PageImage,
    ports::{EngineError, EngineEvent, Finish, ReadRequest, TokenUsage},
};
use inkstream_wire::SizeMode;

use crate::{
    answer::Answer,
    config::OpenAiConfig,
    error,
    parse::{AnswerParser, TextChunk},
    repetition::RepetitionDetector,
};

/// One attempt at a page.
pub(crate) struct Page {
    answer: Answer,
    repetition: RepetitionDetector,
    parser: AnswerParser,
    text_chunks: Vec<TextChunk>,
    received: usize,
    last: bool,
    /// Whether text that went out can be taken back for another attempt.
    resets: bool,
    size_applied: Option<SizeMode>,
    events: Events,
}

impl Page {
    /// A page of which nothing was read yet.
    pub(crate) fn new(config: &OpenAiConfig, image: &PageImage, request: &ReadRequest) -> Self {
        Self {
            answer: Answer::new(config.max_answer_bytes, config.api_key.clone()),
            repetition: RepetitionDetector::default(),
            parser: AnswerParser::new(config, image, request),
            text_chunks: Vec::new(),
            received: 0,
            last: request.last,
            resets: request.resets,
            size_applied: config.profile.family().size(request),
            events: Events::default(),
        }
    }

    /// Reads the data of one event. True: nothing comes after it.
    pub(crate) fn read(&mut self, data: &str) -> Result<bool, EngineError> {
        let said = self.answer.read(data)?;
        let taken = self.take(said.text);
        // What was used is told also where the text is refused.
        self.events.tell(&mut self.text_chunks, said.tokens);
        taken.map(|()| said.done)
    }

    /// How much the engine has said so far: bytes of text, and the end.
    pub(crate) fn received(&self) -> usize {
        self.received + usize::from(self.is_complete())
    }

    /// Whether the engine has said anything.
    pub(crate) fn has_text(&self) -> bool {
        self.received > 0
    }

    fn take(&mut self, mut text: String) -> Result<(), EngineError> {
        if text.is_empty() {
            return Ok(());
        }
        self.received += text.len();
        // Terminals would obey them, and no database takes NUL.
        if text.bytes().any(may_be_unprintable) {
            text.retain(|c| !is_unprintable(c));
        }
        if self.repetition.sees_loop(&text) {
            return Err(error::repetition());
        }
        self.parser.push(text, &mut self.text_chunks)
    }

    /// What is to be told next, if anything.
    pub(crate) fn next_event(&mut self) -> Option<EngineEvent> {
        self.events.waiting.pop_front()
    }

    /// Whether a reason for the end has come: all text is there, only usage and `[DONE]` may still follow.
    pub(crate) fn is_complete(&self) -> bool {
        self.answer.reason().is_some()
    }

    /// What is still to be told, once nothing more comes.
    pub(crate) fn finish(self) -> Result<impl Iterator<Item = EngineEvent>, EngineError> {
        let Self { answer, parser, mut text_chunks, mut events, last, resets, .. } = self;
        // An answer that just stops is asked for again while it can be; text that was paid for is kept where it cannot.
        let is_kept = events.started && (last || !resets);
        if !(answer.is_whole() || is_kept) {
            return Err(error::broken());
        }
        let reason = answer.reason();
        let parsed = parser.finish(reason, &mut text_chunks)?;
        events.tell(&mut text_chunks, None);
        let has_result = events.started || !parsed.boxes.is_empty();
        // A page may be blank, but a model says nothing for other reasons more often: another attempt tells.
        let is_blank = match reason {
            Some("stop") => parsed.may_be_empty || last,
            None => parsed.may_be_empty,
            Some(_) => false,
        };
        if !has_result && !is_blank {
            return Err(error::without_text(reason));
        }
        let finish = Finish {
            reason: reason.map(str::to_owned),
            boxes: parsed.boxes,
            confidence: None,
            size_applied: self.size_applied,
            metadata: parsed.metadata,
            warnings: Vec::new(),
        };
        events.start();
        events.waiting.push_back(EngineEvent::Finished(finish));
        Ok(events.waiting.into_iter())
    }
}

/// Whether a character that begins with this byte may be one, for a look that costs nothing: 0xC2 begins U+0080 to U+00BF.
fn may_be_unprintable(byte: u8) -> bool {
    matches!(byte, 0..=8 | 11..=31 | 127 | 0xC2)
}

fn is_unprintable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// What is to be told.
#[derive(Default)]
struct Events {
    waiting: VecDeque<EngineEvent>,
    started: bool,
    /// White space before the first text: of an answer that is nothing else, nothing goes out.
    blank: String,
}

impl Events {
    /// Makes events of the pieces of text; the tokens go with the last of them.
    fn tell(&mut self, text_chunks: &mut Vec<TextChunk>, mut tokens: Option<TokenUsage>) {
        let count = text_chunks.len();
        for (at, TextChunk { text: mut delta, bounds }) in text_chunks.drain(..).enumerate() {
            if !self.started {
                if delta.trim_start().is_empty() {
                    self.blank.push_str(&delta);
                    continue;
                }
                self.start();
                delta.insert_str(0, &std::mem::take(&mut self.blank));
            }
            let tokens = if at + 1 == count { tokens.take() } else { None };
            self.waiting.push_back(EngineEvent::Text { delta, bounds, tokens });
        }
        self.waiting.extend(tokens.map(EngineEvent::Usage));
    }

    fn start(&mut self) {
        if !std::mem::replace(&mut self.started, true) {
            self.waiting.push_back(EngineEvent::Started);
        }
    }
}

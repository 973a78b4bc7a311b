use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};

use super::chunk::{self, DONE, Tokens};

/// Whether and where an answer reports usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageStyle {
    /// Never.
    Absent,
    /// In a last chunk without choices.
    Last,
    /// In every chunk, and in the last one.
    Continuous,
}

/// A step of an answer.
#[derive(Clone)]
pub enum Step {
    /// Writes these bytes as one frame of the body.
    Send(Bytes),
    /// Writes bytes that are made at that moment, for time stamps.
    Make(Arc<dyn Fn() -> Bytes + Send + Sync>),
    /// Waits for [`super::ScriptedEngine::release`].
    Stall,
    /// Cuts the connection.
    Cut,
    /// Cuts every connection, and refuses new ones from now on.
    Die,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(bytes) => write!(f, "Send({} bytes)", bytes.len()),
            Self::Make(_) => f.write_str("Make"),
            Self::Stall => f.write_str("Stall"),
            Self::Cut => f.write_str("Cut"),
            Self::Die => f.write_str("Die"),
        }
    }
}

/// The answer to a request. Clones share the bytes.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) hold_head: bool,
    pub(super) steps: Arc<Vec<Step>>,
    pub(super) interval: Option<Duration>,
    usage: UsageStyle,
    tokens: Tokens,
}

impl Script {
    /// An empty stream, to which the methods below add.
    pub fn stream() -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream; charset=utf-8".to_owned())],
            hold_head: false,
            steps: Arc::default(),
            interval: None,
            usage: UsageStyle::Continuous,
            tokens: Tokens { prompt: 1000, completion: 0 },
        }
    }

    /// A complete answer in vLLM's format: role, one chunk for each delta, `stop`, usage, `[DONE]`. Usage is in every chunk: 1000 prompt
    /// tokens, and one token for each delta.
    pub fn text<'a>(deltas: impl IntoIterator<Item = &'a str>) -> Self {
        Self::text_with(UsageStyle::Continuous, deltas)
    }

    /// The same with another style of usage.
    pub fn text_with<'a>(usage: UsageStyle, deltas: impl IntoIterator<Item = &'a str>) -> Self {
        Self::stream().usage(usage).role().deltas(deltas).finish("stop").done()
    }

    /// An error instead of a stream, with this body.
    pub fn error(status: u16, body: &Value) -> Self {
        Self::other(status, "application/json", body.to_string())
    }

    /// An answer with any status, content type and body.
    pub fn other(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, ..Self::stream() }.raw(body)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sets the style of usage of the following calls.
    #[must_use]
    pub fn usage(mut self, usage: UsageStyle) -> Self {
        self.usage = usage;
        self
    }

    /// The first chunk: a role and empty content.
    #[must_use]
    pub fn role(self) -> Self {
        let bytes = chunk::role(self.running_usage());
        self.raw(bytes)
    }

    /// One chunk with text, counted as one token.
    #[must_use]
    pub fn delta(mut self, text: &str) -> Self {
        self.tokens.completion += 1;
        let bytes = chunk::delta(text, self.running_usage());
        self.raw(bytes)
    }

    /// One chunk for each text.
    #[must_use]
    pub fn deltas<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        texts.into_iter().fold(self, Self::delta)
    }

    /// The chunk with the finish reason.
    #[must_use]
    pub fn finish(self, reason: &str) -> Self {
        let choices = json!([{"index": 0, "delta": {"content": ""}, "logprobs": null, "finish_reason": reason, "stop_reason": null}]);
        let bytes = chunk::chunk(&choices, self.running_usage());
        self.raw(bytes)
    }

    /// The last usage chunk, if the style has one, and `[DONE]`.
    #[must_use]
    pub fn done(self) -> Self {
        let tokens = self.tokens;
        let script = if self.usage == UsageStyle::Absent { self } else { self.raw(chunk::last_usage(tokens)) };
        script.raw(DONE)
    }

    /// Adds bytes as one frame.
    #[must_use]
    pub fn raw(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Send(bytes.into()))
    }

    /// Adds bytes that are made when they are sent.
    #[must_use]
    pub fn make(self, make: impl Fn() -> Bytes + Send + Sync + 'static) -> Self {
        self.step(Step::Make(Arc::new(make)))
    }

    /// A comment line, which servers send to keep a connection open.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.raw(format!(": {text}\n\n"))
    }

    /// Delays even the response's head until [`super::ScriptedEngine::release`].
    #[must_use]
    pub fn hold_head(mut self) -> Self {
        self.hold_head = true;
        self
    }

    /// Waits here for [`super::ScriptedEngine::release`].
    #[must_use]
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// Cuts the connection here.
    #[must_use]
    pub fn cut(self) -> Self {
        self.step(Step::Cut)
    }

    /// Stops the whole engine here, with all its answers.
    #[must_use]
    pub fn die(self) -> Self {
        self.step(Step::Die)
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        Arc::make_mut(&mut self.steps).push(step);
        self
    }

    /// Repeats the steps so far; the bytes are shared.
    #[must_use]
    pub fn repeat(mut self, times: usize) -> Self {
        self.steps = Arc::new(self.steps.iter().cloned().cycle().take(self.steps.len() * times).collect());
        self
    }

    /// Sends one step every `interval`, without drift.
    #[must_use]
    pub fn paced(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Replaces the line ends so far by CR LF.
    #[must_use]
    pub fn crlf(self) -> Self {
        self.each_send(|bytes| {
            let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\n', "\r\n");
            vec![Bytes::from(text)]
        })
    }

    /// Splits the steps so far into frames of `length` bytes (at least 1).
    #[must_use]
    pub fn in_pieces_of(self, length: usize) -> Self {
        self.each_send(|bytes| bytes.chunks(length.max(1)).map(Bytes::copy_from_slice).collect())
    }

    /// Joins up to `count` adjacent frames into one, as the socket of a busy server does. Benchmarks then need fewer system calls.
    #[must_use]
    pub fn batched(mut self, count: usize) -> Self {
        let mut steps = Vec::new();
        let mut frames: Vec<Bytes> = Vec::new();
        for step in self.steps.iter() {
            if let Step::Send(bytes) = step {
                frames.push(bytes.clone());
                if frames.len() < count {
                    continue;
                }
            }
            if !frames.is_empty() {
                steps.push(Step::Send(Bytes::from(std::mem::take(&mut frames).concat())));
            }
            if !matches!(step, Step::Send(_)) {
                steps.push(step.clone());
            }
        }
        if !frames.is_empty() {
            steps.push(Step::Send(Bytes::from(frames.concat())));
        }
        self.steps = Arc::new(steps);
        self
    }

    fn each_send(mut self, split: impl Fn(&[u8]) -> Vec<Bytes>) -> Self {
        let steps = self.steps.iter().flat_map(|step| match step {
            Step::Send(bytes) => split(bytes).into_iter().map(Step::Send).collect(),
            other => vec![other.clone()],
        });
        self.steps = Arc::new(steps.collect());
        self
    }

    fn running_usage(&self) -> Option<Tokens> {
        (self.usage == UsageStyle::Continuous).then_some(self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(script: &Script) -> Vec<String> {
        let text = |step: &Step| match step {
            Step::Send(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => format!("{other:?}"),
        };
        script.steps.iter().map(text).collect()
    }

    #[test]
    fn frames_are_joined_up_to_a_stall_and_split_again() {
        let script = Script::stream().raw("a\n").raw("b").raw("c").stall().raw("d").repeat(2);
        let joined = script.clone().batched(2);
        assert_eq!(frames(&joined), ["a\nb", "c", "Stall", "da\n", "bc", "Stall", "d"]);
        assert_eq!(
            frames(&script.crlf().batched(9).in_pieces_of(3)),
            ["a\r\n", "bc", "Stall", "da\r", "\nbc", "Stall", "d"]
        );
    }
}

//! The bytes of an answer, made before measuring: server-sent events in vLLM's format, each in its own HTTP chunk (`vllm/entrypoints/openai/serving_chat.py`).

use serde_json::{Value, json};

use crate::marks;

/// The response's head.
pub(super) const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

const PROMPT_TOKENS: usize = 1000;

/// An answer's bytes.
pub(super) struct Answer {
    /// The chunk with the role.
    pub(super) role: Vec<u8>,
    deltas: Vec<u8>,
    /// The end of each delta's bytes.
    ends: Vec<usize>,
    /// Finish reason, usage, `[DONE]` and the last HTTP chunk.
    pub(super) tail: Vec<u8>,
}

impl Answer {
    /// An answer of `deltas` deltas with their indices as marks, with usage in every chunk if the client requested it.
    pub(super) fn new(deltas: usize, continuous_usage: bool) -> Self {
        let usage = |completion: usize| continuous_usage.then(|| usage(completion));
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(deltas);
        for index in 0..deltas {
            let delta = json!({"content": marks::text(index as u64)});
            bytes.extend(http_chunk(&event(&choice(&delta, &Value::Null), usage(index + 1))));
            ends.push(bytes.len());
        }
        let role = choice(&json!({"role": "assistant", "content": ""}), &Value::Null);
        let stop = choice(&json!({"content": ""}), &json!("stop"));
        let tail = [
            http_chunk(&event(&stop, usage(deltas))),
            http_chunk(&event(&json!([]), Some(self::usage(deltas)))),
            http_chunk("data: [DONE]\n\n"),
            b"0\r\n\r\n".to_vec(),
        ];
        Self { role: http_chunk(&event(&role, usage(0))), deltas: bytes, ends, tail: tail.concat() }
    }

    /// The deltas' bytes in groups of `events`.
    pub(super) fn deltas(&self, events: usize) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.chunks(events.max(1)).filter_map(move |ends| {
            let end = *ends.last()?;
            Some(&self.deltas[std::mem::replace(&mut start, end)..end])
        })
    }
}

fn usage(completion: usize) -> Value {
    json!({"prompt_tokens": PROMPT_TOKENS, "total_tokens": PROMPT_TOKENS + completion, "completion_tokens": completion})
}

fn choice(delta: &Value, finish_reason: &Value) -> Value {
    json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}])
}

fn event(choices: &Value, usage: Option<Value>) -> String {
    let mut body = json!({
        "id": "chatcmpl-0d1c0f7ab5c9490d8a4c2f6f1e1c7c11",
        "object": "chat.completion.chunk",
        "created": 1_730_000_000,
        "model": "default",
        "choices": choices,
    });
    if let (Some(usage), Some(fields)) = (usage, body.as_object_mut()) {
        fields.insert("usage".to_owned(), usage);
    }
    format!("data: {body}\n\n")
}

fn http_chunk(data: &str) -> Vec<u8> {
    format!("{:x}\r\n{data}\r\n", data.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{body::Body, marks::Scanner};

    #[test]
    fn an_answer_is_a_chunked_body_with_every_delta_in_order() {
        let answer = Answer::new(25, true);
        let (mut body, mut scanner, mut found, mut text) =
            (Body::chunked(), Scanner::default(), Vec::new(), Vec::new());
        let pieces = std::iter::once(answer.role.as_slice()).chain(answer.deltas(10)).chain([answer.tail.as_slice()]);
        for piece in pieces {
            body.push(piece, |piece| text.extend_from_slice(piece)).unwrap();
        }
        scanner.push(&text, |number| found.push(number));
        assert!(body.is_over());
        assert_eq!(found, (0..25).collect::<Vec<_>>());
        assert!(text.ends_with(b"data: [DONE]\n\n"));
        assert_eq!(answer.deltas(10).count(), 3);
    }

    #[test]
    fn usage_is_in_every_chunk_only_on_request() {
        let count =
            |answer: &Answer| answer.deltas(1).filter(|bytes| memchr::memmem::find(bytes, b"usage").is_some()).count();
        assert_eq!(count(&Answer::new(3, true)), 3);
        assert_eq!(count(&Answer::new(3, false)), 0);
    }
}

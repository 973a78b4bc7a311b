//! Server-sent events in vLLM's format (`vllm/entrypoints/openai/serving_chat.py`).

use bytes::Bytes;
use serde_json::{Value, json};

/// The event that ends every answer.
pub const DONE: &str = "data: [DONE]\n\n";

/// The token counts of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// Sent to the model.
    pub prompt: u64,
    /// Generated so far.
    pub completion: u64,
}

/// The first chunk of an answer: the role and empty content.
pub fn role(usage: Option<Tokens>) -> Bytes {
    chunk(
        &json!([{"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": null, "finish_reason": null}]),
        usage,
    )
}

/// A chunk with text.
pub fn delta(text: &str, usage: Option<Tokens>) -> Bytes {
    chunk(&json!([{"index": 0, "delta": {"content": text}, "logprobs": null, "finish_reason": null}]), usage)
}

/// The last chunk, with usage and without choices.
pub fn last_usage(tokens: Tokens) -> Bytes {
    chunk(&json!([]), Some(tokens))
}

/// A chunk as an event, with its blank line.
pub fn chunk(choices: &Value, usage: Option<Tokens>) -> Bytes {
    let mut body = json!({
        "id": "chatcmpl-0d1c0f7ab5c9490d8a4c2f6f1e1c7c11",
        "object": "chat.completion.chunk",
        "created": 1_730_000_000,
        "model": "scripted",
        "choices": choices,
    });
    if let (Some(Tokens { prompt, completion }), Some(fields)) = (usage, body.as_object_mut()) {
        let counts = json!({
            "prompt_tokens": prompt, "total_tokens": prompt + completion, "completion_tokens": completion,
        });
        fields.insert("usage".to_owned(), counts);
    }
    Bytes::from(format!("data: {body}\n\n"))
}

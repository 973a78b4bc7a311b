//! Normalizes finish reasons to OpenAI's `stop`, `length` and `content_filter`, whatever the server calls them.

use serde_json::Value;

/// The maximum length of an unknown reason that is passed on, in characters.
const MAX_UNKNOWN: usize = 40;

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FinishReason {
    /// The answer is complete.
    Stop,
    /// The model reached the limit of the answer or of its context.
    Length,
    /// The provider withheld text.
    ContentFilter,
    /// The server detected that the answer repeats itself.
    Repetition,
    /// The server aborted the request.
    Aborted,
    /// An unknown word. It never counts as `stop`, since text may be missing.
    Unknown(String),
}

impl FinishReason {
    /// Parses the reason of a chunk; `None` if it has none yet. Some servers send an empty string with every chunk but the last.
    pub(crate) fn parse(value: &Value) -> Option<Self> {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // Some servers print a Python enum: `FinishReason.MAX_TOKENS`.
        let word = text.trim().rsplit('.').next().unwrap_or_default().to_ascii_lowercase().replace(['-', ' '], "_");
        Some(match word.as_str() {
            "" | "null" | "none" | "unspecified" | "finish_reason_unspecified" => return None,
            // OpenAI and most; Together and TGI; Anthropic; Cohere.
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "complete" => Self::Stop,
            // OpenAI, its Responses API; Gemini, Anthropic and Cohere; Mistral; llama.cpp.
            "length"
            | "max_output_tokens"
            | "max_tokens"
            | "max_new_tokens"
            | "max_length"
            | "model_length"
            | "error_limit"
            | "limit"
            | "token_limit"
            | "model_context_window_exceeded"
            | "context_length_exceeded" => Self::Length,
            // OpenAI; Bedrock; Gemini; Anthropic; Zhipu; Cohere.
            "content_filter"
            | "content_filtered"
            | "guardrail_intervened"
            | "safety"
            | "recitation"
            | "blocklist"
            | "prohibited_content"
            | "spii"
            | "image_safety"
            | "image_prohibited_content"
            | "image_recitation"
            | "refusal"
            | "sensitive"
            | "error_toxic"
            | "blocked" => Self::ContentFilter,
            // vLLM; DashScope.
            "repetition" | "repetition_detected" | "repetition_truncation" => Self::Repetition,
            // vLLM and SGLang; Cohere; DeepSeek; Zhipu.
            "abort"
            | "aborted"
            | "error"
            | "cancel"
            | "cancelled"
            | "canceled"
            | "user_cancel"
            | "failed"
            | "failure"
            | "timeout"
            | "internal_error"
            | "server_error"
            | "network_error"
            | "insufficient_system_resource" => Self::Aborted,
            _ => Self::Unknown(sanitize(&word)),
        })
    }

    /// The normalized reason.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
            Self::Repetition => "repetition",
            Self::Aborted => "abort",
            Self::Unknown(word) => word,
        }
    }
}

/// A server's word, if it looks like one. It may contain anything, even text of the document.
fn sanitize(word: &str) -> String {
    let is_word = word.len() <= MAX_UNKNOWN && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word { word.to_owned() } else { "unknown".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_servers_words_are_normalized_and_unknown_ones_are_never_stop() {
        for (words, expected) in [
            (&["stop", "STOP", "eos", "end_turn", "stop_sequence", "COMPLETE", "FinishReason.STOP"][..], "stop"),
            (&["length", "MAX_TOKENS", "max_output_tokens", "model_length", "ERROR_LIMIT", "max-tokens"], "length"),
            (
                &["content_filter", "SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "refusal"],
                "content_filter",
            ),
            (&["repetition", "repetition_detected"], "repetition"),
            (&["abort", "error", "cancelled", "canceled", "network_error"], "abort"),
            (&["tool_calls"], "tool_calls"),
            (&["function_call"], "function_call"),
            (&["stopped by Jane Doe, 4 High Street", "ünbekannt", &"x".repeat(41)], "unknown"),
        ] {
            for word in words {
                let reason = FinishReason::parse(&Value::from(*word)).unwrap();
                assert_eq!(reason.as_str(), expected, "{word}");
            }
        }
        assert_eq!(FinishReason::parse(&Value::from(7)).unwrap().as_str(), "7");
    }

    #[test]
    fn empty_values_are_no_reason() {
        for none in [Value::Null, Value::from(""), Value::from("null"), Value::from("FINISH_REASON_UNSPECIFIED")] {
            assert_eq!(FinishReason::parse(&none), None);
        }
    }
}

//! Makes an engine's messages fit for the log: without keys, without data of documents, on one line and short.

/// The maximum length of a message in the log.
const MAX_CHARS: usize = 500;
/// The minimum length of a key without a known prefix, and of a part of encoded data: letters and digits without a hyphen. Names of
/// models have shorter parts.
const MIN_OPAQUE: usize = 24;
/// The minimum length of what follows the word `key` and its like, to be taken for a key.
const MIN_NAMED: usize = 6;

/// The beginnings of providers' keys, and of a JSON web token.
const KEY_PREFIXES: [&str; 12] =
    ["sk-", "sk_", "pk-", "hf_", "gsk_", "xai-", "nvapi-", "ghp_", "AKIA", "AIza", "eyJ", "ink_"];

/// Words that announce a secret.
const ANNOUNCEMENTS: [&str; 7] = ["key", "apikey", "api_key", "token", "secret", "password", "authorization"];

/// How validators (Pydantic) begin their repetition of the request, which holds the page's image.
const ECHOES: [&str; 4] = ["'input'", "\"input\"", "input_value=", "input="];

/// Redacts a message.
pub(crate) fn redact(message: &str) -> String {
    let end = ECHOES.iter().filter_map(|echo| message.find(echo)).min();
    let message = end.map_or(message, |end| &message[..end]);
    let mut redacted = String::new();
    let mut rest = message;
    // The words before the current one, in lower case, the last one first.
    let mut before = [String::new(), String::new()];
    while !rest.is_empty() && redacted.len() < 4 * MAX_CHARS {
        let between = rest.find(is_word).unwrap_or(rest.len());
        redacted.push_str(&rest[..between]);
        rest = &rest[between..];
        if let Some(length) = data_uri(rest) {
            redacted.push_str("[data]");
            rest = &rest[length..];
            continue;
        }
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        rest = &rest[length..];
        if is_secret(word, &before) {
            redacted.push_str("[key]");
            // A token may have parts that are no words.
            let more = rest.find(|c| !is_word(c) && !matches!(c, '.' | '/' | '~' | '=')).unwrap_or(rest.len());
            rest = &rest[rest[..more].trim_end_matches('.').len()..];
        } else {
            redacted.push_str(word);
        }
        if !word.is_empty() {
            before.swap(0, 1);
            before[0] = word.to_ascii_lowercase();
        }
    }
    if end.is_some() {
        redacted.push_str("[request]");
    }
    redacted.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CHARS).collect()
}

/// The length of the data URI at the start of `text`.
fn data_uri(text: &str) -> Option<usize> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | '>' | '}');
    text.starts_with("data:").then(|| text.find(is_end).unwrap_or(text.len()))
}

/// Whether a character can be part of a key, or of encoded data.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '*')
}

fn is_secret(word: &str, before: &[String; 2]) -> bool {
    let is_mixed = |word: &str| {
        word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let announces = |word: &str| ANNOUNCEMENTS.contains(&word) || word.ends_with("_key") || word.ends_with("-key");
    let is_announced = announces(&before[0]) || (announces(&before[1]) && matches!(&*before[0], "provided" | "is"));
    (KEY_PREFIXES.iter().any(|prefix| word.starts_with(prefix)) && word.len() > MIN_NAMED)
        || matches!(&*before[0], "bearer" | "basic")
        || (is_announced && is_mixed(word) && word.len() >= MIN_NAMED)
        || word.split('-').any(|part| part.len() >= MIN_OPAQUE && is_mixed(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_that_looks_like_a_key_is_masked() {
        for (message, redacted) in [
            (
                "Incorrect API key provided: sk-proj-ab12**********90xy. See the docs.",
                "Incorrect API key provided: [key]. See the docs.",
            ),
            ("wrong key: hunter22", "wrong key: [key]"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer [key]"),
            ("api_key=0123abcd, region=eu", "api_key=[key], region=eu"),
            ("token 0f1e2d3c is revoked", "token [key] is revoked"),
            ("no access for 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "no access for [key]"),
            ("hf_abcdefghij is no member", "[key] is no member"),
        ] {
            assert_eq!(redact(message), redacted);
        }
    }

    #[test]
    fn what_an_operator_needs_stays() {
        for message in [
            "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
            "The model `Qwen/Qwen2.5-VL-7B-Instruct` does not exist.",
            "DeepSeek-R1-Distill-Qwen-32B-Instruct-AWQ is not loaded",
            "'max_tokens' is too large: 8000",
            "Unrecognized request argument supplied: stream_options",
            "token limit 4096 reached at http://10.0.0.7:8000/v1/chat/completions",
            "Schlüssel fehlt: das Bild hat 1024 × 768 Pixel",
        ] {
            assert_eq!(redact(message), message);
        }
    }

    #[test]
    fn a_request_that_is_repeated_and_its_image_are_left_out() {
        let echo = "[{'type': 'extra_forbidden', 'loc': ('body', 'top_k'), 'input': {'messages': ['Jane Doe']}}]";
        assert_eq!(redact(echo), "[{'type': 'extra_forbidden', 'loc': ('body', 'top_k'), [request]");
        assert_eq!(
            redact("bad url \"data:image/png;base64,iVBORw0KGgo+/=\" in part 0"),
            "bad url \"[data]\" in part 0"
        );
        assert_eq!(redact("type=missing, input_value={'text': 'Jane Doe'}"), "type=missing, [request]");
    }

    #[test]
    fn a_message_is_one_short_line() {
        assert_eq!(redact("a\nb\u{1b}[2J"), "a b [2J");
        assert_eq!(redact(&"é ".repeat(10_000)).chars().count(), MAX_CHARS);
        assert_eq!(redact(""), "");
    }
}

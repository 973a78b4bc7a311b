//! Negotiates optional parameters with a server: which of them a request leaves out, and which one a refusal names.
//!
//! A refused request is sent again, without the refused parameter, within the same attempt, since the server has not read the page.
//! Once the server accepts a request, the refused parameters are left out for the rest of the process.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use reqwest::StatusCode;
use serde_json::Value;

use crate::error::{self, Refusal};

pub(crate) const CONTINUOUS_USAGE: &str = "stream_options.continuous_usage_stats";
pub(crate) const STREAM_OPTIONS: &str = "stream_options";
/// If left out, the answer comes as a whole.
pub(crate) const STREAM: &str = "stream";
pub(crate) const TEMPERATURE: &str = "temperature";
/// If left out, its value is sent as `max_completion_tokens`, unless that is left out, too.
pub(crate) const MAX_TOKENS: &str = "max_tokens";
pub(crate) const MAX_COMPLETION_TOKENS: &str = "max_completion_tokens";

/// The parameters of OpenAI's API that are optional, the least likely to be known first.
const USUAL: [&str; 6] = [CONTINUOUS_USAGE, STREAM_OPTIONS, TEMPERATURE, MAX_TOKENS, MAX_COMPLETION_TOKENS, STREAM];

/// The maximum number of requests per attempt.
const MAX_REQUESTS: u32 = 8;
/// The maximum number of attempts that guess, because the refusal names no parameter.
const MAX_GUESSES: u32 = 3;
/// The part of a message that is searched, in characters: it may repeat the whole request.
const MAX_MESSAGE: usize = 600;
/// Names shorter than this, in bytes, must be quoted: any message may contain them as a word.
const MIN_UNQUOTED: usize = 5;

/// What is known of the parameters that an engine's server accepts.
#[derive(Debug)]
pub(crate) struct Parameters {
    omitted: Mutex<BTreeSet<String>>,
    /// Whether the server has accepted a request. After that, a refusal that names no parameter is about the page.
    accepted: AtomicBool,
    guesses: AtomicU32,
}

/// The parameters that one attempt leaves out.
pub(crate) struct Negotiation<'a> {
    parameters: &'a Parameters,
    omitted: BTreeSet<String>,
    /// Refused parameters that the server will refuse for other pages, too.
    learned: BTreeSet<String>,
    requests: u32,
    guesses: bool,
}

impl Parameters {
    /// Starts with the parameters that the operator leaves out.
    pub(crate) fn new(omitted: impl IntoIterator<Item = String>) -> Self {
        Self {
            omitted: Mutex::new(omitted.into_iter().collect()),
            accepted: AtomicBool::new(false),
            guesses: AtomicU32::new(0),
        }
    }

    /// The names of the parameters that are left out.
    pub(crate) fn omitted(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    /// Begins an attempt.
    pub(crate) fn negotiate(&self) -> Negotiation<'_> {
        let omitted = self.lock().clone();
        Negotiation { parameters: self, omitted, learned: BTreeSet::new(), requests: 1, guesses: false }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.omitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Negotiation<'_> {
    /// Whether requests leave this parameter out.
    pub(crate) fn omits(&self, name: &str) -> bool {
        self.omitted.contains(name)
    }

    /// The server accepted the request. Returns the parameters that are newly known to be refused.
    pub(crate) fn accepted(self) -> BTreeSet<String> {
        self.parameters.accepted.store(true, Ordering::Relaxed);
        let mut known = self.parameters.lock();
        let new = self.learned.difference(&known).cloned().collect();
        known.extend(self.learned);
        new
    }

    /// The server refused a request that had the optional parameters `sent`. Returns whether to send another request, with fewer
    /// parameters.
    pub(crate) fn refused(&mut self, refusal: &Refusal, sent: &[String]) -> bool {
        let negotiable = matches!(refusal.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
        if !negotiable || self.requests == MAX_REQUESTS {
            return false;
        }
        self.requests += 1;
        match find_named(&refusal.body, sent) {
            Named::Optional(names) if names.iter().all(|name| is_limit(name)) && is_about_size(&refusal.body) => {
                // The limit is too large beside this page's image: send none, and let the server set it.
                self.omitted.extend([MAX_TOKENS, MAX_COMPLETION_TOKENS].map(str::to_owned));
                true
            }
            Named::Optional(names) => {
                self.omit(names);
                true
            }
            Named::Extras => self.omit_extras(sent),
            Named::Other => false,
            Named::Nothing => self.guess(sent),
        }
    }

    /// Leaves out the parameter that is most likely refused, unless the server has accepted a request before.
    fn guess(&mut self, sent: &[String]) -> bool {
        let Parameters { accepted, guesses, .. } = self.parameters;
        if accepted.load(Ordering::Relaxed) {
            return false;
        }
        if !std::mem::replace(&mut self.guesses, true) && guesses.fetch_add(1, Ordering::Relaxed) >= MAX_GUESSES {
            return false;
        }
        if sent.iter().any(|name| name == CONTINUOUS_USAGE) {
            self.omit([CONTINUOUS_USAGE]);
            return true;
        }
        self.omit_extras(sent) || self.omit_first(&USUAL, sent)
    }

    /// Leaves out all parameters at once that OpenAI's API does not have; else its newest one. Returns whether there were any.
    fn omit_extras(&mut self, sent: &[String]) -> bool {
        let is_extra = |name: &&str| *name == CONTINUOUS_USAGE || !USUAL.contains(name);
        let extras: Vec<&str> = sent.iter().map(String::as_str).filter(is_extra).collect();
        if extras.is_empty() {
            return self.omit_first(&[STREAM_OPTIONS], sent);
        }
        self.omit(extras);
        true
    }

    /// Leaves out the first of these parameters that was sent. Returns whether there was one.
    fn omit_first(&mut self, names: &[&'static str], sent: &[String]) -> bool {
        let first = names.iter().copied().find(|name| sent.iter().any(|sent| sent == name));
        self.omit(first);
        first.is_some()
    }

    fn omit<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            self.omitted.insert(name.to_owned());
            self.learned.insert(name.to_owned());
        }
    }
}

/// The parameters that a refusal names.
#[derive(Debug, PartialEq, Eq)]
enum Named<'a> {
    /// Optional parameters that were sent.
    Optional(Vec<&'a str>),
    /// Any parameter that the server does not know.
    Extras,
    /// Something that is not optional.
    Other,
    /// The refusal names no parameter.
    Nothing,
}

/// Finds the parameters that a refusal names: in OpenAI's `param`, in the `loc` paths of `FastAPI`'s `detail`, or in its message.
fn find_named<'a>(body: &[u8], sent: &'a [String]) -> Named<'a> {
    let json = error::json(body);
    let error = json.as_ref().map(|json| json.get("error").filter(|error| !error.is_null()).unwrap_or(json));
    if let Some(param) = error.and_then(|error| error.get("param")?.as_str()).filter(|param| !param.is_empty()) {
        return at_path(&param.split('.').collect::<Vec<_>>(), sent)
            .map_or(Named::Other, |name| Named::Optional(vec![name]));
    }
    let details = error.and_then(|error| error.get("detail")?.as_array()).map(Vec::as_slice).unwrap_or_default();
    if !details.is_empty() {
        let paths = details.iter().map(|detail| {
            let path = detail.get("loc").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            path.iter().filter_map(Value::as_str).skip_while(|part| *part == "body").collect()
        });
        let paths: Vec<Vec<&str>> = paths.collect();
        let names: Vec<&str> = paths.iter().filter_map(|path| at_path(path, sent)).collect();
        let kinds = details.iter().flat_map(|detail| [detail.get("type"), detail.get("msg")]);
        let is_about_extras = || kinds.flatten().filter_map(Value::as_str).any(is_about_extras);
        return if !names.is_empty() {
            Named::Optional(names)
        } else if paths.iter().all(Vec::is_empty) && is_about_extras() {
            Named::Extras
        } else {
            Named::Other
        };
    }
    let message = message(body, error);
    match mentioned(&message, sent) {
        Some(name) => Named::Optional(vec![name]),
        None if is_about_extras(&message) => Named::Extras,
        None => Named::Nothing,
    }
}

/// Whether a message says that a parameter is unknown, without its name.
fn is_about_extras(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["extra fields", "extra inputs", "extra_forbidden", "value_error.extra", "additional properties", "unknown field"]
        .iter()
        .any(|words| message.contains(words))
}

/// The parameter at this path, or the one that contains it.
fn at_path<'a>(path: &[&str], sent: &'a [String]) -> Option<&'a str> {
    let find = |name: &str| sent.iter().map(String::as_str).find(|sent| *sent == name);
    match path {
        [STREAM_OPTIONS, "continuous_usage_stats", ..] => find(CONTINUOUS_USAGE),
        // Leaving out this one option may be enough.
        [STREAM_OPTIONS] => find(CONTINUOUS_USAGE).or_else(|| find(STREAM_OPTIONS)),
        [first, ..] => find(first),
        [] => None,
    }
}

/// The first parameter that a message mentions. A nested parameter takes precedence over the one that contains it.
fn mentioned<'a>(message: &str, sent: &'a [String]) -> Option<&'a str> {
    let specificity = |name: &str| name.rsplit('.').next().map_or(0, str::len);
    let word = |name: &'a str| name.rsplit('.').next().unwrap_or(name);
    if let Some(name) = sent.iter().find(|name| name.contains('.') && find_word(message, word(name)).is_some()) {
        return Some(name);
    }
    let found = sent.iter().filter_map(|name| Some((find_word(message, word(name))?, name)));
    let (_, name) = found.min_by_key(|(at, name)| (*at, std::cmp::Reverse(specificity(name))))?;
    at_path(&[name.as_str()], sent)
}

/// The position of a whole word in a message.
fn find_word(message: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let is_quote = |c: char| matches!(c, '\'' | '"' | '`');
    message.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = message[..at].chars().next_back();
        let after = message[at + word.len()..].chars().next();
        if word.len() < MIN_UNQUOTED {
            before.is_some_and(is_quote) && after.is_some_and(is_quote)
        } else {
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        }
    })
}

/// The refusal's message, or its body if it has none, cut to [`MAX_MESSAGE`].
fn message(body: &[u8], error: Option<&Value>) -> String {
    let found = error.and_then(|error| {
        error.as_str().or_else(|| error.get("message")?.as_str()).or_else(|| error.get("detail")?.as_str())
    });
    let text = found.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
    text.chars().take(MAX_MESSAGE).collect()
}

fn is_limit(name: &str) -> bool {
    matches!(name, MAX_TOKENS | MAX_COMPLETION_TOKENS)
}

/// Whether a limit is refused only because it is too large for this page, so that it may be accepted for another.
fn is_about_size(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    any(&["context", "too large", "exceed", "at most", "less than"])
        && !any(&[
            "unsupported",
            "not supported",
            "unrecognized",
            "unknown",
            "unexpected",
            "not permitted",
            "forbidden",
        ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent() -> Vec<String> {
        [STREAM, STREAM_OPTIONS, CONTINUOUS_USAGE, TEMPERATURE, MAX_TOKENS, "vllm_xargs", "top"]
            .map(str::to_owned)
            .to_vec()
    }

    fn names(body: &Value) -> Option<String> {
        match find_named(body.to_string().as_bytes(), &sent()) {
            Named::Optional(names) => Some(names.join(" ")),
            Named::Extras => Some("extras".to_owned()),
            Named::Other => Some("other".to_owned()),
            Named::Nothing => None,
        }
    }

    #[test]
    fn refusals_of_every_server_are_understood() {
        let error = |message: &str, param: Value| json!({"error": {"message": message, "param": param, "code": 400}});
        for (body, name) in [
            (
                error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", json!("max_tokens")),
                MAX_TOKENS,
            ),
            (error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", json!(null)), MAX_TOKENS),
            (error("'temperature' does not support 0 with this model.", json!("temperature")), TEMPERATURE),
            (error("Unknown parameter: 'stream_options.continuous_usage_stats'.", json!(null)), CONTINUOUS_USAGE),
            (error("Unrecognized request argument supplied: stream_options", json!(null)), CONTINUOUS_USAGE),
            (error("no", json!("vllm_xargs.ngram_size")), "vllm_xargs"),
            (error("The image is too large; temperature is fine.", json!("messages")), "other"),
            (
                json!({"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options", "continuous_usage_stats"],
                    "msg": "Extra inputs are not permitted", "input": true}]}),
                CONTINUOUS_USAGE,
            ),
            (
                json!({"detail": [{"type": "extra_forbidden", "loc": ["body", "vllm_xargs"], "input": {"temperature": 0}}]}),
                "vllm_xargs",
            ),
            (json!({"detail": [{"loc": ["body", "messages", 0, "content"], "msg": "temperature"}]}), "other"),
            (
                json!({"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options', \
                    'continuous_usage_stats')}]", "code": 400}),
                CONTINUOUS_USAGE,
            ),
            (json!({"detail": [{"loc": ["body", "top"]}, {"loc": ["body", "temperature"]}]}), "top temperature"),
            (
                json!({"detail": [{"loc": ["body"], "msg": "extra fields not permitted", "type": "value_error.extra"}]}),
                "extras",
            ),
            (json!({"detail": [{"loc": ["body", "messages", 0, "x"], "type": "extra_forbidden"}]}), "other"),
            (json!({"detail": [{"loc": ["body"], "msg": "field required"}]}), "other"),
            (json!({"detail": "Extra inputs are not permitted"}), "extras"),
            (error("Additional properties are not allowed", json!(null)), "extras"),
            (error("Your organization must be verified to stream this model.", json!("stream")), STREAM),
            (error("Unrecognized request argument supplied: stream", json!(null)), STREAM),
            (json!({"detail": [{"loc": ["body", "stream"], "msg": "Input should be False"}]}), STREAM),
            (json!({"detail": "unexpected keyword argument 'top'"}), "top"),
            (json!({"error": "vllm_xargs is unknown"}), "vllm_xargs"),
        ] {
            assert_eq!(names(&body).as_deref(), Some(name), "{body}");
        }
        for silent in [json!({"error": {"message": "Bad request."}}), json!({"error": "on top of the temperatures"})] {
            assert_eq!(names(&silent), None, "{silent}");
        }
    }

    #[test]
    fn a_limit_that_is_too_large_is_no_unknown_parameter() {
        for message in [
            "'max_tokens' is too large: 8000. This model's maximum context length is 8192 tokens.",
            "max_tokens must be less than or equal to 4096",
        ] {
            assert!(is_about_size(message.as_bytes()), "{message}");
        }
        let unknown = "Unsupported parameter: 'max_tokens' is not supported with this model. It exceeds nothing.";
        assert!(!is_about_size(unknown.as_bytes()));
    }
}

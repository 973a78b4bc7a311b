//! Parameters that not every server takes: which of them a request leaves out, and what a server's refusal says of them.
//!
//! What a server refuses is left out and asked again within the same attempt, since the server has read nothing of the
//! page. What it then accepts is remembered as long as the process lives.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use reqwest::StatusCode;
use serde_json::Value;

use crate::error::Refusal;

pub(crate) const CONTINUOUS_USAGE: &str = "stream_options.continuous_usage_stats";
pub(crate) const STREAM_OPTIONS: &str = "stream_options";
pub(crate) const TEMPERATURE: &str = "temperature";
/// Left out, its value goes into `max_completion_tokens`, unless that is left out, too.
pub(crate) const MAX_TOKENS: &str = "max_tokens";
pub(crate) const MAX_COMPLETION_TOKENS: &str = "max_completion_tokens";

/// Requests that one attempt may come to.
const MAX_REQUESTS: u32 = 8;
/// Attempts that may guess what a server refuses without naming it.
const MAX_GUESSES: u32 = 3;
/// How much of a message is looked at: it may repeat the whole request.
const MAX_MESSAGE: usize = 600;
/// A shorter name is a word that any message may hold, unless it stands in quotes.
const MIN_WORD: usize = 5;

/// What of its parameters an engine's server takes, as far as is known.
#[derive(Debug)]
pub(crate) struct Parameters {
    omitted: Mutex<BTreeSet<String>>,
    /// Whether the server has accepted a request, so that a refusal without a name is about the page.
    accepted: AtomicBool,
    guesses: AtomicU32,
}

/// What one attempt leaves out.
pub(crate) struct Negotiation<'a> {
    parameters: &'a Parameters,
    omitted: BTreeSet<String>,
    /// What the server will not want of other pages, either.
    learned: BTreeSet<String>,
    requests: u32,
    guesses: bool,
}

impl Parameters {
    /// With those that the operator leaves out.
    pub(crate) fn new(omitted: impl IntoIterator<Item = String>) -> Self {
        Self {
            omitted: Mutex::new(omitted.into_iter().collect()),
            accepted: AtomicBool::new(false),
            guesses: AtomicU32::new(0),
        }
    }

    /// Those that are left out.
    pub(crate) fn omitted(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    /// An attempt begins.
    pub(crate) fn negotiate(&self) -> Negotiation<'_> {
        let omitted = self.lock().clone();
        Negotiation { parameters: self, omitted, learned: BTreeSet::new(), requests: 1, guesses: false }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.omitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Negotiation<'_> {
    /// Whether a request leaves it out.
    pub(crate) fn omits(&self, name: &str) -> bool {
        self.omitted.contains(name)
    }

    /// The server accepts the request. Returns what it has turned out to refuse.
    pub(crate) fn accepted(self) -> BTreeSet<String> {
        self.parameters.accepted.store(true, Ordering::Relaxed);
        let mut known = self.parameters.lock();
        let news = self.learned.difference(&known).cloned().collect();
        known.extend(self.learned);
        news
    }

    /// The server refuses a request with these parameters, of those that may be left out. Whether another request, with
    /// less, may be accepted.
    pub(crate) fn refused(&mut self, refusal: &Refusal, sent: &[String]) -> bool {
        let negotiable = matches!(refusal.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
        if !negotiable || self.requests == MAX_REQUESTS {
            return false;
        }
        self.requests += 1;
        match named(&refusal.body, sent) {
            Named::Ours(name) if is_limit(name) && is_about_size(&refusal.body) => {
                // Too much for this page's picture: the server sets the limit itself.
                self.omitted.extend([MAX_TOKENS, MAX_COMPLETION_TOKENS].map(str::to_owned));
                true
            }
            Named::Ours(name) => {
                self.omit([name]);
                true
            }
            Named::Other => false,
            Named::Nothing => self.guess(sent),
        }
    }

    /// Leaves out what is likeliest to be refused, if the server has never accepted anything.
    fn guess(&mut self, sent: &[String]) -> bool {
        let Parameters { accepted, guesses, .. } = self.parameters;
        if accepted.load(Ordering::Relaxed) {
            return false;
        }
        if !std::mem::replace(&mut self.guesses, true) && guesses.fetch_add(1, Ordering::Relaxed) >= MAX_GUESSES {
            return false;
        }
        let usual = [CONTINUOUS_USAGE, STREAM_OPTIONS, TEMPERATURE, MAX_TOKENS, MAX_COMPLETION_TOKENS];
        let is_usual = |name: &&str| usual.contains(name);
        let sent = || sent.iter().map(String::as_str);
        let extra: Vec<&str> = sent().filter(|name| !is_usual(name)).collect();
        if sent().any(|name| name == CONTINUOUS_USAGE) {
            self.omit([CONTINUOUS_USAGE]);
        } else if !extra.is_empty() {
            self.omit(extra);
        } else if let Some(next) = usual.into_iter().find(|name| sent().any(|sent| sent == *name)) {
            self.omit([next]);
        } else {
            return false;
        }
        true
    }

    fn omit<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            self.omitted.insert(name.to_owned());
            self.learned.insert(name.to_owned());
        }
    }
}

/// What a refusal is about.
#[derive(Debug, PartialEq, Eq)]
enum Named<'a> {
    /// A parameter that was sent and may be left out.
    Ours(&'a str),
    /// Something that cannot be left out.
    Other,
    /// It does not say.
    Nothing,
}

/// What a refusal names: OpenAI's `param`, `FastAPI`'s `detail` with the places of what is wrong, or a word of its message.
fn named<'a>(body: &[u8], sent: &'a [String]) -> Named<'a> {
    let json = serde_json::from_slice::<Value>(body).ok();
    let error = json.as_ref().map(|json| json.get("error").filter(|error| !error.is_null()).unwrap_or(json));
    if let Some(param) = error.and_then(|error| error.get("param")?.as_str()).filter(|param| !param.is_empty()) {
        return place(&param.split('.').collect::<Vec<_>>(), sent).map_or(Named::Other, Named::Ours);
    }
    let details = error.and_then(|error| error.get("detail")?.as_array()).map(Vec::as_slice).unwrap_or_default();
    if !details.is_empty() {
        let places = details.iter().filter_map(|detail| detail.get("loc")?.as_array());
        let mut known = places.filter_map(|path| {
            let path: Vec<&str> = path.iter().filter_map(Value::as_str).skip_while(|part| *part == "body").collect();
            place(&path, sent)
        });
        return known.next().map_or(Named::Other, Named::Ours);
    }
    mentioned(&message(body, error), sent).map_or(Named::Nothing, Named::Ours)
}

/// The parameter at this path, or the one that it is a part of.
fn place<'a>(path: &[&str], sent: &'a [String]) -> Option<&'a str> {
    let find = |name: &str| sent.iter().map(String::as_str).find(|sent| *sent == name);
    match path {
        [STREAM_OPTIONS, "continuous_usage_stats", ..] => find(CONTINUOUS_USAGE),
        // Less of it may be enough.
        [STREAM_OPTIONS] => find(CONTINUOUS_USAGE).or_else(|| find(STREAM_OPTIONS)),
        [first, ..] => find(first),
        [] => None,
    }
}

/// The first parameter that a message mentions; the most particular one, where it tells its way there.
fn mentioned<'a>(message: &str, sent: &'a [String]) -> Option<&'a str> {
    let particular = |name: &str| name.rsplit('.').next().map_or(0, str::len);
    let word = |name: &'a str| name.rsplit('.').next().unwrap_or(name);
    if let Some(name) = sent.iter().find(|name| name.contains('.') && at(message, word(name)).is_some()) {
        return Some(name);
    }
    let found = sent.iter().filter_map(|name| Some((at(message, word(name))?, name)));
    let (_, name) = found.min_by_key(|(at, name)| (*at, std::cmp::Reverse(particular(name))))?;
    place(&[name.as_str()], sent)
}

/// Where a message has this word.
fn at(message: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let is_quote = |c: char| matches!(c, '\'' | '"' | '`');
    message.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = message[..at].chars().next_back();
        let after = message[at + word.len()..].chars().next();
        if word.len() < MIN_WORD {
            before.is_some_and(is_quote) && after.is_some_and(is_quote)
        } else {
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        }
    })
}

/// The refusal's message, or its body where it has none; not more than is worth a look.
fn message(body: &[u8], error: Option<&Value>) -> String {
    let told = error.and_then(|error| {
        error.as_str().or_else(|| error.get("message")?.as_str()).or_else(|| error.get("detail")?.as_str())
    });
    let text = told.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
    text.chars().take(MAX_MESSAGE).collect()
}

fn is_limit(name: &str) -> bool {
    matches!(name, MAX_TOKENS | MAX_COMPLETION_TOKENS)
}

/// Whether a limit is refused for its size alone, which is for this page too large, and may be right for another.
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
        [STREAM_OPTIONS, CONTINUOUS_USAGE, TEMPERATURE, MAX_TOKENS, "vllm_xargs", "top"].map(str::to_owned).to_vec()
    }

    fn names(body: &Value) -> Option<String> {
        match named(body.to_string().as_bytes(), &sent()) {
            Named::Ours(name) => Some(name.to_owned()),
            Named::Other => Some("other".to_owned()),
            Named::Nothing => None,
        }
    }

    #[test]
    fn a_refusal_is_understood_in_every_servers_words() {
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
    fn a_limit_that_is_only_too_large_is_no_unknown_parameter() {
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

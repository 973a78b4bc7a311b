//! What an engine is configured with; what cannot be right does not get past here.

use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    checks::{self, MAX_SIDES, MOST_TEMPERATURES, TEMPERATURES},
    profile::Profile,
};

/// How to reach an OpenAI-compatible server, how its model is asked, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct OpenAiConfig {
    /// The engine's name: what callers give as `model`.
    pub name: String,
    /// The model's name as the server knows it: what is sent.
    pub model: String,
    /// How the model's family is asked and its answer read; [`Profile::guess`] knows it from the model's name.
    pub profile: Profile,
    /// The engine that reads while this one is down, by its name.
    pub fallback: Option<String>,
    /// The API's root, as `http://localhost:8000/v1`; `/chat/completions` and `/models` are added to its path.
    pub base_url: String,
    /// Sent as a bearer token, to that host alone: redirects are not followed, and no proxy is used.
    pub api_key: Option<ApiKey>,
    /// The longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest wait from sending the request to the first chunk: connecting, upload, the engine's queue, prefill.
    pub first_token_timeout: Duration,
    /// The longest silence between two chunks after that. Comments that keep a connection open do not count.
    pub read_timeout: Duration,
    /// How many pages are read at once, of all runs together.
    pub concurrency: usize,
    /// The most text (bytes) that one answer may have.
    pub max_answer_bytes: usize,
    /// The most tokens that the model may make of a page; `None` leaves it to the server.
    pub max_tokens: Option<u32>,
    /// The picture's longest side in pixels, instead of the profile's; sizes that callers ask for stay as they are.
    pub max_side: Option<u32>,
    /// Temperatures by attempt, 0 to 2, instead of the profile's; the last one stays.
    pub temperatures: Option<Vec<f32>>,
    /// What becomes of page numbers that the model has marked.
    pub page_numbers: Marked,
    /// What becomes of watermarks that the model has marked.
    pub watermarks: Marked,
    /// Fields that go into every request's body, before the profile's of the same name.
    pub extra: Map<String, Value>,
    /// Parameters that no request has, such as `temperature`, `stream_options.continuous_usage_stats` or one of the
    /// profile's; without `max_tokens`, the limit goes into `max_completion_tokens`.
    pub omit: Vec<String>,
}

/// What becomes of a part of the page that a model has marked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Marked {
    /// It stays in the text, with its tags.
    #[default]
    Keep,
    /// It is left out of the text.
    Drop,
}

impl OpenAiConfig {
    /// Refuses what cannot work; the URL and the key are looked at where they are used.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.name.trim().is_empty() || self.model.trim().is_empty() {
            return Err(ConfigError::NoModel);
        }
        checks::extra(&self.extra)?;
        checks::omit(&self.omit)?;
        self.max_side.map_or(Ok(()), checks::max_side)?;
        self.temperatures.as_deref().map_or(Ok(()), checks::temperatures)
    }
}

/// Why a configuration is refused. Says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not a URL.
    #[error("the base URL is none such as http://localhost:8000/v1: {0}")]
    NoUrl(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not http or https, or without a host.
    #[error("the base URL must begin with http:// or https:// and name a host, as http://localhost:8000/v1 does")]
    NotHttp,
    /// User and password in the URL: they would stand in logs.
    #[error("the base URL must not hold a user or password: the key has a setting of its own")]
    Credentials,
    /// No model.
    #[error("the engine's model has no name")]
    NoModel,
    /// No such profile.
    #[error("there is no profile `{0}`: there are plain, nanonets-ocr-s, olmocr and deepseek-ocr")]
    Profile(String),
    /// An extra field that would take one of ours away.
    #[error("the extra fields must not hold `{0}`, which the server sets itself")]
    OurField(&'static str),
    /// A parameter that every request needs, or that is none.
    #[error("omit must hold names of parameters other than model, messages and stream, which every request has")]
    Omit,
    /// A picture smaller than models can bear, or larger than any looks at.
    #[error("the longest side must be from {} to {} pixels", MAX_SIDES.start(), MAX_SIDES.end())]
    MaxSide,
    /// Temperatures that no server takes, or too many of them.
    #[error(
        "there must be 1 to {MOST_TEMPERATURES} temperatures, from {} to {}", TEMPERATURES.start(), TEMPERATURES.end()
    )]
    Temperatures,
    /// A key that no HTTP header can carry.
    #[error("the engine's API key is empty or has characters that no HTTP header can carry")]
    Key,
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// A bearer token. `Debug` does not show it, and its memory is wiped.
#[derive(Debug, Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// A key without the white space around it, if an HTTP header can carry it.
    pub fn parse(key: &str) -> Result<Self, ConfigError> {
        let key = key.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::Key);
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The header's value, marked as sensitive.
    pub(crate) fn bearer(&self) -> Result<HeaderValue, ConfigError> {
        let value = HeaderValue::try_from(format!("Bearer {}", self.0.expose_secret()));
        let mut value = value.map_err(|_| ConfigError::Key)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// `text` without this key, should a server have echoed it.
    pub(crate) fn scrub(&self, text: &str) -> String {
        text.replace(self.0.expose_secret(), "[key]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_checked_and_never_printed() {
        let key = ApiKey::parse(" sk-abc\n").unwrap();
        assert_eq!(key.bearer().unwrap(), "Bearer sk-abc");
        assert!(!format!("{key:?} {:?}", key.bearer().unwrap()).contains("abc"));
        assert_eq!(key.scrub("wrong key sk-abc!"), "wrong key [key]!");
        for bad in ["", "  ", "a\nb", "ключ", "a b"] {
            assert!(matches!(ApiKey::parse(bad), Err(ConfigError::Key)), "{bad:?}");
        }
    }
}

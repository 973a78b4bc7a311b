//! The configuration of an engine, and its validation.

use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    checks::{self, MAX_SIDES, MAX_TEMPERATURES, TEMPERATURES},
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
    /// The name of the engine that takes over while this one is down.
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
    /// How many pages are read concurrently, over all runs.
    pub concurrency: usize,
    /// The maximum size of an answer's text in bytes.
    pub max_answer_bytes: usize,
    /// The maximum number of completion tokens per page; `None` leaves the limit to the server.
    pub max_tokens: Option<u32>,
    /// The maximum length of the image's longest side in pixels, instead of the profile's. Does not apply to size modes that callers
    /// request.
    pub max_side: Option<u32>,
    /// Temperatures by attempt, 0 to 2, instead of the profile's. The last one is used for all further attempts.
    pub temperatures: Option<Vec<f32>>,
    /// Whether page numbers that the model has marked are kept.
    pub page_numbers: Marked,
    /// Whether watermarks that the model has marked are kept.
    pub watermarks: Marked,
    /// Extra fields of every request's body. They replace the profile's fields of the same name.
    pub extra: Map<String, Value>,
    /// Parameters to leave out of every request, such as `temperature`, `stream_options.continuous_usage_stats` or one of the
    /// profile's. If `max_tokens` is left out, the limit is sent as `max_completion_tokens`.
    pub omit: Vec<String>,
}

/// Whether a marked part of a page is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Marked {
    /// Keep it in the text, with its tags.
    #[default]
    Keep,
    /// Leave it out of the text.
    Drop,
}

impl OpenAiConfig {
    /// Rejects settings that cannot work. The URL and the key are checked where they are used.
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

/// Why a configuration is rejected. Never contains the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not a URL.
    #[error("the base URL is none such as http://localhost:8000/v1: {0}")]
    NoUrl(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not http or https, or without a host.
    #[error("the base URL must begin with http:// or https:// and name a host, as http://localhost:8000/v1 does")]
    NotHttp,
    /// User and password in the URL, which would end up in logs.
    #[error("the base URL must not hold a user or password: the key has a setting of its own")]
    Credentials,
    /// No model.
    #[error("the engine's model has no name")]
    NoModel,
    /// No such profile.
    #[error("there is no profile `{name}`: there are {known}")]
    Profile {
        /// The name that no profile has.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// An extra field that would replace a reserved one.
    #[error("the extra fields must not hold `{0}`, which the server sets itself")]
    OurField(&'static str),
    /// A parameter that every request needs, or a name that no parameter can have.
    #[error("omit must hold names of parameters other than model, messages and stream, which every request has")]
    Omit,
    /// A longest side that is too small for models, or larger than any model uses.
    #[error("the longest side must be from {} to {} pixels", MAX_SIDES.start(), MAX_SIDES.end())]
    MaxSide,
    /// No temperatures, too many, or values that no server accepts.
    #[error(
        "there must be 1 to {MAX_TEMPERATURES} temperatures, from {} to {}", TEMPERATURES.start(), TEMPERATURES.end()
    )]
    Temperatures,
    /// An empty key, or one that no HTTP header can carry.
    #[error("the engine's API key is empty or has characters that no HTTP header can carry")]
    Key,
    /// The HTTP client, with its TLS, cannot be set up.
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

    /// Removes this key from `text`, in case a server has echoed it.
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

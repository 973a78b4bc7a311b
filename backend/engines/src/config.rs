//! What an engine is configured with; what cannot be right does not get past here.

use std::time::Duration;

use reqwest::{Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// How to reach an OpenAI-compatible server, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct OpenAiConfig {
    /// The model's name: what callers give, and what is sent.
    pub model: String,
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
    /// How many pages of one run are read at once.
    pub concurrency: usize,
    /// The most text (bytes) that one answer may have.
    pub max_answer_bytes: usize,
    /// The most tokens that the model may make of a page; `None` leaves it to the server.
    pub max_tokens: Option<u32>,
}

/// Why a configuration is refused. Says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not a URL.
    #[error("the engine's base URL is no URL: {0}")]
    NoUrl(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not http or https, or without a host.
    #[error("the engine's base URL must begin with http:// or https:// and name a host")]
    NotHttp,
    /// User and password in the URL: they would stand in logs.
    #[error("the engine's base URL must not hold a user or password; give the key as LLM_API_KEY")]
    Credentials,
    /// No model.
    #[error("the engine's model has no name")]
    NoModel,
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

/// The API's root with `segments` added to its path; a query (`?api-version=…`) stays.
pub(crate) fn endpoint(base_url: &str, segments: &[&str]) -> Result<Url, ConfigError> {
    let mut url = Url::parse(base_url.trim()).map_err(|error| ConfigError::NoUrl(error.into()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(ConfigError::NotHttp);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::Credentials);
    }
    url.path_segments_mut().map_err(|()| ConfigError::NotHttp)?.pop_if_empty().extend(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_added_with_or_without_a_slash_and_keep_the_query() {
        let completions = |base| endpoint(base, &["chat", "completions"]).unwrap().to_string();
        assert_eq!(completions("http://gpu:8000/v1"), "http://gpu:8000/v1/chat/completions");
        assert_eq!(completions(" http://gpu:8000/v1/ "), "http://gpu:8000/v1/chat/completions");
        assert_eq!(completions("https://gpu"), "https://gpu/chat/completions");
        assert_eq!(completions("https://gpu/a?v=1"), "https://gpu/a/chat/completions?v=1");
    }

    #[test]
    fn a_base_url_that_is_not_plain_http_is_refused() {
        assert!(matches!(endpoint("gpu:8000/v1", &[]), Err(ConfigError::NotHttp)));
        assert!(matches!(endpoint("/v1", &[]), Err(ConfigError::NoUrl(_))));
        assert!(matches!(endpoint("file:///etc/passwd", &[]), Err(ConfigError::NotHttp)));
        let error = endpoint("http://me:hunter2@gpu/v1", &[]).unwrap_err();
        assert!(matches!(error, ConfigError::Credentials));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

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

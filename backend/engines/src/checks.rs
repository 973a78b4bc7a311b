//! What an engine's settings may be. An engine that is set up asks here, and so does whoever reads settings, to tell their
//! place with what is wrong.

use std::ops::RangeInclusive;

use reqwest::Url;
use serde_json::{Map, Value};

use crate::ConfigError;

/// Pixels of a picture's longest side: below, models fail; above, no model looks.
pub(crate) const MAX_SIDES: RangeInclusive<u32> = 64..=8_192;
/// Temperatures: up to OpenAI's own limit.
pub(crate) const TEMPERATURES: RangeInclusive<f32> = 0.0..=2.0;
/// The longest ladder that any model's makers name.
pub(crate) const MOST_TEMPERATURES: usize = 8;

/// Fields of a request that are ours: what reads the answer relies on them.
const OUR_FIELDS: [&str; 4] = ["model", "messages", "stream", "stream_options"];

/// Refuses a base URL that no request can be made with, or that holds a user or password: they would stand in logs.
pub fn base_url(url: &str) -> Result<(), ConfigError> {
    endpoint(url, &[]).map(drop)
}

/// Refuses fields of a request that would take ours away.
pub fn extra(fields: &Map<String, Value>) -> Result<(), ConfigError> {
    let ours = OUR_FIELDS.into_iter().find(|field| fields.contains_key(*field));
    ours.map_or(Ok(()), |field| Err(ConfigError::OurField(field)))
}

/// Refuses to leave out what every request needs, and names that no parameter has.
pub fn omit(names: &[String]) -> Result<(), ConfigError> {
    let sane =
        |name: &String| !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.'));
    let needed = |name: &String| matches!(name.as_str(), "model" | "messages" | "stream");
    if names.iter().all(|name| sane(name) && !needed(name)) { Ok(()) } else { Err(ConfigError::Omit) }
}

/// Refuses a longest side in pixels that no model can use.
pub fn max_side(pixels: u32) -> Result<(), ConfigError> {
    if MAX_SIDES.contains(&pixels) { Ok(()) } else { Err(ConfigError::MaxSide) }
}

/// Refuses temperatures by attempt that no server takes, none at all, and more than any model's makers name.
pub fn temperatures(steps: &[f32]) -> Result<(), ConfigError> {
    let fits = (1..=MOST_TEMPERATURES).contains(&steps.len()) && steps.iter().all(|step| TEMPERATURES.contains(step));
    if fits { Ok(()) } else { Err(ConfigError::Temperatures) }
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
        assert!(matches!(base_url("gpu:8000/v1"), Err(ConfigError::NotHttp)));
        assert!(matches!(base_url("/v1"), Err(ConfigError::NoUrl(_))));
        assert!(matches!(base_url("file:///etc/passwd"), Err(ConfigError::NotHttp)));
        let error = base_url("http://me:hunter2@gpu/v1").unwrap_err();
        assert!(matches!(error, ConfigError::Credentials));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn what_every_request_needs_is_not_left_out() {
        let omit = |names: &[&str]| omit(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(omit(&["temperature", "stream_options.continuous_usage_stats", "vllm_xargs"]).is_ok());
        for wrong in ["model", "messages", "stream", "", "a b"] {
            assert!(matches!(omit(&[wrong]), Err(ConfigError::Omit)), "{wrong:?}");
        }
    }

    #[test]
    fn sides_and_temperatures_are_what_models_and_servers_take() {
        assert_eq!([63, 64, 8_192, 8_193].map(|side| max_side(side).is_ok()), [false, true, true, false]);
        for steps in [&[][..], &[-0.1], &[0.0, 2.1], &[f32::NAN], &[0.5; 9]] {
            assert!(temperatures(steps).is_err(), "{steps:?}");
        }
        assert!(temperatures(&[0.0, 2.0]).is_ok());
    }
}

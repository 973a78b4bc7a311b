//! Validation of single engine settings. [`crate::OpenAiEngine`] uses it, and so does the settings parser, which can report the
//! line of a wrong setting.

use std::ops::RangeInclusive;

use reqwest::Url;
use serde_json::{Map, Value};

use crate::ConfigError;

/// The accepted range of an image's longest side in pixels. Below, models fail; above, no model has use for it.
pub(crate) const MAX_SIDES: RangeInclusive<u32> = 64..=8_192;
/// The accepted range of temperatures; the maximum is OpenAI's.
pub(crate) const TEMPERATURES: RangeInclusive<f32> = 0.0..=2.0;
/// The maximum number of temperatures: as many as olmOCR's makers use, who use most.
pub(crate) const MAX_TEMPERATURES: usize = 8;

/// Request fields that operators cannot set, because parsing the answer relies on them.
const RESERVED_FIELDS: [&str; 4] = ["model", "messages", "stream", "stream_options"];

/// Rejects a base URL that is unusable, or that has a user or password, which would end up in logs.
pub fn base_url(url: &str) -> Result<(), ConfigError> {
    endpoint(url, &[]).map(drop)
}

/// Rejects extra request fields that would replace reserved ones.
pub fn extra(fields: &Map<String, Value>) -> Result<(), ConfigError> {
    let reserved = RESERVED_FIELDS.into_iter().find(|field| fields.contains_key(*field));
    reserved.map_or(Ok(()), |field| Err(ConfigError::OurField(field)))
}

/// Rejects parameters that every request needs, and names that no parameter can have.
pub fn omit(names: &[String]) -> Result<(), ConfigError> {
    let is_name =
        |name: &String| !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.'));
    let is_required = |name: &String| matches!(name.as_str(), "model" | "messages" | "stream");
    if names.iter().all(|name| is_name(name) && !is_required(name)) { Ok(()) } else { Err(ConfigError::Omit) }
}

/// Rejects a longest side, in pixels, that no model can use.
pub fn max_side(pixels: u32) -> Result<(), ConfigError> {
    if MAX_SIDES.contains(&pixels) { Ok(()) } else { Err(ConfigError::MaxSide) }
}

/// Rejects a list of temperatures by attempt that is empty or too long, or that has a value no server accepts.
pub fn temperatures(steps: &[f32]) -> Result<(), ConfigError> {
    let fits = (1..=MAX_TEMPERATURES).contains(&steps.len()) && steps.iter().all(|step| TEMPERATURES.contains(step));
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
    fn required_parameters_and_malformed_names_cannot_be_omitted() {
        let omit = |names: &[&str]| omit(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(omit(&["temperature", "stream_options.continuous_usage_stats", "vllm_xargs"]).is_ok());
        for wrong in ["model", "messages", "stream", "", "a b"] {
            assert!(matches!(omit(&[wrong]), Err(ConfigError::Omit)), "{wrong:?}");
        }
    }

    #[test]
    fn sides_and_temperatures_outside_their_ranges_are_refused() {
        assert_eq!([63, 64, 8_192, 8_193].map(|side| max_side(side).is_ok()), [false, true, true, false]);
        for steps in [&[][..], &[-0.1], &[0.0, 2.1], &[f32::NAN], &[0.5; 9]] {
            assert!(temperatures(steps).is_err(), "{steps:?}");
        }
        assert!(temperatures(&[0.0, 2.0]).is_ok());
    }
}

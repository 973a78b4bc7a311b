use std::time::Duration;

use inkstream_core::prices::Price;
use inkstream_engines::{Marked, OpenAiConfig, Profile};
use inkstream_wire::PDF_TEXT;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Problem,
    value::{BaseUrl, Count, Extra, Key, KeyEnv, Name, Omitted, RawPrice, Side, Temperatures, Wait},
};
use crate::settings::engine::{CONCURRENCY, CONNECT_TIMEOUT, FIRST_TOKEN_TIMEOUT, MAX_ANSWER, READ_TIMEOUT};

/// A parsed engine of the file.
#[derive(Debug, Clone)]
pub struct FileEngine {
    /// What callers give as `model`.
    pub name: String,
    /// The line of its name in the file.
    pub line: usize,
    /// Its server; `None` if the entry only adds to an engine that exists without the file.
    pub server: Option<OpenAiConfig>,
    /// The fallback engine while this one is down.
    pub fallback: Option<String>,
    /// Its price.
    pub price: Option<Price>,
    /// Whether it is the default engine.
    pub default: bool,
}

/// An engine's entry in the file's format.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEngine {
    name: Option<Spanned<Name>>,
    model: Option<Spanned<Name>>,
    #[serde(default)]
    default: bool,
    fallback: Option<Name>,
    price: Option<RawPrice>,
    base_url: Option<BaseUrl>,
    key: Option<Key>,
    key_env: Option<KeyEnv>,
    profile: Option<Profile>,
    concurrency: Option<Count>,
    connect_timeout: Option<Wait>,
    first_token_timeout: Option<Wait>,
    read_timeout: Option<Wait>,
    max_tokens: Option<Count>,
    max_side: Option<Side>,
    temperatures: Option<Temperatures>,
    page_numbers: Option<Marked>,
    watermarks: Option<Marked>,
    extra: Option<Extra>,
    omit: Option<Omitted>,
}

impl RawEngine {
    /// Parses the entry. `at` is the byte offset of its beginning, `line` maps an offset to its line.
    pub(super) fn parse(mut self, at: usize, line: impl Fn(usize) -> usize) -> Result<(usize, FileEngine), Problem> {
        let (name, model) = (self.name.take(), self.model.take());
        let Some(at_name) = name.as_ref().or(model.as_ref()).map(|name| name.span().start) else {
            return Err((Some(at), "an engine needs a name or a model".to_owned()));
        };
        let [name, model] = [name, model].map(|name| name.map(|name| name.into_inner().0));
        // Name and model default to each other.
        let model = model.or_else(|| name.clone()).unwrap_or_default();
        let name = name.unwrap_or_else(|| model.clone());
        if name == PDF_TEXT {
            return Err((
                Some(at_name),
                format!("{PDF_TEXT} is what the text of a PDF itself is called: it needs another name"),
            ));
        }
        let (fallback, price, default) = (self.fallback.take(), self.price.take(), self.default);
        let server = self.server(&name, model).map_err(|reason| (Some(at_name), reason.to_owned()))?;
        let engine = FileEngine {
            name,
            line: line(at_name),
            server,
            fallback: fallback.map(|name| name.0),
            price: price.map(Price::from),
            default,
        };
        Ok((at_name, engine))
    }

    fn server(self, name: &str, model: String) -> Result<Option<OpenAiConfig>, &'static str> {
        if self.key.is_some() && self.key_env.is_some() {
            return Err("an engine has one key: key or key_env, not both");
        }
        if self.base_url.is_none() {
            return if self.has_server_settings() {
                Err("an engine without base_url can have price, fallback and default alone")
            } else {
                Ok(None)
            };
        }
        let Self { base_url, key, key_env, .. } = self;
        let wait = |wait: Option<Wait>, default: Duration| wait.map_or(default, |wait| wait.0);
        Ok(base_url.map(|base_url| OpenAiConfig {
            name: name.to_owned(),
            profile: self.profile.unwrap_or_else(|| Profile::guess(&model)),
            model,
            fallback: None,
            base_url: base_url.0,
            api_key: key.map(|key| key.0).or(key_env.map(|key| key.0)),
            connect_timeout: wait(self.connect_timeout, CONNECT_TIMEOUT),
            first_token_timeout: wait(self.first_token_timeout, FIRST_TOKEN_TIMEOUT),
            read_timeout: wait(self.read_timeout, READ_TIMEOUT),
            concurrency: self.concurrency.map_or(CONCURRENCY, |count| count.0 as usize),
            max_answer_bytes: MAX_ANSWER,
            max_tokens: self.max_tokens.map(|count| count.0),
            max_side: self.max_side.map(|side| side.0),
            temperatures: self.temperatures.map(|steps| steps.0),
            page_numbers: self.page_numbers.unwrap_or_default(),
            watermarks: self.watermarks.unwrap_or_default(),
            extra: self.extra.unwrap_or_default().0,
            omit: self.omit.unwrap_or_default().0,
        }))
    }

    /// Whether any setting of a server is given.
    fn has_server_settings(&self) -> bool {
        let waits = [&self.connect_timeout, &self.first_token_timeout, &self.read_timeout];
        let counts = [&self.concurrency, &self.max_tokens];
        self.key.is_some()
            || self.key_env.is_some()
            || self.profile.is_some()
            || waits.iter().any(|wait| wait.is_some())
            || counts.iter().any(|count| count.is_some())
            || self.max_side.is_some()
            || self.temperatures.is_some()
            || self.page_numbers.is_some()
            || self.watermarks.is_some()
            || self.extra.is_some()
            || self.omit.is_some()
    }
}

//! The body of a completion request.

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use inkstream_core::{
    image::{ImageData, ImageEncoding, PageImage},
    ports::{EngineError, EngineErrorKind, ReadRequest},
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{
    config::OpenAiConfig,
    parameters::{CONTINUOUS_USAGE, MAX_COMPLETION_TOKENS, MAX_TOKENS, STREAM, STREAM_OPTIONS, TEMPERATURE},
    profile::PartOrder,
};

/// An encoded request body.
pub(crate) struct Body {
    pub(crate) json: Vec<u8>,
    /// The names of its optional parameters.
    pub(crate) parameters: Vec<String>,
}

/// Encodes the request for a page, without the parameters it `omits`. The image is encoded into it without an intermediate copy.
pub(crate) fn body(
    config: &OpenAiConfig,
    image: &PageImage,
    request: &ReadRequest,
    omits: impl Fn(&str) -> bool,
) -> Result<Body, EngineError> {
    let family = config.profile.family();
    let prompt = family
        .prompt(request)
        .ok_or_else(|| EngineError::new(EngineErrorKind::Refused, "The engine cannot do this task."))?;
    let image = Part::ImageUrl { image_url: ImageUrl { url: DataUri::new(image)? } };
    // Some models are given the image alone.
    let text = (!prompt.is_empty()).then(|| Part::Text { text: &prompt });
    let parts: Vec<Part<'_>> = match family.order {
        PartOrder::ImageFirst => [Some(image), text],
        PartOrder::TextFirst => [text, Some(image)],
    }
    .into_iter()
    .flatten()
    .collect();
    let mut extra = (family.extra)();
    extra.extend(config.extra.clone());
    let configured = config.max_tokens.or(family.max_tokens);
    let requested = request.max_tokens.map(|max| u32::try_from(max).unwrap_or(u32::MAX));
    let max_tokens = configured.into_iter().chain(requested).min();
    // An operator's extra field must not exceed the caller's bound.
    for field in [MAX_TOKENS, MAX_COMPLETION_TOKENS] {
        if let (Some(max), Some(value)) = (request.max_tokens, extra.get_mut(field))
            && value.as_u64().is_some_and(|given| given > max)
        {
            *value = max.into();
        }
    }
    // Some servers reject duplicate fields: an operator's extra field replaces the generated one.
    let limit = max_tokens.filter(|_| !extra.contains_key(MAX_COMPLETION_TOKENS));
    if let Some(limit) = limit {
        extra.entry(MAX_TOKENS).or_insert_with(|| limit.into());
    }
    // OpenAI's newer models accept only the newer name of the limit.
    if omits(MAX_TOKENS)
        && let Some(limit) = extra.remove(MAX_TOKENS)
    {
        extra.entry(MAX_COMPLETION_TOKENS).or_insert(limit);
    }
    extra.retain(|name, _| !omits(name));
    let temperature = (!extra.contains_key(TEMPERATURE) && !omits(TEMPERATURE))
        .then(|| family.temperature(request.attempt, config.temperatures.as_deref()));
    let mut parameters: Vec<String> = extra.keys().cloned().collect();
    parameters.extend(temperature.map(|_| TEMPERATURE.to_owned()));
    let stream = (!omits(STREAM)).then_some(true);
    parameters.extend(stream.map(|_| STREAM.to_owned()));
    // Servers refuse options of a stream without one.
    let stream_options = (stream.is_some() && !omits(STREAM_OPTIONS))
        .then(|| StreamOptions { include_usage: true, continuous_usage_stats: !omits(CONTINUOUS_USAGE) });
    if let Some(options) = &stream_options {
        parameters.push(STREAM_OPTIONS.to_owned());
        parameters.extend(options.continuous_usage_stats.then(|| CONTINUOUS_USAGE.to_owned()));
    }
    let completion = Completion {
        model: &config.model,
        messages: Messages { system: family.system, user: &parts },
        temperature,
        stream,
        stream_options,
        extra,
    };
    let json = serde_json::to_vec(&completion).map_err(|error| not_sendable().because(error))?;
    Ok(Body { json, parameters })
}

#[derive(Serialize)]
struct Completion<'a> {
    model: &'a str,
    messages: Messages<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// The system message, if there is one, and the user message with the image and, if there is one, the text.
struct Messages<'a> {
    system: Option<&'static str>,
    user: &'a [Part<'a>],
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let system = self.system.map(|text| Message { role: "system", content: Content::Text(text) });
        let user = Message { role: "user", content: Content::Parts(self.user) };
        serializer.collect_seq(system.into_iter().chain([user]))
    }
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'static str),
    Parts(&'a [Part<'a>]),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    ImageUrl { image_url: ImageUrl<'a> },
    Text { text: &'a str },
}

#[derive(Serialize)]
struct ImageUrl<'a> {
    url: DataUri<'a>,
}

/// Continuous usage makes the usage of an aborted stream exact. Most servers that do not know the option ignore it.
#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continuous_usage_stats: bool,
}

/// An encoded image as a `data:` URI.
struct DataUri<'a> {
    mime: &'static str,
    bytes: &'a [u8],
}

impl<'a> DataUri<'a> {
    /// Rejects raw pixels: the engine's image spec asks for an encoded image.
    fn new(image: &'a PageImage) -> Result<Self, EngineError> {
        let mime = match image.format {
            ImageEncoding::Png => "image/png",
            ImageEncoding::Jpeg => "image/jpeg",
            ImageEncoding::Gray8 => return Err(not_sendable()),
        };
        match &image.data {
            ImageData::Bytes(bytes) => Ok(Self { mime, bytes }),
            ImageData::Memfd { .. } => Err(not_sendable()),
        }
    }
}

impl Serialize for DataUri<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("data:{};base64,{}", self.mime, Base64Display::new(self.bytes, &STANDARD)))
    }
}

fn not_sendable() -> EngineError {
    EngineError::new(EngineErrorKind::Failed, "The page's image cannot be sent to the engine.")
}

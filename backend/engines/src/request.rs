//! The body of a completion request.

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use inkstream_core::{
    picture::{Picture, PictureData, PictureFormat},
    ports::{EngineError, EngineErrorKind},
};
use serde::{Serialize, Serializer};

/// A chat completion with one user message: the picture, then the prompt. Qwen-VL, `InternVL` and DeepSeek-OCR are trained
/// in that order, and the others do not mind.
#[derive(Serialize)]
pub(crate) struct Completion<'a> {
    model: &'a str,
    messages: [Message<'a>; 1],
    temperature: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: [Part<'a>; 2],
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

/// Continuous usage makes the bill of an aborted stream right; servers that do not know the option ignore it.
#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
    continuous_usage_stats: bool,
}

impl<'a> Completion<'a> {
    /// The request for a page. Raw pixels are refused: the engine asked for an encoded picture.
    pub(crate) fn new(
        model: &'a str,
        picture: &'a Picture,
        prompt: &'a str,
        max_tokens: Option<u32>,
    ) -> Result<Self, EngineError> {
        let url = DataUri::new(picture)?;
        let content = [Part::ImageUrl { image_url: ImageUrl { url } }, Part::Text { text: prompt }];
        Ok(Self {
            model,
            messages: [Message { role: "user", content }],
            temperature: 0.0,
            max_tokens,
            stream: true,
            stream_options: StreamOptions { include_usage: true, continuous_usage_stats: true },
        })
    }

    /// The JSON. The picture is written into it without a copy in between.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, EngineError> {
        serde_json::to_vec(self).map_err(|error| not_sendable().because(error))
    }
}

/// An encoded picture as `data:` URI.
struct DataUri<'a> {
    mime: &'static str,
    bytes: &'a [u8],
}

impl<'a> DataUri<'a> {
    fn new(picture: &'a Picture) -> Result<Self, EngineError> {
        let mime = match picture.format {
            PictureFormat::Png => "image/png",
            PictureFormat::Jpeg => "image/jpeg",
            PictureFormat::Gray8 => return Err(not_sendable()),
        };
        match &picture.data {
            PictureData::Bytes(bytes) => Ok(Self { mime, bytes }),
            PictureData::Memfd { .. } => Err(not_sendable()),
        }
    }
}

impl Serialize for DataUri<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("data:{};base64,{}", self.mime, Base64Display::new(self.bytes, &STANDARD)))
    }
}

fn not_sendable() -> EngineError {
    EngineError::new(EngineErrorKind::Failed, "The page's picture cannot be sent to the engine.")
}

//! What a caller may ask for.

use serde::{Deserialize, Serialize};

/// What is to be made of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The page as Markdown.
    Markdown,
    /// The plain text.
    #[serde(alias = "free")]
    Text,
    /// The text with the boxes of its parts.
    Layout,
    /// The place of the `reference`.
    Locate,
    /// What a chart or figure says.
    Figure,
    /// A description of the picture.
    Describe,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 6] = [Self::Markdown, Self::Text, Self::Layout, Self::Locate, Self::Figure, Self::Describe];

    /// The task as callers write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Layout => "layout",
            Self::Locate => "locate",
            Self::Figure => "figure",
            Self::Describe => "describe",
        }
    }

    /// Whether its answer is places: they are told without being asked for.
    pub const fn is_about_places(self) -> bool {
        matches!(self, Self::Layout | Self::Locate)
    }
}

/// `DeepSeek-OCR`'s sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SizeMode {
    /// 512 pixels.
    Tiny,
    /// 640 pixels.
    Small,
    /// 1024 pixels.
    Base,
    /// 1280 pixels.
    Large,
    /// 1024 pixels and tiles of 640.
    Gundam,
}

impl SizeMode {
    /// Every size, the smallest first.
    pub const ALL: [Self; 5] = [Self::Tiny, Self::Small, Self::Base, Self::Large, Self::Gundam];

    /// The size as callers write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::Base => "base",
            Self::Large => "large",
            Self::Gundam => "gundam",
        }
    }
}

/// What to do with the text that a born-digital PDF carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TextLayer {
    /// Read the picture of every page.
    #[default]
    Ignore,
    /// Take sound embedded text, and read only the other pages.
    Prefer,
}

/// What a document's result can be had as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResultFormat {
    /// Plain text, a form feed between pages.
    #[default]
    Txt,
    /// Markdown, a rule between pages.
    Md,
    /// [`crate::DocumentDetail`].
    Json,
}

impl ResultFormat {
    /// The format's name in `?format=`, and its file's ending.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Json => "json",
        }
    }
}

/// The options of a run, as form fields beside `file` or as the JSON body of
/// `POST /api/documents/{id}/runs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RunOptions {
    /// What to ask the model; left out: the task's own prompt, else the operator's, else the model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The model to read with; left out: the server's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What is to be made of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// The size mode, for models that have such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<SizeMode>,
    /// What `locate` looks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Languages of the page, as BCP 47 tags (`en`, `pt-BR`, `zh-Hant`) or Tesseract's codes, joined by `+`: `en`, `eng+deu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Which pages: `1-3,7`, or `missing` for those without a good result; left out: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<String>,
    /// Resolution to render PDF pages at, in dots per inch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// The PDF's password. Never stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether places ride on deltas and ends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub boxes: bool,
    /// Whether the ends of pages carry their content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub content: bool,
    /// What to do with embedded text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_layer: Option<TextLayer>,
    /// Whether the document is kept until it expires; left out: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// Whether the caller understands `reset` and `page_reset`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resets: bool,
}

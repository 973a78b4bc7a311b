//! The options of a request.

use inkstream_content::TextFormat;
use serde::{Deserialize, Serialize};

/// What an engine does with a page.
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
    /// The boxes of the `reference`.
    Locate,
    /// The contents of a chart or figure.
    Figure,
    /// A description of the image.
    Describe,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 6] = [Self::Markdown, Self::Text, Self::Layout, Self::Locate, Self::Figure, Self::Describe];

    /// The task's name in requests.
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

    /// Whether its result is boxes, which are then returned without being requested.
    pub const fn returns_boxes(self) -> bool {
        matches!(self, Self::Layout | Self::Locate)
    }
}

/// The name of a size mode, such as `DeepSeek-OCR`'s `tiny`. Each model family has its own; an engine's state lists them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct SizeMode(String);

impl SizeMode {
    /// The size mode of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The size's name in requests.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to do with the text layer of a PDF.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TextLayer {
    /// Recognize every page.
    #[default]
    Ignore,
    /// Use sound text layers and recognize only the other pages.
    Prefer,
}

/// The format of a document's result.
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
    /// A workbook with the tables.
    Xlsx,
    /// A ZIP file with a CSV file for each table.
    Csv,
    /// hOCR: HTML with the places of words.
    Hocr,
    /// ALTO: XML with the places of words.
    Alto,
    /// A text for word processors.
    Docx,
}

impl ResultFormat {
    /// All formats, in the order of menus.
    pub const ALL: [Self; 8] =
        [Self::Txt, Self::Md, Self::Json, Self::Docx, Self::Xlsx, Self::Csv, Self::Hocr, Self::Alto];

    /// The format's name in `?format=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Hocr => "hocr",
            Self::Alto => "alto",
            Self::Docx => "docx",
        }
    }

    /// The extension of its files, without the first dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv.zip",
            Self::Alto => "alto.xml",
            other => other.as_str(),
        }
    }

    /// Whether only the server writes it. The web app writes the others itself, without a stored document.
    pub const fn needs_server(self) -> bool {
        matches!(self, Self::Xlsx | Self::Csv | Self::Hocr | Self::Alto | Self::Docx)
    }

    /// The format's name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Txt => "Text",
            Self::Md => "Markdown",
            Self::Json => "JSON",
            Self::Xlsx => "Excel",
            Self::Csv => "Tables as CSV",
            Self::Hocr => "hOCR",
            Self::Alto => "ALTO",
            Self::Docx => "Word",
        }
    }

    /// How pages are written as text; `None` for JSON, which is the document itself, and for formats that only the server writes.
    pub const fn text_format(self) -> Option<TextFormat> {
        match self {
            Self::Txt => Some(TextFormat::PLAIN),
            Self::Md => Some(TextFormat::MARKDOWN),
            Self::Json | Self::Xlsx | Self::Csv | Self::Hocr | Self::Alto | Self::Docx => None,
        }
    }
}

/// The options of a run, as form fields beside `file` or as the JSON body of
/// `POST /api/documents/{id}/runs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RunOptions {
    /// The prompt; absent for the task's prompt, else the operator's, else the model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The model; absent for the server's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// The size mode, for models that have size modes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<SizeMode>,
    /// What `locate` looks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Languages of the page, as BCP 47 tags (`en`, `pt-BR`, `zh-Hant`) or Tesseract's codes, joined by `+`: `en`, `eng+deu`. Or
    /// [`RunOptions::DETECT`]: the script of each page is found, and picks among the installed languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Which pages: `1-3,7`, or `missing` for those without a complete result; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<String>,
    /// Resolution to render PDF pages at, in dots per inch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// The PDF's password. Never stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether deltas and ends contain boxes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub boxes: bool,
    /// Whether the ends of pages contain their content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub content: bool,
    /// What to do with text layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_layer: Option<TextLayer>,
    /// Whether words that are hyphenated at line ends are joined.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dehyphenate: bool,
    /// Whether the document is kept until it expires; absent for yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// Whether the caller understands `reset` and `page_reset`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resets: bool,
}

impl RunOptions {
    /// The `language` that has the languages of each page detected.
    pub const DETECT: &str = "auto";
    /// The names of all options, as callers write them.
    pub const NAMES: [&str; 15] = [
        "prompt",
        "model",
        "task",
        "size",
        "reference",
        "language",
        "pages",
        "dpi",
        "password",
        "boxes",
        "content",
        "text_layer",
        "dehyphenate",
        "store",
        "resets",
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_option_is_in_the_list_of_names() {
        let options = RunOptions {
            prompt: Some(String::new()),
            model: Some(String::new()),
            task: Some(Task::Text),
            size: Some(SizeMode::new("base")),
            reference: Some(String::new()),
            language: Some(String::new()),
            pages: Some(String::new()),
            dpi: Some(1.0),
            password: Some(String::new()),
            boxes: true,
            content: true,
            text_layer: Some(TextLayer::Prefer),
            dehyphenate: true,
            store: Some(true),
            resets: true,
        };
        let json = serde_json::to_value(options).unwrap();
        let given: BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(given, RunOptions::NAMES.into());
    }
}

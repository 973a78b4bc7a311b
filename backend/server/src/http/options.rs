//! Parses a run's options from form fields or JSON: strict about values, lenient about unknown fields.

use inkstream_core::{Error, Result};
use inkstream_wire::{ErrorCode, RunOptions, SizeMode};
use serde::de::{DeserializeOwned, IntoDeserializer, value::StrDeserializer};
use serde_json::{Map, Value};

/// Unknown fields that are reported, at most.
const MAX_UNKNOWN: usize = 32;

/// The options of a request, and the fields that are none.
#[derive(Debug, Default)]
pub(super) struct RawRunOptions {
    pub(super) options: RunOptions,
    /// Unknown fields with plain names. The start event reports them, because they may be misspelt options.
    pub(super) unknown: Vec<String>,
}

impl RawRunOptions {
    /// Sets the option `name`, or records an unknown field. An empty text counts as absent.
    pub(super) fn take(&mut self, name: &str, text: &str) -> Result<()> {
        if text.is_empty() || set(&mut self.options, name, text)? {
            return Ok(());
        }
        if self.unknown.len() < MAX_UNKNOWN && is_plain(name) && !self.unknown.iter().any(|known| known == name) {
            self.unknown.push(name.to_owned());
        }
        Ok(())
    }
}

/// Sets the option `name`. Returns whether there is such an option.
fn set(options: &mut RunOptions, name: &str, text: &str) -> Result<bool> {
    match name {
        "prompt" => options.prompt = Some(plain_text(name, text)?),
        "model" => options.model = Some(plain_text(name, text)?),
        "reference" => options.reference = Some(plain_text(name, text)?),
        "language" => options.language = Some(plain_text(name, text)?),
        "pages" => options.pages = Some(plain_text(name, text)?),
        "password" => options.password = Some(plain_text(name, text)?),
        "task" => {
            options.task = Some(parse_enum(text).ok_or_else(|| {
                let tasks = "markdown, text, layout, locate, figure, describe";
                Error::new(ErrorCode::UnsupportedTask, format!("There is no such task. There are: {tasks}."))
            })?);
        }
        "size" => options.size = Some(SizeMode::new(text)),
        "text_layer" => options.text_layer = Some(one_of(name, text, "ignore, prefer")?),
        "dpi" => options.dpi = Some(dpi(text)?),
        "boxes" => options.boxes = flag(name, text)?,
        "content" => options.content = flag(name, text)?,
        "resets" => options.resets = flag(name, text)?,
        "store" => options.store = Some(flag(name, text)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Parses the options of a JSON object. `null` counts as absent.
pub(super) fn of_json(object: &Map<String, Value>) -> Result<RawRunOptions> {
    let mut parsed = RawRunOptions::default();
    for (name, value) in object {
        match value {
            Value::Null => {}
            Value::String(text) => parsed.take(name, text)?,
            Value::Bool(_) | Value::Number(_) => parsed.take(name, &value.to_string())?,
            Value::Array(_) | Value::Object(_) => return Err(invalid(name, "a text, a number or true or false")),
        }
    }
    Ok(parsed)
}

fn parse_enum<T: DeserializeOwned>(text: &str) -> Option<T> {
    let deserializer: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    T::deserialize(deserializer).ok()
}

fn one_of<T: DeserializeOwned>(name: &str, text: &str, choices: &str) -> Result<T> {
    parse_enum(text).ok_or_else(|| invalid(name, &format!("one of {choices}")))
}

/// Refuses control characters but line ends and tabs: databases, C libraries and models end or break a text at them.
pub(super) fn plain_text(name: &str, text: &str) -> Result<String> {
    if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(invalid(name, "a text without control characters"));
    }
    Ok(text.to_owned())
}

/// Parses true and false as HTML's checkboxes, Python and people write them.
fn flag(name: &str, text: &str) -> Result<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" | "t" | "y" => Ok(true),
        "false" | "0" | "off" | "no" | "f" | "n" => Ok(false),
        _ => Err(invalid(name, "true or false")),
    }
}

/// Parses the number. The domain checks its range.
fn dpi(text: &str) -> Result<f32> {
    text.parse().ok().filter(|dpi: &f32| dpi.is_finite()).ok_or_else(|| invalid("dpi", "a number"))
}

/// The error names the field and never its value, which may be a secret.
fn invalid(name: &str, expected: &str) -> Error {
    let field = is_plain(name).then_some(name);
    let error =
        Error::new(ErrorCode::InvalidOption, format!("{}: {expected} was expected.", field.unwrap_or("an option")));
    match field {
        Some(field) => error.of_field(field),
        None => error,
    }
}

/// A field's name may be any text, so that only a short plain name is repeated to callers.
fn is_plain(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use inkstream_wire::{Task, TextLayer};

    use super::*;

    fn parse_fields(fields: &[(&str, &str)]) -> Result<RawRunOptions> {
        let mut parsed = RawRunOptions::default();
        fields.iter().try_for_each(|(name, text)| parsed.take(name, text)).map(|()| parsed)
    }

    fn of(fields: &[(&str, &str)]) -> Result<RunOptions> {
        parse_fields(fields).map(|parsed| parsed.options)
    }

    #[test]
    fn every_option_is_parsed() {
        let options = of(&[
            ("prompt", "Read."),
            ("model", "m"),
            ("task", "free"),
            ("size", "gundam"),
            ("reference", "the stamp"),
            ("language", "eng+deu"),
            ("pages", "1-3"),
            ("dpi", "300"),
            ("password", "s"),
            ("boxes", "true"),
            ("content", "true"),
            ("text_layer", "prefer"),
            ("store", "false"),
            ("resets", "1"),
        ])
        .unwrap();
        let expected = RunOptions {
            prompt: Some("Read.".into()),
            model: Some("m".into()),
            task: Some(Task::Text),
            size: Some(SizeMode::new("gundam")),
            reference: Some("the stamp".into()),
            language: Some("eng+deu".into()),
            pages: Some("1-3".into()),
            dpi: Some(300.0),
            password: Some("s".into()),
            boxes: true,
            content: true,
            text_layer: Some(TextLayer::Prefer),
            store: Some(false),
            resets: true,
        };
        assert_eq!(options, expected);
    }

    #[test]
    fn empty_and_unknown_fields_count_as_absent() {
        assert_eq!(of(&[("task", ""), ("dpi", ""), ("temperature", "1")]).unwrap(), RunOptions::default());
    }

    #[test]
    fn unknown_fields_are_reported_once_if_their_names_are_plain() {
        let long = "x".repeat(33);
        let fields =
            [("page", "1"), ("page", "2"), ("a b", "1"), (&*long, "1"), ("", "1"), ("empty", ""), ("dpi", "99")];
        assert_eq!(parse_fields(&fields).unwrap().unknown, ["page"]);
        let many: Vec<_> = (0..100).map(|number| (format!("x{number}"), "1")).collect();
        let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(parse_fields(&many).unwrap().unknown.len(), MAX_UNKNOWN);
    }

    #[test]
    fn an_error_names_the_field_and_not_its_value() {
        for (name, text) in [("boxes", "maybe"), ("dpi", "NaN"), ("dpi", "1e99"), ("text_layer", "x")] {
            let error = of(&[(name, text)]).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.detail.starts_with(name) && !error.detail.contains("1e99"), "{}", error.detail);
        }
        assert_eq!(of(&[("task", "translate")]).unwrap_err().code, ErrorCode::UnsupportedTask);
    }

    #[test]
    fn control_characters_other_than_line_ends_are_refused() {
        for name in ["prompt", "model", "reference", "language", "pages", "password"] {
            for text in ["a\0b", "\u{1b}[2J", "\u{9b}"] {
                let error = of(&[(name, text)]).unwrap_err();
                assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some(name)), "{text:?}");
            }
        }
        let prompt = of(&[("prompt", "one\r\n\ttwo")]).unwrap().prompt;
        assert_eq!(prompt.as_deref(), Some("one\r\n\ttwo"));
    }

    #[test]
    fn flags_are_parsed_as_forms_and_languages_write_them() {
        for text in ["true", "True", "TRUE", "1", "on", "On", "yes", "y", "t", " true "] {
            assert!(of(&[("boxes", text)]).unwrap().boxes, "{text}");
        }
        for text in ["false", "False", "0", "off", "no", "NO", "n", "f"] {
            let options = of(&[("store", text), ("resets", text), ("boxes", text)]).unwrap();
            assert_eq!((options.store, options.resets, options.boxes), (Some(false), false, false), "{text}");
        }
        for text in ["2", "ja", "truee", "null", "-"] {
            assert_eq!(of(&[("boxes", text)]).unwrap_err().field.as_deref(), Some("boxes"), "{text}");
        }
    }

    #[test]
    fn json_gives_the_same_options_as_a_form() {
        let json = serde_json::json!({"task": "markdown", "dpi": 200, "boxes": true, "model": null});
        let expected = of(&[("task", "markdown"), ("dpi", "200"), ("boxes", "true")]).unwrap();
        assert_eq!(of_json(json.as_object().unwrap()).unwrap().options, expected);
        let wrong = serde_json::json!({"pages": [1, 2]});
        assert_eq!(of_json(wrong.as_object().unwrap()).unwrap_err().code, ErrorCode::InvalidOption);
    }
}

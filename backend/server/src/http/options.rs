//! Parses a run's options from form fields or JSON: strict about values, lenient about unknown fields.

use std::{collections::BTreeMap, fmt};

use inkstream_core::{Error, Result};
use inkstream_wire::{ErrorCode, RunOptions, Task};
use serde::{
    Deserialize, Deserializer,
    de::{
        self, IntoDeserializer, Visitor,
        value::{BorrowedStrDeserializer, MapDeserializer},
    },
    forward_to_deserialize_any,
};
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

/// The fields of a request as they come, each checked at once.
#[derive(Debug, Default)]
pub(super) struct OptionFields {
    /// The texts of known options; of two with the same name the later one holds.
    texts: BTreeMap<&'static str, String>,
    unknown: Vec<String>,
}

impl OptionFields {
    /// Takes an option, or records an unknown field. An empty text counts as absent.
    pub(super) fn take(&mut self, name: &str, text: &str) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        if let Some(&known) = RunOptions::NAMES.iter().find(|known| **known == name) {
            parse([(known, text)]).map_err(|wrong| invalid_value(known, &wrong))?;
            self.texts.insert(known, text.to_owned());
        } else if self.unknown.len() < MAX_UNKNOWN && is_plain(name) && !self.unknown.iter().any(|seen| seen == name) {
            self.unknown.push(name.to_owned());
        }
        Ok(())
    }

    /// The options of all fields.
    pub(super) fn finish(self) -> Result<RawRunOptions> {
        let fields = self.texts.iter().map(|(name, text)| (*name, text.as_str()));
        let options = parse(fields).map_err(|wrong| invalid("options", &wrong.0))?;
        Ok(RawRunOptions { options, unknown: self.unknown })
    }
}

fn parse<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<RunOptions, WrongValue> {
    let fields = fields.into_iter().map(|(name, text)| (name, OptionText(text)));
    RunOptions::deserialize(MapDeserializer::new(fields))
}

/// Parses the options of a JSON object. `null` counts as absent.
pub(super) fn of_json(object: &Map<String, Value>) -> Result<RawRunOptions> {
    let mut fields = OptionFields::default();
    for (name, value) in object {
        match value {
            Value::Null => {}
            Value::String(text) => fields.take(name, text)?,
            Value::Bool(_) | Value::Number(_) => fields.take(name, &value.to_string())?,
            Value::Array(_) | Value::Object(_) => return Err(invalid(name, "a text, a number or true or false")),
        }
    }
    fields.finish()
}

/// The text of an option, which its field's type in [`RunOptions`] says how to parse.
#[derive(Debug, Clone, Copy)]
struct OptionText<'a>(&'a str);

/// What was expected in a text's place. The text itself may be a secret.
#[derive(Debug)]
struct WrongValue(String);

impl<'de> IntoDeserializer<'de, WrongValue> for OptionText<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for OptionText<'de> {
    type Error = WrongValue;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongValue> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongValue> {
        if has_control_characters(self.0) {
            return Err(WrongValue(PLAIN_TEXT.to_owned()));
        }
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongValue> {
        visitor.visit_some(self)
    }

    /// Parses true and false as HTML's checkboxes, Python and people write them.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongValue> {
        match self.0.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "yes" | "t" | "y" => visitor.visit_bool(true),
            "false" | "0" | "off" | "no" | "f" | "n" => visitor.visit_bool(false),
            _ => Err(WrongValue("true or false".to_owned())),
        }
    }

    /// Parses a number. The domain checks its range.
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongValue> {
        let number = self.0.parse().ok().filter(|number: &f32| number.is_finite());
        visitor.visit_f32(number.ok_or_else(|| WrongValue("a number".to_owned()))?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongValue> {
        visitor.visit_u64(self.0.parse().map_err(|_| WrongValue("a whole number".to_owned()))?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WrongValue> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 u32 f64 char str bytes byte_buf unit unit_struct newtype_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

impl de::Error for WrongValue {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("another value".to_owned())
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(format!("one of {}", expected.join(", ")))
    }
}

impl fmt::Display for WrongValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongValue {}

/// What is expected of texts.
const PLAIN_TEXT: &str = "a text without control characters";

/// Refuses control characters but line ends and tabs: databases, C libraries and models end or break a text at them.
pub(super) fn plain_text(name: &str, text: &str) -> Result<String> {
    if has_control_characters(text) { Err(invalid(name, PLAIN_TEXT)) } else { Ok(text.to_owned()) }
}

fn has_control_characters(text: &str) -> bool {
    text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn invalid_value(name: &str, wrong: &WrongValue) -> Error {
    if name != "task" {
        return invalid(name, &wrong.0);
    }
    let tasks = Task::ALL.map(Task::as_str).join(", ");
    Error::new(ErrorCode::UnsupportedTask, format!("There is no such task. There are: {tasks}."))
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
    use inkstream_wire::{SizeMode, TextLayer};

    use super::*;

    fn parse_fields(fields: &[(&str, &str)]) -> Result<RawRunOptions> {
        let mut taken = OptionFields::default();
        fields.iter().try_for_each(|(name, text)| taken.take(name, text))?;
        taken.finish()
    }

    fn parse_options(fields: &[(&str, &str)]) -> Result<RunOptions> {
        parse_fields(fields).map(|parsed| parsed.options)
    }

    #[test]
    fn every_option_is_parsed() {
        let options = parse_options(&[
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
            ("dehyphenate", "true"),
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
            dehyphenate: true,
            text_layer: Some(TextLayer::Prefer),
            store: Some(false),
            resets: true,
        };
        assert_eq!(options, expected);
    }

    #[test]
    fn empty_and_unknown_fields_count_as_absent() {
        assert_eq!(parse_options(&[("task", ""), ("dpi", ""), ("temperature", "1")]).unwrap(), RunOptions::default());
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
            let error = parse_options(&[(name, text)]).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.detail.starts_with(name) && !error.detail.contains("1e99"), "{}", error.detail);
        }
        assert_eq!(parse_options(&[("task", "translate")]).unwrap_err().code, ErrorCode::UnsupportedTask);
    }

    #[test]
    fn control_characters_other_than_line_ends_are_refused() {
        for name in ["prompt", "model", "reference", "language", "pages", "password"] {
            for text in ["a\0b", "\u{1b}[2J", "\u{9b}"] {
                let error = parse_options(&[(name, text)]).unwrap_err();
                assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some(name)), "{text:?}");
            }
        }
        let prompt = parse_options(&[("prompt", "one\r\n\ttwo")]).unwrap().prompt;
        assert_eq!(prompt.as_deref(), Some("one\r\n\ttwo"));
    }

    #[test]
    fn flags_are_parsed_as_forms_and_languages_write_them() {
        for text in ["true", "True", "TRUE", "1", "on", "On", "yes", "y", "t", " true "] {
            assert!(parse_options(&[("boxes", text)]).unwrap().boxes, "{text}");
        }
        for text in ["false", "False", "0", "off", "no", "NO", "n", "f"] {
            let options = parse_options(&[("store", text), ("resets", text), ("boxes", text)]).unwrap();
            assert_eq!((options.store, options.resets, options.boxes), (Some(false), false, false), "{text}");
        }
        for text in ["2", "ja", "truee", "null", "-"] {
            assert_eq!(parse_options(&[("boxes", text)]).unwrap_err().field.as_deref(), Some("boxes"), "{text}");
        }
    }

    #[test]
    fn json_gives_the_same_options_as_a_form() {
        let json = serde_json::json!({"task": "markdown", "dpi": 200, "boxes": true, "model": null});
        let expected = parse_options(&[("task", "markdown"), ("dpi", "200"), ("boxes", "true")]).unwrap();
        assert_eq!(of_json(json.as_object().unwrap()).unwrap().options, expected);
        let wrong = serde_json::json!({"pages": [1, 2]});
        assert_eq!(of_json(wrong.as_object().unwrap()).unwrap_err().code, ErrorCode::InvalidOption);
    }
}

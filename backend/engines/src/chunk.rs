//! The JSON of an answer's events, in every shape that servers send.
//!
//! Fields without text may be missing, null or of another type. Fields with text must be understood, or text of the page would be
//! lost silently.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

/// One event's data: a part of a completion, a whole completion, or an error. One struct for all three, since an untagged enum
/// would parse every chunk twice.
///
/// Fields that come with every token are parsed without an allocation, the text aside.
#[derive(Deserialize)]
pub(crate) struct Chunk<'a> {
    pub(crate) choices: Option<Vec<Option<Choice>>>,
    #[serde(default)]
    pub(crate) usage: Lenient<Counts>,
    error: Option<Value>,
    #[serde(borrow, default)]
    object: Word<'a>,
    #[serde(borrow, default)]
    message: Word<'a>,
    detail: Option<Value>,
}

/// A choice: with `delta` in a stream, `message` in a whole answer (and in some streams), `text` in the legacy completions API.
#[derive(Deserialize)]
pub(crate) struct Choice {
    /// Its number among the answers to one request.
    pub(crate) index: Option<Value>,
    pub(crate) delta: Option<Message>,
    pub(crate) message: Option<Message>,
    pub(crate) text: Option<Content>,
    pub(crate) finish_reason: Option<Value>,
    /// A vLLM extension: a stop string or a token id.
    pub(crate) stop_reason: Option<Value>,
}

/// A message or a delta. The model's reasoning (`reasoning_content`) is ignored: it is no text of the page.
#[derive(Default, Deserialize)]
pub(crate) struct Message {
    pub(crate) content: Option<Content>,
    /// The model's text if it refuses to answer.
    pub(crate) refusal: Option<Value>,
}

/// Text: a string, a part (`{"type": "text", "text": …}`), or a list of such.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Content(pub(crate) String);

/// Tokens so far.
#[derive(Default, Deserialize)]
pub(crate) struct Counts {
    #[serde(default)]
    pub(crate) prompt_tokens: Count,
    #[serde(default)]
    pub(crate) completion_tokens: Count,
}

/// A number of tokens. An invalid one is treated as missing, so that it does not fail the page.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Count(Option<u64>);

/// A string; any other JSON value is parsed as `None`.
#[derive(Default)]
struct Word<'a>(Option<Cow<'a, str>>);

/// An object; any other JSON value is parsed as `None`.
pub(crate) struct Lenient<T>(pub(crate) Option<T>);

impl<'a> Chunk<'a> {
    /// Parses the data of an event; `None` for `null` and for an empty text, which some servers send as keep-alive.
    pub(crate) fn parse(data: &'a str) -> serde_json::Result<Option<Self>> {
        if data.trim().is_empty() { Ok(None) } else { serde_json::from_str(data) }
    }

    /// Whether this is an error: `{"error": {"message": …}}`, `{"error": "…"}`, or the same fields at the top level of an object
    /// without choices.
    pub(crate) fn is_error(&self) -> bool {
        let is_error_object = self.object.0.as_deref() == Some("error");
        let has_message = self.message.0.is_some() || self.detail.is_some();
        self.error.as_ref().is_some_and(holds_error) || is_error_object || (self.choices.is_none() && has_message)
    }
}

/// Whether the `error` field holds an error: some servers send the field, empty, with every chunk.
fn holds_error(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

impl Count {
    /// The number, if it is valid and at most `max`.
    pub(crate) fn plausible(self, max: u64) -> Option<u64> {
        self.0.filter(|tokens| *tokens <= max)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or parts of one")
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Content, E> {
        Ok(Content(text))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
        let mut text = String::new();
        while let Some(Content(part)) = parts.next_element()? {
            text.push_str(&part);
        }
        Ok(Content(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Content, A::Error> {
        #[derive(Deserialize)]
        struct Part {
            #[serde(rename = "type")]
            kind: Option<Value>,
            text: Option<Content>,
            content: Option<Content>,
            value: Option<Content>,
        }
        let part = Part::deserialize(MapAccessDeserializer::new(map))?;
        let is_reasoning = matches!(part.kind.as_ref().and_then(Value::as_str), Some("thinking" | "reasoning"));
        let text = part.text.or(part.content).or(part.value).filter(|_| !is_reasoning);
        Ok(text.unwrap_or_default())
    }
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

/// The visits of values that are parsed as nothing.
macro_rules! ignore {
    ($($visit:ident: $value:ty),*) => {
        $(fn $visit<E>(self, _: $value) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (map, $($visit:ident: $value:ty),*) => {
        ignore!($($visit: $value),*);

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Lenient(Some(value)))
    }

    ignore!(visit_str: &str, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_u64<E>(self, tokens: u64) -> Result<Count, E> {
        Ok(Count(Some(tokens)))
    }

    ignore!(map, visit_str: &str, visit_bool: bool, visit_i64: i64, visit_f64: f64);
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, word: &'de str) -> Result<Word<'de>, E> {
        Ok(Word(Some(Cow::Borrowed(word))))
    }

    fn visit_str<E>(self, word: &str) -> Result<Word<'de>, E> {
        Ok(Word(Some(Cow::Owned(word.to_owned()))))
    }

    ignore!(map, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(json: &str) -> Option<String> {
        serde_json::from_str::<Content>(json).ok().map(|content| content.0)
    }

    #[test]
    fn text_comes_as_a_string_or_in_parts_and_reasoning_is_skipped() {
        for (json, text) in [
            (r#""ink""#, "ink"),
            ("null", ""),
            ("[]", ""),
            (r#"["in", null, "k"]"#, "ink"),
            (r#"[{"type":"text","text":"in"},{"type":"output_text","text":"k","annotations":[]}]"#, "ink"),
            (r#"{"type":"text","text":{"value":"ink"}}"#, "ink"),
            (r#"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"ink"}]"#, "ink"),
            (r#"[{"type":"reasoning","text":"hm"},{"text":"ink"}]"#, "ink"),
            (r#"[{"type":"image_url","image_url":{"url":"data:,"}}]"#, ""),
        ] {
            assert_eq!(content(json).as_deref(), Some(text), "{json}");
        }
        for json in ["7", "true", "[7]", r#"{"text":7}"#] {
            assert_eq!(content(json), None, "{json}: what may be text is never skipped");
        }
    }

    #[test]
    fn errors_are_recognized_in_every_shape_and_empty_error_fields_are_ignored() {
        let is_error = |json| Chunk::parse(json).unwrap().unwrap().is_error();
        for json in [
            r#"{"error":{"message":"full"}}"#,
            r#"{"error":"full","choices":[]}"#,
            r#"{"object":"error","message":"full"}"#,
            r#"{"message":"full","type":"server_error","code":500}"#,
            r#"{"detail":"full"}"#,
        ] {
            assert!(is_error(json), "{json}");
        }
        for json in [r#"{"error":null}"#, r#"{"error":{},"choices":[]}"#, r#"{"message":null}"#, "{}"] {
            assert!(!is_error(json), "{json}");
        }
    }

    #[test]
    fn usage_that_is_no_object_is_ignored() {
        for usage in ["null", "[]", "[1]", "\"n/a\"", "7", "-7", "1.5", "true"] {
            let json = format!(r#"{{"choices":null,"usage":{usage}}}"#);
            let chunk = Chunk::parse(&json).unwrap().unwrap();
            assert!(chunk.usage.0.is_none(), "{usage}");
        }
        for (tokens, count) in [
            ("7", Some(7)),
            ("-7", None),
            ("1.5", None),
            ("\"7\"", None),
            ("[7]", None),
            ("{\"a\":7}", None),
            ("null", None),
            ("true", None),
        ] {
            let json = format!(r#"{{"usage":{{"prompt_tokens":{tokens},"completion_tokens":3}}}}"#);
            let counts = Chunk::parse(&json).unwrap().unwrap().usage.0.unwrap();
            assert_eq!(
                (counts.prompt_tokens.plausible(9), counts.completion_tokens.plausible(9)),
                (count, Some(3)),
                "{tokens}"
            );
        }
        assert!(Chunk::parse("null").unwrap().is_none() && Chunk::parse(" ").unwrap().is_none());
    }
}

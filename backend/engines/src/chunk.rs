//! What an event of an answer holds, in every shape that servers give it.
//!
//! What carries no text may be missing, null or of another kind; what carries text must be understood, or the page would
//! lack it silently.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

/// One event's data: a part of a completion, a whole one, or an error. One struct for all: an untagged enum would parse
/// every chunk twice.
#[derive(Deserialize)]
pub(crate) struct Chunk {
    pub(crate) choices: Option<Vec<Option<Choice>>>,
    #[serde(default)]
    pub(crate) usage: Lenient<Counts>,
    error: Option<Value>,
    object: Option<Value>,
    message: Option<Value>,
    detail: Option<Value>,
}

/// A choice's part: `delta` in a stream, `message` in a whole answer (and in some streams), `text` in the completions that
/// came before chat.
#[derive(Deserialize)]
pub(crate) struct Choice {
    pub(crate) delta: Option<Message>,
    pub(crate) message: Option<Message>,
    pub(crate) text: Option<Content>,
    pub(crate) finish_reason: Option<Value>,
    /// vLLM's own: a string, or a token's number.
    pub(crate) stop_reason: Option<Value>,
}

/// What the model says. Its thinking (`reasoning_content`) is no text of the page.
#[derive(Default, Deserialize)]
pub(crate) struct Message {
    pub(crate) content: Option<Content>,
    /// What it says in place of an answer.
    pub(crate) refusal: Option<Value>,
}

/// Text: a string, a part (`{"type": "text", "text": …}`), or a list of such.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Content(pub(crate) String);

/// Tokens so far.
#[derive(Default, Deserialize)]
pub(crate) struct Counts {
    pub(crate) prompt_tokens: Option<Count>,
    pub(crate) completion_tokens: Option<Count>,
}

/// A number of tokens. What cannot be one costs no page: it is as if the engine had not told it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Count {
    Told(u64),
    Nonsense(IgnoredAny),
}

/// An object that need not be one: anything else is none.
pub(crate) struct Lenient<T>(pub(crate) Option<T>);

impl Chunk {
    /// The data of an event; `None` for `null` and for nothing, which some servers send to keep a connection open.
    pub(crate) fn parse(data: &str) -> serde_json::Result<Option<Self>> {
        if data.trim().is_empty() { Ok(None) } else { serde_json::from_str(data) }
    }

    /// The message of an error in one of its shapes: `{"error": {"message": …}}`, `{"error": "…"}`, or the same fields at
    /// the top level, which hold no choices then. `code`, an integer or a string, is not looked at.
    pub(crate) fn error_message(&self) -> Option<String> {
        if let Some(error) = self.error.as_ref().filter(|error| is_told(error)) {
            let message = error.as_str().or_else(|| error.get("message")?.as_str());
            return Some(message.map_or_else(|| error.to_string(), str::to_owned));
        }
        let message = self.message.as_ref().and_then(Value::as_str);
        let is_error = self.object.as_ref().and_then(Value::as_str) == Some("error");
        if is_error || (self.choices.is_none() && message.is_some()) {
            return Some(message.unwrap_or_default().to_owned());
        }
        self.detail.as_ref().filter(|_| self.choices.is_none()).map(Value::to_string)
    }
}

/// Whether an `error` is one: some servers have the field on every chunk.
fn is_told(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

impl Count {
    /// The number, if it can be one; `max` is the most that is believed.
    pub(crate) fn told(&self, max: u64) -> Option<u64> {
        match self {
            Self::Told(tokens) => Some(*tokens).filter(|tokens| *tokens <= max),
            Self::Nonsense(_) => None,
        }
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
        let thinks = matches!(part.kind.as_ref().and_then(Value::as_str), Some("thinking" | "reasoning"));
        let text = part.text.or(part.content).or(part.value).filter(|_| !thinks);
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

impl<'de, T: Deserialize<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Lenient(Some(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(json: &str) -> Option<String> {
        serde_json::from_str::<Content>(json).ok().map(|content| content.0)
    }

    #[test]
    fn text_comes_as_a_string_or_in_parts_and_thinking_is_none_of_it() {
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
            assert_eq!(content(json), None, "{json}: what may be text is never passed over");
        }
    }

    #[test]
    fn an_error_is_known_in_every_shape_and_a_field_of_that_name_alone_is_none() {
        let message = |json| Chunk::parse(json).unwrap().unwrap().error_message();
        for json in [
            r#"{"error":{"message":"full"}}"#,
            r#"{"error":"full","choices":[]}"#,
            r#"{"object":"error","message":"full"}"#,
            r#"{"message":"full","type":"server_error","code":500}"#,
        ] {
            assert_eq!(message(json).as_deref(), Some("full"), "{json}");
        }
        assert_eq!(message(r#"{"detail":"full"}"#).as_deref(), Some(r#""full""#));
        for json in [r#"{"error":null}"#, r#"{"error":{},"choices":[]}"#, r#"{"message":null}"#, "{}"] {
            assert_eq!(message(json), None, "{json}");
        }
    }

    #[test]
    fn usage_that_is_no_object_is_none() {
        for usage in ["null", "[]", "[1]", "\"n/a\"", "7", "-7", "1.5", "true"] {
            let chunk = Chunk::parse(&format!(r#"{{"choices":null,"usage":{usage}}}"#)).unwrap().unwrap();
            assert!(chunk.usage.0.is_none(), "{usage}");
        }
        assert!(Chunk::parse("null").unwrap().is_none() && Chunk::parse(" ").unwrap().is_none());
    }
}

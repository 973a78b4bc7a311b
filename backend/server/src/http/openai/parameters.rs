//! `OpenAI`'s own parameters: which are honoured, and which are refused because ignoring them would silently give a wrong answer.
//!
//! Those that only steer sampling (`temperature`, `top_p`, `seed`, penalties) or accounting (`user`, `metadata`, `store`) are
//! ignored. The values of the former must be numbers all the same: a request with another value is a mistake of its author.

use inkstream_core::{Error, Result};
use inkstream_wire::ErrorCode;
use serde_json::{Map, Value};

/// The largest bound of an answer, which is more than any document has.
const MAX_TOKENS: u64 = 100_000_000;

/// Names of the answer's bound: in Chat Completions (deprecated and current), and in the Responses API.
const BOUNDS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

/// Parameters that cannot be honoured, unless their value changes nothing.
const UNSUPPORTED: [(&str, IsNoOp, &str); 24] = [
    ("n", is_one, "one answer is given to a request: leave n out, or make it 1"),
    ("best_of", is_one, "one answer is given to a request: leave it out, or make it 1"),
    ("response_format", is_text_format, "the answer is text: leave it out, or make it {\"type\": \"text\"}"),
    ("stop", is_empty, "a page is read to its end: cut the text yourself, or bound it with max_tokens"),
    ("stop_token_ids", is_empty, "a page is read to its end: cut the text yourself, or bound it with max_tokens"),
    ("bad_words", is_empty, "every word of a page is read"),
    ("allowed_token_ids", is_empty, "every word of a page is read"),
    ("tools", is_empty, "no model here calls tools"),
    ("functions", is_empty, "no model here calls functions"),
    ("tool_choice", is_no_choice, "no model here calls tools"),
    ("function_call", is_no_choice, "no model here calls functions"),
    ("logprobs", is_off, "probabilities are not told"),
    ("top_logprobs", is_off, "probabilities are not told"),
    ("prompt_logprobs", is_off, "probabilities are not told"),
    ("logit_bias", is_empty, "tokens cannot be made likelier"),
    ("audio", is_empty, "the answer is text"),
    ("modalities", is_text_alone, "the answer is text: leave it out, or make it [\"text\"]"),
    ("web_search_options", is_off, "nothing is searched for"),
    ("echo", is_off, "the prompt is not repeated"),
    ("guided_json", is_empty, "the answer is text"),
    ("guided_regex", is_empty, "the answer is text"),
    ("guided_choice", is_empty, "the answer is text"),
    ("guided_grammar", is_empty, "the answer is text"),
    ("structured_outputs", is_empty, "the answer is text"),
];

/// Parameters that only steer sampling, and are ignored.
const NUMBERS: [&str; 9] = [
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "length_penalty",
];

/// Whether a value changes nothing.
type IsNoOp = fn(&Value) -> bool;

/// Looks a parameter up at the top level, or else within a literal `extra_body`. `null` counts as absent.
pub(super) fn lookup<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let extra = object.get("extra_body");
    let value = object.get(name).filter(|value| !value.is_null()).or_else(|| extra?.get(name));
    value.filter(|value| !value.is_null())
}

/// Refuses parameters that cannot be honoured, and values that no parameter of this name can have. The error names the parameter.
pub(super) fn refuse_unsupported(object: &Map<String, Value>) -> Result<()> {
    let invalid = |name: &str, expected: &str| {
        Err(Error::new(ErrorCode::InvalidOption, format!("{name} must be {expected}.")).of_field(name))
    };
    if object.get("extra_body").is_some_and(|extra| !extra.is_null() && !extra.is_object()) {
        return invalid("extra_body", "an object");
    }
    if let Some(name) = NUMBERS.into_iter().find(|name| lookup(object, name).is_some_and(|value| !value.is_number())) {
        return invalid(name, "a number");
    }
    for (name, is_no_op, why) in UNSUPPORTED {
        if lookup(object, name).is_some_and(|value| !is_no_op(value)) {
            let detail = format!("{name} cannot be honoured here: {why}.");
            return Err(Error::new(ErrorCode::InvalidOption, detail).of_field(name));
        }
    }
    Ok(())
}

/// The maximum number of tokens of the whole answer: the smallest of the bounds that are given.
pub(super) fn max_tokens(object: &Map<String, Value>) -> Result<Option<u64>> {
    let mut min = None;
    for name in BOUNDS {
        let Some(value) = lookup(object, name) else { continue };
        let bound = whole(value).filter(|bound| (1..=MAX_TOKENS).contains(bound)).ok_or_else(|| {
            let detail = format!("{name} must be a whole number from 1 to {MAX_TOKENS}.");
            Error::new(ErrorCode::InvalidOption, detail).of_field(name)
        })?;
        min = Some(min.map_or(bound, |min: u64| min.min(bound)));
    }
    Ok(min)
}

/// Parses a whole number. Some clients write it as `100.0`.
fn whole(value: &Value) -> Option<u64> {
    let as_float = || value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=1e15).contains(number));
    value.as_u64().or_else(|| as_float().map(|number| number as u64))
}

fn is_one(value: &Value) -> bool {
    whole(value) == Some(1)
}

fn is_off(value: &Value) -> bool {
    *value == Value::Bool(false) || whole(value) == Some(0)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn is_no_choice(value: &Value) -> bool {
    matches!(value.as_str(), Some("none" | "auto"))
}

fn is_text_format(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("text")
}

fn is_text_alone(value: &Value) -> bool {
    value.as_array().is_some_and(|kinds| kinds.iter().all(|kind| kind == "text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_bound_is_a_whole_number_and_the_narrower_of_two() {
        let bound = |value: Value| max_tokens(&object(&value));
        assert_eq!(bound(json!({})).unwrap(), None);
        assert_eq!(bound(json!({"max_tokens": null})).unwrap(), None);
        assert_eq!(bound(json!({"max_tokens": 1})).unwrap(), Some(1));
        assert_eq!(bound(json!({"max_completion_tokens": 100.0})).unwrap(), Some(100));
        assert_eq!(bound(json!({"max_tokens": 70, "max_completion_tokens": 30})).unwrap(), Some(30));
        assert_eq!(bound(json!({"max_tokens": 7, "max_completion_tokens": 30})).unwrap(), Some(7));
        assert_eq!(bound(json!({"extra_body": {"max_tokens": 9}})).unwrap(), Some(9));
    }

    #[test]
    fn an_invalid_bound_is_refused_by_its_name() {
        for name in BOUNDS {
            for value in
                ["0", "-1", "1.5", "1e9", "1e300", "18446744073709551616", "-0.5", "\"7\"", "true", "[1]", "{}"]
            {
                let request = object(&serde_json::from_str(&format!("{{\"{name}\": {value}}}")).unwrap());
                let error = max_tokens(&request).unwrap_err();
                assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some(name)), "{value}");
                assert!(error.detail.contains(name));
            }
        }
    }

    #[test]
    fn parameters_that_cannot_be_honoured_are_refused_by_name() {
        for (name, value) in [
            ("n", json!(2)),
            ("n", json!(0)),
            ("n", json!(-1)),
            ("n", json!(1.5)),
            ("n", json!(1e9)),
            ("n", json!(1e300)),
            ("n", json!("1")),
            ("response_format", json!({"type": "json_object"})),
            ("response_format", json!({"type": "json_schema", "json_schema": {"name": "x"}})),
            ("response_format", json!("json")),
            ("response_format", json!({})),
            ("stop", json!("END")),
            ("stop", json!(["\n\n"])),
            ("tools", json!([{"type": "function"}])),
            ("functions", json!([{"name": "f"}])),
            ("tool_choice", json!("required")),
            ("tool_choice", json!({"type": "function"})),
            ("function_call", json!({"name": "f"})),
            ("logprobs", json!(true)),
            ("logprobs", json!(5)),
            ("top_logprobs", json!(3)),
            ("logit_bias", json!({"50256": -100})),
            ("audio", json!({"voice": "alloy", "format": "wav"})),
            ("modalities", json!(["text", "audio"])),
            ("modalities", json!("audio")),
            ("web_search_options", json!({"search_context_size": "low"})),
            ("guided_json", json!({"type": "object"})),
            ("stop_token_ids", json!([2])),
            ("bad_words", json!(["ink"])),
            ("allowed_token_ids", json!([1, 2])),
            ("prompt_logprobs", json!(1)),
            ("temperature", json!("hot")),
            ("temperature", json!("0.2")),
            ("top_p", json!(true)),
            ("seed", json!([7])),
            ("presence_penalty", json!({})),
            ("top_k", json!("")),
        ] {
            for request in [json!({name: value}), json!({"extra_body": {name: value}})] {
                let error = refuse_unsupported(&object(&request)).unwrap_err();
                assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some(name)), "{value}");
                assert!(error.detail.starts_with(name), "{}", error.detail);
            }
        }
    }

    #[test]
    fn an_extra_body_that_is_no_object_is_refused() {
        for value in [json!("x"), json!(7), json!([{"task": "text"}]), json!(true)] {
            let error = refuse_unsupported(&object(&json!({"extra_body": value}))).unwrap_err();
            assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some("extra_body")), "{value}");
        }
        assert!(refuse_unsupported(&object(&json!({"extra_body": null}))).is_ok());
    }

    #[test]
    fn no_ops_and_sampling_parameters_are_accepted() {
        for request in [
            json!({}),
            json!({"n": 1, "response_format": {"type": "text"}, "tools": [], "functions": [], "stop": [], "logit_bias": {}}),
            json!({"n": null, "response_format": null, "tools": null, "stop": null, "audio": null, "modalities": null}),
            json!({"tool_choice": "none", "function_call": "auto", "logprobs": false, "top_logprobs": 0}),
            json!({"modalities": ["text"], "stop": "", "n": 1.0}),
            json!({"stop_token_ids": [], "bad_words": null, "prompt_logprobs": 0, "temperature": null, "top_k": -1}),
            json!({"temperature": 0.2, "top_p": 1, "seed": 7, "user": "u", "metadata": {"a": "b"}, "store": true,
                "presence_penalty": 0.1, "frequency_penalty": 1, "parallel_tool_calls": true, "service_tier": "auto",
                "reasoning_effort": "low", "prediction": {"type": "content"}, "safety_identifier": "s"}),
        ] {
            assert!(refuse_unsupported(&object(&request)).is_ok(), "{request}");
        }
    }
}

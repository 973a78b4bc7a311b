//! Options as form fields.

use inkstream_wire::RunOptions;
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::{File, FormData};

/// The multipart form of `file`. The options come first, so that the server knows them before the file's bytes.
pub(super) fn fields(file: &File, options: &RunOptions) -> JsValue {
    let Ok(form) = FormData::new() else { return JsValue::UNDEFINED };
    for (name, value) in pairs(options) {
        // An option that cannot be set keeps the server's default.
        let _ = form.append_with_str(&name, &value);
    }
    let _ = form.append_with_blob_and_filename("file", file, &file.name());
    form.into()
}

/// The options that are set, with their names in JSON.
fn pairs(options: &RunOptions) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(options) else { return Vec::new() };
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_options_that_are_set_become_fields() {
        let options = RunOptions { language: Some("eng+deu".to_owned()), boxes: true, ..RunOptions::default() };
        let mut pairs = pairs(&options);
        pairs.sort();
        assert_eq!(pairs, [("boxes".to_owned(), "true".to_owned()), ("language".to_owned(), "eng+deu".to_owned())]);
    }
}

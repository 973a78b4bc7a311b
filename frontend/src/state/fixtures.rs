//! Events as a server sends them, for tests.

use inkstream_content::PageContent;
use inkstream_wire::{NdjsonDecoder, OcrEvent};

/// The document that the events are about.
pub(crate) const DOCUMENT: &str = "7f8a4c1e-0000-4000-8000-000000000001";

/// `start`; `pages` is `"pages":N,` for a document of several.
pub(crate) fn start(kind: &str, pages: &str) -> String {
    format!(
        r#"{{"type":"start","kind":"{kind}",{pages}"document_id":"{DOCUMENT}","run_id":"{DOCUMENT}","model":"tesseract"}}"#
    )
}

/// `end`.
pub(crate) fn end(pages: &str) -> String {
    format!(
        r#"{{"type":"end","usage":{{{pages}"prompt_tokens":0,"completion_tokens":2,"prompt_chars":0,"completion_chars":9,"input_bytes":5}}}}"#
    )
}

/// `page_start`.
pub(crate) fn page_start(page: u32) -> String {
    format!(r#"{{"type":"page_start","page":{page},"width":100,"height":200,"model":"tesseract"}}"#)
}

/// `page_delta`, with a place.
pub(crate) fn page_delta(page: u32, delta: &str) -> String {
    let delta = serde_json::Value::from(delta);
    format!(r#"{{"type":"page_delta","page":{page},"delta":{delta},"box":[1,2,3,4]}}"#)
}

/// `page_end` without content.
pub(crate) fn page_end(page: u32) -> String {
    format!(
        r#"{{"type":"page_end","page":{page},"usage":{{"prompt_tokens":0,"completion_tokens":1,"prompt_chars":0,"completion_chars":1,"input_bytes":1}}}}"#
    )
}

/// `page_end` with content.
pub(crate) fn page_end_with(page: u32, content: &PageContent) -> String {
    let content = serde_json::to_string(content).unwrap();
    page_end(page).replace(r#""usage""#, &format!(r#""content":{content},"usage""#))
}

/// The lines as events.
pub(crate) fn events(lines: &[String]) -> Vec<OcrEvent> {
    let text = lines.join("\n") + "\n";
    NdjsonDecoder::default().push(text.as_bytes()).into_iter().map(Result::unwrap).collect()
}

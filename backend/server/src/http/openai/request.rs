//! Parses a chat completion: the images and the prompt from its messages, and the options beside them.

use inkstream_core::{Error, Result};
use inkstream_wire::{ErrorCode, RunOptions};
use serde_json::{Map, Value};

use super::{
    data_uris::MAX_FILES,
    parameters::{self, lookup},
};
use crate::http::options;

/// Options of this server, at the top level or within `extra_body`.
const OPTIONS: [&str; 9] =
    ["task", "size", "reference", "boxes", "language", "pages", "dpi", "text_layer", "dehyphenate"];
/// An option that only this API has.
const ANNOTATE: &str = "annotate";

/// A parsed request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) options: RunOptions,
    /// Maximum number of tokens of the answer.
    pub(super) max_tokens: Option<u64>,
    /// The files to recognize, in order; at least one.
    pub(super) files: Vec<File>,
    /// Whether the answer holds the pages as images with their boxes drawn.
    pub(super) annotate: bool,
    pub(super) stream: bool,
    /// Whether the last chunk of a stream holds the usage.
    pub(super) include_usage: bool,
}

/// An image or PDF of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum File {
    /// Sent in the request; its index.
    Uploaded(usize),
    /// To be fetched from this http(s) URL.
    Url(String),
}

impl Request {
    /// Parses the JSON without its files (see [`super::data_uris`]). Unknown fields are ignored. `OpenAI`'s parameters that would
    /// change the answer and cannot be honoured are refused.
    pub(super) fn parse(json: &[u8]) -> Result<Self> {
        // RFC 8259 lets parsers ignore a byte order mark, which some clients send.
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
        let object: Map<String, Value> =
            serde_json::from_slice(json).map_err(|_| bad_request("The body is not a JSON object."))?;
        parameters::refuse_unsupported(&object)?;
        let messages = object.get("messages").and_then(Value::as_array);
        let messages =
            messages.ok_or_else(|| bad_request("messages must be a list of messages.").of_field("messages"))?;
        let Content { prompt, files } = collect_content(messages)?;
        if files.is_empty() {
            let detail = "The messages hold no image: send an image_url part with a data URI \
                          (data:image/png;base64,…), or a file part with a PDF.";
            return Err(Error::new(ErrorCode::MissingFile, detail));
        }
        if files.len() > MAX_FILES {
            return Err(bad_request(&format!("A request may hold at most {MAX_FILES} images and files.")));
        }
        let annotate = flag(lookup(&object, ANNOTATE), ANNOTATE)?;
        let options = parse_options(&object)?;
        let stream = flag(object.get("stream"), "stream")?;
        let include_usage = object.get("stream_options").and_then(|options| options.get("include_usage"));
        Ok(Self {
            // Drawing needs the boxes.
            options: RunOptions {
                prompt,
                store: Some(false),
                boxes: options.boxes || annotate,
                resets: !stream,
                ..options
            },
            max_tokens: parameters::max_tokens(&object)?,
            files,
            annotate,
            stream,
            include_usage: flag(include_usage, "stream_options.include_usage")?,
        })
    }
}

fn parse_options(object: &Map<String, Value>) -> Result<RunOptions> {
    let find = |&name: &&str| Some((name.to_owned(), lookup(object, name)?.clone()));
    let mut given: Map<String, Value> = OPTIONS.iter().filter_map(find).collect();
    given.extend(object.get("model").map(|model| ("model".to_owned(), model.clone())));
    Ok(options::of_json(&given)?.options)
}

#[derive(Debug, Default)]
struct Content {
    prompt: Option<String>,
    files: Vec<File>,
}

/// Collects the system prompts, and the user's messages since the last answer. Earlier images were answered already, unless there
/// are none since: then the user asks about the latest ones again.
fn collect_content(messages: &[Value]) -> Result<Content> {
    let messages: Vec<Message<'_>> = messages.iter().enumerate().collect();
    let answered = messages.iter().rposition(is_answer);
    let (mut texts, mut files) = (Vec::new(), Vec::new());
    for message in &messages {
        if matches!(role(message), Some("system" | "developer")) {
            collect_parts(message, &mut texts, &mut Vec::new())?;
        }
    }
    for message in messages.iter().skip(answered.map_or(0, |index| index + 1)) {
        match role(message) {
            Some("user") => collect_parts(message, &mut texts, &mut files)?,
            Some("system" | "developer" | "tool" | "function") => {}
            _ => {
                let detail = "A message's role must be system, developer, user, assistant or tool.";
                return Err(bad_request(detail).of_field(format!("messages[{}].role", message.0)));
            }
        }
    }
    if files.is_empty() {
        files = earlier_files(&messages[..answered.unwrap_or_default()])?;
    }
    texts.retain(|text| !text.trim().is_empty());
    let prompt = (!texts.is_empty()).then(|| texts.join("\n\n"));
    Ok(Content { prompt, files })
}

/// A message and its index.
type Message<'a> = (usize, &'a Value);

fn role<'a>((_, message): &Message<'a>) -> Option<&'a str> {
    message.get("role").and_then(Value::as_str)
}

fn is_answer(message: &Message<'_>) -> bool {
    role(message) == Some("assistant")
}

/// The files of the latest turn that has any.
fn earlier_files(messages: &[Message<'_>]) -> Result<Vec<File>> {
    for turn in messages.rsplit(is_answer) {
        let mut files = Vec::new();
        for message in turn.iter().filter(|message| role(message) == Some("user")) {
            collect_parts(message, &mut Vec::new(), &mut files)?;
        }
        if !files.is_empty() {
            return Ok(files);
        }
    }
    Ok(Vec::new())
}

/// Collects a message's texts and files. An error names the part by its path.
fn collect_parts(&(index, message): &Message<'_>, texts: &mut Vec<String>, files: &mut Vec<File>) -> Result<()> {
    let named = |part: Option<usize>| {
        let part = part.map(|part| format!("[{part}]")).unwrap_or_default();
        move |error: Error| error.of_field(format!("messages[{index}].content{part}"))
    };
    match message.get("content") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => texts.push(text_part(text).map_err(named(None))?),
        Some(Value::Array(parts)) => {
            for (part, value) in parts.iter().enumerate() {
                collect_part(value, texts, files).map_err(named(Some(part)))?;
            }
        }
        Some(_) => return Err(named(None)(bad_request("A message's content must be a text or a list of parts."))),
    }
    Ok(())
}

fn collect_part(part: &Value, texts: &mut Vec<String>, files: &mut Vec<File>) -> Result<()> {
    let field = |name: &str| part.get(name);
    match field("type").and_then(Value::as_str) {
        Some("text" | "input_text") => {
            let text = field("text").and_then(Value::as_str);
            texts.push(text_part(text.ok_or_else(|| bad_request("A text part must have a text."))?)?);
        }
        Some(kind @ ("image_url" | "input_image")) => {
            // The Responses API has a URL where Chat Completions has an object with a URL. Clients confuse them, so accept both.
            let image = field("image_url");
            let url = image.and_then(|image| image.get("url").or(Some(image))).and_then(Value::as_str);
            let missing = format!("An {kind} part must have an image_url: this server keeps no files.");
            let url = url.ok_or_else(|| bad_request(&missing))?.trim();
            files.push(if is_http(url) { File::Url(url.to_owned()) } else { File::Uploaded(file_index(url)?) });
        }
        Some("file" | "input_file") => {
            let file = field("file").unwrap_or(part);
            let data = file.get("file_data").and_then(Value::as_str);
            let missing = "A file part must have its file in file_data, as a data URI: this server keeps no files.";
            files.push(File::Uploaded(file_index(data.ok_or_else(|| bad_request(missing))?)?));
        }
        _ => {
            return Err(bad_request(
                "A part's type must be text, image_url or file (or input_text, input_image, input_file).",
            ));
        }
    }
    Ok(())
}

/// Checks a text for the prompt. A data URI in it is an image in the wrong part.
fn text_part(text: &str) -> Result<String> {
    if parse_placeholder(text).is_some() {
        return Err(bad_request("A data URI stands where a text belongs: send it in an image_url part."));
    }
    options::plain_text("text", text)
}

/// The index of the file that a URL stands for.
fn file_index(url: &str) -> Result<usize> {
    if let Some(index) = parse_placeholder(url) {
        return Ok(index);
    }
    Err(bad_request(match scheme(url).as_deref() {
        Some("data") => "A data URI must be base64: data:image/png;base64,….",
        _ => "An image or file must be a data URI: data:image/png;base64,….",
    }))
}

fn is_http(url: &str) -> bool {
    matches!(scheme(url).as_deref(), Some("http" | "https"))
}

fn scheme(url: &str) -> Option<String> {
    url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase())
}

/// Parses `data:N`, which the extractor leaves in place of a data URI.
fn parse_placeholder(text: &str) -> Option<usize> {
    text.strip_prefix("data:").filter(|index| index.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

fn flag(value: Option<&Value>, name: &str) -> Result<bool> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Error::new(ErrorCode::InvalidOption, format!("{name} must be true or false.")).of_field(name)),
    }
}

fn bad_request(detail: &str) -> Error {
    Error::new(ErrorCode::BadRequest, detail)
}

#[cfg(test)]
mod tests {
    use inkstream_wire::Task;
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<Request> {
        Request::parse(value.to_string().as_bytes())
    }

    fn image(index: usize) -> Value {
        json!({"type": "image_url", "image_url": {"url": format!("data:{index}"), "detail": "high"}})
    }

    fn parse_messages(messages: &Value) -> Result<Request> {
        parse(&json!({"model": "m", "messages": messages}))
    }

    #[test]
    fn a_byte_order_mark_before_the_json_is_passed_over() {
        let json = json!({"messages": [{"role": "user", "content": [image(0)]}]}).to_string();
        assert_eq!(Request::parse(format!("\u{feff}{json}").as_bytes()).unwrap().files, [File::Uploaded(0)]);
    }

    #[test]
    fn system_prompts_and_texts_are_the_prompt_and_images_keep_their_order() {
        let parts = json!([{"type": "text", "text": "Read."}, image(1), image(0), {"type": "text", "text": "All."}]);
        let request =
            parse_messages(&json!([{"role": "system", "content": "Be exact."}, {"role": "user", "content": parts}]))
                .unwrap();
        assert_eq!(request.options.prompt.as_deref(), Some("Be exact.\n\nRead.\n\nAll."));
        assert_eq!((request.files, request.options.store), (vec![File::Uploaded(1), File::Uploaded(0)], Some(false)));
        assert_eq!((request.stream, request.include_usage), (false, false));
    }

    #[test]
    fn a_follow_up_without_an_image_is_about_the_latest_images() {
        let follow_up = |last: Value| {
            parse_messages(&json!([
                {"role": "user", "content": [image(0), {"type": "text", "text": "First."}]},
                {"role": "assistant", "content": "It said ink."},
                {"role": "user", "content": [image(1)]},
                {"role": "user", "content": [image(2), {"type": "text", "text": "Both."}]},
                {"role": "assistant", "content": null},
                {"role": "user", "content": "Thank you."},
                {"role": "assistant", "content": "Welcome."},
                last,
            ]))
            .unwrap()
        };
        let again = follow_up(json!({"role": "user", "content": "Now as a table."}));
        assert_eq!(again.files, [File::Uploaded(1), File::Uploaded(2)]);
        assert_eq!(again.options.prompt.as_deref(), Some("Now as a table."));
        let new = follow_up(json!({"role": "user", "content": [image(3)]}));
        assert_eq!((new.files, new.options.prompt), (vec![File::Uploaded(3)], None));
        let none = parse_messages(&json!([
            {"role": "user", "content": "Hello."},
            {"role": "assistant", "content": [image(0)]},
            {"role": "user", "content": "Read it."},
        ]));
        assert_eq!(none.unwrap_err().code, ErrorCode::MissingFile);
    }

    #[test]
    fn parts_of_the_responses_api_are_understood() {
        let parts = json!([
            {"type": "input_text", "text": "Read."},
            {"type": "input_image", "image_url": "data:1", "detail": "auto"},
            {"type": "input_image", "image_url": {"url": "data:0"}},
            {"type": "input_image", "image_url": " https://example.com/a.png "},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:2"},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:3"}},
        ]);
        let request = parse_messages(&json!([{"role": "user", "content": parts}])).unwrap();
        let at = File::Url("https://example.com/a.png".to_owned());
        assert_eq!(request.files, [File::Uploaded(1), File::Uploaded(0), at, File::Uploaded(2), File::Uploaded(3)]);
        assert_eq!(request.options.prompt.as_deref(), Some("Read."));
        for kept in [json!({"type": "input_image", "file_id": "f"}), json!({"type": "input_file", "file_id": "f"})] {
            let error = parse_messages(&json!([{"role": "user", "content": [kept]}])).unwrap_err();
            assert!(error.detail.contains("keeps no files"), "{}", error.detail);
        }
    }

    #[test]
    fn an_error_in_a_message_names_its_path() {
        let user = |content: Value| json!({"role": "user", "content": content});
        let answer = json!({"role": "assistant", "content": "It said ink."});
        for (messages, path) in [
            (json!([user(json!([image(0)])), user(json!([image(1), {"type": "audio"}]))]), "messages[1].content[1]"),
            (
                json!([user(json!([{"type": "input_file", "file_id": "f"}])), answer, user(json!("Again."))]),
                "messages[0].content[0]",
            ),
            (json!([user(json!(7))]), "messages[0].content"),
            (json!([user(json!("a\0b"))]), "messages[0].content"),
            (json!([{"role": "system", "content": [{"type": "text", "text": "\u{1b}"}]}]), "messages[0].content[0]"),
            (json!([{"role": "nobody"}]), "messages[0].role"),
        ] {
            assert_eq!(parse_messages(&messages).unwrap_err().field.as_deref(), Some(path), "{messages}");
        }
    }

    #[test]
    fn images_that_were_answered_are_not_read_again() {
        let messages = json!([
            {"role": "user", "content": [image(0), {"type": "text", "text": "First."}]},
            {"role": "assistant", "content": "It said ink."},
            {"role": "user", "content": [image(1)]},
            {"role": "developer", "content": [{"type": "text", "text": "Always."}]},
        ]);
        let request = parse_messages(&messages).unwrap();
        assert_eq!((request.files, request.options.prompt.as_deref()), (vec![File::Uploaded(1)], Some("Always.")));
    }

    #[test]
    fn options_are_at_the_top_or_in_extra_body_and_other_fields_are_ignored() {
        let request = parse(&json!({
            "model": "m", "messages": [{"role": "user", "content": [image(0)]}], "temperature": 0, "tools": [],
            "task": "markdown", "boxes": null, "stream": true, "stream_options": {"include_usage": true},
            "extra_body": {"task": "text", "boxes": true, "dpi": 200, "store": true, "password": "s"},
        }));
        let Request { options, stream, include_usage, .. } = request.unwrap();
        let expected = RunOptions {
            model: Some("m".into()),
            task: Some(Task::Markdown),
            boxes: true,
            dpi: Some(200.0),
            store: Some(false),
            ..RunOptions::default()
        };
        assert_eq!((options, stream, include_usage), (expected, true, true));
    }

    #[test]
    fn annotating_turns_boxes_on() {
        let content = [image(0)];
        for option in [json!({"annotate": true}), json!({"extra_body": {"annotate": true}})] {
            let mut request = json!({"messages": [{"role": "user", "content": content}]});
            request.as_object_mut().unwrap().extend(option.as_object().unwrap().clone());
            let request = parse(&request).unwrap();
            assert!(request.annotate && request.options.boxes);
        }
        let wrong = json!({"messages": [{"role": "user", "content": content}], "annotate": "yes"});
        assert_eq!(parse(&wrong).unwrap_err().code, ErrorCode::InvalidOption);
    }

    #[test]
    fn images_may_be_named_by_their_url_up_to_the_maximum_number() {
        let at = json!({"type": "image_url", "image_url": "HTTPS://example.com/a.png"});
        let request = |count| parse_messages(&json!([{"role": "user", "content": vec![at.clone(); count]}]));
        assert_eq!(request(1).unwrap().files, [File::Url("HTTPS://example.com/a.png".to_owned())]);
        assert_eq!(request(MAX_FILES + 1).unwrap_err().code, ErrorCode::BadRequest);
    }

    #[test]
    fn errors_say_what_is_wrong_with_a_part() {
        let content = |part: Value| parse_messages(&json!([{"role": "user", "content": [part]}])).unwrap_err();
        let url = |url: &str| content(json!({"type": "image_url", "image_url": url})).detail;
        assert!(content(json!({"type": "file", "file": {"file_data": "https://a/b.pdf"}})).detail.contains("data URI"));
        assert!(url("data:text/plain,ink").contains("base64"));
        assert!(url("/etc/passwd").contains("data URI"));
        assert!(content(json!({"type": "file", "file": {"file_id": "f"}})).detail.contains("file_data"));
        assert!(content(json!({"type": "input_audio"})).detail.contains("text, image_url or file"));
        assert!(content(json!({"type": "text", "text": "data:0"})).detail.contains("image_url"));
        assert_eq!(content(json!({"type": "text", "text": "Hello"})).code, ErrorCode::MissingFile);
        for messages in [json!("x"), json!([1]), json!([{"role": "king"}]), json!([{"role": "user", "content": 7}])] {
            assert_eq!(parse_messages(&messages).unwrap_err().code, ErrorCode::BadRequest, "{messages}");
        }
        assert_eq!(parse(&json!([])).unwrap_err().code, ErrorCode::BadRequest);
        assert_eq!(parse(&json!({"model": "m"})).unwrap_err().code, ErrorCode::BadRequest);
    }
}

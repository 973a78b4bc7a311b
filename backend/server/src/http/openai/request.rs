//! What a chat completion asks for: pictures and prompt out of the messages, options beside them.

use inkstream_core::{Error, Result};
use inkstream_wire::{ErrorCode, RunOptions};
use serde_json::{Map, Value};

use super::{
    data_uris::MAX_FILES,
    parameters::{self, own},
};
use crate::http::options;

/// Options of ours, at the top level or within `extra_body`.
const OPTIONS: [&str; 8] = ["task", "size", "reference", "boxes", "language", "pages", "dpi", "text_layer"];
/// Another one, of this dialect alone.
const ANNOTATE: &str = "annotate";

/// A request, read.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) options: RunOptions,
    /// Most tokens that the answer may have.
    pub(super) max_tokens: Option<u64>,
    /// What is to be read, in order; at least one.
    pub(super) files: Vec<File>,
    /// Whether the pages are shown with their boxes.
    pub(super) annotate: bool,
    pub(super) stream: bool,
    /// Whether a stream ends with the usage.
    pub(super) include_usage: bool,
}

/// A picture or file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum File {
    /// It came with the request, at this place.
    Sent(usize),
    /// It is at this http(s) address.
    At(String),
}

impl Request {
    /// Reads the JSON that is left when files are out of it (see [`super::data_uris`]). Unknown fields are passed over, those of
    /// `OpenAI`'s that would change the answer and cannot be honoured are refused.
    pub(super) fn parse(json: &[u8]) -> Result<Self> {
        let object: Map<String, Value> =
            serde_json::from_slice(json).map_err(|_| bad("The body is not a JSON object."))?;
        parameters::refuse_unsupported(&object)?;
        let messages = object.get("messages").and_then(Value::as_array);
        let messages = messages.ok_or_else(|| bad("messages must be a list of messages.").of_field("messages"))?;
        let Content { prompt, files } = content(messages)?;
        if files.is_empty() {
            let detail = "The messages hold no picture: send an image_url part with a data URI \
                          (data:image/png;base64,…), or a file part with a PDF.";
            return Err(Error::new(ErrorCode::MissingFile, detail));
        }
        if files.len() > MAX_FILES {
            return Err(bad(&format!("A request may hold at most {MAX_FILES} pictures and files.")));
        }
        let annotate = flag(own(&object, ANNOTATE), ANNOTATE)?;
        let options = own_options(&object)?;
        let stream = flag(object.get("stream"), "stream")?;
        let include_usage = object.get("stream_options").and_then(|options| options.get("include_usage"));
        Ok(Self {
            // What is drawn are the boxes.
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

fn own_options(object: &Map<String, Value>) -> Result<RunOptions> {
    let given = |&name: &&str| Some((name.to_owned(), own(object, name)?.clone()));
    let mut own: Map<String, Value> = OPTIONS.iter().filter_map(given).collect();
    own.extend(object.get("model").map(|model| ("model".to_owned(), model.clone())));
    Ok(options::of_json(&own)?.options)
}

#[derive(Debug, Default)]
struct Content {
    prompt: Option<String>,
    files: Vec<File>,
}

/// System prompts, and what the user says after the last answer. Pictures that came before that were read then; where none
/// came since, it is about the latest of them.
fn content(messages: &[Value]) -> Result<Content> {
    let answered = messages.iter().rposition(is_answer);
    let (mut texts, mut files) = (Vec::new(), Vec::new());
    for message in messages {
        if matches!(role(message), Some("system" | "developer")) {
            take(message, &mut texts, &mut Vec::new())?;
        }
    }
    for message in messages.iter().skip(answered.map_or(0, |place| place + 1)) {
        match role(message) {
            Some("user") => take(message, &mut texts, &mut files)?,
            Some("system" | "developer" | "tool" | "function") => {}
            _ => return Err(bad("A message's role must be system, developer, user, assistant or tool.")),
        }
    }
    if files.is_empty() {
        files = earlier_files(&messages[..answered.unwrap_or_default()])?;
    }
    texts.retain(|text| !text.trim().is_empty());
    let prompt = (!texts.is_empty()).then(|| texts.join("\n\n"));
    Ok(Content { prompt, files })
}

fn role(message: &Value) -> Option<&str> {
    message.get("role").and_then(Value::as_str)
}

fn is_answer(message: &Value) -> bool {
    role(message) == Some("assistant")
}

/// The files of the latest turn that has some.
fn earlier_files(messages: &[Value]) -> Result<Vec<File>> {
    for turn in messages.rsplit(is_answer) {
        let mut files = Vec::new();
        for message in turn.iter().filter(|message| role(message) == Some("user")) {
            take(message, &mut Vec::new(), &mut files)?;
        }
        if !files.is_empty() {
            return Ok(files);
        }
    }
    Ok(Vec::new())
}

fn take(message: &Value, texts: &mut Vec<String>, files: &mut Vec<File>) -> Result<()> {
    let parts = match message.get("content") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::String(text)) => return plain(text).map(|text| texts.push(text)),
        Some(Value::Array(parts)) => parts,
        Some(_) => return Err(bad("A message's content must be a text or a list of parts.")),
    };
    for part in parts {
        let field = |name: &str| part.get(name);
        match field("type").and_then(Value::as_str) {
            Some("text" | "input_text") => {
                let text = field("text").and_then(Value::as_str);
                texts.push(plain(text.ok_or_else(|| bad("A text part must have a text."))?)?);
            }
            Some(kind @ ("image_url" | "input_image")) => {
                // The Responses API has the address where Chat Completions has an object with it; clients mix them up.
                let image = field("image_url");
                let url = image.and_then(|image| image.get("url").or(Some(image))).and_then(Value::as_str);
                let missing = format!("An {kind} part must have an image_url: this server keeps no files.");
                let url = url.ok_or_else(|| bad(&missing))?.trim();
                files.push(if is_http(url) { File::At(url.to_owned()) } else { File::Sent(place(url)?) });
            }
            Some("file" | "input_file") => {
                let file = field("file").unwrap_or(part);
                let data = file.get("file_data").and_then(Value::as_str);
                let missing = "A file part must have its file in file_data, as a data URI: this server keeps no files.";
                files.push(File::Sent(place(data.ok_or_else(|| bad(missing))?)?));
            }
            _ => {
                return Err(bad(
                    "A part's type must be text, image_url or file (or input_text, input_image, input_file).",
                ));
            }
        }
    }
    Ok(())
}

/// A text that is to be told to the model.
fn plain(text: &str) -> Result<String> {
    if spooled(text).is_some() {
        return Err(bad("A data URI stands where a text belongs: send it in an image_url part."));
    }
    Ok(text.to_owned())
}

/// The place of the file that an address stands for.
fn place(url: &str) -> Result<usize> {
    if let Some(place) = spooled(url) {
        return Ok(place);
    }
    Err(bad(match scheme(url).as_deref() {
        Some("data") => "A data URI must be base64: data:image/png;base64,….",
        _ => "A picture or file must be a data URI: data:image/png;base64,….",
    }))
}

fn is_http(url: &str) -> bool {
    matches!(scheme(url).as_deref(), Some("http" | "https"))
}

fn scheme(url: &str) -> Option<String> {
    url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase())
}

/// What the spool leaves of a data URI.
fn spooled(text: &str) -> Option<usize> {
    text.strip_prefix("data:").filter(|place| place.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

fn flag(value: Option<&Value>, name: &str) -> Result<bool> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Error::new(ErrorCode::InvalidOption, format!("{name} must be true or false.")).of_field(name)),
    }
}

fn bad(detail: &str) -> Error {
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

    fn image(place: usize) -> Value {
        json!({"type": "image_url", "image_url": {"url": format!("data:{place}"), "detail": "high"}})
    }

    fn of(messages: &Value) -> Result<Request> {
        parse(&json!({"model": "m", "messages": messages}))
    }

    #[test]
    fn system_prompts_and_texts_are_the_prompt_and_pictures_keep_their_order() {
        let parts = json!([{"type": "text", "text": "Read."}, image(1), image(0), {"type": "text", "text": "All."}]);
        let request =
            of(&json!([{"role": "system", "content": "Be exact."}, {"role": "user", "content": parts}])).unwrap();
        assert_eq!(request.options.prompt.as_deref(), Some("Be exact.\n\nRead.\n\nAll."));
        assert_eq!((request.files, request.options.store), (vec![File::Sent(1), File::Sent(0)], Some(false)));
        assert_eq!((request.stream, request.include_usage), (false, false));
    }

    #[test]
    fn a_follow_up_without_a_picture_is_about_the_latest_pictures() {
        let asked = |last: Value| {
            of(&json!([
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
        let again = asked(json!({"role": "user", "content": "Now as a table."}));
        assert_eq!(again.files, [File::Sent(1), File::Sent(2)]);
        assert_eq!(again.options.prompt.as_deref(), Some("Now as a table."));
        let new = asked(json!({"role": "user", "content": [image(3)]}));
        assert_eq!((new.files, new.options.prompt), (vec![File::Sent(3)], None));
        let none = of(&json!([
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
        let request = of(&json!([{"role": "user", "content": parts}])).unwrap();
        let at = File::At("https://example.com/a.png".to_owned());
        assert_eq!(request.files, [File::Sent(1), File::Sent(0), at, File::Sent(2), File::Sent(3)]);
        assert_eq!(request.options.prompt.as_deref(), Some("Read."));
        for kept in [json!({"type": "input_image", "file_id": "f"}), json!({"type": "input_file", "file_id": "f"})] {
            let error = of(&json!([{"role": "user", "content": [kept]}])).unwrap_err();
            assert!(error.detail.contains("keeps no files"), "{}", error.detail);
        }
    }

    #[test]
    fn what_was_answered_before_is_not_read_again() {
        let messages = json!([
            {"role": "user", "content": [image(0), {"type": "text", "text": "First."}]},
            {"role": "assistant", "content": "It said ink."},
            {"role": "user", "content": [image(1)]},
            {"role": "developer", "content": [{"type": "text", "text": "Always."}]},
        ]);
        let request = of(&messages).unwrap();
        assert_eq!((request.files, request.options.prompt.as_deref()), (vec![File::Sent(1)], Some("Always.")));
    }

    #[test]
    fn options_stand_at_the_top_or_in_extra_body_and_the_rest_is_passed_over() {
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
    fn drawing_boxes_needs_boxes() {
        let content = [image(0)];
        for asked in [json!({"annotate": true}), json!({"extra_body": {"annotate": true}})] {
            let mut request = json!({"messages": [{"role": "user", "content": content}]});
            request.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
            let request = parse(&request).unwrap();
            assert!(request.annotate && request.options.boxes);
        }
        let wrong = json!({"messages": [{"role": "user", "content": content}], "annotate": "yes"});
        assert_eq!(parse(&wrong).unwrap_err().code, ErrorCode::InvalidOption);
    }

    #[test]
    fn pictures_may_be_named_by_their_address_as_far_as_there_may_be_pictures() {
        let at = json!({"type": "image_url", "image_url": "HTTPS://example.com/a.png"});
        let request = |count| of(&json!([{"role": "user", "content": vec![at.clone(); count]}]));
        assert_eq!(request(1).unwrap().files, [File::At("HTTPS://example.com/a.png".to_owned())]);
        assert_eq!(request(MAX_FILES + 1).unwrap_err().code, ErrorCode::BadRequest);
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        let content = |part: Value| of(&json!([{"role": "user", "content": [part]}])).unwrap_err();
        let url = |url: &str| content(json!({"type": "image_url", "image_url": url})).detail;
        assert!(content(json!({"type": "file", "file": {"file_data": "https://a/b.pdf"}})).detail.contains("data URI"));
        assert!(url("data:text/plain,ink").contains("base64"));
        assert!(url("/etc/passwd").contains("data URI"));
        assert!(content(json!({"type": "file", "file": {"file_id": "f"}})).detail.contains("file_data"));
        assert!(content(json!({"type": "input_audio"})).detail.contains("text, image_url or file"));
        assert!(content(json!({"type": "text", "text": "data:0"})).detail.contains("image_url"));
        assert_eq!(content(json!({"type": "text", "text": "Hello"})).code, ErrorCode::MissingFile);
        for messages in [json!("x"), json!([1]), json!([{"role": "king"}]), json!([{"role": "user", "content": 7}])] {
            assert_eq!(of(&messages).unwrap_err().code, ErrorCode::BadRequest, "{messages}");
        }
        assert_eq!(parse(&json!([])).unwrap_err().code, ErrorCode::BadRequest);
        assert_eq!(parse(&json!({"model": "m"})).unwrap_err().code, ErrorCode::BadRequest);
    }
}

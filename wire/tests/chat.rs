//! The JSON that clients of the `OpenAI` API read. A changed snapshot is a changed contract.
#![expect(clippy::unwrap_used, reason = "what a test did not expect fails it")]

use inkstream_wire::{
    BoxKind, ChatAnnotatedPage, ChatAnnotations, ChatBox, ChatBoxes, ChatChoice, ChatChunk, ChatCompletion, ChatError,
    ChatErrorBody, ChatMessage, ChatModel, ChatModels, ChatPage, ChatUsage, ChatWarning, ChunkChoice, ChunkDelta,
    EngineCondition, FinishReason, PageWarning, PixelBox, SizeMode, TextBox, WarningCode,
};
use serde::{Serialize, de::DeserializeOwned};

fn usage() -> ChatUsage {
    ChatUsage { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11, estimated: false }
}

fn boxes() -> ChatBoxes {
    let text_box = TextBox {
        kind: BoxKind::Line,
        bounds: PixelBox { x: 1, y: 2, width: 3, height: 4 },
        text: "ink".to_owned(),
        confidence: None,
        block: None,
        paragraph: None,
        line: None,
    };
    ChatBoxes {
        boxes: vec![ChatBox { image: 2, page: 1, text_box }],
        pages: vec![ChatPage { image: 2, page: 1, width: 100, height: 50, size_applied: Some(SizeMode::new("base")) }],
    }
}

fn chunk(choices: Vec<ChunkChoice>, usage: Option<ChatUsage>, boxes: Option<ChatBoxes>) -> ChatChunk {
    ChatChunk {
        id: "chatcmpl-7".to_owned(),
        object: "chat.completion.chunk".to_owned(),
        created: 1,
        model: "m".to_owned(),
        choices,
        usage,
        boxes,
        annotations: None,
        warnings: Vec::new(),
    }
}

/// Two annotated pages.
fn annotations() -> ChatAnnotations {
    let annotated_image = "data:image/png;base64,aW5r".to_owned();
    let page = |page| ChatAnnotatedPage { image: 2, page, annotated_image: annotated_image.clone() };
    ChatAnnotations { annotated_images: vec![page(1), page(2)], annotated_image }
}

fn json<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "it survives the way back");
    text
}

#[test]
fn completions_have_the_openai_format() {
    let message = ChatMessage { role: "assistant".to_owned(), content: "ink\n".to_owned() };
    let plain = ChatCompletion {
        id: "chatcmpl-7".to_owned(),
        object: "chat.completion".to_owned(),
        created: 1,
        model: "m".to_owned(),
        choices: vec![ChatChoice { index: 0, message, finish_reason: FinishReason::Length }],
        usage: ChatUsage { estimated: true, ..usage() },
        boxes: None,
        annotations: None,
        warnings: Vec::new(),
    };
    let warning = PageWarning::new(WarningCode::NoText, "No text was found on this page.");
    let warned = ChatCompletion { warnings: vec![ChatWarning { image: 2, page: 1, warning }], ..plain.clone() };
    let annotated = ChatCompletion { boxes: Some(boxes()), annotations: Some(annotations()), ..plain.clone() };
    let lines =
        [json(&plain), json(&ChatCompletion { boxes: Some(boxes()), ..plain }), json(&annotated), json(&warned)];
    insta::assert_snapshot!("chat_completion", lines.join("\n"));
}

#[test]
fn chunks_have_the_openai_format() {
    let choice = |delta, finish_reason| vec![ChunkChoice { index: 0, delta, finish_reason }];
    let role = ChunkDelta { role: Some("assistant".to_owned()), content: Some(String::new()) };
    let text = ChunkDelta { role: None, content: Some("ink".to_owned()) };
    let lines = [
        json(&chunk(choice(role, None), None, None)),
        json(&chunk(choice(text, None), None, None)),
        json(&chunk(choice(ChunkDelta::default(), Some(FinishReason::Stop)), None, Some(boxes()))),
        json(&chunk(Vec::new(), Some(usage()), None)),
    ];
    insta::assert_snapshot!("chat_chunks", lines.join("\n"));
}

#[test]
fn models_and_errors_have_the_openai_format() {
    let model = ChatModel {
        id: "m".to_owned(),
        object: "model".to_owned(),
        created: 1,
        owned_by: "inkstream".to_owned(),
        state: EngineCondition::Busy,
        since: "2026-11-21T12:00:00Z".to_owned(),
        profile: "plain".to_owned(),
    };
    let error = ChatErrorBody {
        message: "No engine here serves that model.".to_owned(),
        kind: "invalid_request_error".to_owned(),
        param: None,
        code: Some("model_not_found".to_owned()),
    };
    let lines = [json(&ChatModels { object: "list".to_owned(), data: vec![model] }), json(&ChatError { error })];
    insta::assert_snapshot!("chat_models_and_error", lines.join("\n"));
}

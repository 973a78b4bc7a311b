//! The JSON of events. A changed snapshot is a changed contract.
#![expect(clippy::unwrap_used, reason = "what a test did not expect fails it")]

use inkstream_content::{Block, BlockKind, PageContent, RichText, TextRange};
use inkstream_wire::{
    BoxKind, DocumentId, DocumentKind, End, ErrorCode, EventBody, EventError, OcrEvent, PageEnd, PageReset, PageStart,
    PixelBox, Problem, RunId, RunOptions, Start, Task, TextBox, Usage,
};
use uuid::Uuid;

fn json(seq: u64, body: EventBody) -> String {
    serde_json::to_string(&OcrEvent { body, seq }).unwrap()
}

fn usage(pages: Option<u32>) -> Usage {
    Usage {
        prompt_tokens: 1,
        completion_tokens: 2,
        prompt_chars: 3,
        completion_chars: 4,
        input_bytes: 5,
        pages,
        estimated: pages.is_none(),
    }
}

#[test]
fn events_have_the_json_of_the_contract() {
    let id = Uuid::from_u128(7);
    let start = Start {
        kind: DocumentKind::Pdf,
        pages: Some(2),
        document_id: DocumentId(id),
        run_id: RunId(id),
        model: "m".to_owned(),
        engine: None,
        width: None,
        height: None,
        dpi: None,
        rotation: None,
        languages: vec!["eng".to_owned()],
        image_url: None,
        ignored: vec!["prompt".to_owned()],
    };
    let bounds = Some(PixelBox { x: 1, y: 2, width: 3, height: 4 });
    let word = TextBox {
        kind: BoxKind::Word,
        bounds: PixelBox { x: 1, y: 2, width: 3, height: 4 },
        text: "ink".to_owned(),
        confidence: Some(96.5),
        block: Some(0),
        paragraph: Some(0),
        line: Some(0),
    };
    let paragraph = BlockKind::Paragraph { text: RichText::plain("ink") };
    let content = PageContent::new(vec![Block { source: Some(TextRange::new(0, 3)), ..Block::new(paragraph) }]);
    let page_end = PageEnd {
        page: 1,
        usage: usage(None),
        finish_reason: Some("stop".to_owned()),
        boxes: Some(vec![word]),
        content: Some(Box::new(content)),
        size_applied: None,
        lowered_dpi: Some(12.5),
        confidence: None,
        metadata: None,
        warnings: Vec::new(),
        attempts: Vec::new(),
    };
    let end = End {
        usage: usage(Some(1)),
        finish_reason: None,
        boxes: None,
        content: None,
        size_applied: None,
        lowered_dpi: None,
        confidence: None,
        metadata: None,
        warnings: Vec::new(),
        attempts: Vec::new(),
    };
    let page_start = PageStart {
        page: 1,
        width: 850,
        height: 1100,
        dpi: Some(100.0),
        model: "m".to_owned(),
        engine: None,
        rotation: None,
        languages: Vec::new(),
        image_url: Some("/api/documents/d/pages/1/image?exp=1&sig=s".to_owned()),
    };
    let reset = PageReset {
        reason: "repetition".to_owned(),
        model: "m".to_owned(),
        width: 1100,
        height: 850,
        dpi: None,
        rotation: Some(90),
        image_url: None,
    };
    let error = EventError { code: ErrorCode::PageTooComplex, message: "Too much.".to_owned() };
    let lines = [
        json(0, EventBody::Queued { ahead: 4 }),
        json(1, EventBody::Start(Box::new(start))),
        json(2, EventBody::PageStart(Box::new(page_start))),
        json(3, EventBody::PageDelta { page: 1, delta: "ink\n".to_owned(), bounds }),
        json(4, EventBody::PageReset { page: 1, reset: reset.clone() }),
        json(5, EventBody::PageEnd(Box::new(page_end))),
        json(6, EventBody::PageError { page: 2, error: error.clone() }),
        json(7, EventBody::End(Box::new(end))),
        json(8, EventBody::Error { error }),
        json(9, EventBody::Heartbeat),
        json(10, EventBody::Delta { delta: "a".to_owned(), bounds: None }),
        json(11, EventBody::Reset(reset)),
    ];
    for line in &lines {
        let event: OcrEvent = serde_json::from_str(line).unwrap();
        assert_eq!(&serde_json::to_string(&event).unwrap(), line, "an event survives the way back");
    }
    insta::assert_snapshot!("events", lines.join("\n"));
}

#[test]
fn events_without_the_optional_fields_are_accepted() {
    let event: OcrEvent = serde_json::from_str(r#"{"type":"page_delta","page":3,"delta":"x"}"#).unwrap();
    assert_eq!(event, OcrEvent { seq: 0, body: EventBody::PageDelta { page: 3, delta: "x".to_owned(), bounds: None } });
}

#[test]
fn problems_have_the_format_of_rfc_9457() {
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: ErrorCode::TooLarge.title().to_owned(),
        status: ErrorCode::TooLarge.status(),
        detail: "Uploads may have at most 9 bytes.".to_owned(),
        code: ErrorCode::TooLarge,
        request_id: "r".to_owned(),
    };
    insta::assert_snapshot!("problem", serde_json::to_string(&problem).unwrap());
}

#[test]
fn every_code_keeps_its_name_and_status() {
    for &code in ErrorCode::ALL {
        let word = serde_json::to_value(code).unwrap();
        assert_eq!(word, code.as_str());
        assert!((400..600).contains(&code.status()), "{code}");
    }
    assert_eq!(serde_json::from_str::<ErrorCode>(r#""of_a_newer_server""#).unwrap(), ErrorCode::Unknown);
}

#[test]
fn free_is_an_alias_of_text() {
    let options: RunOptions = serde_json::from_str(r#"{"task":"free","boxes":true}"#).unwrap();
    assert_eq!((options.task, options.boxes), (Some(Task::Text), true));
}

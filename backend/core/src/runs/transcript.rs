//! A run as one text, for callers that do not stream.

use std::collections::BTreeMap;

use futures::{Stream, StreamExt as _};
use inkstream_wire::{ErrorCode, EventBody, EventError, OcrEvent, PageWarning};

use super::LiveRun;
use crate::{Error, Result, app::App, quota};

/// Between the texts of two pages.
const PAGE_BREAK: &str = "\u{c}";

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The pages' texts in order, a form feed between two.
    pub text: String,
    /// What may be wrong with it; of several pages, each message names its page.
    pub warnings: Vec<PageWarning>,
}

/// Follows a run to its end. A page that fails fails the whole, and ends the run: a text with a hole in it would pass for
/// the whole one.
pub async fn transcript(app: &App, run: LiveRun) -> Result<Transcript> {
    fold(run).await.map_err(|error| quota::dated(error, app.clock.now()))
}

async fn fold(mut events: impl Stream<Item = OcrEvent> + Unpin) -> Result<Transcript> {
    // A single picture is page 0.
    let mut pages: BTreeMap<u32, String> = BTreeMap::new();
    let mut warnings: BTreeMap<u32, Vec<PageWarning>> = BTreeMap::new();
    while let Some(event) = events.next().await {
        match event.body {
            EventBody::Delta { delta, .. } => pages.entry(0).or_default().push_str(&delta),
            EventBody::PageDelta { page, delta, .. } => pages.entry(page).or_default().push_str(&delta),
            EventBody::Reset(_) => pages.clear(),
            // An empty page is a page, too.
            EventBody::PageStart(start) => {
                pages.entry(start.page).or_default();
            }
            EventBody::PageReset { page, .. } => {
                pages.insert(page, String::new());
            }
            EventBody::PageError { error, .. } | EventBody::Error { error } => return Err(failure(error)),
            EventBody::PageEnd(end) => {
                let placed = |warning: PageWarning| {
                    PageWarning::new(warning.code, format!("Page {}: {}", end.page, warning.message))
                };
                warnings.insert(end.page, end.warnings.into_iter().map(placed).collect());
            }
            EventBody::End(end) => {
                let text = pages.into_values().collect::<Vec<_>>().join(PAGE_BREAK);
                // A single picture's end is its page's, too.
                let warnings = warnings.into_values().flatten().chain(end.warnings).collect();
                return Ok(Transcript { text, warnings });
            }
            EventBody::Queued { .. } | EventBody::Start(_) | EventBody::Heartbeat => {}
        }
    }
    Err(Error::new(ErrorCode::Aborted, "The run was stopped."))
}

fn failure(error: EventError) -> Error {
    Error::new(error.code, error.message)
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use inkstream_wire::Anew;

    use super::*;

    fn text(delta: &str) -> EventBody {
        EventBody::Delta { delta: delta.to_owned(), bounds: None }
    }

    fn on(page: u32, delta: &str) -> EventBody {
        EventBody::PageDelta { page, delta: delta.to_owned(), bounds: None }
    }

    fn anew() -> Anew {
        serde_json::from_str(r#"{"reason":"repetition","model":"m","width":1,"height":1}"#).unwrap()
    }

    fn end() -> EventBody {
        let usage =
            r#"{"prompt_tokens":0,"completion_tokens":0,"prompt_chars":0,"completion_chars":0,"input_bytes":0}"#;
        serde_json::from_str(&format!(r#"{{"type":"end","usage":{usage}}}"#)).unwrap()
    }

    async fn read(events: impl IntoIterator<Item = EventBody>) -> Result<Transcript> {
        fold(stream::iter(events.into_iter().map(|body| OcrEvent { body, seq: 0 }))).await
    }

    async fn of(events: impl IntoIterator<Item = EventBody>) -> Result<String> {
        read(events).await.map(|transcript| transcript.text)
    }

    #[tokio::test]
    async fn what_may_be_wrong_is_told_in_the_pages_order() {
        let usage =
            r#"{"prompt_tokens":0,"completion_tokens":0,"prompt_chars":0,"completion_chars":0,"input_bytes":0}"#;
        let cut = |page| -> EventBody {
            let warnings = r#"[{"code":"truncated_text","message":"It is cut."}]"#;
            serde_json::from_str(&format!(
                r#"{{"type":"page_end","page":{page},"usage":{usage},"warnings":{warnings}}}"#
            ))
            .unwrap()
        };
        let warnings = read([on(1, "one"), on(2, "two"), cut(2), cut(1), end()]).await.unwrap().warnings;
        let messages: Vec<_> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(messages, ["Page 1: It is cut.", "Page 2: It is cut."]);
        let single =
            format!(r#"{{"type":"end","usage":{usage},"warnings":[{{"code":"filtered","message":"Gone."}}]}}"#);
        let warnings = read([text("half"), serde_json::from_str(&single).unwrap()]).await.unwrap().warnings;
        assert_eq!(warnings[0].message, "Gone.");
    }

    #[tokio::test]
    async fn pages_that_come_mixed_are_told_in_order() {
        let mixed = [on(2, "tw"), on(10, "ten"), on(1, "one\n"), EventBody::Heartbeat, on(2, "o"), end()];
        assert_eq!(of(mixed).await.unwrap(), "one\n\u{c}two\u{c}ten");
        assert_eq!(of([text("a "), text("line"), end()]).await.unwrap(), "a line");
    }

    #[tokio::test]
    async fn what_a_retry_has_voided_is_not_told() {
        assert_eq!(of([text("void"), EventBody::Reset(anew()), text("good"), end()]).await.unwrap(), "good");
        let pages = [on(1, "void"), on(2, "two"), EventBody::PageReset { page: 1, anew: anew() }, on(1, "good"), end()];
        assert_eq!(of(pages).await.unwrap(), "good\u{c}two");
    }

    #[tokio::test]
    async fn a_text_with_a_hole_is_none() {
        let error = EventError { code: ErrorCode::PageUnreadable, message: "The page is damaged.".to_owned() };
        let failed =
            of([on(1, "one"), EventBody::PageError { page: 2, error: error.clone() }, end()]).await.unwrap_err();
        assert_eq!((failed.code, failed.detail.as_str()), (ErrorCode::PageUnreadable, "The page is damaged."));
        assert_eq!(of([text("a"), EventBody::Error { error }]).await.unwrap_err().code, ErrorCode::PageUnreadable);
        assert_eq!(of([text("a")]).await.unwrap_err().code, ErrorCode::Aborted);
    }
}

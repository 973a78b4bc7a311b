//! Collects a run's events into one text, for callers that do not stream.

use std::collections::BTreeMap;

use futures::{Stream, StreamExt as _};
use inkstream_wire::{ErrorCode, EventBody, EventError, OcrEvent, PageWarning};

use super::{LiveRun, Runs};
use crate::{Error, Result, quota};

/// The separator between two pages.
const PAGE_BREAK: &str = "\u{c}";

/// The text of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The text of the pages in order, separated by form feeds.
    pub text: String,
    /// The pages' warnings, each with its page's number.
    pub warnings: Vec<(u32, PageWarning)>,
}

/// Follows a run to its end and returns its text. If a page fails, returns its error and cancels the run: a caller could not
/// tell a text with a missing page from a complete one.
pub async fn transcript(runs: &Runs, run: LiveRun) -> Result<Transcript> {
    // The events of a single image carry no page number.
    let single = run.pages.first().copied().unwrap_or(1);
    fold(run, single).await.map_err(|error| quota::dated(error, runs.clock.now()))
}

async fn fold(mut events: impl Stream<Item = OcrEvent> + Unpin, single: u32) -> Result<Transcript> {
    let mut pages: BTreeMap<u32, String> = BTreeMap::new();
    let mut warnings = Vec::new();
    while let Some(event) = events.next().await {
        match event.body {
            EventBody::Delta { delta, .. } => pages.entry(single).or_default().push_str(&delta),
            EventBody::PageDelta { page, delta, .. } => pages.entry(page).or_default().push_str(&delta),
            EventBody::Reset(_) => pages.clear(),
            // Keep a page without text, so that the form feeds still count pages.
            EventBody::PageStart(start) => {
                pages.entry(start.page).or_default();
            }
            EventBody::PageReset { page, .. } => {
                pages.insert(page, String::new());
            }
            EventBody::PageError { error, .. } | EventBody::Error { error } => return Err(failure(error)),
            EventBody::PageEnd(end) => warnings.extend(end.warnings.into_iter().map(|warning| (end.page, warning))),
            EventBody::End(end) => {
                warnings.extend(end.warnings.into_iter().map(|warning| (single, warning)));
                warnings.sort_by_key(|(page, _)| *page);
                let text = pages.into_values().collect::<Vec<_>>().join(PAGE_BREAK);
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
    use inkstream_wire::PageReset;

    use super::*;

    fn text(delta: &str) -> EventBody {
        EventBody::Delta { delta: delta.to_owned(), bounds: None }
    }

    fn on(page: u32, delta: &str) -> EventBody {
        EventBody::PageDelta { page, delta: delta.to_owned(), bounds: None }
    }

    fn reset() -> PageReset {
        serde_json::from_str(r#"{"reason":"repetition","model":"m","width":1,"height":1}"#).unwrap()
    }

    fn end() -> EventBody {
        let usage =
            r#"{"prompt_tokens":0,"completion_tokens":0,"prompt_chars":0,"completion_chars":0,"input_bytes":0}"#;
        serde_json::from_str(&format!(r#"{{"type":"end","usage":{usage}}}"#)).unwrap()
    }

    async fn whole(events: impl IntoIterator<Item = EventBody>) -> Result<Transcript> {
        fold(stream::iter(events.into_iter().map(|body| OcrEvent { body, seq: 0 })), 1).await
    }

    async fn transcript_of(events: impl IntoIterator<Item = EventBody>) -> Result<String> {
        whole(events).await.map(|transcript| transcript.text)
    }

    fn warned(event: &str) -> EventBody {
        let warning = r#""warnings":[{"code":"low_confidence","message":"Unsure."}]"#;
        let usage =
            r#"{"prompt_tokens":0,"completion_tokens":0,"prompt_chars":0,"completion_chars":0,"input_bytes":0}"#;
        serde_json::from_str(&format!(r#"{{{event},"usage":{usage},{warning}}}"#)).unwrap()
    }

    #[tokio::test]
    async fn warnings_carry_their_pages_in_order() {
        let page = |page| warned(&format!(r#""type":"page_end","page":{page}"#));
        let pages = |transcript: Transcript| transcript.warnings.into_iter().map(|(page, _)| page).collect::<Vec<_>>();
        assert_eq!(pages(whole([on(2, "two"), page(2), on(1, "one"), page(1), end()]).await.unwrap()), [1, 2]);
        assert_eq!(pages(whole([text("one"), warned(r#""type":"end""#)]).await.unwrap()), [1]);
        assert_eq!(pages(whole([text("one"), end()]).await.unwrap()), [0; 0]);
    }

    #[tokio::test]
    async fn interleaved_pages_are_put_in_order() {
        let mixed = [on(2, "tw"), on(10, "ten"), on(1, "one\n"), EventBody::Heartbeat, on(2, "o"), end()];
        assert_eq!(transcript_of(mixed).await.unwrap(), "one\n\u{c}two\u{c}ten");
        assert_eq!(transcript_of([text("a "), text("line"), end()]).await.unwrap(), "a line");
    }

    #[tokio::test]
    async fn a_reset_discards_the_text_before_it() {
        assert_eq!(
            transcript_of([text("void"), EventBody::Reset(reset()), text("good"), end()]).await.unwrap(),
            "good"
        );
        let pages =
            [on(1, "void"), on(2, "two"), EventBody::PageReset { page: 1, reset: reset() }, on(1, "good"), end()];
        assert_eq!(transcript_of(pages).await.unwrap(), "good\u{c}two");
    }

    #[tokio::test]
    async fn a_failed_page_fails_the_whole_text() {
        let error = EventError { code: ErrorCode::PageUnreadable, message: "The page is damaged.".to_owned() };
        let failed = transcript_of([on(1, "one"), EventBody::PageError { page: 2, error: error.clone() }, end()])
            .await
            .unwrap_err();
        assert_eq!((failed.code, failed.detail.as_str()), (ErrorCode::PageUnreadable, "The page is damaged."));
        assert_eq!(
            transcript_of([text("a"), EventBody::Error { error }]).await.unwrap_err().code,
            ErrorCode::PageUnreadable
        );
        assert_eq!(transcript_of([text("a")]).await.unwrap_err().code, ErrorCode::Aborted);
    }
}

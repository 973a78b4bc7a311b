//! Joins the events of a request's runs into one text with the pages in order.

use std::collections::{HashMap, VecDeque};

use inkstream_core::{Error, Result};
use inkstream_wire::{
    ChatBox, ChatBoxes, ChatPage, ChatUsage, ChatWarning, EventBody, EventError, FinishReason, PageReset, PageWarning,
    SizeMode, TextBox, Usage, WarningCode,
};

/// The effect of an event on the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing to send yet.
    Pending,
    /// Text to append.
    Text(String),
    /// The run has ended; its last text, which may be empty.
    RunEnded(String),
}

/// The answer so far. Pages are recognized concurrently: text of later pages is buffered until the earlier ones have ended.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The number of the current file, from 1.
    image: u32,
    /// The current file's pages that were not sent completely.
    pages: VecDeque<u32>,
    pending: HashMap<u32, PendingPage>,
    /// Whether pages have events of their own. A single image has only the run's events.
    has_page_events: bool,
    joiner: PageJoiner,
    reason: FinishReason,
    usage: ChatUsage,
    boxes: ChatBoxes,
    warnings: Vec<ChatWarning>,
    /// Whether a page's text is sent only when the page has ended, so that the page can be reset before.
    buffers_pages: bool,
}

/// What is known of a page that was not sent completely.
#[derive(Debug, Default)]
struct PendingPage {
    text: String,
    ended: bool,
    size: (u32, u32),
    boxes: Vec<TextBox>,
    size_applied: Option<SizeMode>,
    warnings: Vec<PageWarning>,
}

impl Answer {
    /// An answer that is sent only when it is complete, so that its pages can be reset.
    pub(super) fn buffered() -> Self {
        Self { buffers_pages: true, ..Self::default() }
    }

    /// Begins the next file, of which these pages are read.
    pub(super) fn begin_image(&mut self, pages: &[u32]) {
        self.image += 1;
        self.pages = pages.iter().copied().collect();
        self.pending.clear();
        self.has_page_events = false;
        self.joiner.start_page();
    }

    /// The number of the current file, from 1.
    pub(super) fn image(&self) -> u32 {
        self.image
    }

    /// Applies an event. A page that failed fails the whole answer: otherwise part of the text would be missing unnoticed.
    pub(super) fn apply(&mut self, event: EventBody) -> Result<Step> {
        match event {
            EventBody::Start(start) => {
                self.has_page_events = start.pages.is_some();
                if let (Some(width), Some(height), Some(&page)) = (start.width, start.height, self.pages.front()) {
                    self.pending.entry(page).or_default().size = (width, height);
                }
                Ok(Step::Pending)
            }
            EventBody::Delta { delta, .. } => {
                let page = self.pages.front().copied().unwrap_or_default();
                Ok(self.add_text(page, &delta))
            }
            EventBody::PageStart(start) => {
                self.pending.entry(start.page).or_default().size = (start.width, start.height);
                Ok(Step::Pending)
            }
            EventBody::PageDelta { page, delta, .. } => Ok(self.add_text(page, &delta)),
            EventBody::Reset(reset) => {
                let page = self.pages.front().copied().unwrap_or_default();
                self.reset_page(page, &reset);
                Ok(Step::Pending)
            }
            EventBody::PageReset { page, reset } => {
                self.reset_page(page, &reset);
                Ok(Step::Pending)
            }
            EventBody::PageEnd(end) => {
                self.end_page(end.page, end.finish_reason.as_deref(), end.boxes, end.size_applied, end.warnings);
                Ok(self.advance().map_or(Step::Pending, Step::Text))
            }
            EventBody::End(end) => {
                self.count(&end.usage);
                let mut last = None;
                if self.has_page_events {
                    // The remaining pages were skipped, because the answer's token limit was reached before them.
                    if !self.pages.is_empty() {
                        self.mark_truncated();
                    }
                } else if let Some(&page) = self.pages.front() {
                    // A single image has no page end, so the run's end is its page's.
                    self.end_page(page, end.finish_reason.as_deref(), end.boxes, end.size_applied, end.warnings);
                    last = self.advance();
                }
                Ok(Step::RunEnded(last.unwrap_or_default()))
            }
            EventBody::PageError { page, error: EventError { code, message } } => {
                Err(Error::new(code, format!("Page {page} could not be read. {message}")))
            }
            EventBody::Error { error: EventError { code, message } } => Err(Error::new(code, message)),
            EventBody::Queued { .. } | EventBody::Heartbeat => Ok(Step::Pending),
        }
    }

    /// The answer's token limit was reached before everything was read.
    pub(super) fn mark_truncated(&mut self) {
        self.reason = self.reason.max(FinishReason::Length);
    }

    /// Why the answer ended: the worst reason of its pages.
    pub(super) fn finish_reason(&self) -> FinishReason {
        self.reason
    }

    /// The usage of all runs.
    pub(super) fn usage(&self) -> ChatUsage {
        self.usage
    }

    /// The bounding boxes on all pages.
    pub(super) fn take_boxes(&mut self) -> ChatBoxes {
        std::mem::take(&mut self.boxes)
    }

    /// The warnings of all pages.
    pub(super) fn take_warnings(&mut self) -> Vec<ChatWarning> {
        std::mem::take(&mut self.warnings)
    }

    /// Returns the text if the page is the first that has not ended, else buffers it.
    fn add_text(&mut self, page: u32, delta: &str) -> Step {
        if !self.buffers_pages && self.pages.front() == Some(&page) {
            return self.joiner.add(delta).map_or(Step::Pending, Step::Text);
        }
        self.pending.entry(page).or_default().text.push_str(delta);
        Step::Pending
    }

    /// Discards the page's text. None of it was sent: streamed runs do not allow resets.
    fn reset_page(&mut self, page: u32, reset: &PageReset) {
        let pending = self.pending.entry(page).or_default();
        pending.text.clear();
        pending.size = (reset.width, reset.height);
    }

    fn end_page(
        &mut self,
        page: u32,
        reason: Option<&str>,
        boxes: Option<Vec<TextBox>>,
        size_applied: Option<SizeMode>,
        warnings: Vec<PageWarning>,
    ) {
        self.reason = self.reason.max(finish_reason(reason, &warnings));
        let pending = self.pending.entry(page).or_default();
        pending.ended = true;
        pending.boxes = boxes.unwrap_or_default();
        pending.size_applied = size_applied;
        pending.warnings = warnings;
    }

    /// Advances to the first page that has not ended. Returns the buffered text of the pages up to it.
    fn advance(&mut self) -> Option<String> {
        let mut text = String::new();
        while let Some(&page) = self.pages.front() {
            let pending = self.pending.entry(page).or_default();
            // In a streamed answer the first page that has not ended sends its buffered text at once. In a buffered answer it
            // waits for its end.
            if pending.ended || !self.buffers_pages {
                text.extend(self.joiner.add(&std::mem::take(&mut pending.text)));
            }
            if !pending.ended {
                break;
            }
            let PendingPage { size: (width, height), boxes, size_applied, warnings, .. } =
                self.pending.remove(&page).unwrap_or_default();
            let image = self.image;
            self.boxes.pages.push(ChatPage { image, page, width, height, size_applied });
            self.boxes.boxes.extend(boxes.into_iter().map(|text_box| ChatBox { image, page, text_box }));
            self.warnings.extend(warnings.into_iter().map(|warning| ChatWarning { image, page, warning }));
            self.pages.pop_front();
            self.joiner.start_page();
        }
        Some(text).filter(|text| !text.is_empty())
    }

    fn count(&mut self, usage: &Usage) {
        self.usage.prompt_tokens += usage.prompt_tokens;
        self.usage.completion_tokens += usage.completion_tokens;
        self.usage.total_tokens += usage.prompt_tokens + usage.completion_tokens;
        self.usage.estimated |= usage.estimated;
    }
}

/// Maps an engine's finish reason to `OpenAI`'s. An unknown reason may mean that text is missing, so it is `length` and never
/// `stop`.
fn finish_reason(engine_reason: Option<&str>, warnings: &[PageWarning]) -> FinishReason {
    let has_warning = |code: fn(WarningCode) -> bool| warnings.iter().any(|warning| code(warning.code));
    match engine_reason {
        Some("content_filter") => FinishReason::ContentFilter,
        _ if has_warning(|code| code == WarningCode::Filtered) => FinishReason::ContentFilter,
        Some("stop") | None if !has_warning(WarningCode::is_partial) => FinishReason::Stop,
        _ => FinishReason::Length,
    }
}

/// Joins the texts of pages with one blank line; empty texts are skipped.
#[derive(Debug, Default)]
struct PageJoiner {
    /// Whether a blank line is due before the next text.
    gap_due: bool,
    /// Whether there was any text.
    any: bool,
    /// Number of line ends at the end of the text so far.
    line_ends: usize,
}

impl PageJoiner {
    /// The next text belongs to another page.
    fn start_page(&mut self) {
        self.gap_due = self.any;
    }

    fn add(&mut self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let gap = if std::mem::take(&mut self.gap_due) { 2_usize.saturating_sub(self.line_ends) } else { 0 };
        let line_ends = text.bytes().rev().take_while(|&byte| byte == b'\n').count();
        self.line_ends = if line_ends == text.len() { self.line_ends + gap + line_ends } else { line_ends };
        self.any = true;
        Some("\n".repeat(gap) + text)
    }
}

#[cfg(test)]
mod tests {
    use inkstream_wire::{End, ErrorCode, PageEnd};

    use super::*;

    fn delta(page: u32, delta: &str) -> EventBody {
        EventBody::PageDelta { page, delta: delta.to_owned(), bounds: None }
    }

    fn end(page: u32, reason: &str) -> EventBody {
        EventBody::PageEnd(Box::new(PageEnd {
            page,
            usage: Usage::default(),
            finish_reason: Some(reason.to_owned()),
            boxes: None,
            content: None,
            size_applied: None,
            lowered_dpi: None,
            confidence: None,
            metadata: None,
            warnings: Vec::new(),
            attempts: Vec::new(),
        }))
    }

    fn run_end() -> EventBody {
        EventBody::End(Box::new(End {
            usage: Usage { prompt_tokens: 3, completion_tokens: 2, ..Usage::default() },
            finish_reason: None,
            boxes: None,
            content: None,
            size_applied: None,
            lowered_dpi: None,
            confidence: None,
            metadata: None,
            warnings: Vec::new(),
            attempts: Vec::new(),
        }))
    }

    fn text(answer: &mut Answer, events: Vec<EventBody>) -> Vec<String> {
        let steps = events.into_iter().map(|event| answer.apply(event).unwrap());
        let texts = steps.filter_map(|step| match step {
            Step::Text(text) | Step::RunEnded(text) => Some(text),
            Step::Pending => None,
        });
        texts.filter(|text| !text.is_empty()).collect()
    }

    fn looped() -> PageReset {
        serde_json::from_str(r#"{"reason":"repetition","model":"m","width":7,"height":9}"#).unwrap()
    }

    #[test]
    fn a_buffered_answer_has_no_text_from_before_a_reset() {
        let mut answer = Answer::buffered();
        answer.begin_image(&[1, 2]);
        let reset = EventBody::PageReset { page: 1, reset: looped() };
        let events = vec![
            delta(1, "loop loop"),
            delta(2, "two"),
            reset,
            delta(1, "one"),
            end(1, "stop"),
            end(2, "stop"),
            run_end(),
        ];
        assert_eq!(text(&mut answer, events), ["one", "\n\ntwo"]);
        answer.begin_image(&[1]);
        let image = |text: &str| EventBody::Delta { delta: text.to_owned(), bounds: None };
        let events = vec![image("loop"), EventBody::Reset(looped()), image("im"), image("age"), run_end()];
        assert_eq!(text(&mut answer, events), ["\n\nimage"]);
        assert_eq!((answer.take_boxes().pages[0].width, answer.image()), (7, 2));
    }

    #[test]
    fn interleaved_pages_are_sent_in_order_with_a_blank_line_between_them() {
        let mut answer = Answer::default();
        answer.begin_image(&[2, 5, 7, 8]);
        let events = vec![
            delta(5, "five\n"),
            delta(2, "two"),
            delta(7, "seven\n\n"),
            end(7, "length"),
            delta(2, " more\n"),
            end(2, "stop"),
            delta(5, "more five"),
            end(5, "stop"),
            delta(8, "eight"),
            end(8, "stop"),
            run_end(),
        ];
        let sent = text(&mut answer, events);
        assert_eq!(sent, ["two", " more\n", "\nfive\n", "more five", "\n\nseven\n\n", "eight"]);
        assert_eq!((answer.finish_reason(), answer.usage().total_tokens), (FinishReason::Length, 5));
        let found = answer.take_boxes();
        assert_eq!(found.pages.iter().map(|page| page.page).collect::<Vec<_>>(), [2, 5, 7, 8]);
    }

    #[test]
    fn the_answer_has_the_worst_finish_reason_and_an_unknown_one_is_length() {
        for (reasons, expected) in [
            (["stop", "stop"], FinishReason::Stop),
            (["length", "stop"], FinishReason::Length),
            (["content_filter", "length"], FinishReason::ContentFilter),
            (["stop", "tool_calls"], FinishReason::Length),
        ] {
            let mut answer = Answer::default();
            answer.begin_image(&[1, 2]);
            text(&mut answer, vec![end(1, reasons[0]), end(2, reasons[1]), run_end()]);
            assert_eq!(answer.finish_reason(), expected, "{reasons:?}");
        }
        let warning = PageWarning::new(WarningCode::UnknownFinish, "It did not say why.");
        assert_eq!(finish_reason(None, &[warning]), FinishReason::Length);
    }

    #[test]
    fn empty_pages_make_no_blank_lines() {
        let mut answer = Answer::default();
        answer.begin_image(&[1, 2, 3]);
        let events = vec![end(1, "stop"), delta(3, "three"), end(3, "stop"), end(2, "stop"), run_end()];
        assert_eq!(text(&mut answer, events), ["three"]);
        answer.begin_image(&[1]);
        let image = EventBody::Delta { delta: "image".to_owned(), bounds: None };
        assert_eq!(text(&mut answer, vec![image, run_end()]), ["\n\nimage"]);
        assert_eq!((answer.image(), answer.finish_reason()), (2, FinishReason::Stop));
    }

    #[test]
    fn a_page_that_failed_fails_the_answer() {
        let mut answer = Answer::default();
        answer.begin_image(&[1, 2]);
        let error = EventError { code: ErrorCode::EngineFailed, message: "It broke.".to_owned() };
        let error = answer.apply(EventBody::PageError { page: 2, error }).unwrap_err();
        assert_eq!(
            (error.code, error.detail.as_str()),
            (ErrorCode::EngineFailed, "Page 2 could not be read. It broke.")
        );
    }
}

//! The events of the request's runs, one after the other, made one text with its pages in order.

use std::collections::{HashMap, VecDeque};

use inkstream_core::{Error, Result};
use inkstream_wire::{
    ChatBox, ChatPage, ChatPlaces, ChatUsage, ChatWarning, EventBody, EventError, FinishReason, PageReset, PageWarning,
    SizeMode, TextBox, Usage, WarningCode,
};

/// What an event comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing that is told.
    Nothing,
    /// Text, to be appended.
    Text(String),
    /// The run is over; the last text.
    Over(String),
}

/// The answer so far. Pages are read at the same time: text that comes before its turn is kept.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The picture or file that is being read, from 1.
    image: u32,
    /// Its pages that are not told to the end.
    pages: VecDeque<u32>,
    held: HashMap<u32, PendingPage>,
    /// Whether they are told by events of their own, rather than as a single picture.
    tells_pages: bool,
    joint: PageJoiner,
    reason: FinishReason,
    usage: ChatUsage,
    places: ChatPlaces,
    warnings: Vec<ChatWarning>,
    /// Whether a page's text is told only when the page is over, so that it may begin anew before.
    by_page: bool,
}

/// What is known of a page before its turn is over.
#[derive(Debug, Default)]
struct PendingPage {
    text: String,
    over: bool,
    size: (u32, u32),
    boxes: Vec<TextBox>,
    size_applied: Option<SizeMode>,
    warnings: Vec<PageWarning>,
}

impl Answer {
    /// An answer that nobody sees before its end: pages of it may begin anew.
    pub(super) fn unseen() -> Self {
        Self { by_page: true, ..Self::default() }
    }

    /// The next picture or file is read, these pages of it.
    pub(super) fn begin(&mut self, pages: &[u32]) {
        self.image += 1;
        self.pages = pages.iter().copied().collect();
        self.held.clear();
        self.tells_pages = false;
        self.joint.part();
    }

    /// Which picture or file is being read, from 1.
    pub(super) fn image(&self) -> u32 {
        self.image
    }

    /// Takes an event. A page that failed fails the answer: it would lack a part that nobody sees.
    pub(super) fn take(&mut self, event: EventBody) -> Result<Step> {
        match event {
            EventBody::Start(start) => {
                self.tells_pages = start.pages.is_some();
                if let (Some(width), Some(height), Some(&page)) = (start.width, start.height, self.pages.front()) {
                    self.held.entry(page).or_default().size = (width, height);
                }
                Ok(Step::Nothing)
            }
            EventBody::Delta { delta, .. } => {
                let page = self.pages.front().copied().unwrap_or_default();
                Ok(self.text(page, &delta))
            }
            EventBody::PageStart(start) => {
                self.held.entry(start.page).or_default().size = (start.width, start.height);
                Ok(Step::Nothing)
            }
            EventBody::PageDelta { page, delta, .. } => Ok(self.text(page, &delta)),
            EventBody::Reset(reset) => {
                let page = self.pages.front().copied().unwrap_or_default();
                self.reset(page, &reset);
                Ok(Step::Nothing)
            }
            EventBody::PageReset { page, reset } => {
                self.reset(page, &reset);
                Ok(Step::Nothing)
            }
            EventBody::PageEnd(end) => {
                self.ended(end.page, end.finish_reason.as_deref(), end.boxes, end.size_applied, end.warnings);
                Ok(self.advance().map_or(Step::Nothing, Step::Text))
            }
            EventBody::End(end) => {
                self.count(&end.usage);
                let mut last = None;
                if self.tells_pages {
                    // Those that are left were passed over, since the answer's bound was reached before them.
                    if !self.pages.is_empty() {
                        self.cut();
                    }
                } else if let Some(&page) = self.pages.front() {
                    // A single picture's end is its page's, too.
                    self.ended(page, end.finish_reason.as_deref(), end.boxes, end.size_applied, end.warnings);
                    last = self.advance();
                }
                Ok(Step::Over(last.unwrap_or_default()))
            }
            EventBody::PageError { page, error: EventError { code, message } } => {
                Err(Error::new(code, format!("Page {page} could not be read. {message}")))
            }
            EventBody::Error { error: EventError { code, message } } => Err(Error::new(code, message)),
            EventBody::Queued { .. } | EventBody::Heartbeat => Ok(Step::Nothing),
        }
    }

    /// What is left is not read: the answer's bound is reached.
    pub(super) fn cut(&mut self) {
        self.reason = self.reason.max(FinishReason::Length);
    }

    /// Why the answer ended: for the worst reason of its pages.
    pub(super) fn finish_reason(&self) -> FinishReason {
        self.reason
    }

    /// What all runs together used.
    pub(super) fn usage(&self) -> ChatUsage {
        self.usage
    }

    /// The places on all pages.
    pub(super) fn take_places(&mut self) -> ChatPlaces {
        std::mem::take(&mut self.places)
    }

    /// What may be wrong with the text of all pages.
    pub(super) fn take_warnings(&mut self) -> Vec<ChatWarning> {
        std::mem::take(&mut self.warnings)
    }

    /// Text of a page: told at once if it is the page's turn, else kept.
    fn text(&mut self, page: u32, delta: &str) -> Step {
        if !self.by_page && self.pages.front() == Some(&page) {
            return self.joint.add(delta).map_or(Step::Nothing, Step::Text);
        }
        self.held.entry(page).or_default().text.push_str(delta);
        Step::Nothing
    }

    /// A page begins anew; nothing of it has been told, for runs whose text is seen do not ask for that.
    fn reset(&mut self, page: u32, reset: &PageReset) {
        let held = self.held.entry(page).or_default();
        held.text.clear();
        held.size = (reset.width, reset.height);
    }

    fn ended(
        &mut self,
        page: u32,
        reason: Option<&str>,
        boxes: Option<Vec<TextBox>>,
        size_applied: Option<SizeMode>,
        warnings: Vec<PageWarning>,
    ) {
        self.reason = self.reason.max(finish_reason(reason, &warnings));
        let held = self.held.entry(page).or_default();
        held.over = true;
        held.boxes = boxes.unwrap_or_default();
        held.size_applied = size_applied;
        held.warnings = warnings;
    }

    /// Goes on to the first page that is not at its end, with the text that is kept of the pages up to it.
    fn advance(&mut self) -> Option<String> {
        let mut text = String::new();
        while let Some(&page) = self.pages.front() {
            let held = self.held.entry(page).or_default();
            // A page that is read by itself has its turn, and what is kept of it goes out when it is over.
            if held.over || !self.by_page {
                text.extend(self.joint.add(&std::mem::take(&mut held.text)));
            }
            if !held.over {
                break;
            }
            let PendingPage { size: (width, height), boxes, size_applied, warnings, .. } =
                self.held.remove(&page).unwrap_or_default();
            let image = self.image;
            self.places.pages.push(ChatPage { image, page, width, height, size_applied });
            self.places.boxes.extend(boxes.into_iter().map(|place| ChatBox { image, page, place }));
            self.warnings.extend(warnings.into_iter().map(|warning| ChatWarning { image, page, warning }));
            self.pages.pop_front();
            self.joint.part();
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

/// Why a page ended, in `OpenAI`'s words. What they have no word for may lack text, as a text that is cut does: it is never
/// `stop`.
fn finish_reason(engines: Option<&str>, warnings: &[PageWarning]) -> FinishReason {
    let warned = |code: fn(WarningCode) -> bool| warnings.iter().any(|warning| code(warning.code));
    match engines {
        Some("content_filter") => FinishReason::ContentFilter,
        _ if warned(|code| code == WarningCode::Filtered) => FinishReason::ContentFilter,
        Some("stop") | None if !warned(WarningCode::is_partial) => FinishReason::Stop,
        _ => FinishReason::Length,
    }
}

/// Puts one blank line between texts that are not empty.
#[derive(Debug, Default)]
struct PageJoiner {
    /// Whether the next text is another's.
    due: bool,
    any: bool,
    /// Line ends that the text so far ends in.
    line_ends: usize,
}

impl PageJoiner {
    /// What comes next is another page's.
    fn part(&mut self) {
        self.due = self.any;
    }

    fn add(&mut self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let gap = if std::mem::take(&mut self.due) { 2_usize.saturating_sub(self.line_ends) } else { 0 };
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
        EventBody::PageEnd(PageEnd {
            page,
            usage: Usage::default(),
            finish_reason: Some(reason.to_owned()),
            boxes: None,
            size_applied: None,
            lowered_dpi: None,
            confidence: None,
            metadata: None,
            warnings: Vec::new(),
            attempts: Vec::new(),
        })
    }

    fn over() -> EventBody {
        EventBody::End(End {
            usage: Usage { prompt_tokens: 3, completion_tokens: 2, ..Usage::default() },
            finish_reason: None,
            boxes: None,
            size_applied: None,
            lowered_dpi: None,
            confidence: None,
            metadata: None,
            warnings: Vec::new(),
            attempts: Vec::new(),
        })
    }

    fn text(answer: &mut Answer, events: Vec<EventBody>) -> Vec<String> {
        let steps = events.into_iter().map(|event| answer.take(event).unwrap());
        let texts = steps.filter_map(|step| match step {
            Step::Text(text) | Step::Over(text) => Some(text),
            Step::Nothing => None,
        });
        texts.filter(|text| !text.is_empty()).collect()
    }

    fn looped() -> PageReset {
        serde_json::from_str(r#"{"reason":"repetition","model":"m","width":7,"height":9}"#).unwrap()
    }

    #[test]
    fn an_answer_that_nobody_sees_before_its_end_has_nothing_of_what_a_retry_made_void() {
        let mut answer = Answer::unseen();
        answer.begin(&[1, 2]);
        let reset = EventBody::PageReset { page: 1, reset: looped() };
        let events = vec![
            delta(1, "loop loop"),
            delta(2, "two"),
            reset,
            delta(1, "one"),
            end(1, "stop"),
            end(2, "stop"),
            over(),
        ];
        assert_eq!(text(&mut answer, events), ["one", "\n\ntwo"]);
        answer.begin(&[1]);
        let picture = |text: &str| EventBody::Delta { delta: text.to_owned(), bounds: None };
        let events = vec![picture("loop"), EventBody::Reset(looped()), picture("pic"), picture("ture"), over()];
        assert_eq!(text(&mut answer, events), ["\n\npicture"]);
        assert_eq!((answer.take_places().pages[0].width, answer.image()), (7, 2));
    }

    #[test]
    fn pages_that_interleave_are_told_in_order_with_a_blank_line_between() {
        let mut answer = Answer::default();
        answer.begin(&[2, 5, 7, 8]);
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
            over(),
        ];
        let told = text(&mut answer, events);
        assert_eq!(told, ["two", " more\n", "\nfive\n", "more five", "\n\nseven\n\n", "eight"]);
        assert_eq!((answer.finish_reason(), answer.usage().total_tokens), (FinishReason::Length, 5));
        let places = answer.take_places();
        assert_eq!(places.pages.iter().map(|page| page.page).collect::<Vec<_>>(), [2, 5, 7, 8]);
    }

    #[test]
    fn the_worst_end_of_any_page_is_the_answers_and_an_unknown_one_is_no_stop() {
        for (reasons, expected) in [
            (["stop", "stop"], FinishReason::Stop),
            (["length", "stop"], FinishReason::Length),
            (["content_filter", "length"], FinishReason::ContentFilter),
            (["stop", "tool_calls"], FinishReason::Length),
        ] {
            let mut answer = Answer::default();
            answer.begin(&[1, 2]);
            text(&mut answer, vec![end(1, reasons[0]), end(2, reasons[1]), over()]);
            assert_eq!(answer.finish_reason(), expected, "{reasons:?}");
        }
        let warning = PageWarning::new(WarningCode::UnknownFinish, "It did not say why.");
        assert_eq!(finish_reason(None, &[warning]), FinishReason::Length);
    }

    #[test]
    fn empty_pages_make_no_blank_lines() {
        let mut answer = Answer::default();
        answer.begin(&[1, 2, 3]);
        let events = vec![end(1, "stop"), delta(3, "three"), end(3, "stop"), end(2, "stop"), over()];
        assert_eq!(text(&mut answer, events), ["three"]);
        answer.begin(&[1]);
        let picture = EventBody::Delta { delta: "picture".to_owned(), bounds: None };
        assert_eq!(text(&mut answer, vec![picture, over()]), ["\n\npicture"]);
        assert_eq!((answer.image(), answer.finish_reason()), (2, FinishReason::Stop));
    }

    #[test]
    fn a_page_that_failed_fails_the_answer() {
        let mut answer = Answer::default();
        answer.begin(&[1, 2]);
        let error = EventError { code: ErrorCode::EngineFailed, message: "It broke.".to_owned() };
        let error = answer.take(EventBody::PageError { page: 2, error }).unwrap_err();
        assert_eq!(
            (error.code, error.detail.as_str()),
            (ErrorCode::EngineFailed, "Page 2 could not be read. It broke.")
        );
    }
}

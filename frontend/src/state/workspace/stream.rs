//! Applies the stream's events to the workspace.

use inkstream_wire::{EventBody, OcrEvent, PageEnd, PageStatus, Start};

use super::{Phase, Workspace};
use crate::state::{Failure, Lock, Pace, counted, pages_in};

impl Workspace {
    /// Applies an event.
    pub(super) fn event(&mut self, event: OcrEvent, at: f64) {
        let seq = event.seq;
        // Any other event means that the run has started.
        if !matches!(event.body, EventBody::Heartbeat | EventBody::Queued { .. }) {
            self.queued = None;
        }
        match event.body {
            // Before its start the run waits for other runs, afterwards for the engine.
            EventBody::Queued { ahead } if self.phase == Phase::Reading => self.queued = Some(ahead),
            EventBody::Queued { ahead } => self.phase = Phase::Waiting(Some(ahead)),
            EventBody::Start(start) => self.start(*start, at),
            EventBody::Delta { delta, bounds } => self.page(1).edit().append(&delta, bounds, seq),
            EventBody::PageDelta { page, delta, bounds } => self.page(page).edit().append(&delta, bounds, seq),
            EventBody::Reset(reset) => self.page(1).edit().again(reset),
            EventBody::PageReset { page, reset } => self.page(page).edit().again(reset),
            EventBody::PageStart(start) => {
                // An engine that chose the model has read the page itself.
                let asked = self.model.clone().filter(|asked| start.engine.as_ref() != Some(asked));
                let page = self.page(start.page).edit();
                page.restart();
                (page.page.width, page.page.height, page.page.dpi) = (Some(start.width), Some(start.height), start.dpi);
                page.page.model = Some(start.model);
                page.asked = asked;
                page.turn(start.rotation, start.image_url);
            }
            EventBody::PageEnd(end) => {
                let page = end.page;
                self.finish(*end);
                let partial = self.page(page).page.status == PageStatus::Partial;
                self.announcement = format!("Page {page} is read{}", if partial { " in part" } else { "" });
                self.pace.tick(at);
            }
            EventBody::PageError { page, error } => {
                self.announcement = format!("Page {page} could not be read");
                let page = self.page(page).edit();
                page.page.status = PageStatus::Failed;
                page.page.error = Some(error);
                page.again = None;
                self.pace.fail(at);
            }
            EventBody::End(end) => {
                if end.usage.pages.is_none() {
                    self.finish(PageEnd {
                        page: 1,
                        usage: end.usage,
                        finish_reason: end.finish_reason,
                        boxes: end.boxes,
                        content: end.content,
                        size_applied: end.size_applied,
                        lowered_dpi: end.lowered_dpi,
                        confidence: end.confidence,
                        metadata: end.metadata,
                        warnings: end.warnings,
                        attempts: end.attempts,
                    });
                    self.pace.tick(at);
                }
                let in_part = match self.partial() {
                    0 => String::new(),
                    partial => format!(", {partial} in part"),
                };
                self.announcement = format!("Finished, {} read{in_part}", counted(u64::from(self.pace.done), "page"));
                self.phase = Phase::Settled;
                self.show_found();
            }
            EventBody::Error { error } => self.fail(Failure::Event(error)),
            // Any event means that the upload is complete.
            EventBody::Heartbeat => self.sent(),
        }
    }

    fn start(&mut self, start: Start, at: f64) {
        self.document = Some(start.document_id);
        self.kind = Some(start.kind);
        self.model = Some(start.engine.unwrap_or_else(|| start.model.clone()));
        self.ignored = start.ignored;
        self.lock = Lock::Open;
        self.phase = Phase::Reading;
        let total = start.pages.unwrap_or(1);
        self.pace = Pace::begin(total, at);
        if start.pages.is_none() {
            let page = self.page(1).edit();
            page.restart();
            (page.page.width, page.page.height, page.page.dpi) = (start.width, start.height, start.dpi);
            page.asked = Some(start.model.clone());
            page.page.model = Some(start.model);
            page.turn(start.rotation, start.image_url);
        } else if let Some(range) = self.range.take() {
            // A range that extends beyond the last page contains fewer pages than its numbers say.
            for number in pages_in(&range).unwrap_or_default().into_iter().take(total as usize) {
                self.page(number);
            }
            self.selected = self.pages.first().map_or(1, |page| page.page.page);
        } else if self.pages.len() <= 1 {
            for number in 1..=total {
                self.page(number);
            }
        }
        "Reading".clone_into(&mut self.announcement);
    }

    /// The upload is complete.
    pub(super) fn sent(&mut self) {
        if self.phase == Phase::Uploading {
            self.phase = Phase::Waiting(None);
        }
    }

    fn finish(&mut self, end: PageEnd) {
        let sought = self.sought.clone();
        self.page(end.page).edit().finish(end, sought);
    }

    /// Shows the first page on which the run found the reference, unless the user has chosen a page.
    fn show_found(&mut self) {
        let Some(sought) = &self.sought else { return };
        let found = |page: &&crate::state::PageState| page.found() == Some(true);
        self.announcement = match self.pages.iter().filter(found).count() as u64 {
            0 => format!("“{sought}” was not found"),
            pages => format!("“{sought}” was found on {}", counted(pages, "page")),
        };
        let first = self.pages.iter().find(found).map(|page| page.page.page);
        if let (true, Some(first)) = (self.following, first) {
            self.selected = first;
        }
    }
}

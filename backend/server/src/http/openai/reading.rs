use std::{collections::VecDeque, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::StreamExt as _;
use inkstream_core::{
    Error, Result,
    app::App,
    documents::{self, Upload},
    runs::{self, LiveRun, Source, Ticket, TokenBound},
};
use inkstream_wire::{
    ChatDrawn, ChatDrawnPage, ChatPlaces, ChatUsage, ChatWarning, ErrorCode, FinishReason, RunKind, RunOptions, Task,
};

use super::{
    answer::{Answer, Step},
    uploads::Uploads,
};
use crate::http::caller::Caller;

/// Pages that one answer shows with their boxes: they all stand in memory.
const MAX_DRAWN: usize = 8;
/// Widest picture of such a page, in pixels.
const DRAWN_WIDTH: u32 = 1_600;

/// What a request wants read.
pub(super) struct Pictures {
    /// The places of the files, in the order in which they are read; at least one.
    pub(super) files: Vec<usize>,
    /// The files.
    pub(super) uploads: Uploads,
    /// Whether the pages are shown with their boxes.
    pub(super) annotate: bool,
    /// Most tokens that the whole answer may have.
    pub(super) max_tokens: Option<u64>,
}

/// The pictures and files of one request, read one after the other, each as a run of its own. Dropping it cancels the run and
/// deletes what was not read.
pub(super) struct Reading {
    app: Arc<App>,
    caller: Caller,
    /// The request's one place in the queue: its runs follow each other in it.
    ticket: Ticket,
    options: RunOptions,
    bound: Option<TokenBound>,
    /// The places of the files that wait, and the files.
    waiting: VecDeque<usize>,
    uploads: Uploads,
    /// How many there are in all.
    images: usize,
    run: Option<LiveRun>,
    answer: Answer,
    annotate: bool,
    drawn: Vec<ChatDrawnPage>,
    /// What is the same on every part of the answer.
    pub(super) head: Head,
}

/// What is the same on every part of an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// `chatcmpl-…`.
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: i64,
    /// The model that reads.
    pub(super) model: String,
}

/// What is known in the end.
pub(super) struct Finish {
    pub(super) reason: FinishReason,
    pub(super) usage: ChatUsage,
    /// Places, if they were asked for.
    pub(super) places: Option<ChatPlaces>,
    /// The pages with their places drawn, if they were asked for.
    pub(super) drawn: Option<ChatDrawn>,
    /// What may be wrong with the text.
    pub(super) warnings: Vec<ChatWarning>,
}

impl Reading {
    /// Begins with the first file: what is wrong with the request or with that file fails here.
    pub(super) async fn begin(
        app: &Arc<App>,
        caller: Caller,
        ticket: Ticket,
        options: RunOptions,
        pictures: Pictures,
    ) -> Result<Self> {
        let model = app.engines.choose(options.model.as_deref())?.info().model.clone();
        let Pictures { files, uploads, annotate, max_tokens } = pictures;
        if annotate && files.len() > MAX_DRAWN {
            return Err(too_many_drawn());
        }
        // Who sees the answer only when it is whole sees nothing of pages that begin anew.
        let answer = if options.resets { Answer::unseen() } else { Answer::default() };
        let mut reading = Self {
            app: Arc::clone(app),
            caller,
            ticket,
            options,
            bound: max_tokens.map(TokenBound::new),
            images: files.len(),
            waiting: files.into(),
            uploads,
            run: None,
            answer,
            annotate,
            drawn: Vec::new(),
            head: Head { id: String::new(), created: app.clock.now().as_second(), model },
        };
        let upload = reading.next_upload()?.ok_or_else(|| Error::internal("a request without files was let in"))?;
        let run = reading.start(upload).await?;
        reading.head.id = format!("chatcmpl-{}", run.run_id.0.simple());
        reading.run = Some(run);
        Ok(reading)
    }

    /// The next text, to be appended; `None` when everything is read.
    pub(super) async fn next(&mut self) -> Result<Option<String>> {
        loop {
            let Some(run) = &mut self.run else {
                if self.bound.as_ref().is_some_and(TokenBound::is_spent) && !self.waiting.is_empty() {
                    self.waiting.clear();
                    self.answer.cut();
                }
                let Some(upload) = self.next_upload()? else { return Ok(None) };
                self.run = Some(self.start(upload).await?);
                continue;
            };
            let Some(event) = run.next().await else {
                // The run was cut, as one whose reader takes nothing is.
                return Err(Error::new(ErrorCode::Aborted, "The run was stopped."));
            };
            match self.answer.take(event.body).map_err(|error| self.placed(error))? {
                Step::Nothing => {}
                Step::Text(text) => return Ok(Some(text)),
                // The document is there as long as the run is held.
                Step::Over(last) => {
                    if let Some(run) = self.run.take().filter(|_| self.annotate) {
                        self.draw(&run).await.map_err(|error| self.placed(error))?;
                    }
                    if !last.is_empty() {
                        return Ok(Some(last));
                    }
                }
            }
        }
    }

    /// What is to be told when [`Self::next`] has nothing more.
    pub(super) fn finish(&mut self) -> Finish {
        let RunOptions { boxes, task, size, .. } = &self.options;
        let told = *boxes || size.is_some() || task.is_some_and(Task::is_about_places);
        let places = told.then(|| self.answer.take_places());
        let pages = std::mem::take(&mut self.drawn);
        let drawn = pages.first().map(|first| first.annotated_image.clone()).map(|annotated_image| ChatDrawn {
            annotated_image,
            annotated_images: if pages.len() > 1 { pages } else { Vec::new() },
        });
        let (reason, usage) = (self.answer.finish_reason(), self.answer.usage());
        Finish { reason, usage, places, drawn, warnings: self.answer.take_warnings() }
    }

    /// Draws the pages of a run that is over.
    async fn draw(&mut self, run: &LiveRun) -> Result<()> {
        for &page in &run.pages {
            let (owner, width) = (&self.caller.owner, Some(DRAWN_WIDTH));
            let png = documents::annotated(&self.app, owner, run.document_id, page, width, None).await?;
            let annotated_image = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png));
            self.drawn.push(ChatDrawnPage { image: self.answer.image(), page, annotated_image });
        }
        Ok(())
    }

    fn next_upload(&mut self) -> Result<Option<Upload>> {
        let Some(place) = self.waiting.pop_front() else { return Ok(None) };
        let upload = self.uploads.take(place);
        // A file that is named twice, or that never came: a request gets here that writes `data:N` by itself.
        upload.map(Some).ok_or_else(|| Error::new(ErrorCode::BadRequest, "A data URI must be base64."))
    }

    async fn start(&mut self, upload: Upload) -> Result<LiveRun> {
        let (owner, ticket, options) = (self.caller.owner.clone(), self.ticket.clone(), self.options.clone());
        let (source, kind, bound) = (Source::Upload(upload), Some(RunKind::Chat), self.bound.clone());
        let run = runs::start_within(&self.app, owner, ticket, source, kind, options, bound).await;
        // Failing before it begins, it is still the next picture's failure.
        self.answer.begin(run.as_ref().map_or(&[][..], |run| &run.pages));
        let run = run.and_then(|run| self.may_draw(&run).map(|()| run));
        run.map_err(|error| self.placed(error))
    }

    fn may_draw(&self, run: &LiveRun) -> Result<()> {
        if !self.annotate || self.drawn.len() + run.pages.len() <= MAX_DRAWN {
            return Ok(());
        }
        Err(too_many_drawn())
    }

    /// Says which of several pictures it is about.
    fn placed(&self, mut error: Error) -> Error {
        if self.images > 1 {
            error.detail = format!("Picture {}: {}", self.answer.image(), error.detail);
        }
        error
    }
}

fn too_many_drawn() -> Error {
    let detail = format!("annotate shows at most {MAX_DRAWN} pages of a request: name them with pages.");
    Error::new(ErrorCode::InvalidOption, detail)
}

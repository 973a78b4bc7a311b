use std::{collections::VecDeque, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::StreamExt as _;
use inkstream_core::{
    Error, Result,
    documents::{self, Upload},
    runs::{self, LiveRun, Runs, Source, Ticket, TokenBound},
};
use inkstream_wire::{
    ChatAnnotatedPage, ChatAnnotations, ChatBoxes, ChatUsage, ChatWarning, ErrorCode, FinishReason, RunKind,
    RunOptions, Task,
};

use super::{
    answer::{Answer, Step},
    uploads::Uploads,
};
use crate::http::caller::Caller;

/// Annotated pages of one answer. All of them are in memory at once.
const MAX_ANNOTATED_PAGES: usize = 8;
/// Maximum width of an annotated page, in pixels.
const ANNOTATED_WIDTH: u32 = 1_600;

/// The files of a request, and how to answer.
pub(super) struct Inputs {
    /// The indices of the files, in the order of reading; at least one.
    pub(super) files: Vec<usize>,
    pub(super) uploads: Uploads,
    /// Whether the answer holds the pages as images with their boxes drawn.
    pub(super) annotate: bool,
    /// Maximum number of tokens of the whole answer.
    pub(super) max_tokens: Option<u64>,
}

/// Reads the files of one request one after the other, each as a run of its own. Dropping it cancels the current run and deletes
/// the files that were not read.
pub(super) struct Reading {
    runs: Arc<Runs>,
    caller: Caller,
    /// The request's queue ticket, which its runs use one after the other.
    ticket: Ticket,
    options: RunOptions,
    bound: Option<TokenBound>,
    /// The indices of the files that were not read yet.
    waiting: VecDeque<usize>,
    uploads: Uploads,
    /// The number of files.
    images: usize,
    run: Option<LiveRun>,
    answer: Answer,
    annotate: bool,
    annotated: Vec<ChatAnnotatedPage>,
    /// Fields that are the same in every chunk of the answer.
    pub(super) head: Head,
}

/// Fields that are the same in every chunk of an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// `chatcmpl-…`.
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: i64,
    /// The model's name.
    pub(super) model: String,
}

/// The fields of the answer's end.
pub(super) struct Finish {
    pub(super) reason: FinishReason,
    pub(super) usage: ChatUsage,
    /// The bounding boxes, if they were requested.
    pub(super) boxes: Option<ChatBoxes>,
    /// The annotated pages, if they were requested.
    pub(super) annotations: Option<ChatAnnotations>,
    pub(super) warnings: Vec<ChatWarning>,
}

impl Reading {
    /// Starts the run of the first file, so that errors of the request and of that file are returned here.
    pub(super) async fn begin(
        runs: &Arc<Runs>,
        caller: Caller,
        ticket: Ticket,
        options: RunOptions,
        inputs: Inputs,
    ) -> Result<Self> {
        let model = runs.engines.choose(options.model.as_deref())?.info().identity.model.clone();
        let Inputs { files, uploads, annotate, max_tokens } = inputs;
        if annotate && files.len() > MAX_ANNOTATED_PAGES {
            return Err(too_many_annotated_pages());
        }
        // An answer that is sent only when it is complete can discard the text of pages that are reset.
        let answer = if options.resets { Answer::buffered() } else { Answer::default() };
        let mut reading = Self {
            runs: Arc::clone(runs),
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
            annotated: Vec::new(),
            head: Head { id: String::new(), created: runs.clock.now().as_second(), model },
        };
        let upload = reading.next_upload()?.ok_or_else(|| Error::internal("a request without files was let in"))?;
        let run = reading.start(upload).await?;
        reading.head.id = format!("chatcmpl-{}", run.run_id.0.simple());
        reading.run = Some(run);
        Ok(reading)
    }

    /// Returns the next text to append; `None` when every file was read.
    pub(super) async fn next(&mut self) -> Result<Option<String>> {
        loop {
            let Some(run) = &mut self.run else {
                if self.bound.as_ref().is_some_and(TokenBound::is_spent) && !self.waiting.is_empty() {
                    self.waiting.clear();
                    self.answer.mark_truncated();
                }
                let Some(upload) = self.next_upload()? else { return Ok(None) };
                self.run = Some(self.start(upload).await?);
                continue;
            };
            let Some(event) = run.next().await else {
                // The run was cancelled, for example because its reader stalled.
                return Err(Error::new(ErrorCode::Aborted, "The run was stopped."));
            };
            match self.answer.apply(event.body).map_err(|error| self.name_image(error))? {
                Step::Pending => {}
                Step::Text(text) => return Ok(Some(text)),
                // The document exists as long as the run is held, so annotate its pages before dropping the run.
                Step::RunEnded(last) => {
                    if let Some(run) = self.run.take().filter(|_| self.annotate) {
                        self.annotate_pages(&run).await.map_err(|error| self.name_image(error))?;
                    }
                    if !last.is_empty() {
                        return Ok(Some(last));
                    }
                }
            }
        }
    }

    /// Returns the answer's end, once [`Self::next`] has returned `None`.
    pub(super) fn finish(&mut self) -> Finish {
        let RunOptions { boxes, task, size, .. } = &self.options;
        let include_boxes = *boxes || size.is_some() || task.is_some_and(Task::returns_boxes);
        let boxes = include_boxes.then(|| self.answer.take_boxes());
        let pages = std::mem::take(&mut self.annotated);
        let annotations = pages.first().map(|first| first.annotated_image.clone()).map(|annotated_image| {
            ChatAnnotations { annotated_image, annotated_images: if pages.len() > 1 { pages } else { Vec::new() } }
        });
        let (reason, usage) = (self.answer.finish_reason(), self.answer.usage());
        Finish { reason, usage, boxes, annotations, warnings: self.answer.take_warnings() }
    }

    /// Renders the annotated pages of a finished run.
    async fn annotate_pages(&mut self, run: &LiveRun) -> Result<()> {
        for &page in &run.pages {
            let (owner, width) = (&self.caller.owner, Some(ANNOTATED_WIDTH));
            let png = documents::annotated(&self.runs.documents, owner, run.document_id, page, width, None).await?;
            let annotated_image = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png));
            self.annotated.push(ChatAnnotatedPage { image: self.answer.image(), page, annotated_image });
        }
        Ok(())
    }

    fn next_upload(&mut self) -> Result<Option<Upload>> {
        let Some(index) = self.waiting.pop_front() else { return Ok(None) };
        let upload = self.uploads.take(index);
        // There is no such file if the client itself wrote `data:N` into the JSON.
        upload.map(Some).ok_or_else(|| Error::new(ErrorCode::BadRequest, "A data URI must be base64."))
    }

    async fn start(&mut self, upload: Upload) -> Result<LiveRun> {
        let (owner, ticket, options) = (self.caller.owner.clone(), self.ticket.clone(), self.options.clone());
        let (source, kind, bound) = (Source::Upload(upload), Some(RunKind::Chat), self.bound.clone());
        let run = runs::start_within(&self.runs, owner, ticket, source, kind, options, bound).await;
        // Count the image before returning an error, so that the error names it.
        self.answer.begin_image(run.as_ref().map_or(&[][..], |run| &run.pages));
        let run = run.and_then(|run| self.check_annotated_pages(&run).map(|()| run));
        run.map_err(|error| self.name_image(error))
    }

    fn check_annotated_pages(&self, run: &LiveRun) -> Result<()> {
        if !self.annotate || self.annotated.len() + run.pages.len() <= MAX_ANNOTATED_PAGES {
            return Ok(());
        }
        Err(too_many_annotated_pages())
    }

    /// Names the image that failed, if there are several.
    fn name_image(&self, mut error: Error) -> Error {
        if self.images > 1 {
            error.detail = format!("Image {}: {}", self.answer.image(), error.detail);
        }
        error
    }
}

fn too_many_annotated_pages() -> Error {
    let detail = format!("annotate shows at most {MAX_ANNOTATED_PAGES} pages of a request: name them with pages.");
    Error::new(ErrorCode::InvalidOption, detail)
}

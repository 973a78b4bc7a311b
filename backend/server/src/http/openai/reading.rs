use std::{collections::VecDeque, sync::Arc};

use futures::StreamExt as _;
use inkstream_core::{
    Error, Result,
    app::App,
    documents::Upload,
    runs::{self, LiveRun, Source, Ticket},
};
use inkstream_wire::{ChatPlaces, ChatUsage, ErrorCode, FinishReason, RunKind, RunOptions};

use super::{
    answer::{Answer, Step},
    request::Request,
    uploads::Uploads,
};
use crate::http::caller::Caller;

/// The pictures and files of one request, read one after the other, each as a run of its own. Dropping it cancels the run and
/// deletes what was not read.
pub(super) struct Reading {
    app: Arc<App>,
    caller: Caller,
    options: RunOptions,
    /// The places of the files that wait, and the files.
    waiting: VecDeque<usize>,
    uploads: Uploads,
    /// How many there are in all.
    images: usize,
    run: Option<LiveRun>,
    answer: Answer,
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
}

impl Reading {
    /// Begins with the first file: what is wrong with the request or with that file fails here.
    pub(super) async fn begin(
        app: &Arc<App>,
        caller: Caller,
        ticket: Ticket,
        request: Request,
        uploads: Uploads,
    ) -> Result<Self> {
        let model = app.engines.choose(request.options.model.as_deref())?.info().model.clone();
        let mut reading = Self {
            app: Arc::clone(app),
            caller,
            options: request.options,
            images: request.files.len(),
            waiting: request.files.into(),
            uploads,
            run: None,
            answer: Answer::default(),
            head: Head { id: String::new(), created: app.clock.now().as_second(), model },
        };
        let upload = reading.next_upload()?.ok_or_else(|| Error::internal("a request without files was let in"))?;
        let run = reading.start(ticket, upload).await?;
        reading.head.id = format!("chatcmpl-{}", run.run_id.0.simple());
        reading.run = Some(run);
        Ok(reading)
    }

    /// The next text, to be appended; `None` when everything is read.
    pub(super) async fn next(&mut self) -> Result<Option<String>> {
        loop {
            let Some(run) = &mut self.run else {
                let Some(upload) = self.next_upload()? else { return Ok(None) };
                let ticket = self.app.queue.enter(&self.caller.clients)?;
                self.run = Some(self.start(ticket, upload).await?);
                continue;
            };
            let Some(event) = run.next().await else {
                // The run was cut, as one whose reader takes nothing is.
                return Err(Error::new(ErrorCode::Aborted, "The run was stopped."));
            };
            match self.answer.take(event.body).map_err(|error| self.placed(error))? {
                Step::Nothing => {}
                Step::Text(text) => return Ok(Some(text)),
                Step::Over => self.run = None,
            }
        }
    }

    /// What is to be told when [`Self::next`] has nothing more.
    pub(super) fn finish(&mut self) -> Finish {
        let places = self.options.boxes.then(|| self.answer.take_places());
        Finish { reason: self.answer.finish_reason(), usage: self.answer.usage(), places }
    }

    fn next_upload(&mut self) -> Result<Option<Upload>> {
        let Some(place) = self.waiting.pop_front() else { return Ok(None) };
        let upload = self.uploads.take(place);
        // A file that is named twice, or that never came: a request gets here that writes `data:N` by itself.
        upload.map(Some).ok_or_else(|| Error::new(ErrorCode::BadRequest, "A data URI must be base64."))
    }

    async fn start(&mut self, ticket: Ticket, upload: Upload) -> Result<LiveRun> {
        let (owner, options) = (self.caller.owner.clone(), self.options.clone());
        let run = runs::start(&self.app, owner, ticket, Source::Upload(upload), Some(RunKind::Chat), options).await;
        // Failing before it begins, it is still the next picture's failure.
        self.answer.begin(run.as_ref().map_or(&[][..], |run| &run.pages));
        run.map_err(|error| self.placed(error))
    }

    /// Says which of several pictures it is about.
    fn placed(&self, mut error: Error) -> Error {
        if self.images > 1 {
            error.detail = format!("Picture {}: {}", self.answer.image(), error.detail);
        }
        error
    }
}

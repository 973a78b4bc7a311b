//! The state of the document on the screen: a reducer of the user's actions and the stream's events.

mod stream;

use inkstream_wire::{DocumentDetail, DocumentId, DocumentKind, ErrorCode, OcrEvent, PDF_TEXT, Page, PageStatus};

use crate::state::{Content, Failure, Lock, Pace, PageState, happened};

/// The minimum time that the view stays on a page before it follows the reading to the next, in milliseconds.
const FOLLOW_AFTER: f64 = 700.0;

/// The phase of the document.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Phase {
    /// No document.
    #[default]
    Empty,
    /// It is fetched from the server.
    Loading,
    /// Its file is being uploaded.
    Uploading,
    /// The run was requested. The number is that of the runs ahead of it.
    Waiting(Option<u32>),
    /// Pages are being read.
    Reading,
    /// No run is active.
    Settled,
    /// The user stopped the run.
    Stopped,
    /// The run or a request failed.
    Failed(Failure),
}

/// A document, its pages and its run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Workspace {
    /// The id of the stored document, when the server has assigned it.
    pub(crate) document: Option<DocumentId>,
    /// Its file's name.
    pub(crate) name: String,
    /// Image or PDF.
    pub(crate) kind: Option<DocumentKind>,
    /// The model that reads.
    pub(crate) model: Option<String>,
    /// The pages, sorted by number.
    pub(crate) pages: Vec<PageState>,
    /// The phase of the document.
    pub(crate) phase: Phase,
    /// The page on the screen.
    pub(crate) selected: u32,
    /// Whether the view follows the reading from page to page.
    pub(crate) following: bool,
    /// Progress of the run.
    pub(crate) pace: Pace,
    /// The number of pages ahead of this run's next page in the engine's queue, while the engine reads none of this run.
    pub(crate) queued: Option<u32>,
    /// The options that the engine ignored.
    pub(crate) ignored: Vec<String>,
    /// Whether a file whose upload failed was stored nevertheless; `None` if that is unknown.
    pub(crate) listed: Option<bool>,
    /// Whether the images of its pages need a password.
    pub(crate) lock: Lock,
    /// The announcement for screen readers. It changes per page and not per token.
    pub(crate) announcement: String,
    /// The reference that the run searches for.
    sought: Option<String>,
    /// The page range of the upload, until the pages are known.
    range: Option<String>,
    followed_at: f64,
}

/// An action on a [`Workspace`]. `at` is in milliseconds of the page's monotonic clock.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// A file is being uploaded to be read.
    Upload {
        /// The file's name.
        name: String,
        /// Image or PDF.
        kind: DocumentKind,
        /// The page range.
        range: Option<String>,
        /// The reference to search for.
        sought: Option<String>,
    },
    /// The upload is complete.
    Sent,
    /// A stored document is being fetched.
    Load(DocumentId),
    /// The document was fetched.
    Loaded(Box<DocumentDetail>),
    /// All pages of the document were fetched while some are read.
    Outline(DocumentId, Vec<Page>),
    /// The content of a page was fetched.
    Content(DocumentId, u32, Content),
    /// The images have new addresses, because the old ones expire.
    Addresses(DocumentId, Vec<Page>),
    /// Whether the file whose upload failed was stored.
    Listed(bool),
    /// An image of the document was requested, to learn whether it is locked.
    Probed(DocumentId, Result<(), Failure>),
    /// Pages of the stored document are to be read, or read again.
    Read {
        /// The reference to search for.
        sought: Option<String>,
    },
    /// Events of the stream.
    Events {
        /// The events.
        events: Vec<OcrEvent>,
        /// When they arrived.
        at: f64,
    },
    /// The stream is over, with or without an end event.
    StreamOver,
    /// The user stops the run.
    Stop,
    /// The request failed.
    Fail(Failure),
    /// Shows a page.
    Select(u32),
    /// Shows the page that is so many pages further.
    Step(i32),
    /// Makes the view follow the reading again.
    Follow,
    /// Closes the document.
    Close,
}

impl Workspace {
    /// The state after `action`.
    pub(crate) fn after(mut self, action: Action) -> Self {
        match action {
            Action::Upload { name, kind, range, sought } => {
                self = Self {
                    name,
                    kind: Some(kind),
                    range,
                    sought,
                    phase: Phase::Uploading,
                    following: true,
                    selected: 1,
                    ..Self::default()
                };
                if kind == DocumentKind::Image {
                    self.pages = vec![PageState::pending(1)];
                }
            }
            Action::Sent => self.sent(),
            Action::Load(document) => {
                self = Self { document: Some(document), phase: Phase::Loading, selected: 1, ..Self::default() };
            }
            // Ignore answers about a document that is no longer on the screen.
            Action::Loaded(detail) if self.document == Some(detail.document.document_id) => self.loaded(*detail),
            // The document that is being uploaded may not have an id yet.
            Action::Outline(document, pages) if self.document.is_none_or(|shown| shown == document) => {
                for page in pages {
                    self.page(page.page);
                    // Keep an address that is in use, so that no image is loaded twice.
                    if self.page(page.page).page.image_url.is_none() {
                        self.page(page.page).edit().page.image_url = page.image_url;
                    }
                }
            }
            Action::Content(document, number, content) if self.document == Some(document) => {
                // A page that was restarted meanwhile gets its content from its own run.
                let of_it = |page: &&mut PageState| page.page.page == number && page.lacks_content();
                if let Some(page) = self.pages.iter_mut().find(of_it) {
                    page.edit().content = content;
                }
            }
            Action::Addresses(document, pages) if self.document == Some(document) => {
                for page in pages {
                    self.page(page.page).edit().page.image_url = page.image_url;
                }
            }
            Action::Listed(listed) => self.listed = Some(listed),
            Action::Probed(document, answer) if self.document == Some(document) => {
                self.lock = self.lock.after(&answer);
            }
            Action::Read { sought } => {
                self.sought = sought;
                // Keep the old results until the server starts a page, because it may not be reachable.
                self.phase = Phase::Waiting(None);
                self.pace = Pace::default();
                self.following = true;
            }
            Action::Events { events, at } => {
                for event in events {
                    self.event(event, at);
                }
                self.follow(at);
            }
            Action::StreamOver if self.active() => self.fail(Failure::Broken),
            Action::Loaded(_)
            | Action::Outline(..)
            | Action::Content(..)
            | Action::Addresses(..)
            | Action::Probed(..)
            | Action::StreamOver => {}
            Action::Stop => {
                self.queued = None;
                self.give_up();
                "Stopped".clone_into(&mut self.announcement);
                self.phase = Phase::Stopped;
            }
            Action::Fail(failure) => self.fail(failure),
            Action::Select(number) => self.select(number),
            Action::Step(by) => self.step(by),
            Action::Follow => {
                self.following = true;
                self.follow(f64::INFINITY);
            }
            Action::Close => self = Self::default(),
        }
        self
    }

    /// Whether a run is active.
    pub(crate) fn active(&self) -> bool {
        matches!(self.phase, Phase::Uploading | Phase::Waiting(_) | Phase::Reading)
    }

    /// Whether it can be read with other choices: the server has stored it, or the browser still has the file.
    pub(crate) fn readable_otherwise(&self) -> bool {
        let otherwise = |failure: &Failure| failure.is_engines() || failure.code() == Some(ErrorCode::PagesOutOfRange);
        self.document.is_some() || matches!(&self.phase, Phase::Failed(failure) if otherwise(failure))
    }

    /// The page on the screen.
    pub(crate) fn shown(&self) -> Option<&PageState> {
        self.page_of(self.selected)
    }

    /// The page of this number.
    pub(crate) fn page_of(&self, number: u32) -> Option<&PageState> {
        let index = self.pages.binary_search_by_key(&number, |page| page.page.page).ok()?;
        self.pages.get(index)
    }

    /// The pages whose content has yet to be fetched.
    pub(crate) fn without_content(&self) -> Vec<u32> {
        self.pages.iter().filter(|page| page.lacks_content()).map(|page| page.page.page).collect()
    }

    /// Those of them that are on the screen or next to it, the one on the screen first.
    pub(crate) fn content_to_load(&self) -> Vec<u32> {
        let Some(shown) = self.pages.iter().position(|page| page.page.page == self.selected) else { return Vec::new() };
        let near = [Some(shown), shown.checked_add(1), shown.checked_sub(1)];
        let pages = near.into_iter().flatten().filter_map(|index| self.pages.get(index));
        pages.filter(|page| page.lacks_content()).map(|page| page.page.page).collect()
    }

    /// The number of pages that were not read completely.
    pub(crate) fn missing(&self) -> usize {
        self.pages.iter().filter(|page| page.page.status != PageStatus::Done).count()
    }

    /// The number of pages that were read partially.
    pub(crate) fn partial(&self) -> usize {
        self.pages.iter().filter(|page| page.page.status == PageStatus::Partial).count()
    }

    /// Whether a page without a good result may get one; a damaged page can only fail again.
    pub(crate) fn readable(&self) -> bool {
        let damaged =
            |page: &PageState| page.page.error.as_ref().is_some_and(|error| error.code == ErrorCode::PageUnreadable);
        self.pages.iter().any(|page| page.page.status != PageStatus::Done && !damaged(page))
    }

    /// Whether any page has text.
    pub(crate) fn has_text(&self) -> bool {
        self.pages.iter().any(|page| !page.text().is_empty())
    }

    fn loaded(&mut self, detail: DocumentDetail) {
        self.document = Some(detail.document.document_id);
        self.name = detail.document.filename;
        self.kind = Some(detail.document.kind);
        // Neither a fallback nor the PDF's text layer is the requested model.
        let asked = |page: &Page| page.attempts.first().map(|first| &first.model).or(page.model.as_ref()).cloned();
        self.model = detail.page_list.iter().filter_map(asked).find(|model| model != PDF_TEXT);
        self.pages = detail.page_list.into_iter().map(PageState::from).collect();
        for page in &mut self.pages {
            page.settle();
            if page.lacks_content() {
                page.edit().content = Content::Awaited;
            }
        }
        self.selected = self.pages.first().map_or(1, |page| page.page.page);
        self.lock = if self.kind == Some(DocumentKind::Pdf) { Lock::Unknown } else { Lock::Open };
        self.phase = Phase::Settled;
    }

    fn fail(&mut self, failure: Failure) {
        self.queued = None;
        self.give_up();
        self.announcement = happened(&failure);
        if self.document.is_some() && failure.asks_for_password() {
            self.lock = Lock::Locked(0);
        }
        self.phase = Phase::Failed(failure);
    }

    /// Marks running pages as aborted. Their text stays.
    fn give_up(&mut self) {
        for page in self.pages.iter_mut().filter(|page| page.page.status == PageStatus::Running) {
            page.edit().page.status = PageStatus::Aborted;
            page.settle();
        }
    }

    fn select(&mut self, number: u32) {
        if self.pages.iter().any(|page| page.page.page == number) {
            self.selected = number;
            self.following = false;
            // A finished page has no highlighted lines, because they would be animated again whenever it is shown.
            for page in self.pages.iter_mut().filter(|page| page.page.page == number) {
                if page.page.status.has_result() && !page.lights.is_empty() {
                    page.edit().lights.clear();
                }
            }
        }
    }

    fn step(&mut self, by: i32) {
        let Some(index) = self.pages.iter().position(|page| page.page.page == self.selected) else { return };
        let index = index.saturating_add_signed(by as isize).min(self.pages.len() - 1);
        self.select(self.pages[index].page.page);
    }

    /// Shows the first page that is being read, unless the shown page is still being read or was shown only briefly.
    fn follow(&mut self, at: f64) {
        let running = |page: &&PageState| page.page.status == PageStatus::Running;
        let busy = self.shown().is_some_and(|page| page.page.status == PageStatus::Running);
        if !self.following || busy || at - self.followed_at < FOLLOW_AFTER {
            return;
        }
        if let Some(page) = self.pages.iter().find(running) {
            self.selected = page.page.page;
            self.followed_at = if at.is_finite() { at } else { 0.0 };
        }
    }

    /// The page with this number, which is inserted if it is missing.
    fn page(&mut self, number: u32) -> &mut PageState {
        let index = match self.pages.binary_search_by_key(&number, |page| page.page.page) {
            Ok(index) => index,
            Err(index) => {
                self.pages.insert(index, PageState::pending(number));
                index
            }
        };
        &mut self.pages[index]
    }
}

#[cfg(test)]
mod tests;

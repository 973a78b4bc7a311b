//! One page on the screen.

use std::{ops::Deref, rc::Rc};

use inkstream_wire::{Anew, BoxKind, Page, PageEnd, PageStatus, PixelBox, SizeMode};

/// How many lines glow at once: the one just recognised and those that still fade.
const LIGHTS: usize = 4;

/// A line that glows on the picture; `seq` tells two lights apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Light {
    /// The event that lit it.
    pub(crate) seq: u64,
    /// Where it is, in page pixels.
    pub(crate) place: PixelBox,
}

/// A page and what the screen adds to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageData {
    /// The page as the server tells it.
    pub(crate) page: Page,
    /// The reading light, latest last.
    pub(crate) lights: Vec<Light>,
    /// The resolution that the page was lowered to.
    pub(crate) lowered_dpi: Option<f32>,
    /// The size that the engine really took.
    pub(crate) size_applied: Option<SizeMode>,
    /// What was looked for on it, once it has been.
    pub(crate) sought: Option<String>,
    /// Why it is being read again.
    pub(crate) again: Option<String>,
}

/// A shared page. Equal means the same value in memory, so that a finished page is never compared
/// letter by letter and never drawn again.
#[derive(Debug, Clone)]
pub(crate) struct PageState(Rc<PageData>);

impl PartialEq for PageState {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for PageState {
    type Target = PageData;

    fn deref(&self) -> &PageData {
        &self.0
    }
}

impl From<Page> for PageState {
    fn from(page: Page) -> Self {
        Self(Rc::new(PageData {
            page,
            lights: Vec::new(),
            lowered_dpi: None,
            size_applied: None,
            sought: None,
            again: None,
        }))
    }
}

impl PageState {
    /// A page of which nothing is known yet.
    pub(crate) fn pending(number: u32) -> Self {
        Self::from(Page {
            page: number,
            status: PageStatus::Pending,
            width: None,
            height: None,
            dpi: None,
            text: String::new(),
            corrected: None,
            boxes: Vec::new(),
            confidence: None,
            finish_reason: None,
            usage: None,
            error: None,
            run_id: None,
            model: None,
            rotation: None,
            metadata: None,
            attempts: Vec::new(),
            image_url: None,
            annotated_url: None,
        })
    }

    /// The page's data, to be changed; whoever still shows the old value keeps it.
    pub(crate) fn edit(&mut self) -> &mut PageData {
        Rc::make_mut(&mut self.0)
    }

    /// A page that was given up before any text of it had come is one that is not read yet. The screen and the
    /// server learn at different times that a page was begun, and so both show it with the same sign.
    pub(crate) fn settle(&mut self) {
        if self.page.status == PageStatus::Aborted && self.text().is_empty() {
            self.edit().page.status = PageStatus::Pending;
        }
    }

    /// The text to show: a person's correction before the engine's.
    pub(crate) fn text(&self) -> &str {
        self.page.corrected.as_deref().unwrap_or(&self.page.text)
    }

    /// Whether what was looked for is here; None where nothing was.
    pub(crate) fn found(&self) -> Option<bool> {
        let found = self.page.boxes.iter().any(|it| it.kind == BoxKind::Reference);
        (found || self.sought.is_some()).then_some(found)
    }

    /// Whether the engine stopped before the page's end.
    pub(crate) fn truncated(&self) -> bool {
        self.page.finish_reason.as_deref() == Some("length")
    }
}

impl PageData {
    /// Forgets what was read, because the page begins anew.
    pub(crate) fn restart(&mut self) {
        self.page.text.clear();
        self.page.corrected = None;
        self.page.boxes.clear();
        self.page.error = None;
        self.page.finish_reason = None;
        self.page.confidence = None;
        self.page.rotation = None;
        self.page.metadata = None;
        self.page.attempts.clear();
        self.lights.clear();
        (self.lowered_dpi, self.size_applied, self.sought, self.again) = (None, None, None, None);
        self.page.status = PageStatus::Running;
    }

    /// What came so far is void: another picture, or another engine, is tried.
    pub(crate) fn again(&mut self, anew: Anew) {
        self.restart();
        (self.page.width, self.page.height, self.page.dpi) = (Some(anew.width), Some(anew.height), anew.dpi);
        self.page.model = Some(anew.model);
        self.turn(anew.rotation, anew.image_url);
        self.again = Some(anew.reason);
    }

    /// The picture that is read stands like this. Its address says so, too; a new one for the same picture would only make
    /// the browser load it again.
    pub(crate) fn turn(&mut self, rotation: Option<u16>, image_url: Option<String>) {
        let known = self.page.image_url.take().filter(|_| self.page.rotation == rotation);
        self.page.rotation = rotation;
        self.page.image_url = known.or(image_url);
    }

    /// The page has been read; `sought` is what was looked for on it.
    pub(crate) fn finish(&mut self, end: PageEnd, sought: Option<String>) {
        self.page.status = PageStatus::Done;
        self.page.usage = Some(end.usage);
        self.page.finish_reason = end.finish_reason;
        self.page.boxes = end.boxes.unwrap_or_default();
        self.page.confidence = end.confidence;
        self.page.metadata = end.metadata;
        self.page.attempts = end.attempts;
        self.page.error = None;
        (self.lowered_dpi, self.size_applied, self.sought, self.again) =
            (end.lowered_dpi, end.size_applied, sought, None);
    }

    /// Appends text and lights the line it came from.
    pub(crate) fn append(&mut self, delta: &str, place: Option<PixelBox>, seq: u64) {
        self.page.status = PageStatus::Running;
        self.page.text.push_str(delta);
        if let Some(place) = place {
            self.lights.push(Light { seq, place });
            if self.lights.len() > LIGHTS {
                self.lights.remove(0);
            }
        }
    }
}

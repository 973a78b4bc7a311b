//! The state of one page.

use std::{ops::Deref, rc::Rc};

use inkstream_content::PageContent;
use inkstream_wire::{
    BoxKind, PDF_TEXT, Page, PageAttempt, PageEnd, PageMetadata, PageReset, PageStatus, PixelBox, SizeMode,
};

use crate::state::{language_name, model_name, resolution, size_name};

/// The maximum number of highlighted lines: the latest one and those that still fade.
const LIGHTS: usize = 4;

/// What is known of a page's content.
#[derive(Debug, Clone, Default)]
pub(crate) enum Content {
    /// Nothing is known. The page's plain text is shown.
    #[default]
    Unknown,
    /// The server may have it. It is fetched when the page comes into view, and the page's text is not shown before.
    Awaited,
    /// The page has no content.
    Absent,
    /// The content.
    Present(Rc<PageContent>),
}

/// Compares by pointer, because contents are large.
impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Present(one), Self::Present(other)) => Rc::ptr_eq(one, other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl From<PageContent> for Content {
    fn from(content: PageContent) -> Self {
        Self::Present(Rc::new(content))
    }
}

/// The address of a page's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageAddress {
    /// The page's number.
    pub(crate) page: u32,
    /// The signed address.
    pub(crate) url: Option<String>,
    /// The clockwise rotation in degrees of the image that was read.
    pub(crate) rotation: Option<u16>,
}

/// Details of a page that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PageFacts {
    /// Facts with their names.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// The attempts, if there was more than one.
    pub(crate) attempts: Vec<PageAttempt>,
    /// Whether the page's annotated image is available.
    pub(crate) has_boxes: bool,
}

/// A highlighted line on the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Light {
    /// The number of its event, which identifies it.
    pub(crate) seq: u64,
    /// Its bounds in pixels of the page image.
    pub(crate) bounds: PixelBox,
}

/// A page with the state of its view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageData {
    /// The page as the server returned it.
    pub(crate) page: Page,
    /// Its content.
    pub(crate) content: Content,
    /// The highlighted lines, the latest one last.
    pub(crate) lights: Vec<Light>,
    /// The resolution, if it was lowered.
    pub(crate) lowered_dpi: Option<f32>,
    /// The size that the engine used.
    pub(crate) size_applied: Option<SizeMode>,
    /// The reference that was searched for, after the search.
    pub(crate) sought: Option<String>,
    /// The reason why the page is read again.
    pub(crate) again: Option<String>,
    /// The requested model, if it is known.
    pub(crate) asked: Option<String>,
}

/// A shared page. It is compared by pointer, so that a finished page is neither compared by its text nor rendered again.
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
            content: Content::Unknown,
            lights: Vec::new(),
            lowered_dpi: None,
            size_applied: None,
            sought: None,
            again: None,
            asked: None,
        }))
    }
}

impl PageState {
    /// A pending page.
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
            warnings: Vec::new(),
            attempts: Vec::new(),
            image_url: None,
            annotated_url: None,
        })
    }

    /// The page's data for changes. Other holders of this page keep the old value.
    pub(crate) fn edit(&mut self) -> &mut PageData {
        Rc::make_mut(&mut self.0)
    }

    /// Makes an aborted page without text a pending one. Browser and server learn at different times that a page was started, so both
    /// count such a page as pending.
    pub(crate) fn settle(&mut self) {
        if self.page.status == PageStatus::Aborted && self.text().is_empty() {
            self.edit().page.status = PageStatus::Pending;
        }
    }

    /// The text to show: the correction, or the engine's text if there is none.
    pub(crate) fn text(&self) -> &str {
        self.page.corrected.as_deref().unwrap_or(&self.page.text)
    }

    /// The address of its image.
    pub(crate) fn image_address(&self) -> ImageAddress {
        ImageAddress { page: self.page.page, url: self.page.image_url.clone(), rotation: self.page.rotation }
    }

    /// The page's details.
    pub(crate) fn details(&self) -> PageFacts {
        PageFacts { facts: facts(self), attempts: self.page.attempts.clone(), has_boxes: self.has_boxes() }
    }

    /// Whether the page's annotated image is available.
    pub(crate) fn has_boxes(&self) -> bool {
        self.page.status.has_result() && !self.page.boxes.is_empty()
    }

    /// The content, unless a correction is shown instead.
    pub(crate) fn content(&self) -> Option<&Rc<PageContent>> {
        match &self.content {
            Content::Present(content) if self.page.corrected.is_none() => Some(content),
            _ => None,
        }
    }

    /// Whether the content has yet to be fetched.
    pub(crate) fn lacks_content(&self) -> bool {
        let unknown = matches!(self.content, Content::Unknown | Content::Awaited);
        // A page that was stopped has the content of what came of it.
        let is_stored = self.page.status.has_result() || self.page.status == PageStatus::Aborted;
        unknown && is_stored && self.page.corrected.is_none() && !self.page.text.is_empty()
    }

    /// Whether the reference was found on the page; `None` if there was no search.
    pub(crate) fn found(&self) -> Option<bool> {
        let found = self.places() > 0;
        (found || self.sought.is_some() || self.in_vain()).then_some(found)
    }

    /// Whether a search found nothing: the engine recognized words, because it reports a confidence, but the result contains none.
    fn in_vain(&self) -> bool {
        let kept = !self.page.text.is_empty() || !self.page.boxes.is_empty();
        self.page.status == PageStatus::Done && self.page.confidence.is_some() && !kept
    }

    /// The number of occurrences of the reference.
    pub(crate) fn places(&self) -> u64 {
        self.page.boxes.iter().filter(|it| it.kind == BoxKind::Reference).count() as u64
    }

    /// The requested model if another one has read the page, with the reason if it is known.
    pub(crate) fn fell_back_from(&self) -> Option<(&str, Option<&str>)> {
        let model = self.page.model.as_deref().filter(|&model| model != PDF_TEXT)?;
        let first = self.page.attempts.first().map(|first| first.model.as_str());
        // An attempt that succeeded is listed by its engine, which may have chosen the model.
        let has_read =
            |asked: &str| self.page.attempts.last().is_some_and(|last| last.outcome == "ok" && last.model == asked);
        let first = first.filter(|first| !has_read(first));
        let asked = first.or(self.asked.as_deref()).filter(|&asked| asked != model && asked != PDF_TEXT)?;
        let last = self.page.attempts.iter().rfind(|attempt| attempt.model == asked);
        let reason = last.map(|attempt| attempt.outcome.as_str()).or(self.again.as_deref());
        Some((asked, reason))
    }
}

impl PageData {
    /// Discards the results, because the page is read from its start again.
    pub(crate) fn restart(&mut self) {
        self.page.text.clear();
        self.content = Content::Unknown;
        self.page.corrected = None;
        self.page.boxes.clear();
        self.page.error = None;
        self.page.finish_reason = None;
        self.page.confidence = None;
        self.page.rotation = None;
        self.page.metadata = None;
        self.page.warnings.clear();
        self.page.attempts.clear();
        self.lights.clear();
        (self.lowered_dpi, self.size_applied, self.sought, self.again) = (None, None, None, None);
        self.asked = None;
        self.page.status = PageStatus::Running;
    }

    /// Discards the text so far, because the page is read from another image or by another engine.
    pub(crate) fn again(&mut self, reset: PageReset) {
        let asked = self.asked.take();
        self.restart();
        self.asked = asked;
        (self.page.width, self.page.height, self.page.dpi) = (Some(reset.width), Some(reset.height), reset.dpi);
        self.page.model = Some(reset.model);
        self.turn(reset.rotation, reset.image_url);
        self.again = Some(reset.reason);
    }

    /// Sets the rotation of the image that is read, and its address. If the rotation is the same, the known address stays: a new address
    /// of the same image would make the browser load it again.
    pub(crate) fn turn(&mut self, rotation: Option<u16>, image_url: Option<String>) {
        let known = self.page.image_url.take().filter(|_| self.page.rotation == rotation);
        self.page.rotation = rotation;
        self.page.image_url = known.or(image_url);
    }

    /// Sets the result. `sought` is the reference that was searched for.
    pub(crate) fn finish(&mut self, end: PageEnd, sought: Option<String>) {
        let partial = end.warnings.iter().any(|warning| warning.code.is_partial());
        self.page.status = if partial { PageStatus::Partial } else { PageStatus::Done };
        self.page.usage = Some(end.usage);
        self.page.finish_reason = end.finish_reason;
        self.page.boxes = end.boxes.unwrap_or_default();
        self.content = match end.content {
            Some(content) => Content::from(*content),
            // The page of a search may have content from an earlier run.
            None if sought.is_some() => Content::Unknown,
            None => Content::Absent,
        };
        self.page.confidence = end.confidence;
        self.page.metadata = end.metadata;
        self.page.warnings = end.warnings;
        self.page.attempts = end.attempts;
        self.page.error = None;
        (self.lowered_dpi, self.size_applied, self.sought, self.again) =
            (end.lowered_dpi, end.size_applied, sought, None);
    }

    /// Appends text and highlights its line.
    pub(crate) fn append(&mut self, delta: &str, bounds: Option<PixelBox>, seq: u64) {
        self.page.status = PageStatus::Running;
        self.page.text.push_str(delta);
        // Highlight a line once, even if its text arrives in many deltas.
        if let Some(bounds) = bounds.filter(|bounds| self.lights.last().is_none_or(|last| last.bounds != *bounds)) {
            self.lights.retain(|light| light.bounds != bounds);
            self.lights.push(Light { seq, bounds });
            if self.lights.len() > LIGHTS {
                self.lights.remove(0);
            }
        }
    }
}

fn facts(page: &PageState) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let data = &page.page;
    facts.extend(data.model.as_deref().map(|model| ("Read by", model_name(model).to_owned())));
    if let Content::Present(content) = &page.content {
        let languages: Vec<&str> = content.languages.iter().map(|code| language_name(code)).collect();
        facts.extend((!languages.is_empty()).then(|| ("Language", languages.join(", "))));
    }
    facts.extend(page.size_applied.as_ref().map(|size| ("Size", size_name(size).to_owned())));
    facts.extend(data.confidence.map(|confidence| ("Confidence", format!("{confidence:.0}\u{a0}%"))));
    if let (Some(width), Some(height)) = (data.width, data.height) {
        let dpi = data.dpi.map(|dpi| format!(", {}", resolution(dpi))).unwrap_or_default();
        facts.push(("Image", format!("{width} × {height} px{dpi}")));
    }
    facts.extend(page.lowered_dpi.map(|dpi| ("Lowered to", format!("{}, for want of room", resolution(dpi)))));
    facts.extend(data.rotation.map(|degrees| ("Turned", format!("{degrees}° clockwise"))));
    if let Some(PageMetadata { primary_language, is_table, is_diagram, .. }) = &data.metadata {
        facts.extend(primary_language.clone().map(|language| ("Language", language)));
        let mostly = [(*is_table, "a table"), (*is_diagram, "a diagram")];
        let mostly: Vec<&str> = mostly.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
        if !mostly.is_empty() {
            facts.push(("Mostly", mostly.join(" and ")));
        }
    }
    if facts.is_empty() {
        facts.push(("State", "not read yet".to_owned()));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_of_one_line_highlight_it_once() {
        let mut page = PageState::pending(1);
        let place = |y| Some(PixelBox { x: 1, y, width: 2, height: 3 });
        for (seq, y) in [(1, 10), (2, 10), (3, 20), (4, 20), (5, 10)] {
            page.edit().append("x", place(y), seq);
        }
        assert_eq!(page.lights.iter().map(|light| (light.seq, light.bounds.y)).collect::<Vec<_>>(), [(3, 20), (5, 10)]);
    }

    #[test]
    fn a_page_with_a_confidence_but_no_text_was_searched_without_a_result() {
        let mut page = PageState::pending(1);
        page.edit().page.status = PageStatus::Done;
        assert_eq!(page.found(), None, "a blank page");
        page.edit().page.confidence = Some(95.0);
        assert_eq!(page.found(), Some(false));
        page.edit().page.text = "words".to_owned();
        assert_eq!(page.found(), None);
    }

    #[test]
    fn a_fallback_is_recognized_by_the_attempts_or_by_the_requested_model() {
        let mut page = PageState::pending(1);
        page.edit().page.model = Some("b".to_owned());
        assert_eq!(page.fell_back_from(), None, "nothing says that another was asked");
        page.edit().asked = Some("a".to_owned());
        assert_eq!(page.fell_back_from(), Some(("a", None)));
        let attempt = |model: &str, outcome: &str| PageAttempt {
            model: model.to_owned(),
            outcome: outcome.to_owned(),
            seconds: 1.0,
            prompt_tokens: 0,
            completion_tokens: 0,
        };
        page.edit().asked = None;
        page.edit().page.attempts = vec![attempt("a", "broken"), attempt("a", "unreachable"), attempt("b", "ok")];
        assert_eq!(page.fell_back_from(), Some(("a", Some("unreachable"))));
        page.edit().page.attempts = vec![attempt("a", "broken"), attempt("a", "ok")];
        assert_eq!(page.fell_back_from(), None, "the engine has read itself, with a model that it chose");
        page.edit().page.model = Some(PDF_TEXT.to_owned());
        assert_eq!(page.fell_back_from(), None, "a PDF's own text stands in for no one");
    }
}

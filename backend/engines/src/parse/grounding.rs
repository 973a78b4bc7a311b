//! DeepSeek-OCR's grounding: `<|ref|>label<|/ref|><|det|>[[x1,y1,x2,y2],…]<|/det|>` before or instead of a text.
//!
//! The answer is hostile input. Tags are matched strictly and as early as they can be, held back until they are whole,
//! and bounded; whatever comes, none of the model's special tokens is left in the text.

use inkstream_wire::{BoxKind, PixelBox, Task, TextBox};

use super::{
    ParsedAnswer, TextChunk, places,
    special::{self, DET, DET_END, REF, REF_END},
};

/// The longest tag in bytes, label and numbers included.
const MAX_TAG: usize = 16 * 1024;
/// The longest name of a kind in bytes: a longer label is text behind a tag that was not closed.
const MAX_KIND: usize = 64;
/// The most text of a block's box in bytes.
const MAX_BLOCK: usize = 16 * 1024;
/// The most boxes of a page.
const MAX_BOXES: usize = 2_000;

/// Takes the tags out of an answer, and makes boxes of them.
pub(crate) struct Grounding {
    meaning: Meaning,
    width: u32,
    height: u32,
    held: String,
    /// A tag has just ended: the line end behind it was the tag's, not the text's.
    after_tag: bool,
    /// The text so far ends as one of the special tokens begins.
    may_begin_token: bool,
    /// The place that the text now belongs to.
    bounds: Option<PixelBox>,
    /// The box of that place, if it is a block's.
    block: Option<usize>,
    boxes: Vec<TextBox>,
    tags: u32,
}

/// What a label is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The kind of the block whose text follows: `title`, `text`, `table`, `image` ….
    Kind,
    /// A line's text.
    Line,
    /// What was looked for.
    Reference,
    /// Nothing: no places were asked for.
    None,
}

/// A tag at the beginning of a text.
enum Tag<'a> {
    /// With its length in bytes.
    Whole { label: &'a str, numbers: &'a str, length: usize },
    /// Its end has not come; a label that has begun.
    Open { label: &'a str },
    /// Not as a tag should be.
    Wrong,
}

impl Grounding {
    /// For a task's answer about a picture of this size.
    pub(crate) fn new(task: Task, width: u32, height: u32) -> Self {
        let meaning = match task {
            Task::Markdown => Meaning::Kind,
            Task::Layout => Meaning::Line,
            Task::Locate => Meaning::Reference,
            Task::Text | Task::Figure | Task::Describe => Meaning::None,
        };
        Self {
            meaning,
            width,
            height,
            held: String::new(),
            after_tag: false,
            may_begin_token: false,
            bounds: None,
            block: None,
            boxes: Vec::new(),
            tags: 0,
        }
    }

    /// Takes what was added to the answer, and adds what is text now to `out`.
    pub(crate) fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) {
        if self.held.is_empty() && !self.after_tag && !delta.contains('<') {
            self.tell(delta, out);
            return;
        }
        self.held.push_str(&delta);
        self.read(false, out);
    }

    /// The answer is at its end: what is held back is decided.
    pub(crate) fn finish(mut self, out: &mut Vec<TextChunk>) -> ParsedAnswer {
        self.read(true, out);
        // Where nothing was found there is nothing to be said.
        let may_be_empty = self.meaning == Meaning::Reference;
        for place in &mut self.boxes {
            place.text = place.text.trim().to_owned();
        }
        ParsedAnswer { boxes: self.boxes, metadata: None, may_be_empty }
    }

    /// Reads what is held, up to where more must come first.
    fn read(&mut self, at_end: bool, out: &mut Vec<TextChunk>) {
        let mut held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        let max_label = if self.meaning == Meaning::Kind { MAX_KIND } else { MAX_TAG };
        let kept = loop {
            let Some(found) = special::first(rest) else {
                self.text(rest, out);
                break 0;
            };
            let (text, from) = rest.split_at(found.at);
            let Some(token) = found.token else {
                // A token that the answer's end cuts off is none of the text; a `<` alone may be.
                self.text(if at_end && from.len() == 1 { rest } else { text }, out);
                break from.len();
            };
            let tag = if matches!(token, REF | DET) { tag(from, token, max_label) } else { Tag::Wrong };
            rest = match tag {
                Tag::Open { label } => {
                    self.text_before_tag(text, out);
                    if at_end && matches!(self.meaning, Meaning::Line | Meaning::None) {
                        self.text(label, out);
                    }
                    break from.len();
                }
                Tag::Whole { label, numbers, length } => {
                    self.text_before_tag(text, out);
                    // A place of nothing says nothing.
                    if token == REF {
                        self.tag(label, numbers, out);
                    }
                    &from[length..]
                }
                Tag::Wrong => {
                    self.text_before_tag(text, out);
                    &from[token.len()..]
                }
            };
        };
        held.drain(..held.len() - kept);
        self.held = held;
    }

    fn text(&mut self, text: &str, out: &mut Vec<TextChunk>) {
        if text.is_empty() {
            return;
        }
        let own = std::mem::take(&mut self.after_tag);
        let text = text.strip_prefix('\n').filter(|_| own).unwrap_or(text);
        if !text.is_empty() {
            self.may_begin_token = special::may_begin_in(text);
            self.tell(text.to_owned(), out);
        }
    }

    /// Text of the page, which is its block's, too.
    fn tell(&mut self, text: String, out: &mut Vec<TextChunk>) {
        if let Some(block) = self.block.and_then(|block| self.boxes.get_mut(block)) {
            let room = MAX_BLOCK.saturating_sub(block.text.len());
            block.text.push_str(&text[..text.floor_char_boundary(room)]);
        }
        out.push(TextChunk { text, bounds: self.bounds });
    }

    /// Text that a tag stood behind. Should it end as a tag begins, a line end keeps it from what follows, so that no tag
    /// comes about where one has been taken out.
    fn text_before_tag(&mut self, text: &str, out: &mut Vec<TextChunk>) {
        self.text(text, out);
        if self.may_begin_token {
            self.text("\n", out);
        }
    }

    fn tag(&mut self, label: &str, numbers: &str, out: &mut Vec<TextChunk>) {
        let label = label.trim();
        let index = self.tags;
        self.tags += 1;
        let places = places::read(numbers, self.width, self.height).take(MAX_BOXES - self.boxes.len());
        let text_box = |kind, bounds| TextBox {
            kind,
            bounds,
            text: String::new(),
            confidence: None,
            block: None,
            paragraph: None,
            line: None,
        };
        match self.meaning {
            Meaning::Kind => {
                let kind = if label == "image" { BoxKind::Figure } else { BoxKind::Block };
                let before = self.boxes.len();
                self.boxes.extend(places.map(|bounds| TextBox { block: Some(index), ..text_box(kind, bounds) }));
                self.bounds = self.boxes.get(before).map(|first| first.bounds);
                self.block = Some(before).filter(|_| kind == BoxKind::Block);
            }
            Meaning::Line if label.is_empty() => {}
            Meaning::Line => {
                let before = self.boxes.len();
                let line = |bounds| TextBox { text: label.to_owned(), ..text_box(BoxKind::Line, bounds) };
                self.boxes.extend(places.map(|bounds| TextBox { line: Some(index), ..line(bounds) }));
                let bounds = self.boxes.get(before).map(|first| first.bounds);
                out.push(TextChunk { text: format!("{label}\n"), bounds });
            }
            Meaning::Reference => {
                for bounds in places {
                    self.boxes.push(TextBox { text: label.to_owned(), ..text_box(BoxKind::Reference, bounds) });
                    out.push(TextChunk { text: format!("{label}\n"), bounds: Some(bounds) });
                }
            }
            Meaning::None => {
                self.text(label, out);
                return;
            }
        }
        self.after_tag = true;
    }
}

/// Text and boxes of a whole answer, given in deltas: what the fuzz target calls.
#[doc(hidden)]
pub fn ground<'a>(
    task: Task,
    width: u32,
    height: u32,
    deltas: impl IntoIterator<Item = &'a str>,
) -> (String, Vec<TextBox>) {
    let mut grounding = Grounding::new(task, width, height);
    let mut text_chunks = Vec::new();
    for delta in deltas {
        grounding.push(delta.to_owned(), &mut text_chunks);
    }
    let boxes = grounding.finish(&mut text_chunks).boxes;
    (text_chunks.into_iter().map(|text_chunk| text_chunk.text).collect(), boxes)
}

/// The tag that `text` begins with: it begins with `opening`, [`REF`] or, where the label is missing, [`DET`].
fn tag<'a>(text: &'a str, opening: &str, max_label: usize) -> Tag<'a> {
    let within = &text[..text.floor_char_boundary(MAX_TAG)];
    let open =
        |label, within: &str, text: &str| if within.len() < text.len() { Tag::Wrong } else { Tag::Open { label } };
    let (label, behind) = if opening == DET {
        ("", within)
    } else {
        let inner = &within[REF.len()..];
        let label = &inner[..inner.floor_char_boundary(max_label + REF_END.len())];
        match special::first(label) {
            Some(found) if found.token == Some(REF_END) => (&label[..found.at], &inner[found.at + REF_END.len()..]),
            Some(found) if found.token.is_some() => return Tag::Wrong,
            found => return open(&label[..found.map_or(label.len(), |found| found.at)], label, inner),
        }
    };
    let Some(inner) = behind.strip_prefix(DET) else {
        return if DET.starts_with(behind) { open(label, within, text) } else { Tag::Wrong };
    };
    let numbers_at = within.len() - inner.len();
    let whole = |numbers, end| Tag::Whole { label, numbers, length: numbers_at + end };
    // Numbers without their end are worth nothing, and must not take the text behind them with them.
    let line = inner.split('\n').next().unwrap_or_default();
    match special::first(line) {
        Some(found) if found.token == Some(DET_END) => whole(&line[..found.at], found.at + DET_END.len()),
        Some(found) if found.token.is_some() => whole("", found.at),
        _ if line.len() < inner.len() => whole("", line.len()),
        _ => open(label, within, text),
    }
}

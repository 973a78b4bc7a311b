//! Parses DeepSeek-OCR's grounding: `<|ref|>label<|/ref|><|det|>[[x1,y1,x2,y2],…]<|/det|>` before or instead of a text.
//!
//! The answer is hostile input. Tags are matched strictly and as early as possible, held back until they are complete, and bounded
//! in length. No special token of the model is ever left in the text.

use inkstream_content::{LayoutBlock, LayoutLine, Occurrence, Region, RegionKind, TextRange};
use inkstream_core::ports::{EngineError, PageStructure};
use inkstream_wire::{PixelBox, Task};

use super::{
    AnswerParser, ParsedAnswer, TextChunk, boxes,
    special::{self, DET, DET_END, REF, REF_END},
};

/// The maximum length of a tag in bytes, label and coordinates included.
const MAX_TAG: usize = 16 * 1024;
/// The maximum length of a block kind in bytes: a longer label is text after an unclosed tag.
const MAX_KIND: usize = 64;
/// The maximum length of the text that a block's region holds, in bytes.
const MAX_BLOCK_TEXT: usize = 16 * 1024;
/// The maximum number of boxes of a page.
const MAX_BOXES: usize = 2_000;

/// Removes the tags from an answer and turns them into the page's structure.
pub(crate) struct Grounding {
    label_meaning: LabelMeaning,
    width: u32,
    height: u32,
    held: String,
    /// Whether a tag has just ended: a line feed directly after it belongs to the tag.
    after_tag: bool,
    /// Whether the text so far ends with the beginning of a special token.
    ends_with_token_start: bool,
    /// The bounding box of the text that follows.
    bounds: Option<PixelBox>,
    /// The number of characters of text that were emitted.
    characters: u32,
    /// What was located, depending on the meaning of labels.
    located: Located,
    /// The block whose text follows: the index of its region, and the bytes of text that the region still has room for.
    block: Option<(usize, usize)>,
    tags: u32,
}

/// What a label means, by task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LabelMeaning {
    /// The kind of the block whose text follows: `title`, `text`, `table`, `image` and others.
    Kind,
    /// The text of a line.
    Line,
    /// The text that was searched for.
    Reference,
    /// Plain text: the task has no boxes.
    None,
}

/// What was located so far.
#[derive(Default)]
struct Located {
    regions: Vec<Region>,
    lines: Vec<LayoutLine>,
    occurrences: Vec<Occurrence>,
}

/// The tag at the start of a text.
enum Tag<'a> {
    /// A complete tag, with its length in bytes.
    Complete { label: &'a str, coordinates: &'a str, length: usize },
    /// An incomplete tag, with the label so far.
    Incomplete { label: &'a str },
    /// Not a valid tag.
    Invalid,
}

impl Grounding {
    /// The parser of an answer to this task, for an image of this size in pixels.
    pub(crate) fn new(task: Task, width: u32, height: u32) -> Self {
        let label_meaning = match task {
            Task::Markdown => LabelMeaning::Kind,
            Task::Layout => LabelMeaning::Line,
            Task::Locate => LabelMeaning::Reference,
            Task::Text | Task::Figure | Task::Describe => LabelMeaning::None,
        };
        Self {
            label_meaning,
            width,
            height,
            held: String::new(),
            after_tag: false,
            ends_with_token_start: false,
            bounds: None,
            characters: 0,
            located: Located::default(),
            block: None,
            tags: 0,
        }
    }

    /// Parses the held text, up to an incomplete token or tag.
    fn parse_held(&mut self, at_end: bool, out: &mut Vec<TextChunk>) {
        let mut held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        let max_label = if self.label_meaning == LabelMeaning::Kind { MAX_KIND } else { MAX_TAG };
        let kept = loop {
            let Some(found) = special::find_first(rest) else {
                self.add_text(rest, out);
                break 0;
            };
            let (text, from) = rest.split_at(found.at);
            let Some(token) = found.token else {
                // At the end of the answer, drop an incomplete token, but keep a single `<`.
                self.add_text(if at_end && from.len() == 1 { rest } else { text }, out);
                break from.len();
            };
            let tag = if matches!(token, REF | DET) { parse_tag(from, token, max_label) } else { Tag::Invalid };
            rest = match tag {
                Tag::Incomplete { label } => {
                    self.add_text_before_tag(text, out);
                    if at_end && matches!(self.label_meaning, LabelMeaning::Line | LabelMeaning::None) {
                        self.add_text(label, out);
                    }
                    break from.len();
                }
                Tag::Complete { label, coordinates, length } => {
                    self.add_text_before_tag(text, out);
                    // Ignore a box without a label.
                    if token == REF {
                        self.add_tag(label, coordinates, out);
                    }
                    &from[length..]
                }
                Tag::Invalid => {
                    self.add_text_before_tag(text, out);
                    &from[token.len()..]
                }
            };
        };
        held.drain(..held.len() - kept);
        self.held = held;
    }

    fn add_text(&mut self, text: &str, out: &mut Vec<TextChunk>) {
        if text.is_empty() {
            return;
        }
        let after_tag = std::mem::take(&mut self.after_tag);
        let text = text.strip_prefix('\n').filter(|_| after_tag).unwrap_or(text);
        if !text.is_empty() {
            self.ends_with_token_start = special::ends_with_token_start(text);
            self.emit(text.to_owned(), out);
        }
    }

    /// Emits text of the page, and extends the current block's region over it.
    fn emit(&mut self, text: String, out: &mut Vec<TextChunk>) {
        let characters = self.characters;
        self.characters += text.chars().count() as u32;
        if let Some((index, room)) = self.block {
            let held = &text[..text.floor_char_boundary(room)];
            let end = characters + held.chars().count() as u32;
            if let Some(range) = self.located.regions.get_mut(index).and_then(|region| region.source.as_mut()) {
                range.end = end;
            }
            // A full region is not extended any more.
            self.block = (held.len() == text.len()).then_some((index, room - held.len()));
        }
        out.push(TextChunk { text, bounds: self.bounds });
    }

    /// Adds the text before a tag. If the text ends with the beginning of a token, adds a line feed, so that removing the tag does
    /// not join the text before and after it into a token.
    fn add_text_before_tag(&mut self, text: &str, out: &mut Vec<TextChunk>) {
        self.add_text(text, out);
        if self.ends_with_token_start {
            self.add_text("\n", out);
        }
    }

    fn add_tag(&mut self, label: &str, coordinates: &str, out: &mut Vec<TextChunk>) {
        let label = label.trim();
        let index = self.tags;
        self.tags += 1;
        let Located { regions, lines, occurrences } = &mut self.located;
        let room = MAX_BOXES.saturating_sub(regions.len() + lines.len() + occurrences.len());
        let bounds_list = boxes::parse(coordinates, self.width, self.height).take(room);
        match self.label_meaning {
            LabelMeaning::Kind => {
                let kind = if label == "image" { RegionKind::Figure } else { RegionKind::Block };
                let first = regions.len();
                // The text belongs to the first rectangle.
                let here = TextRange::new(self.characters, self.characters);
                let mut source = Some(here);
                regions.extend(bounds_list.map(|bounds| Region { number: index, kind, bounds, source: source.take() }));
                self.bounds = regions.get(first).map(|region| region.bounds);
                let is_text = kind == RegionKind::Block && self.bounds.is_some();
                self.block = is_text.then_some((first, MAX_BLOCK_TEXT));
            }
            LabelMeaning::Line if label.is_empty() => {}
            LabelMeaning::Line => {
                let first = lines.len();
                let bounds_list: Vec<_> = bounds_list.collect();
                // A label of several lines is as many in the text. They have the same place.
                for text in label.lines().map(str::trim).filter(|text| !text.is_empty()) {
                    lines.extend(bounds_list.iter().map(|bounds| LayoutLine {
                        text: text.to_owned(),
                        bounds: *bounds,
                        confidence: None,
                        paragraph: None,
                        number: Some(index),
                        words: Vec::new(),
                    }));
                }
                let bounds = lines.get(first).map(|line| line.bounds);
                out.push(TextChunk { text: format!("{label}\n"), bounds });
            }
            LabelMeaning::Reference => {
                for bounds in bounds_list {
                    occurrences.push(Occurrence {
                        text: label.to_owned(),
                        bounds,
                        confidence: None,
                        region: None,
                        paragraph: None,
                        line: None,
                    });
                    out.push(TextChunk { text: format!("{label}\n"), bounds: Some(bounds) });
                }
            }
            LabelMeaning::None => {
                self.add_text(label, out);
                return;
            }
        }
        self.after_tag = true;
    }
}

impl AnswerParser for Grounding {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        if self.held.is_empty() && !self.after_tag && !delta.contains('<') {
            self.emit(delta, out);
            return Ok(());
        }
        self.held.push_str(&delta);
        self.parse_held(false, out);
        Ok(())
    }

    fn finish(
        mut self: Box<Self>,
        _reason: Option<&str>,
        out: &mut Vec<TextChunk>,
    ) -> Result<ParsedAnswer, EngineError> {
        self.parse_held(true, out);
        // A search without a match has no text.
        let may_be_empty = self.label_meaning == LabelMeaning::Reference;
        let Located { regions, lines, occurrences } = std::mem::take(&mut self.located);
        let structure = match self.label_meaning {
            LabelMeaning::Line if !lines.is_empty() => {
                let block = LayoutBlock { number: None, kind: RegionKind::Block, bounds: None, lines, table: None };
                PageStructure::Layout(vec![block])
            }
            _ => PageStructure::Markdown(regions),
        };
        Ok(ParsedAnswer { structure, occurrences, may_be_empty, ..ParsedAnswer::default() })
    }
}

/// Parses a whole answer, given in deltas, into text and the bounds of what was located. For the fuzz target.
#[doc(hidden)]
pub fn ground<'a>(
    task: Task,
    width: u32,
    height: u32,
    deltas: impl IntoIterator<Item = &'a str>,
) -> Option<(String, Vec<PixelBox>)> {
    let mut grounding = Box::new(Grounding::new(task, width, height));
    let mut text_chunks = Vec::new();
    for delta in deltas {
        grounding.push(delta.to_owned(), &mut text_chunks).ok()?;
    }
    let ParsedAnswer { structure, occurrences, .. } = grounding.finish(None, &mut text_chunks).ok()?;
    let mut bounds: Vec<_> = occurrences.iter().map(|occurrence| occurrence.bounds).collect();
    match &structure {
        PageStructure::Markdown(regions) => bounds.extend(regions.iter().map(|region| region.bounds)),
        PageStructure::Layout(layout) => {
            bounds.extend(layout.iter().flat_map(|block| &block.lines).map(|line| line.bounds));
        }
        PageStructure::Content(content) => bounds.extend(content.regions.iter().map(|region| region.bounds)),
    }
    Some((text_chunks.into_iter().map(|text_chunk| text_chunk.text).collect(), bounds))
}

/// Parses the tag at the start of `text`, which begins with `opening`: [`REF`], or [`DET`] if the label is missing.
fn parse_tag<'a>(text: &'a str, opening: &str, max_label: usize) -> Tag<'a> {
    let within = &text[..text.floor_char_boundary(MAX_TAG)];
    let incomplete = |label, within: &str, text: &str| {
        if within.len() < text.len() { Tag::Invalid } else { Tag::Incomplete { label } }
    };
    let (label, behind) = if opening == DET {
        ("", within)
    } else {
        let inner = &within[REF.len()..];
        let label = &inner[..inner.floor_char_boundary(max_label + REF_END.len())];
        match special::find_first(label) {
            Some(found) if found.token == Some(REF_END) => (&label[..found.at], &inner[found.at + REF_END.len()..]),
            Some(found) if found.token.is_some() => return Tag::Invalid,
            found => return incomplete(&label[..found.map_or(label.len(), |found| found.at)], label, inner),
        }
    };
    let Some(inner) = behind.strip_prefix(DET) else {
        return if DET.starts_with(behind) { incomplete(label, within, text) } else { Tag::Invalid };
    };
    let coordinates_at = within.len() - inner.len();
    let complete = |coordinates, end| Tag::Complete { label, coordinates, length: coordinates_at + end };
    // Coordinates must be closed on their line: drop unclosed ones, but keep the text after them.
    let line = inner.split('\n').next().unwrap_or_default();
    match special::find_first(line) {
        Some(found) if found.token == Some(DET_END) => complete(&line[..found.at], found.at + DET_END.len()),
        Some(found) if found.token.is_some() => complete("", found.at),
        _ if line.len() < inner.len() => complete("", line.len()),
        _ => incomplete(label, within, text),
    }
}

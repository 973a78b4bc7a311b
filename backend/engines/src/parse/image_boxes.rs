//! Parses the image boxes of the `bbox` variants of `LightOnOCR`-2: `![image](image_N.png)x1,y1,x2,y2` in Markdown.
//!
//! Source: the card of `lightonai/LightOnOCR-2-1B-bbox-soup`, "Image Localization". The boxes become figures of the page, and the markers are
//! removed. The other variants write images without coordinates; those stay.

use inkstream_content::{Region, RegionKind, TextRange};
use inkstream_core::ports::{EngineError, PageStructure};

use super::{AnswerParser, Fence, ParsedAnswer, TextChunk, boxes};

const OPEN: &str = "![image](";
/// The maximum length of a marker with its coordinates in bytes. A longer one is text.
const MAX_MARKER: usize = 96;
/// The maximum number of boxes of a page.
const MAX_BOXES: usize = 2_000;
/// The right and the bottom edge in the model's coordinates.
const EDGE: f64 = 1000.0;

/// Removes the markers from an answer, within the fence that may be around it, and turns them into figures.
pub(crate) struct ImageBoxes {
    fence: Box<Fence>,
    markers: Markers,
}

struct Markers {
    held: String,
    regions: Vec<Region>,
    characters: u32,
    width: u32,
    height: u32,
}

impl ImageBoxes {
    /// The parser of an answer for an image of this size in pixels.
    pub(crate) fn new(fence: Fence, width: u32, height: u32) -> Self {
        let markers = Markers { held: String::new(), regions: Vec::new(), characters: 0, width, height };
        Self { fence: Box::new(fence), markers }
    }
}

impl Markers {
    fn take(&mut self, chunks: Vec<TextChunk>, at_end: bool, out: &mut Vec<TextChunk>) {
        self.held.extend(chunks.into_iter().map(|chunk| chunk.text));
        self.parse_held(at_end, out);
    }

    fn parse_held(&mut self, at_end: bool, out: &mut Vec<TextChunk>) {
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        loop {
            let Some(at) = rest.find('!') else {
                self.emit(rest, out);
                return;
            };
            let (text, from) = rest.split_at(at);
            let may_go_on = from.len() < MAX_MARKER && !at_end;
            let length = match marker(from, may_go_on) {
                // What is before a figure is kept apart from it.
                Marker::Box(corners, length) => {
                    self.emit(text, out);
                    let bounds = boxes::to_pixels(corners, [EDGE; 2], self.width, self.height);
                    let number = self.regions.len() as u32;
                    if let Some(bounds) = bounds.filter(|_| self.regions.len() < MAX_BOXES) {
                        let source = Some(TextRange::new(self.characters, self.characters));
                        self.regions.push(Region { number, kind: RegionKind::Figure, bounds, source });
                    }
                    rest = &from[length..];
                    continue;
                }
                Marker::Incomplete => {
                    self.emit(text, out);
                    from.clone_into(&mut self.held);
                    return;
                }
                Marker::Text => 1,
            };
            self.emit(&rest[..at + length], out);
            rest = &from[length..];
        }
    }

    fn emit(&mut self, text: &str, out: &mut Vec<TextChunk>) {
        if !text.is_empty() {
            self.characters += text.chars().count() as u32;
            out.push(text.to_owned().into());
        }
    }
}

/// What a text is that begins with `!`.
enum Marker {
    /// A marker, with its length in bytes.
    Box([f64; 4], usize),
    Incomplete,
    Text,
}

fn marker(text: &str, may_go_on: bool) -> Marker {
    let incomplete = if may_go_on { Marker::Incomplete } else { Marker::Text };
    let Some(behind) = text.strip_prefix(OPEN) else {
        return if OPEN.starts_with(text) { incomplete } else { Marker::Text };
    };
    let Some((name, numbers)) = behind.split_once(')') else {
        return if behind.contains(char::is_whitespace) { Marker::Text } else { incomplete };
    };
    if name.contains(char::is_whitespace) {
        return Marker::Text;
    }
    let is_number = |letter: char| letter.is_ascii_digit() || matches!(letter, ',' | ' ' | '.');
    let end = numbers.find(|letter| !is_number(letter));
    if end.is_none() && may_go_on {
        return Marker::Incomplete;
    }
    // A full stop or comma behind the numbers is text.
    let numbers = numbers[..end.unwrap_or(numbers.len())].trim_end_matches([',', ' ', '.']);
    let length = OPEN.len() + name.len() + 1 + numbers.len();
    boxes::four(numbers.split(',')).map_or(Marker::Text, |corners| Marker::Box(corners, length))
}

impl AnswerParser for ImageBoxes {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        let mut chunks = Vec::new();
        self.fence.push(delta, &mut chunks)?;
        self.markers.take(chunks, false, out);
        Ok(())
    }

    fn finish(self: Box<Self>, reason: Option<&str>, out: &mut Vec<TextChunk>) -> Result<ParsedAnswer, EngineError> {
        let Self { fence, mut markers } = *self;
        let mut chunks = Vec::new();
        let parsed = fence.finish(reason, &mut chunks)?;
        markers.take(chunks, true, out);
        Ok(ParsedAnswer { structure: PageStructure::Markdown(markers.regions), ..parsed })
    }
}

//! Parses dots.ocr's layouts: a JSON list of `{"bbox": [x1, y1, x2, y2], "category": "…", "text": "…"}`, in which text is Markdown, tables
//! are HTML and formulas are LaTeX.
//!
//! The answer becomes Markdown, element by element, and the page's content. `serde_json` parses each element as soon as its last brace has
//! come. Models make mistakes in long lists (`dots_ocr/utils/output_cleaner.py` of dots.ocr mends some): an element that is no JSON
//! keeps its text, and the answer counts as broken off.

use inkstream_content::{BlockKind, from_markdown};
use inkstream_core::ports::{EngineError, ReadRequest};
use serde::Deserialize;
use serde_json::Value;

use super::{
    AnswerParser, ParsedAnswer, TextChunk, boxes,
    json_repair::{Element, repaired, rescued},
    layout_page::{Joint, Label, LayoutPage},
    plain_start::{PlainStart, Start},
};

/// Turns the JSON into text and content.
pub(crate) struct JsonLayout {
    start: PlainStart,
    held: Held,
    page: LayoutPage,
    /// The image's size in pixels as it was sent, and as the model sees it.
    size: [u32; 2],
    seen: [f64; 2],
    /// Whether the list has begun, and has ended.
    is_open: bool,
    is_closed: bool,
    is_broken: bool,
    elements: usize,
}

/// The part of the answer that is not parsed.
#[derive(Default)]
struct Held {
    text: String,
    /// The number of bytes that were examined, and the state behind them.
    examined: usize,
    depth: u32,
    in_string: bool,
    is_escaped: bool,
    /// The offset of the element that is open, and the end of the last one.
    start: usize,
    parsed: usize,
}

/// An element as it was written.
#[derive(Deserialize)]
struct RawElement {
    bbox: Option<Value>,
    category: Option<Value>,
    text: Option<Value>,
}

impl JsonLayout {
    /// The parser of an answer to this request for an image of this size, whose bounds are in pixels of an image of the size `seen`.
    pub(crate) fn new(request: &ReadRequest, size: [u32; 2], seen: [f64; 2]) -> Self {
        Self {
            start: PlainStart::new(request, &["[", "{"]),
            held: Held::default(),
            page: LayoutPage::default(),
            size,
            seen,
            is_open: false,
            is_closed: false,
            is_broken: false,
            elements: 0,
        }
    }

    fn parse_complete(&mut self, held: &mut Held, out: &mut Vec<TextChunk>) {
        while let Some((before, element)) = held.next() {
            self.between(&before, out);
            self.parse(&element, out);
        }
        held.forget_parsed();
    }

    /// Handles what is between elements: the list's own signs. Words are kept, though they should not be there.
    fn between(&mut self, text: &str, out: &mut Vec<TextChunk>) {
        self.is_open |= text.contains('[');
        self.is_closed |= text.contains(']');
        let words = text.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '[' | ']' | ',' | '`'));
        if !words.is_empty() {
            self.is_broken = true;
            self.element(Element { text: words.to_owned(), ..Element::default() }, out);
        }
    }

    fn parse(&mut self, json: &str, out: &mut Vec<TextChunk>) {
        let parsed = serde_json::from_str::<RawElement>(json).or_else(|_| serde_json::from_str(&repaired(json)));
        let element = match parsed {
            Ok(RawElement { bbox: None, category: None, text: None }) => {
                self.parse_wrapped(json, out);
                return;
            }
            Ok(RawElement { bbox, category, text }) => Element {
                bbox: bbox.and_then(|bbox| serde_json::from_value(bbox).ok()),
                category: category.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
                text: match text {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text,
                    Some(other) => other.to_string(),
                },
            },
            Err(_) => {
                self.is_broken = true;
                rescued(json)
            }
        };
        self.element(element, out);
    }

    /// Parses a list within an object.
    fn parse_wrapped(&mut self, json: &str, out: &mut Vec<TextChunk>) {
        let list = json.split_once('[').and_then(|(_, list)| list.rsplit_once(']'));
        let Some((list, _)) = list.filter(|_| self.elements == 0) else {
            self.is_broken |= !json.trim_matches(['{', '}', ' ', '\n']).is_empty();
            return;
        };
        (self.is_open, self.is_closed) = (true, true);
        let mut held = Held { text: list.to_owned(), ..Held::default() };
        self.parse_complete(&mut held, out);
    }

    fn element(&mut self, Element { bbox, category, text }: Element, out: &mut Vec<TextChunk>) {
        self.elements += 1;
        let label = Label::parse(&category);
        let [width, height] = self.size;
        self.page.begin(label, bbox.and_then(|corners| boxes::to_pixels(corners, self.seen, width, height)));
        let text = markdown(label, &text);
        let joint = if label == Label::ListItem { Joint::Item } else { Joint::Block };
        if !text.is_empty() {
            let blocks = from_markdown(&text, Vec::new()).blocks.into_iter().map(|block| label.apply(block)).collect();
            self.page.add(&text, blocks, joint, out);
        }
        self.page.end();
    }
}

/// An element's text as Markdown.
pub(super) fn markdown(label: Label, text: &str) -> String {
    let mut text = text.trim().to_owned();
    text.retain(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
    let is_line = !text.is_empty() && !text.contains('\n');
    match label {
        Label::Title if is_line && !text.starts_with('#') => format!("# {text}"),
        Label::Section if is_line && !text.starts_with('#') => format!("## {text}"),
        Label::Formula if !text.is_empty() && !["$", "\\[", "\\("].iter().any(|mark| text.starts_with(mark)) => {
            format!("$$\n{text}\n$$")
        }
        Label::ListItem if !text.is_empty() && !is_list(&text) => format!("- {}", text.replace('\n', "\n  ")),
        _ => text,
    }
}

fn is_list(text: &str) -> bool {
    matches!(from_markdown(text, Vec::new()).blocks.first().map(|block| &block.kind), Some(BlockKind::List { .. }))
}

impl Held {
    /// What is before the first complete element, and that element.
    fn next(&mut self) -> Option<(String, String)> {
        while let Some(&byte) = self.text.as_bytes().get(self.examined) {
            self.examined += 1;
            match byte {
                _ if std::mem::take(&mut self.is_escaped) => {}
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' if self.depth > 0 => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' => {
                    if self.depth == 0 {
                        self.start = self.examined - 1;
                    }
                    self.depth += 1;
                }
                b'}' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        let before = self.text[self.parsed..self.start].to_owned();
                        self.parsed = self.examined;
                        return Some((before, self.text[self.start..self.examined].to_owned()));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn forget_parsed(&mut self) {
        self.text.drain(..self.parsed);
        self.examined -= self.parsed;
        self.start = self.start.saturating_sub(self.parsed);
        self.parsed = 0;
    }
}

impl AnswerParser for JsonLayout {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        match self.start.push(delta)? {
            Start::Unknown => {}
            Start::Plain(text) => out.push(text.into()),
            Start::Marked(json) => {
                let mut held = std::mem::take(&mut self.held);
                held.text.push_str(&json);
                self.parse_complete(&mut held, out);
                self.held = held;
            }
        }
        Ok(())
    }

    fn finish(
        mut self: Box<Self>,
        _reason: Option<&str>,
        out: &mut Vec<TextChunk>,
    ) -> Result<ParsedAnswer, EngineError> {
        if let Some(held) = self.start.finish()? {
            out.extend((!held.is_empty()).then(|| held.into()));
            return Ok(ParsedAnswer::default());
        }
        let Held { mut text, depth, start, .. } = std::mem::take(&mut self.held);
        if depth > 0 {
            let cut = text.split_off(start);
            self.between(&text, out);
            self.is_broken = true;
            self.element(rescued(&cut), out);
        } else {
            self.between(&text, out);
        }
        let is_list = self.is_open && self.is_closed;
        Ok(ParsedAnswer {
            may_be_empty: is_list && self.elements == 0,
            breaks_off: self.is_broken || self.is_open != self.is_closed,
            structure: self.page.finish(),
            ..ParsedAnswer::default()
        })
    }
}

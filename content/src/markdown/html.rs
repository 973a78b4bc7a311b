//! HTML in Markdown: tables, and text with tags. html5ever only tokenizes it, so hostile nesting has no cost. The supported tags are a
//! small subset of HTML.

use std::cell::RefCell;

use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};

use super::inline::{TextBuilder, style_of};
use crate::{RichText, Table, TableBuilder};

/// Receives tokens in order.
pub(crate) trait Tokens {
    fn tag(&mut self, tag: &Tag);
    fn characters(&mut self, text: &str);
}

struct Sink<T>(RefCell<T>);

impl<T: Tokens> TokenSink for Sink<T> {
    type Handle = ();

    fn process_token(&self, token: Token, _line_number: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.0.borrow_mut().tag(&tag),
            Token::CharacterTokens(text) => self.0.borrow_mut().characters(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

pub(crate) fn tokenize<T: Tokens>(html: &str, into: T) -> T {
    let tokenizer = Tokenizer::new(Sink(RefCell::new(into)), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    // The tokenizer consumes all input, because the sink never requests to run a script.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// The value of an attribute.
pub(crate) fn attribute(tag: &Tag, name: &str) -> Option<String> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| attribute.value.to_string())
}

/// The text of HTML without tags and with resolved character references.
pub(crate) fn text(html: &str) -> String {
    struct Text(String);
    impl Tokens for Text {
        fn tag(&mut self, tag: &Tag) {
            if matches!(&*tag.name, "br" | "p" | "div" | "tr" | "table") && !self.0.ends_with('\n') {
                self.0.push('\n');
            }
        }

        fn characters(&mut self, text: &str) {
            self.0.push_str(text);
        }
    }
    tokenize(html, Text(String::new())).0
}

/// The alternative text if `html` is an `<img alt="…">` tag.
pub(super) fn alternative_text(html: &str) -> Option<String> {
    struct Alternative(Option<String>);
    impl Tokens for Alternative {
        fn tag(&mut self, tag: &Tag) {
            if self.0.is_none() && &*tag.name == "img" && !tag.attrs.is_empty() {
                self.0 = Some(attribute(tag, "alt").unwrap_or_default());
            }
        }

        fn characters(&mut self, _text: &str) {}
    }
    tokenize(html, Alternative(None)).0
}

/// The table at the start of `html`; `None` if it has no cell. Nested tables become text of their cells.
pub(super) fn table(html: &str) -> Option<Table> {
    tokenize(html, TableParser::default()).finish().ok()
}

/// A form field as text: a check box, a radio button, or the value that is written into it.
pub(crate) fn field(tag: &Tag) -> String {
    match is_checked(tag) {
        Some(true) => "☑".to_owned(),
        Some(false) => "☐".to_owned(),
        None => attribute(tag, "value").unwrap_or_default(),
    }
}

/// Whether a check box or a radio button is checked; `None` for other fields.
pub(crate) fn is_checked(tag: &Tag) -> Option<bool> {
    let kind = attribute(tag, "type")?;
    ["checkbox", "radio"]
        .into_iter()
        .any(|choice| kind.eq_ignore_ascii_case(choice))
        .then(|| attribute(tag, "checked").is_some_and(|checked| !checked.eq_ignore_ascii_case("false")))
}

/// Builds a table from the tokens of its HTML.
#[derive(Default)]
pub(crate) struct TableParser {
    builder: TableBuilder,
    /// Number of open tables.
    depth: u32,
    in_head: bool,
    in_row: bool,
    open: Option<OpenCell>,
}

struct OpenCell {
    text: TextBuilder,
    kind: CellKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Cell { header: bool, column_span: u32, row_span: u32 },
    Caption,
}

impl TableParser {
    /// Whether the table's end tag has come.
    pub(crate) fn is_closed(&self) -> bool {
        self.depth == 0
    }

    /// The table, or the caption alone if there is no cell.
    pub(crate) fn finish(mut self) -> Result<Table, Option<RichText>> {
        self.end_cell();
        self.builder.finish_or_caption()
    }

    fn begin(&mut self, kind: CellKind) {
        self.end_cell();
        self.open = Some(OpenCell { text: TextBuilder::default(), kind });
    }

    fn begin_row(&mut self) {
        self.end_cell();
        self.builder.begin_row(self.in_head);
        self.in_row = true;
    }

    fn end_cell(&mut self) {
        let Some(OpenCell { text, kind }) = self.open.take() else { return };
        let text: RichText = text.finish();
        match kind {
            CellKind::Cell { header, column_span, row_span } => self.builder.cell(text, header, column_span, row_span),
            CellKind::Caption if text.is_blank() => {}
            CellKind::Caption => self.builder.caption(text),
        }
    }

    fn start(&mut self, tag: &Tag) {
        let name = &*tag.name;
        if self.depth > 1 {
            self.nested(name);
            return;
        }
        let span = |name| attribute(tag, name).and_then(|span| span.trim().parse().ok()).unwrap_or(1);
        match name {
            "thead" => self.in_head = true,
            "tbody" | "tfoot" => self.in_head = false,
            "tr" => self.begin_row(),
            "td" | "th" => {
                if !self.in_row {
                    self.begin_row();
                }
                let (column_span, row_span) = (span("colspan"), span("rowspan"));
                self.begin(CellKind::Cell { header: name == "th", column_span, row_span });
            }
            "caption" => self.begin(CellKind::Caption),
            "colgroup" | "col" => {}
            _ => self.inside(tag),
        }
    }

    /// Handles a tag of a nested table, whose rows become lines of the cell.
    fn nested(&mut self, name: &str) {
        if let Some(open) = &mut self.open {
            match name {
                "tr" => open.text.line_break(),
                "td" | "th" => open.text.push(" "),
                _ => {}
            }
        }
    }

    /// Handles a tag in a cell's text.
    fn inside(&mut self, tag: &Tag) {
        let Some(open) = &mut self.open else { return };
        let name = &*tag.name;
        match (name, style_of(name)) {
            (_, Some(style)) => open.text.begin_style(style),
            ("br" | "p" | "div" | "li" | "hr", _) => open.text.line_break(),
            ("img", _) => open.text.push(&attribute(tag, "alt").unwrap_or_default()),
            ("input", _) => open.text.push(&format!("{} ", field(tag))),
            ("span" | "a" | "font" | "center" | "ul" | "ol" | "label" | "small" | "big", _) => {}
            // An unknown tag is text of the page.
            _ => open.text.push(&format!("<{name}>")),
        }
    }

    fn end(&mut self, name: &str) {
        if self.depth > 1 {
            return;
        }
        match name {
            "td" | "th" | "caption" => self.end_cell(),
            "tr" => {
                self.end_cell();
                self.builder.end_row();
                self.in_row = false;
            }
            "thead" => {
                self.end_cell();
                self.in_head = false;
            }
            _ => {
                if let (Some(open), Some(style)) = (&mut self.open, style_of(name)) {
                    open.text.end_style(&style);
                }
            }
        }
    }
}

impl Tokens for TableParser {
    fn tag(&mut self, tag: &Tag) {
        let name = &*tag.name;
        match (tag.kind, name) {
            (TagKind::StartTag, "table") => {
                self.depth += 1;
                if self.depth > 1 {
                    self.nested("tr");
                }
            }
            (TagKind::EndTag, "table") => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_cell();
                }
            }
            (TagKind::StartTag, _) => self.start(tag),
            (TagKind::EndTag, _) => self.end(name),
        }
    }

    fn characters(&mut self, text: &str) {
        if self.open.is_none() {
            if text.trim().is_empty() {
                return;
            }
            // Misplaced text becomes a cell in a row, otherwise part of the caption.
            let cell = CellKind::Cell { header: false, column_span: 1, row_span: 1 };
            self.begin(if self.in_row { cell } else { CellKind::Caption });
        }
        if let Some(open) = &mut self.open {
            open.text.push_collapsed(text);
        }
    }
}

//! Converts the events of pulldown-cmark to blocks.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{
    inline::TextBuilder,
    prepare::{COLON, prepare},
    spanned,
};
use crate::{Block, BlockKind, FurnitureRole, ListItem, StyleKind, TableBuilder};

/// The maximum nesting of quotes and lists. Deeper blocks are put on the last level.
const MAX_DEPTH: usize = 12;

/// Adds the blocks of Markdown to `out`. `base` is the offset of the text in the source.
pub(super) fn parse(text: &str, base: usize, out: &mut Vec<Block>) {
    let prepared = prepare(text);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_MATH;
    let mut parser = BlockParser {
        text,
        base,
        root: Vec::new(),
        containers: Vec::new(),
        too_deep: 0,
        open: None,
        code: None,
        table: None,
        links: Vec::new(),
    };
    for (event, range) in Parser::new_ext(&prepared, options).into_offset_iter() {
        parser.event(event, range);
    }
    parser.flush();
    out.append(&mut parser.root);
}

/// Adds text without markup as paragraphs, all with the same source range.
pub(super) fn parse_plain(text: &str, source: Range<usize>, out: &mut Vec<Block>) {
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let mut builder = TextBuilder::default();
        builder.push(paragraph);
        out.push(spanned(BlockKind::Paragraph { text: builder.finish() }, source.clone()));
    }
}

pub(super) struct BlockParser<'a> {
    text: &'a str,
    base: usize,
    root: Vec<Block>,
    containers: Vec<Container>,
    /// Number of open containers that are ignored because they are nested too deep.
    too_deep: usize,
    open: Option<Open>,
    code: Option<OpenCode>,
    table: Option<OpenTable>,
    links: Vec<String>,
}

enum Container {
    Quote { blocks: Vec<Block>, start: usize },
    List { items: Vec<ListItem>, start: usize },
    Item { item: ListItem },
}

/// The open text.
struct Open {
    kind: OpenKind,
    text: TextBuilder,
    bytes: Range<usize>,
}

#[derive(Clone, PartialEq)]
pub(super) enum OpenKind {
    Paragraph,
    Heading(u8),
    Furniture(FurnitureRole),
    Figure,
}

/// The open code.
struct OpenCode {
    fenced: bool,
    language: Option<String>,
    code: String,
}

struct OpenTable {
    builder: TableBuilder,
    start: usize,
    /// The open cell, and the end of the last one.
    cell: Option<TextBuilder>,
    cell_end: usize,
    in_head: bool,
}

impl BlockParser<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => self.push(&text.replace(COLON, ":"), &range),
            Event::Code(code) => self.styled(&StyleKind::Code, &code, &range),
            Event::InlineMath(formula) | Event::DisplayMath(formula) => self.formula(&formula, &range),
            Event::Html(html) => self.html(&html, &range),
            Event::InlineHtml(html) => self.html_tag(&html, &range),
            Event::SoftBreak | Event::HardBreak => self.push("\n", &range),
            Event::Rule => {
                self.flush();
                self.block(BlockKind::Rule, range);
            }
            Event::TaskListMarker(checked) => {
                if let Some(Container::Item { item }) = self.containers.last_mut() {
                    item.checked = Some(checked);
                }
            }
            Event::FootnoteReference(label) => self.push(&format!("[^{label}]"), &range),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.begin(OpenKind::Heading(level as u8), range);
            }
            Tag::BlockQuote(_) => self.enter(Container::Quote { blocks: Vec::new(), start: range.start }),
            Tag::List(_) => self.enter(Container::List { items: Vec::new(), start: range.start }),
            Tag::Item => {
                let marker = self.text[range.clone()].split_whitespace().next().unwrap_or("-").to_owned();
                self.enter(Container::Item {
                    item: ListItem { marker, marker_bounds: None, checked: None, blocks: Vec::new() },
                });
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let (fenced, language) = match kind {
                    CodeBlockKind::Fenced(language) => (true, language.split_whitespace().next().map(str::to_owned)),
                    CodeBlockKind::Indented => (false, None),
                };
                self.code = Some(OpenCode { fenced, language, code: String::new() });
            }
            Tag::Table(_) => {
                self.flush();
                self.table = Some(OpenTable {
                    builder: TableBuilder::default(),
                    start: range.start,
                    cell: None,
                    cell_end: range.start,
                    in_head: false,
                });
            }
            Tag::TableHead => self.row(true, range.start),
            Tag::TableRow => self.row(false, range.start),
            Tag::TableCell => {
                if let Some(table) = &mut self.table {
                    table.cell = Some(TextBuilder::default());
                }
            }
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => self.begin_emphasis(&tag, &range),
            Tag::Link { dest_url, .. } => {
                self.links.push(dest_url.to_string());
                self.begin_style(StyleKind::Link { url: dest_url.into_string() }, &range);
            }
            Tag::Image { .. } if self.is_inline_only() => {}
            Tag::Image { .. } => {
                self.flush();
                self.begin(OpenKind::Figure, range);
            }
            _ => self.flush(),
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => self.leave(range.end),
            TagEnd::Emphasis => self.end_emphasis(&StyleKind::Italic, "*", &range),
            TagEnd::Strong => self.end_emphasis(&StyleKind::Bold, "**", &range),
            TagEnd::Strikethrough => self.end_emphasis(&StyleKind::Strikethrough, "~", &range),
            TagEnd::Link => {
                if let Some(url) = self.links.pop() {
                    self.end_style(&StyleKind::Link { url });
                }
            }
            TagEnd::Image if self.is_inline_only() => {}
            TagEnd::Table => {
                if let Some(OpenTable { builder, start, .. }) = self.table.take()
                    && let Some(table) = builder.finish()
                {
                    self.block(BlockKind::Table(table), start..range.end);
                }
            }
            TagEnd::TableCell => {
                if let Some(table) = &mut self.table
                    && let Some(cell) = table.cell.take()
                {
                    table.builder.cell(cell.finish(), table.in_head, 1, 1);
                    table.cell_end = range.end;
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => self.end_row(range.end),
            TagEnd::CodeBlock => {
                let Some(OpenCode { fenced, language, code }) = self.code.take() else { return };
                if fenced {
                    self.block(BlockKind::Code { language, code: code.trim_end_matches('\n').to_owned() }, range);
                } else {
                    // Text that is only indented is not code.
                    self.push(&code, &range);
                    self.flush();
                }
            }
            _ => self.flush(),
        }
    }

    fn row(&mut self, in_head: bool, start: usize) {
        if let Some(table) = &mut self.table {
            table.builder.begin_row(in_head);
            table.in_head = in_head;
            table.cell_end = start;
        }
    }

    /// Adds the cells beyond the head's columns, which pulldown-cmark drops.
    fn end_row(&mut self, end: usize) {
        let Some(table) = &mut self.table else { return };
        let rest = self.text.get(table.cell_end..end).unwrap_or_default();
        let rest = rest.trim().trim_start_matches('|').trim_end_matches('|');
        if !rest.trim().is_empty() {
            for cell in rest.split('|') {
                let mut text = TextBuilder::default();
                text.push(cell.trim());
                table.builder.cell(text.finish(), table.in_head, 1, 1);
            }
        }
        table.builder.end_row();
    }

    fn enter(&mut self, container: Container) {
        self.flush();
        if self.containers.len() < MAX_DEPTH {
            self.containers.push(container);
        } else {
            self.too_deep += 1;
        }
    }

    fn leave(&mut self, end: usize) {
        self.flush();
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        match self.containers.pop() {
            Some(Container::Quote { blocks, start }) => self.block(BlockKind::Quote { blocks }, start..end),
            Some(Container::List { items, start }) => self.block(BlockKind::List { items }, start..end),
            Some(Container::Item { item }) => {
                if let Some(Container::List { items, .. }) = self.containers.last_mut() {
                    items.push(item);
                }
            }
            None => {}
        }
    }

    pub(super) fn block(&mut self, kind: BlockKind, bytes: Range<usize>) {
        let trimmed = self.text.get(bytes.clone()).map_or(0, |text| text.trim_end().len());
        let block = spanned(kind, self.base + bytes.start..self.base + bytes.start + trimmed);
        match self.containers.last_mut() {
            Some(Container::Quote { blocks, .. } | Container::Item { item: ListItem { blocks, .. } }) => {
                blocks.push(block);
            }
            Some(Container::List { items, .. }) => {
                items.push(ListItem {
                    marker: "-".to_owned(),
                    marker_bounds: None,
                    checked: None,
                    blocks: vec![block],
                });
            }
            None => self.root.push(block),
        }
    }

    pub(super) fn begin(&mut self, kind: OpenKind, bytes: Range<usize>) {
        self.open = Some(Open { kind, text: TextBuilder::default(), bytes: bytes.start..bytes.start });
    }

    /// Ends the open text.
    pub(super) fn flush(&mut self) {
        let Some(Open { kind, text, bytes }) = self.open.take() else { return };
        let text = text.finish();
        if text.is_blank() && kind != OpenKind::Figure {
            return;
        }
        let kind = match kind {
            OpenKind::Paragraph => BlockKind::Paragraph { text },
            OpenKind::Heading(level) => BlockKind::Heading { level, text },
            OpenKind::Furniture(role) => BlockKind::Furniture { role, text },
            OpenKind::Figure => BlockKind::Figure { text },
        };
        self.block(kind, bytes);
    }

    /// Whether the open text cannot contain blocks.
    pub(super) fn is_inline_only(&self) -> bool {
        self.table.is_some() || matches!(&self.open, Some(Open { kind: OpenKind::Heading(_), .. }))
    }

    /// The builder of the open text, or of a new paragraph.
    fn builder(&mut self, range: &Range<usize>) -> &mut TextBuilder {
        if let Some(OpenTable { cell, .. }) = &mut self.table {
            return cell.get_or_insert_default();
        }
        let open = self.open.get_or_insert_with(|| Open {
            kind: OpenKind::Paragraph,
            text: TextBuilder::default(),
            bytes: range.clone(),
        });
        if open.text.is_empty() && open.kind == OpenKind::Paragraph {
            open.bytes.start = range.start;
        }
        open.bytes.end = open.bytes.end.max(range.end);
        &mut open.text
    }

    pub(super) fn push(&mut self, text: &str, range: &Range<usize>) {
        match &mut self.code {
            Some(code) => code.code.push_str(text),
            None => self.builder(range).push(text),
        }
    }

    fn styled(&mut self, style: &StyleKind, text: &str, range: &Range<usize>) {
        self.builder(range).styled(style, text);
    }

    /// Adds a formula, or text if it only looks like one, as two prices do.
    fn formula(&mut self, formula: &str, range: &Range<usize>) {
        let source = &self.text[range.clone()];
        let dollars = source.starts_with('$');
        let digit_behind = self.text[range.end..].starts_with(|next: char| next.is_ascii_digit());
        let says_something =
            formula.contains(|letter: char| letter.is_alphabetic() || matches!(letter, '\\' | '^' | '_' | '='));
        if dollars && !source.starts_with("$$") && (digit_behind || !says_something) {
            self.push(source, range);
        } else {
            self.styled(&StyleKind::Formula, formula.trim(), range);
        }
    }

    pub(super) fn begin_style(&mut self, style: StyleKind, range: &Range<usize>) {
        self.builder(&(range.start..range.start)).begin_style(style);
    }

    pub(super) fn end_style(&mut self, style: &StyleKind) {
        if let Some(table) = &mut self.table {
            if let Some(cell) = &mut table.cell {
                cell.end_style(style);
            }
        } else if let Some(open) = &mut self.open {
            open.text.end_style(style);
        }
    }

    fn begin_emphasis(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        let (style, mark) = match tag {
            Tag::Strong => (StyleKind::Bold, "**"),
            Tag::Emphasis => (StyleKind::Italic, "*"),
            _ => (StyleKind::Strikethrough, "~"),
        };
        if self.is_literal(&style, range) {
            self.push(mark, &(range.start..range.start));
        } else {
            self.begin_style(style, range);
        }
    }

    fn end_emphasis(&mut self, style: &StyleKind, mark: &str, range: &Range<usize>) {
        if self.is_literal(style, range) {
            self.push(mark, &(range.end..range.end));
        } else {
            self.end_style(style);
        }
    }

    /// Whether emphasis marks are literal text: stars between digits or letters, and single tildes.
    fn is_literal(&self, style: &StyleKind, range: &Range<usize>) -> bool {
        if *style == StyleKind::Strikethrough {
            return !self.text[range.clone()].starts_with("~~");
        }
        let before = self.text[..range.start].chars().next_back();
        let behind = self.text[range.end..].chars().next();
        let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        is_word(before) && is_word(behind)
    }
}

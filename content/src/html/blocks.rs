//! Builds blocks from tags and texts.

use html5ever::tokenizer::{Tag, TagKind};

use super::HtmlPart;
use crate::{
    Block, BlockKind, ListItem, RichText, StyleKind,
    markdown::{
        html::{TableParser, Tokens, attribute, field, is_checked},
        inline::{TextBuilder, style_of},
    },
};

/// The maximum nesting of lists. Items of deeper ones are put on the last level.
const MAX_DEPTH: usize = 12;
/// The maximum nesting of `div`. Deeper ones only separate blocks.
const MAX_DIVS: usize = 64;
/// The maximum length of a link's URL in bytes. A longer one is left out.
const MAX_URL: usize = 2_048;

#[derive(Default)]
pub(super) struct BlockBuilder {
    parts: Vec<HtmlPart>,
    /// The open `div`s, and whether each is a layout block.
    divs: Vec<bool>,
    lists: Vec<OpenList>,
    text: Option<(TextKind, TextBuilder)>,
    link: Option<StyleKind>,
    special: Option<Special>,
    /// The number of `div`s that are open within `special`.
    divs_within: usize,
    /// Whether something was not closed, or a table was too large.
    pub(super) is_broken: bool,
}

#[derive(Clone, Copy)]
enum TextKind {
    Paragraph,
    Heading(u8),
}

/// What is open and has a syntax of its own.
enum Special {
    Table(Box<TableParser>),
    Code { language: Option<String>, code: String },
    Formula { is_display: bool, latex: String },
}

struct OpenList {
    /// The number of the next item, if they have numbers.
    number: Option<u32>,
    items: Vec<ListItem>,
    /// Whether the last item is open.
    in_item: bool,
}

impl BlockBuilder {
    /// What is complete.
    pub(super) fn take(&mut self) -> Vec<HtmlPart> {
        std::mem::take(&mut self.parts)
    }

    /// Closes what is open, and returns whether nothing had to be closed.
    pub(super) fn close(&mut self) -> bool {
        self.is_broken |= self.divs.contains(&true);
        self.close_blocks();
        while let Some(is_layout) = self.divs.pop() {
            self.parts.extend(is_layout.then_some(HtmlPart::End));
        }
        !self.is_broken
    }

    pub(super) fn characters(&mut self, text: &str) {
        match &mut self.special {
            Some(Special::Table(table)) => table.characters(text),
            Some(Special::Code { code, .. }) => code.push_str(text),
            Some(Special::Formula { latex, .. }) => latex.push_str(text),
            None if self.text.is_none() && text.trim().is_empty() => {}
            None => self.text().push_collapsed(text),
        }
    }

    /// Handles a tag, whose source this is.
    pub(super) fn tag(&mut self, source: &str, tag: &Tag) {
        let name = &*tag.name;
        let starts = tag.kind == TagKind::StartTag;
        let layout = |name| if starts { attribute(tag, name) } else { None };
        if name == "div"
            && let (label, bounds) = (layout("data-label"), layout("data-bbox"))
            && (label.is_some() || bounds.is_some())
        {
            // A table or code that is still open was never closed.
            self.is_broken |= self.special.is_some();
            self.close_blocks();
            if self.divs.len() < MAX_DIVS {
                self.divs.push(true);
                let (label, bounds) = (label.unwrap_or_default(), bounds.unwrap_or_default());
                self.parts.push(HtmlPart::Begin { label, bounds });
            }
            return;
        }
        if self.special.is_some() && self.tag_in_special(source, tag, starts) {
            return;
        }
        if starts { self.start(source, tag) } else { self.end(source, name) }
    }

    /// Handles a tag within a table, code or formula. Returns false if the tag ends it without being its end tag, and means what it
    /// means elsewhere.
    fn tag_in_special(&mut self, source: &str, tag: &Tag, starts: bool) -> bool {
        let name = &*tag.name;
        if name == "div" && !starts && self.divs_within == 0 {
            self.is_broken = true;
            self.end_special();
            return false;
        }
        match &mut self.special {
            Some(Special::Table(table)) => {
                table.tag(tag);
                if table.is_closed() {
                    self.end_special();
                    return true;
                }
            }
            Some(Special::Code { language, code }) => match (name, starts) {
                ("pre", false) => {
                    self.end_special();
                    return true;
                }
                ("code", true) => *language = language.take().or_else(|| language_of(tag)),
                ("code" | "pre" | "span", _) => {}
                ("br", _) => code.push('\n'),
                _ => code.push_str(source),
            },
            Some(Special::Formula { latex, .. }) => match (name, starts) {
                ("math", false) => {
                    self.end_special();
                    return true;
                }
                ("math", true) => {}
                ("br", _) => latex.push(' '),
                ("div" | "p" | "table" | "tr" | "td" | "th" | "ul" | "ol" | "li" | "pre" | "hr", _) => {
                    self.is_broken = true;
                    self.end_special();
                    return false;
                }
                _ => latex.push_str(source),
            },
            None => return false,
        }
        if name == "div" {
            self.divs_within = if starts { self.divs_within + 1 } else { self.divs_within.saturating_sub(1) };
        }
        true
    }

    fn start(&mut self, source: &str, tag: &Tag) {
        let name = &*tag.name;
        match name {
            "div" => {
                self.end_text();
                if self.divs.len() < MAX_DIVS {
                    self.divs.push(false);
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_text();
                let level = name.as_bytes().get(1).map_or(1, |digit| digit - b'0');
                self.text = Some((TextKind::Heading(level), TextBuilder::default()));
            }
            "ul" | "ol" => {
                self.end_text();
                let first = || attribute(tag, "start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
                if self.lists.len() < MAX_DEPTH {
                    let number = (name == "ol").then(first);
                    self.lists.push(OpenList { number, items: Vec::new(), in_item: false });
                }
            }
            "li" => self.item(attribute(tag, "value").and_then(|value| value.trim().parse().ok())),
            "table" => {
                self.end_text();
                let mut table = TableParser::default();
                table.tag(tag);
                self.begin_special(Special::Table(Box::new(table)));
            }
            "pre" => {
                self.end_text();
                self.begin_special(Special::Code { language: None, code: String::new() });
            }
            "math" => {
                let is_display = attribute(tag, "display").is_some_and(|display| display.eq_ignore_ascii_case("block"));
                self.begin_special(Special::Formula { is_display, latex: String::new() });
            }
            "br" => self.text().line_break(),
            "hr" => {
                self.end_text();
                self.block(BlockKind::Rule);
            }
            "img" => {
                self.end_text();
                let text = RichText::plain(attribute(tag, "alt").map(|alt| alt.trim().to_owned()).unwrap_or_default());
                self.block(BlockKind::Figure { text });
            }
            "input" => self.field(tag),
            "a" => {
                let url = attribute(tag, "href").filter(|url| url.len() <= MAX_URL && url.contains("://"));
                if let Some(url) = url {
                    let link = StyleKind::Link { url };
                    self.text().begin_style(link.clone());
                    self.link = Some(link);
                }
            }
            _ => match style_of(name) {
                Some(style) => self.text().begin_style(style),
                None => self.other(source, name),
            },
        }
    }

    fn end(&mut self, source: &str, name: &str) {
        match name {
            "div" => match self.divs.pop() {
                Some(true) => {
                    self.close_blocks();
                    self.parts.push(HtmlPart::End);
                }
                _ => self.end_text(),
            },
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.end_text(),
            "li" => {
                self.end_text();
                if let Some(list) = self.lists.last_mut() {
                    list.in_item = false;
                }
            }
            "ul" | "ol" => self.end_list(),
            // `</br>` is a line break in HTML.
            "br" => self.text().line_break(),
            "a" => {
                if let (Some(link), Some((_, text))) = (self.link.take(), &mut self.text) {
                    text.end_style(&link);
                }
            }
            "table" | "pre" | "math" | "hr" | "img" | "input" => {}
            _ => match (style_of(name), &mut self.text) {
                (Some(style), Some((_, text))) => text.end_style(&style),
                (Some(_), None) => {}
                (None, _) => self.other(source, name),
            },
        }
    }

    /// Handles a tag that separates blocks, or has no meaning. An unknown one is text of the page.
    fn other(&mut self, source: &str, name: &str) {
        match name {
            "span" | "small" | "big" | "font" | "label" | "html" | "wbr" => {}
            "td" | "th" => {
                if let Some((_, text)) = &mut self.text {
                    text.push_collapsed(" ");
                }
            }
            "p" | "body" | "head" | "section" | "article" | "header" | "footer" | "center" | "figure"
            | "figcaption" | "blockquote" | "form" | "tr" | "thead" | "tbody" | "tfoot" | "caption" | "colgroup"
            | "col" | "dl" | "dt" | "dd" | "!doctype" => self.end_text(),
            _ => self.characters(source),
        }
    }

    /// A check box at the start of a list's item is the item's; another field is text.
    fn field(&mut self, tag: &Tag) {
        let is_empty = self.text.as_ref().is_none_or(|(_, text)| text.is_empty());
        let item = self.lists.last_mut().filter(|list| list.in_item).and_then(|list| list.items.last_mut());
        if let (Some(checked), Some(item)) = (is_checked(tag), item)
            && is_empty
            && item.checked.is_none()
            && item.blocks.is_empty()
        {
            item.checked = Some(checked);
            return;
        }
        let text = field(tag);
        if !text.is_empty() {
            self.text().push_collapsed(&format!("{text} "));
        }
    }

    fn item(&mut self, value: Option<u32>) {
        self.end_text();
        if self.lists.is_empty() {
            self.lists.push(OpenList { number: None, items: Vec::new(), in_item: false });
        }
        let Some(list) = self.lists.last_mut() else { return };
        let marker = match &mut list.number {
            Some(number) => {
                let this = value.unwrap_or(*number);
                *number = this.saturating_add(1);
                format!("{this}.")
            }
            None => "-".to_owned(),
        };
        list.items.push(ListItem { marker, marker_bounds: None, checked: None, blocks: Vec::new() });
        list.in_item = true;
    }

    /// The open text, or a new paragraph.
    fn text(&mut self) -> &mut TextBuilder {
        &mut self.text.get_or_insert_with(|| (TextKind::Paragraph, TextBuilder::default())).1
    }

    fn end_text(&mut self) {
        self.link = None;
        let Some((kind, text)) = self.text.take() else { return };
        let text = text.finish();
        if text.is_blank() {
            return;
        }
        self.block(match kind {
            TextKind::Paragraph => BlockKind::Paragraph { text },
            TextKind::Heading(level) => BlockKind::Heading { level, text },
        });
    }

    fn begin_special(&mut self, special: Special) {
        self.special = Some(special);
        self.divs_within = 0;
    }

    fn end_special(&mut self) {
        match self.special.take() {
            Some(Special::Table(table)) => match table.finish() {
                Ok(table) => {
                    self.is_broken |= table.truncated;
                    self.block(BlockKind::Table(table));
                }
                Err(Some(text)) if !text.is_blank() => self.block(BlockKind::Paragraph { text }),
                Err(_) => {}
            },
            Some(Special::Code { language, code }) => {
                let code = code.trim_matches('\n').to_owned();
                if !code.trim().is_empty() {
                    self.block(BlockKind::Code { language, code });
                }
            }
            Some(Special::Formula { is_display, latex }) => {
                let latex = latex.trim();
                if is_display && !latex.is_empty() {
                    self.end_text();
                    self.block(BlockKind::Formula { latex: latex.to_owned() });
                } else if !latex.is_empty() {
                    let latex = latex.split_whitespace().collect::<Vec<_>>().join(" ");
                    self.text().styled(&StyleKind::Formula, &latex);
                }
            }
            None => {}
        }
    }

    fn end_list(&mut self) {
        self.end_text();
        let Some(OpenList { items, .. }) = self.lists.pop() else { return };
        let items: Vec<_> =
            items.into_iter().filter(|item| !item.blocks.is_empty() || item.checked.is_some()).collect();
        if !items.is_empty() {
            self.block(BlockKind::List { items });
        }
    }

    /// Ends everything but the `div`s.
    fn close_blocks(&mut self) {
        self.is_broken |= self.special.is_some();
        self.end_special();
        self.end_text();
        while !self.lists.is_empty() {
            self.end_list();
        }
    }

    /// Adds a block to the open list, or to the parts.
    fn block(&mut self, kind: BlockKind) {
        let block = Block::new(kind);
        let Some(list) = self.lists.last_mut() else {
            self.parts.push(HtmlPart::Block(block));
            return;
        };
        // Blocks between items, which HTML does not allow, belong to the item before them.
        match list.items.last_mut() {
            Some(item) => item.blocks.push(block),
            None => list.items.push(ListItem {
                marker: "-".to_owned(),
                marker_bounds: None,
                checked: None,
                blocks: vec![block],
            }),
        }
    }
}

/// The language of a code: `class="language-rust"`.
fn language_of(tag: &Tag) -> Option<String> {
    let class = attribute(tag, "class")?;
    let language = class.split_whitespace().find_map(|class| class.strip_prefix("language-"))?;
    let is_name = language.len() <= 32 && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| language.to_owned())
}

//! Tags in Markdown: styles and breaks of HTML, and Nanonets-OCR's tags of page numbers, watermarks and figures.

use std::ops::Range;

use super::{
    blocks::{BlockParser, OpenKind},
    html,
    inline::style_of,
};
use crate::{BlockKind, FurnitureRole};

impl BlockParser<'_> {
    /// Adds an HTML block: text with tags.
    pub(super) fn html(&mut self, html: &str, range: &Range<usize>) {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            let (text, from) = rest.split_at(at);
            self.html_text(text, range);
            let end = from.find('>').map_or(from.len(), |end| end + 1);
            self.html_tag(&from[..end], range);
            rest = &from[end..];
        }
        self.html_text(rest, range);
    }

    fn html_text(&mut self, text: &str, range: &Range<usize>) {
        if text.contains('&') {
            self.push(&html::text(text), range);
        } else if !text.is_empty() {
            self.push(text, range);
        }
    }

    /// Handles a tag. An unknown tag is text.
    pub(super) fn html_tag(&mut self, tag: &str, range: &Range<usize>) {
        let inner = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/').trim();
        let (closes, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
        let name = inner.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        if let Some(style) = style_of(&name) {
            if closes {
                self.end_style(&style);
            } else {
                self.begin_style(style, range);
            }
            return;
        }
        let inline_only = self.is_inline_only();
        let role = match name.as_str() {
            "page-number" => Some(FurnitureRole::PageNumber),
            "watermark" => Some(FurnitureRole::Watermark),
            "header" => Some(FurnitureRole::RunningHead),
            "footer" => Some(FurnitureRole::RunningFoot),
            _ => None,
        };
        match name.as_str() {
            "br" => self.push("\n", range),
            "span" | "font" | "small" | "big" | "signature" | "a" => {}
            "!--" if inner.trim_matches(['!', '-', ' ']).is_empty() => {}
            _ if inline_only && (role.is_some() || matches!(name.as_str(), "img" | "p" | "div")) => {}
            "p" | "div" | "center" | "figure" | "figcaption" | "section" | "article" => self.flush(),
            "hr" => {
                self.flush();
                self.block(BlockKind::Rule, range.clone());
            }
            "img" => self.image(tag, closes, range),
            _ if role.is_some() => {
                self.flush();
                if let Some(role) = role.filter(|_| !closes) {
                    self.begin(OpenKind::Furniture(role), range.clone());
                }
            }
            _ => self.push(tag, range),
        }
    }

    /// `<img>what it shows</img>`, as Nanonets-OCR writes it, or HTML's `<img alt="what it shows">`.
    fn image(&mut self, tag: &str, closes: bool, range: &Range<usize>) {
        self.flush();
        if closes {
            return;
        }
        self.begin(OpenKind::Figure, range.clone());
        if let Some(alternative) = html::alternative_text(tag) {
            self.push(&alternative, range);
            self.flush();
        }
    }
}

//! A builder of styled text.

use crate::{RichText, Style, StyleKind, TextRange};

/// The maximum number of styles of a text. Further text is unstyled.
const MAX_STYLES: usize = 2_000;

/// The style of an HTML tag.
pub(crate) fn style_of(name: &str) -> Option<StyleKind> {
    Some(match name {
        "b" | "strong" => StyleKind::Bold,
        "i" | "em" | "cite" | "var" => StyleKind::Italic,
        "u" | "ins" => StyleKind::Underline,
        "s" | "del" | "strike" => StyleKind::Strikethrough,
        "sup" => StyleKind::Superscript,
        "sub" => StyleKind::Subscript,
        // Chandra's `<chem>` holds SMILES, in which white space and signs count as in code.
        "code" | "tt" | "kbd" | "samp" | "chem" => StyleKind::Code,
        "math" => StyleKind::Formula,
        _ => return None,
    })
}

/// Builds styled text whose lines neither start nor end with white space.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    text: String,
    characters: u32,
    styles: Vec<Style>,
    /// Open styles with their start.
    open: Vec<(StyleKind, u32)>,
}

impl TextBuilder {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds text, without white space at the start of a line.
    pub(crate) fn push(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.line_break();
            }
            let at_line_start = self.text.is_empty() || self.text.ends_with('\n');
            let line = if at_line_start { line.trim_start() } else { line };
            self.text.push_str(line);
            self.characters += line.chars().count() as u32;
        }
    }

    /// Adds text of HTML, in which white space is collapsed to a space.
    pub(crate) fn push_collapsed(&mut self, text: &str) {
        for (index, word) in text.split(|letter: char| letter.is_ascii_whitespace()).enumerate() {
            if index > 0 && !self.text.ends_with([' ', '\n']) {
                self.push(" ");
            }
            self.push(word);
        }
    }

    pub(crate) fn line_break(&mut self) {
        let end = self.text.trim_end_matches([' ', '\t']).len();
        self.characters -= self.text[end..].chars().count() as u32;
        self.text.truncate(end);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
            self.characters += 1;
        }
    }

    pub(crate) fn begin_style(&mut self, style: StyleKind) {
        if self.styles.len() + self.open.len() < MAX_STYLES {
            self.open.push((style, self.characters));
        }
    }

    /// Ends the innermost open style of this kind.
    pub(crate) fn end_style(&mut self, style: &StyleKind) {
        if let Some(at) = self.open.iter().rposition(|(open, _)| open == style) {
            let (kind, start) = self.open.remove(at);
            self.styles.push(Style { range: TextRange::new(start, self.characters), kind });
        }
    }

    /// Adds text in a style.
    pub(crate) fn styled(&mut self, style: &StyleKind, text: &str) {
        self.begin_style(style.clone());
        self.push(text);
        self.end_style(style);
    }

    pub(crate) fn finish(mut self) -> RichText {
        while let Some((kind, start)) = self.open.pop() {
            self.styles.push(Style { range: TextRange::new(start, self.characters), kind });
        }
        let end = self.text.trim_end().chars().count() as u32;
        self.text.truncate(self.text.trim_end().len());
        for style in &mut self.styles {
            style.range.end = style.range.end.min(end);
        }
        self.styles.retain(|style| style.range.start < style.range.end);
        self.styles.sort_by_key(|style| (style.range.start, std::cmp::Reverse(style.range.end)));
        RichText { text: self.text, styles: self.styles, lines: Vec::new() }
    }
}

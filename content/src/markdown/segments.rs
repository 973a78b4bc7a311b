//! Segments of the source that a Markdown parser would split: HTML tables with empty lines, and formulas in `\[ \]` or `$$` on lines of
//! their own.

use std::ops::Range;

/// A part of the source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) kind: Kind,
    /// The byte range.
    pub(super) range: Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Markdown,
    /// A table from `<table …>` to its end tag, or to the end of the source.
    Table,
    /// A formula, with the length of its delimiters in bytes.
    Formula {
        delimiter: usize,
    },
}

/// Splits the source into segments, which are in order and cover all of it.
pub(super) fn split(source: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut begun = 0;
    let mut at = 0;
    let mut fence: Option<&str> = None;
    while at < source.len() {
        let end = source[at..].find('\n').map_or(source.len(), |end| at + end + 1);
        let line = &source[at..end];
        let trimmed = line.trim_start();
        if let Some(open) = fence {
            if trimmed.starts_with(open) && trimmed.trim_end().chars().all(|letter| open.starts_with(letter)) {
                fence = None;
            }
            at = end;
            continue;
        }
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            fence = Some(mark);
            at = end;
            continue;
        }
        let found = formula(source, at, line).or_else(|| {
            let table = find_tag(line, "table")?;
            let start = at + table;
            Some(Segment { kind: Kind::Table, range: start..table_end(source, start) })
        });
        match found {
            Some(segment) => {
                if begun < segment.range.start {
                    segments.push(Segment { kind: Kind::Markdown, range: begun..segment.range.start });
                }
                at = segment.range.end;
                begun = at;
                segments.push(segment);
            }
            None => at = end,
        }
    }
    if begun < source.len() {
        segments.push(Segment { kind: Kind::Markdown, range: begun..source.len() });
    }
    segments
}

/// A formula that starts on this line and shares its lines with no other text.
fn formula(source: &str, at: usize, line: &str) -> Option<Segment> {
    let start = at + line.len() - line.trim_start().len();
    let (open, close) =
        [("\\[", "\\]"), ("$$", "$$")].into_iter().find(|(open, _)| source[start..].starts_with(open))?;
    let inner = start + open.len();
    // A formula ends before the next empty line.
    let paragraph = source[inner..].find("\n\n").map_or(source.len(), |end| inner + end);
    let end = inner + source[inner..paragraph].find(close)?;
    let behind = end + close.len();
    let rest = source[behind..].split('\n').next().unwrap_or_default();
    let alone = rest.trim().is_empty() && !source[inner..end].trim().is_empty();
    alone.then_some(Segment { kind: Kind::Formula { delimiter: open.len() }, range: start..behind })
}

/// The end of the table that starts at `start`, including nested tables.
fn table_end(source: &str, start: usize) -> usize {
    let mut depth = 0_u32;
    let mut at = start;
    while let Some(next) = source[at..].find('<') {
        let tag = at + next;
        let rest = &source[tag..];
        if is_tag(rest, "table") {
            depth += 1;
        } else if rest.as_bytes().get(1) == Some(&b'/') && is_name(&rest[2..], "table") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return rest.find('>').map_or(source.len(), |end| tag + end + 1);
            }
        }
        at = tag + 1;
    }
    source.len()
}

/// The offset of the first start tag with this name in the line.
fn find_tag(line: &str, name: &str) -> Option<usize> {
    line.match_indices('<').map(|(at, _)| at).find(|&at| is_tag(&line[at..], name))
}

fn is_tag(text: &str, name: &str) -> bool {
    text.strip_prefix('<').is_some_and(|rest| is_name(rest, name))
}

/// Whether `text` starts with this name in any case, followed by the end of a tag's name.
fn is_name(text: &str, name: &str) -> bool {
    let Some((head, rest)) = text.split_at_checked(name.len()) else { return false };
    head.eq_ignore_ascii_case(name) && rest.starts_with(|next: char| next == '>' || next == '/' || next.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(source: &str) -> Vec<(&'static str, &str)> {
        let name = |kind: &Kind| match kind {
            Kind::Markdown => "markdown",
            Kind::Table => "table",
            Kind::Formula { .. } => "formula",
        };
        split(source).into_iter().map(|segment| (name(&segment.kind), &source[segment.range])).collect()
    }

    #[test]
    fn tables_and_formulas_are_segments_of_their_own() {
        assert_eq!(
            parts("a <TABLE x>\n\n<tr><td><table></table></td></tr></Table > b\n\\[\nx\n\\]\nc"),
            [
                ("markdown", "a "),
                ("table", "<TABLE x>\n\n<tr><td><table></table></td></tr></Table >"),
                ("markdown", " b\n"),
                ("formula", "\\[\nx\n\\]"),
                ("markdown", "\nc"),
            ]
        );
    }

    #[test]
    fn code_prices_and_other_tags_are_not_segments() {
        for source in
            ["```\n<table>\n```\n", "~~~\n\\[ x \\]\n~~~", "<tablet>", "$$ is dear\n\nand $$ too", "$$$$", "a $$x$$ b"]
        {
            assert_eq!(parts(source), [("markdown", source)]);
        }
    }

    #[test]
    fn an_unclosed_table_extends_to_the_end() {
        assert_eq!(parts("<table><tr><td>a"), [("table", "<table><tr><td>a")]);
        assert_eq!(parts(""), []);
    }
}

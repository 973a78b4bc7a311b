//! Replaces what the Markdown parser would misread by the same number of bytes, so that ranges stay valid.

use std::borrow::Cow;

/// Replaces the colon of `[label]:` at the start of a line, which the parser would drop as a link definition.
pub(super) const COLON: char = '\u{1a}';

/// Renames Nanonets-OCR's `<page_number>` to `<page-number>`, since CommonMark allows no underscore in a tag's name, and turns
/// `\( … \)` and `\[ … \]` within a paragraph into `$$ … $$`, which the parser takes for a formula.
pub(super) fn prepare(source: &str) -> Cow<'_, str> {
    let mut bytes: Option<Vec<u8>> = None;
    let mut put = |at: usize, new: &[u8]| {
        bytes.get_or_insert_with(|| source.as_bytes().to_vec())[at..at + new.len()].copy_from_slice(new);
    };
    let mut at = 0;
    while let Some(found) = source[at..].find(['\\', '`', '<']) {
        let open = at + found;
        if source[open..].starts_with('`') {
            at = code_end(source, open);
            continue;
        }
        if let Some(underscore) = underscore_of_tag(&source[open..]) {
            put(open + underscore, b"-");
        }
        let close = match source.as_bytes().get(open + 1) {
            Some(b'(') => "\\)",
            Some(b'[') => "\\]",
            // Skip the escaped character.
            _ => {
                at = open + 1 + source[open + 1..].chars().next().map_or(0, char::len_utf8);
                continue;
            }
        };
        let inner = open + 2;
        let paragraph = source[inner..].find("\n\n").map_or(source.len(), |end| inner + end);
        match source[inner..paragraph].find(close).map(|end| inner + end) {
            Some(end) if !source[inner..end].trim().is_empty() && !source[inner..end].contains('$') => {
                put(open, b"$$");
                put(end, b"$$");
                at = end + 2;
            }
            _ => at = inner,
        }
    }
    let mut line_start = 0;
    for line in source.split_inclusive('\n') {
        if let Some(colon) = definition_colon(line) {
            put(line_start + colon, &[COLON as u8]);
        }
        line_start += line.len();
    }
    match bytes {
        // Only ASCII replaced ASCII, so this is valid UTF-8.
        Some(bytes) => String::from_utf8(bytes).map_or(Cow::Borrowed(source), Cow::Owned),
        None => Cow::Borrowed(source),
    }
}

/// The offset of the underscore, if the text starts with Nanonets-OCR's tag of a page number.
fn underscore_of_tag(text: &str) -> Option<usize> {
    ["<page_number>", "</page_number>"].into_iter().find(|tag| text.starts_with(tag))?.find('_')
}

/// The end of the code that starts with the backticks at `open`; the end of the backticks if the code is unclosed.
fn code_end(source: &str, open: usize) -> usize {
    let length = source[open..].len() - source[open..].trim_start_matches('`').len();
    let mut at = open + length;
    while let Some(found) = source[at..].find('`') {
        let start = at + found;
        let run = source[start..].len() - source[start..].trim_start_matches('`').len();
        if run == length {
            return start + run;
        }
        at = start + run;
    }
    open + length
}

/// The offset of the colon, if the line starts like a link definition.
fn definition_colon(line: &str) -> Option<usize> {
    let start =
        line.find(|letter: char| !matches!(letter, ' ' | '\t' | '>' | '-' | '*' | '+' | '0'..='9' | '.' | ')'))?;
    let rest = line[start..].strip_prefix('[')?;
    let end = rest.find("]:")?;
    Some(start + 1 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_formulas_and_definitions_change_and_no_offset_moves() {
        assert_eq!(prepare(r"a \(x\) \[y\] `\(z\)` \\(n\\)"), r"a $$x$$ $$y$$ `\(z\)` \\(n\\)");
        assert_eq!(
            prepare("<page_number>1</page_number> `<page_number>`"),
            "<page-number>1</page-number> `<page_number>`"
        );
        assert_eq!(prepare("[1]: note\n> [b]: c"), "[1]\u{1a} note\n> [b]\u{1a} c");
        for same in [r"\(open", "\\(a\n\nb\\)", r"\(\)", "plain", "`open \\(x", "äö\\ü"] {
            let prepared = prepare(same);
            assert_eq!(prepared.len(), same.len());
            assert_eq!(prepared, same);
        }
    }
}

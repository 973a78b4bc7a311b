//! Texts as runs: parts with the same look.

use docx_rs::{BreakType, Paragraph, Run, RunFonts, VertAlignType};
use inkstream_content::{RichText, Style, StyleKind, TextRange};

use super::styles;
use crate::printable::printable;

/// Adds a text to a paragraph, in runs that begin as `base`.
pub(super) fn write(mut paragraph: Paragraph, text: &RichText, base: &Run) -> Paragraph {
    let letters: Vec<(usize, char)> = text.text.char_indices().collect();
    let end = letters.len() as u32;
    // A look changes only where a style begins or ends.
    let mut borders: Vec<u32> =
        text.styles.iter().flat_map(|Style { range: TextRange { start, end }, .. }| [*start, *end]).collect();
    borders.extend([0, end]);
    borders.retain(|border| *border <= end);
    borders.sort_unstable();
    borders.dedup();
    let byte = |letter: u32| letters.get(letter as usize).map_or(text.text.len(), |(byte, _)| *byte);
    let mut active: Vec<&Style> = Vec::new();
    let mut coming: Vec<&Style> = text.styles.iter().collect();
    coming.sort_by_key(|style| std::cmp::Reverse(style.range.start));
    for pair in borders.windows(2) {
        let &[start, end] = pair else { continue };
        while let Some(style) = coming.pop_if(|style| style.range.start <= start) {
            active.push(style);
        }
        active.retain(|style| style.range.end > start);
        let part = text.text.get(byte(start)..byte(end)).unwrap_or_default();
        paragraph = paragraph.add_run(plain(active.iter().fold(base.clone(), |run, style| styled(run, style)), part));
    }
    paragraph
}

/// Adds a text to a run, with its line breaks and tabs.
pub(super) fn plain(mut run: Run, text: &str) -> Run {
    let text = printable(text);
    for (number, line) in text.trim_end_matches('\n').split('\n').enumerate() {
        if number > 0 {
            run = run.add_break(BreakType::TextWrapping);
        }
        for (number, cell) in line.split('\t').enumerate() {
            if number > 0 {
                run = run.add_tab();
            }
            if !cell.is_empty() {
                run = run.add_text(cell);
            }
        }
    }
    run
}

fn styled(mut run: Run, style: &Style) -> Run {
    let monospaced = || RunFonts::new().ascii(styles::MONOSPACED).hi_ansi(styles::MONOSPACED).cs(styles::MONOSPACED);
    match style.kind {
        StyleKind::Bold => run.bold(),
        StyleKind::Italic => run.italic(),
        StyleKind::Underline => run.underline("single"),
        StyleKind::Strikethrough => run.strike(),
        StyleKind::Superscript => {
            run.run_property = run.run_property.vert_align(VertAlignType::SuperScript);
            run
        }
        StyleKind::Subscript => {
            run.run_property = run.run_property.vert_align(VertAlignType::SubScript);
            run
        }
        StyleKind::Code | StyleKind::Formula => run.fonts(monospaced()),
        // A link's address comes from a model. Only its text is written.
        StyleKind::Link { .. } => run,
    }
}

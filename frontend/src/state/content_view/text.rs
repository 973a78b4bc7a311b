//! Splits a block's text into pieces where a region or a style begins or ends.

use inkstream_content::{RichText, Style, StyleKind, TextRange};

use super::{Piece, Run, RunStyle};

/// The pieces of `text`. `shown` is the text to show, with the same number of characters. `owners` are the regions of its ranges; later
/// ones take precedence.
pub(super) fn pieces(text: &RichText, shown: &str, owners: &[(TextRange, usize)]) -> Vec<Piece> {
    let characters = shown.chars().count();
    let mut regions = vec![None; characters];
    for (range, region) in owners {
        let (start, end) = clipped(*range, characters);
        regions[start..end].fill(Some(*region));
    }
    let styles = styles(&text.styles, characters);
    let links: Vec<&Style> = text.styles.iter().filter(|style| matches!(style.kind, StyleKind::Link { .. })).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut before: Option<(Option<usize>, RunStyle, Option<&str>)> = None;
    for (at, letter) in shown.chars().enumerate() {
        let here = (regions[at], styles[at], link_at(&links, at as u32, styles[at]));
        let same_region = before.is_some_and(|(region, ..)| region == here.0);
        if !same_region {
            pieces.push(Piece { region: here.0, runs: Vec::new() });
        }
        if let Some(piece) = pieces.last_mut() {
            match piece.runs.last_mut() {
                Some(run) if same_region && before == Some(here) => run.text.push(letter),
                _ => {
                    let link = here.2.map(str::to_owned);
                    piece.runs.push(Run { text: letter.to_string(), style: here.1, link });
                }
            }
        }
        before = Some(here);
    }
    pieces
}

/// The style of each character. Counts the starts and ends of styles, because any number of them may overlap.
fn styles(styles: &[Style], characters: usize) -> Vec<RunStyle> {
    let mut all = vec![RunStyle::default(); characters];
    for of in [
        RunStyle::BOLD,
        RunStyle::ITALIC,
        RunStyle::UNDERLINE,
        RunStyle::STRIKETHROUGH,
        RunStyle::SUPERSCRIPT,
        RunStyle::SUBSCRIPT,
        RunStyle::CODE,
        RunStyle::FORMULA,
        RunStyle::LINK,
    ] {
        let mut change = vec![0_i32; characters + 1];
        let mut any = false;
        for style in styles.iter().filter(|style| run_style(&style.kind) == of) {
            let (start, end) = clipped(style.range, characters);
            change[start] += 1;
            change[end] -= 1;
            any = true;
        }
        let mut open = 0;
        for (style, change) in all.iter_mut().zip(change).filter(|_| any) {
            open += change;
            if open > 0 {
                *style = style.with(of);
            }
        }
    }
    all
}

/// The address that the character links to. Of overlapping links, the one that begins last counts.
fn link_at<'a>(links: &[&'a Style], at: u32, style: RunStyle) -> Option<&'a str> {
    if !style.has(RunStyle::LINK) {
        return None;
    }
    let begun = links.partition_point(|link| link.range.start <= at);
    match &links.get(begun.checked_sub(1)?)?.kind {
        StyleKind::Link { url } => Some(url),
        _ => None,
    }
}

const fn run_style(kind: &StyleKind) -> RunStyle {
    match kind {
        StyleKind::Bold => RunStyle::BOLD,
        StyleKind::Italic => RunStyle::ITALIC,
        StyleKind::Underline => RunStyle::UNDERLINE,
        StyleKind::Strikethrough => RunStyle::STRIKETHROUGH,
        StyleKind::Superscript => RunStyle::SUPERSCRIPT,
        StyleKind::Subscript => RunStyle::SUBSCRIPT,
        StyleKind::Code => RunStyle::CODE,
        StyleKind::Formula => RunStyle::FORMULA,
        StyleKind::Link { .. } => RunStyle::LINK,
    }
}

fn clipped(range: TextRange, characters: usize) -> (usize, usize) {
    let end = (range.end as usize).min(characters);
    ((range.start as usize).min(end), end)
}

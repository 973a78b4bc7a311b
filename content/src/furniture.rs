//! Finds page furniture at the edges of a located page: page numbers, and running heads and feet. What is not clear stays text, because
//! furniture is left out of Markdown.

mod number;

use crate::{Block, BlockKind, BoundingBox, FurnitureRole};
use number::PageNumber;

/// The part of the page's height at its top and at its bottom in which furniture is.
const EDGE: f32 = 0.12;
/// The minimum room between furniture and text, as a multiple of the usual height of a line.
const MIN_ROOM: f32 = 1.5;
/// The minimum number of lines of a page with furniture.
const MIN_LINES: usize = 8;
/// The maximum heights of a page number and of other furniture, in the same measure. Titles are larger.
const MAX_NUMBER_HEIGHT: f32 = 1.35;
const MAX_HEIGHT: f32 = 1.15;
/// The maximum number of characters of furniture.
const MAX_CHARACTERS: usize = 80;
/// The minimum gap between a running head and the page number in one line, in the same measure.
const MIN_GAP: f32 = 1.5;
/// A page is prose if at least this part of its characters is in paragraphs of so many lines.
const PROSE_SHARE: f32 = 0.5;
const PROSE_LINES: usize = 3;

/// Turns lines at the page's edges into furniture. `height` is that of the page.
pub(crate) fn find(blocks: &mut [Block], height: u32) {
    let lines: Vec<(usize, BoundingBox)> = blocks
        .iter()
        .map(located_lines)
        .enumerate()
        .flat_map(|(at, lines)| lines.into_iter().map(move |bounds| (at, bounds)))
        .collect();
    let mut heights: Vec<u32> = lines.iter().map(|(_, bounds)| bounds.height).collect();
    heights.sort_unstable();
    let Some(usual) = heights.get(heights.len() / 2).map(|usual| *usual as f32) else { return };
    if lines.len() < MIN_LINES {
        return;
    }
    let page = Page { blocks, lines: &lines, usual, height: height as f32 };
    let is_prose = page.is_prose();
    let rows = [page.edge(true), page.edge(false)];
    let numbers: Vec<Option<PageNumber>> = rows.iter().map(|row| page.number_of(row)).collect();
    let mut found = Vec::new();
    for ((row, own), other) in rows.iter().zip(&numbers).zip(numbers.iter().rev()) {
        let is_top = std::ptr::eq(row, &raw const rows[0]);
        found.extend(page.furniture(row, is_top, is_prose, own.is_some(), other.as_ref()));
    }
    for (at, role) in found {
        if let BlockKind::Paragraph { text } = &mut blocks[at].kind {
            blocks[at].kind = BlockKind::Furniture { role, text: std::mem::take(text) };
        }
    }
}

struct Page<'a> {
    blocks: &'a [Block],
    /// The lines with the positions of their blocks.
    lines: &'a [(usize, BoundingBox)],
    /// The usual height of a line.
    usual: f32,
    height: f32,
}

impl Page<'_> {
    /// Whether most of the page is paragraphs of several lines.
    fn is_prose(&self) -> bool {
        let characters = |block: &Block| block.plain_text().chars().count();
        let all: usize = self.blocks.iter().map(characters).sum();
        let is_long = |block: &&Block| block.text().is_some_and(|text| text.lines.len() >= PROSE_LINES);
        let prose: usize = self.blocks.iter().filter(is_long).map(characters).sum();
        prose as f32 >= PROSE_SHARE * all as f32
    }

    /// The paragraphs of one line each that stand beside each other at an edge, apart from the text; none if there is other text.
    fn edge(&self, is_top: bool) -> Vec<usize> {
        let middle = |bounds: &BoundingBox| bounds.y as f32 + bounds.height as f32 / 2.0;
        let outermost = self.lines.iter().min_by(|(_, one), (_, other)| {
            let order = middle(one).total_cmp(&middle(other));
            if is_top { order } else { order.reverse() }
        });
        let Some((_, outermost)) = outermost else { return Vec::new() };
        let (top, bottom) = (outermost.y as f32, bottom(outermost));
        let is_at_edge = if is_top {
            middle(outermost) <= EDGE * self.height
        } else {
            middle(outermost) >= (1.0 - EDGE) * self.height
        };
        let is_beside = |bounds: &BoundingBox| (top..=bottom).contains(&middle(bounds));
        let is_apart = |bounds: &BoundingBox| {
            let room = if is_top { bounds.y as f32 - bottom } else { top - self::bottom(bounds) };
            room >= MIN_ROOM * self.usual
        };
        let (beside, others): (Vec<&(usize, BoundingBox)>, Vec<_>) =
            self.lines.iter().partition(|(_, bounds)| is_beside(bounds));
        let is_whole = |at: usize| self.lines.iter().filter(|(block, _)| *block == at).count() == 1;
        let is_paragraph = |at: usize| matches!(self.blocks[at].kind, BlockKind::Paragraph { .. });
        let is_furniture = is_at_edge
            && others.iter().all(|(_, bounds)| is_apart(bounds))
            && beside.iter().all(|(at, _)| is_whole(*at) && is_paragraph(*at));
        let mut row: Vec<(usize, BoundingBox)> = beside.into_iter().filter(|_| is_furniture).copied().collect();
        row.sort_by_key(|(_, bounds)| bounds.x);
        row.into_iter().map(|(at, _)| at).collect()
    }

    /// The page number in a row.
    fn number_of(&self, row: &[usize]) -> Option<PageNumber> {
        row.iter().find_map(|at| self.whole_number(*at).or_else(|| self.number_at_end(*at)))
    }

    /// The page number that is the whole line.
    fn whole_number(&self, at: usize) -> Option<PageNumber> {
        let fits = self.line_height(at) <= MAX_NUMBER_HEIGHT * self.usual;
        number::whole(self.text(at)).filter(|_| fits)
    }

    /// The page number at either end of a line, apart from its other words.
    fn number_at_end(&self, at: usize) -> Option<PageNumber> {
        let text = self.blocks[at].text()?;
        let words = &text.lines.first()?.words;
        let gap = |one: usize, next: usize| {
            let [one, next] = [words.get(one)?.bounds?, words.get(next)?.bounds?];
            Some(next.x as f32 - one.x.saturating_add(one.width) as f32)
        };
        let last = words.len().checked_sub(1)?;
        let is_wide = |gap: Option<f32>| gap.is_some_and(|gap| gap >= MIN_GAP * self.usual);
        let word = |at: usize| number::whole(words[at].range.slice(&text.text));
        let first = word(0).filter(|_| is_wide(gap(0, 1)));
        let before_last = last.checked_sub(1)?;
        first.or_else(|| word(last).filter(|_| is_wide(gap(before_last, last))))
    }

    fn furniture(
        &self,
        row: &[usize],
        is_top: bool,
        is_prose: bool,
        has_number: bool,
        other: Option<&PageNumber>,
    ) -> Vec<(usize, FurnitureRole)> {
        let role = if is_top { FurnitureRole::RunningHead } else { FurnitureRole::RunningFoot };
        // The number at the other edge tells that this is not the first page, which has a title. A heading may have a number of its own.
        let is_later = |at: &usize| {
            let is_heading = self.text(*at).starts_with(|first: char| first.is_ascii_digit());
            is_top && row.len() == 1 && !is_heading && other.is_some_and(|number| number.value > 1)
        };
        let is_short = |at: &usize| {
            let text = self.text(*at);
            self.line_height(*at) <= MAX_HEIGHT * self.usual
                && text.chars().count() <= MAX_CHARACTERS
                && !text.ends_with(['.', ':', ',', ';', '!', '?', '-'])
        };
        let role_of = |at: &usize| {
            if let Some(number) = self.whole_number(*at) {
                return (is_prose || number.is_named).then_some(FurnitureRole::PageNumber);
            }
            let is_named = number::is_within(self.text(*at));
            let is_head = is_prose && (has_number || is_later(at)) && is_short(at);
            (is_head || (is_named && is_short(at))).then_some(role)
        };
        row.iter().filter_map(|at| Some((*at, role_of(at)?))).collect()
    }

    fn text(&self, at: usize) -> &str {
        self.blocks[at].text().map(|text| text.text.trim()).unwrap_or_default()
    }

    fn line_height(&self, at: usize) -> f32 {
        self.blocks[at].bounds.map_or(f32::MAX, |bounds| bounds.height as f32)
    }
}

fn bottom(bounds: &BoundingBox) -> f32 {
    bounds.y.saturating_add(bounds.height) as f32
}

/// The bounds of a block's lines, of those in a table, too.
fn located_lines(block: &Block) -> Vec<BoundingBox> {
    if let BlockKind::Table(table) = &block.kind {
        return table.cells.iter().flat_map(|cell| &cell.text.lines).filter_map(|line| line.bounds).collect();
    }
    block.text().into_iter().flat_map(|text| &text.lines).filter_map(|line| line.bounds).collect()
}

#[cfg(test)]
mod tests;

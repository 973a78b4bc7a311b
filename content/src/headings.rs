//! Finds headings by their size. Engines that locate words know no other sign of them.

use crate::{Block, BlockKind, Line, RichText};

/// The minimum height of a heading's letters, as a multiple of the body's.
const MIN_RATIO: f32 = 1.3;
/// Headings whose heights differ by less than this ratio have one level.
const LEVEL_RATIO: f32 = 1.15;
/// The maximum length of a heading in lines and in characters. More large text is a slogan or a slide.
const MAX_LINES: usize = 3;
const MAX_CHARACTERS: usize = 200;
/// The maximum part of the page's characters that are in headings. On a page of which more is large, size says nothing.
const MAX_SHARE: f32 = 0.3;
/// The deepest level that sizes are told apart for.
const MAX_LEVEL: u8 = 3;

/// Turns the paragraphs that are set larger than the body of the page into headings.
pub(crate) fn find(blocks: &mut [Block]) {
    let sizes: Vec<Option<(f32, usize)>> = blocks.iter().map(size).collect();
    let Some(body) = weighted_median(sizes.iter().flatten().copied()) else { return };
    let is_heading = |block: &Block, size: f32| {
        let text = block.text().map(|text| text.text.as_str()).unwrap_or_default();
        size >= body * MIN_RATIO
            && text.lines().count() <= MAX_LINES
            && text.chars().count() <= MAX_CHARACTERS
            && text.chars().any(char::is_alphabetic)
    };
    let headings: Vec<(usize, f32)> = (0..)
        .zip(blocks.iter().zip(&sizes))
        .filter_map(|(at, (block, size))| size.filter(|(size, _)| is_heading(block, *size)).map(|(size, _)| (at, size)))
        .collect();
    let all: usize = sizes.iter().flatten().map(|(_, characters)| characters).sum();
    let in_headings: usize =
        headings.iter().filter_map(|(block, _)| sizes[*block]).map(|(_, characters)| characters).sum();
    if in_headings as f32 > all as f32 * MAX_SHARE {
        return;
    }
    let levels = levels(headings.iter().map(|(_, size)| *size).collect());
    for (block, size) in headings {
        let level = levels.iter().take_while(|smallest| size < **smallest).count() as u8 + 1;
        let kind = &mut blocks[block].kind;
        if let BlockKind::Paragraph { text } = kind {
            *kind = BlockKind::Heading { level: level.min(MAX_LEVEL), text: std::mem::take(text) };
        }
    }
}

/// The height of a paragraph's letters, and its number of characters. `None` if its lines are not located.
fn size(block: &Block) -> Option<(f32, usize)> {
    let BlockKind::Paragraph { text } = &block.kind else { return None };
    let heights = text.lines.iter().filter_map(|line| Some((height(line)?, length(text, line))));
    Some((weighted_median(heights)?, text.text.chars().filter(|letter| !letter.is_whitespace()).count()))
}

/// The median height of the line's words, or its own height without words.
fn height(line: &Line) -> Option<f32> {
    let words = line
        .words
        .iter()
        .filter_map(|word| Some((word.bounds?.height as f32, (word.range.end - word.range.start) as usize)));
    weighted_median(words).or(line.bounds.map(|bounds| bounds.height as f32))
}

fn length(text: &RichText, line: &Line) -> usize {
    line.range.slice(&text.text).chars().count()
}

/// The smallest size of each level, the largest level first.
fn levels(mut sizes: Vec<f32>) -> Vec<f32> {
    sizes.sort_by(|one, other| other.total_cmp(one));
    let mut levels: Vec<f32> = Vec::new();
    for size in sizes {
        match levels.last_mut() {
            Some(smallest) if *smallest < size * LEVEL_RATIO => *smallest = size,
            _ => levels.push(size),
        }
    }
    levels
}

/// The value below which half of the weight is.
fn weighted_median(values: impl Iterator<Item = (f32, usize)>) -> Option<f32> {
    let mut values: Vec<(f32, usize)> = values.filter(|(_, weight)| *weight > 0).collect();
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    let half = values.iter().map(|(_, weight)| weight).sum::<usize>() / 2;
    let mut passed = 0;
    values.into_iter().find_map(|(value, weight)| {
        passed += weight;
        (passed > half).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, TextRange};

    /// A paragraph of one line whose letters have this height.
    fn paragraph(text: &str, height: u32) -> Block {
        let characters = text.chars().count() as u32;
        let bounds = BoundingBox { x: 0, y: 0, width: characters * height / 2, height };
        let range = TextRange::new(0, characters);
        let line = Line { range, number: None, bounds: Some(bounds), confidence: None, words: Vec::new() };
        let text = RichText { text: text.to_owned(), styles: Vec::new(), lines: vec![line] };
        Block::new(BlockKind::Paragraph { text })
    }

    const BODY: &str =
        "Salt was the first trade of the coast, and pans were dug behind the dunes, filled and left to dry.";

    fn levels_of(mut blocks: Vec<Block>) -> Vec<Option<u8>> {
        find(&mut blocks);
        let level = |block: &Block| match block.kind {
            BlockKind::Heading { level, .. } => Some(level),
            _ => None,
        };
        blocks.iter().map(level).collect()
    }

    #[test]
    fn larger_lines_are_headings_whose_levels_follow_their_sizes() {
        let page = vec![
            paragraph("The Salt Roads", 48),
            paragraph("By Ada Voss", 22),
            paragraph("Pans", 31),
            paragraph(BODY, 20),
            paragraph("Carts", 30),
            paragraph(BODY, 21),
        ];
        assert_eq!(levels_of(page), [Some(1), None, Some(2), None, Some(2), None]);
    }

    #[test]
    fn a_page_of_large_text_large_numbers_and_unlocated_text_have_no_headings() {
        assert_eq!(levels_of(vec![paragraph(BODY, 60), paragraph("Small print", 20)]), [None, None]);
        assert_eq!(
            levels_of(vec![paragraph("Everything is large", 40), paragraph("but a little is not", 20)]),
            [None, None]
        );
        assert_eq!(levels_of(vec![paragraph("4711", 60), paragraph(BODY, 20)]), [None, None]);
        assert_eq!(levels_of(vec![Block::new(BlockKind::Paragraph { text: RichText::plain("text") })]), [None]);
        assert_eq!(levels_of(Vec::new()), []);
    }
}

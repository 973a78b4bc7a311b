use super::find;
use crate::{Block, BlockKind, BoundingBox, FurnitureRole, Line, RichText, TextRange, Word};

/// The height of the page.
const HEIGHT: u32 = 1000;

/// A paragraph of lines 20 pixels high, whose first one is at `y`. Words that are separated by `|` are 80 pixels apart.
fn paragraph(x: u32, y: u32, written: &str) -> Block {
    let mut text = RichText { text: written.replace('|', " "), ..RichText::default() };
    let mut start = 0;
    for (row, line) in (0..).zip(written.split('\n')) {
        let mut at = x;
        let words: Vec<Word> = line
            .split_inclusive([' ', '|'])
            .map(|word| {
                let length = word.trim_end_matches([' ', '|']).chars().count() as u32;
                let bounds = BoundingBox { x: at, y: y + row * 28, width: length * 9, height: 20 };
                at += length * 9 + if word.ends_with('|') { 80 } else { 9 };
                let range = TextRange::new(start, start + length);
                start += word.chars().count() as u32;
                Word { range, bounds: Some(bounds), confidence: None }
            })
            .collect();
        let bounds = words.iter().filter_map(|word| word.bounds).reduce(BoundingBox::union);
        let range = TextRange::new(words[0].range.start, start);
        start = range.end + 1;
        text.lines.push(Line { range, number: None, bounds, confidence: None, words });
    }
    let bounds = text.lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union);
    Block { bounds, ..Block::new(BlockKind::Paragraph { text }) }
}

/// A page of prose from 150 to 850, with more blocks.
fn prose(more: Vec<Block>) -> Vec<Block> {
    let lines = ["Salt was the first trade of the coast, and pans were dug"; 6].join("\n");
    let mut blocks: Vec<Block> = (0..4).map(|at| paragraph(100, 150 + at * 180, &lines)).collect();
    blocks.extend(more);
    blocks
}

fn furniture(mut blocks: Vec<Block>) -> Vec<(FurnitureRole, String)> {
    find(&mut blocks, HEIGHT);
    let role = |block: &Block| match &block.kind {
        BlockKind::Furniture { role, text } => Some((*role, text.text.clone())),
        _ => None,
    };
    blocks.iter().filter_map(role).collect()
}

#[test]
fn numbers_and_heads_at_the_edges_of_prose_are_furniture() {
    let number = |text: &str| (FurnitureRole::PageNumber, text.to_owned());
    let head = |text: &str| (FurnitureRole::RunningHead, text.to_owned());
    assert_eq!(furniture(prose(vec![paragraph(400, 950, "- 12 -")])), [number("- 12 -")]);
    assert_eq!(furniture(prose(vec![paragraph(400, 950, "xiv")])), [number("xiv")]);
    let beside = vec![paragraph(100, 40, "12"), paragraph(300, 42, "THE SALT ROADS")];
    assert_eq!(furniture(prose(beside)), [number("12"), head("THE SALT ROADS")]);
    let one_line = vec![paragraph(100, 40, "THE SALT ROADS|13")];
    assert_eq!(furniture(prose(one_line)), [head("THE SALT ROADS 13")]);
    let both = vec![paragraph(100, 40, "The Salt Roads"), paragraph(400, 950, "2")];
    assert_eq!(furniture(prose(both)), [head("The Salt Roads"), number("2")]);
    let foot = vec![paragraph(100, 950, "Acme Ltd, Leipzig Page 3 of 9")];
    assert_eq!(furniture(prose(foot)), [(FurnitureRole::RunningFoot, "Acme Ltd, Leipzig Page 3 of 9".to_owned())]);
}

#[test]
fn titles_footnotes_dates_and_numbers_within_the_page_are_text() {
    for more in [
        vec![paragraph(100, 40, "The Salt Roads")],
        vec![paragraph(100, 40, "The Salt Roads"), paragraph(400, 950, "1")],
        vec![paragraph(100, 40, "Leipzig, 3 May 1999")],
        vec![paragraph(100, 40, "2.3 Methods of the trade"), paragraph(100, 900, "4711")],
        vec![paragraph(100, 900, "1 Of the coast, see the map.\nAnd the dunes.")],
        vec![paragraph(400, 845, "12")],
        vec![paragraph(100, 950, "1 Of the coast, see the map.")],
        vec![paragraph(400, 950, "12.50")],
    ] {
        let texts: Vec<_> = more.iter().map(Block::plain_text).collect();
        let found: Vec<_> = furniture(prose(more))
            .into_iter()
            .filter(|(role, _)| *role != FurnitureRole::PageNumber || texts.len() == 1)
            .collect();
        assert_eq!(found, [], "{texts:?}");
    }
}

#[test]
fn a_page_of_few_lines_or_of_no_prose_has_only_furniture_that_says_so() {
    let form = |last: &str| -> Vec<Block> {
        let mut blocks: Vec<Block> = (0..12).map(|at| paragraph(100, 100 + at * 60, "Total|17")).collect();
        blocks.push(paragraph(400, 950, last));
        blocks
    };
    assert_eq!(furniture(form("42")), []);
    assert_eq!(furniture(form("Page 1 of 1")), [(FurnitureRole::PageNumber, "Page 1 of 1".to_owned())]);
    assert_eq!(furniture(vec![paragraph(100, 100, "Ink"), paragraph(100, 950, "Page 1")]), []);
}

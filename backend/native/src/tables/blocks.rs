//! The tables of a page that an engine has read to blocks of lines.

use inkstream_content::{BoundingBox, LayoutBlock, LayoutLine, RegionKind};

use super::{Pieces, Rulings, tables, text_height};
use crate::recognized::{ReadPage, ReadTable};

/// The page with its tables, each of which is a block of its own. Text and the order of lines stay as they are.
pub(crate) fn with_tables(page: ReadPage, grey: &[u8], width: u32, height: u32) -> ReadPage {
    let lines: Vec<Pieces> = page.layout.iter().flat_map(|block| &block.lines).map(bounds).collect();
    let rulings = Rulings::of(grey, width as usize, height as usize, text_height(&lines));
    let found = tables(&lines, &rulings);
    if found.is_empty() {
        return page;
    }
    let mut layout: Vec<LayoutBlock> = Vec::new();
    let mut tables: Vec<ReadTable> = Vec::new();
    let mut number = 0;
    let mut before = None;
    for (place, mut block) in page.layout.into_iter().enumerate() {
        let lines = std::mem::take(&mut block.lines);
        if block.kind == RegionKind::Figure || lines.is_empty() {
            layout.push(LayoutBlock { lines, ..block });
            before = None;
            continue;
        }
        for line in lines {
            let table = found.iter().position(|table| table.lines.contains(&number));
            number += 1;
            // The lines of a table may come from several blocks.
            let key = (table.is_none().then_some(place), table);
            let open = tables.last().filter(|_| table.is_some() && before.is_some_and(|(_, before)| before == table));
            let at = match open {
                Some(open) => open.block,
                None if before == Some(key) => layout.len() - 1,
                None => {
                    layout.push(LayoutBlock { bounds: None, lines: Vec::new(), table: None, ..block });
                    tables.extend(
                        table.map(|table| ReadTable { block: layout.len() - 1, cells: found[table].cells.clone() }),
                    );
                    layout.len() - 1
                }
            };
            before = Some(key);
            let block = &mut layout[at];
            block.bounds = Some(block.bounds.map_or(line.bounds, |bounds: BoundingBox| bounds.union(line.bounds)));
            block.lines.push(line);
        }
    }
    ReadPage { layout, tables, ..page }
}

/// The bounds of a line's words, from left to right.
pub(crate) fn bounds(line: &LayoutLine) -> Pieces {
    let edges = |it: BoundingBox| [it.x, it.y, it.x + it.width, it.y + it.height].map(|edge| edge as f32);
    let mut words: Pieces = line.words.iter().map(|word| edges(word.bounds)).collect();
    words.sort_by(|one, other| one[0].total_cmp(&other[0]));
    words
}

#[cfg(test)]
mod tests {
    use inkstream_content::LayoutWord;

    use super::*;

    /// Lines of words 10 pixels high at these places; each word is a line, as in columns that Tesseract has taken apart.
    fn block(number: u32, first: u32, words: &[(u32, u32)]) -> LayoutBlock {
        let line = |(at, (x, y)): (usize, &(u32, u32))| {
            let bounds = BoundingBox { x: *x, y: *y, width: 30, height: 10 };
            let word = LayoutWord { text: "ink".to_owned(), bounds, confidence: None };
            let number = Some(first + at as u32);
            LayoutLine { text: "ink".to_owned(), bounds, confidence: None, paragraph: None, number, words: vec![word] }
        };
        let lines = words.iter().enumerate().map(line).collect();
        LayoutBlock { number: Some(number), kind: RegionKind::Block, bounds: None, lines, table: None }
    }

    #[test]
    fn the_lines_of_a_ruled_table_are_one_block_whatever_blocks_they_were() {
        let (width, height) = (200_u32, 120_u32);
        let mut grey = vec![u8::MAX; (width * height) as usize];
        for y in [30, 50, 70, 90] {
            grey[(y * width + 10) as usize..(y * width + 190) as usize].fill(0);
        }
        for x in [10, 100, 189] {
            (30..=90).for_each(|y| grey[(y * width + x) as usize] = 0);
        }
        let left = block(0, 0, &[(20, 10), (20, 35), (20, 55), (20, 75)]);
        let right = block(1, 4, &[(110, 35), (110, 55), (110, 75), (20, 100)]);
        let page = ReadPage { layout: vec![left, right], ..ReadPage::default() };
        let read = with_tables(page.clone(), &grey, width, height);
        let lines: Vec<Vec<u32>> =
            read.layout.iter().map(|block| block.lines.iter().filter_map(|line| line.number).collect()).collect();
        assert_eq!(lines, [vec![0], vec![1, 2, 3, 4, 5, 6], vec![7]]);
        assert_eq!(read.tables.iter().map(|table| (table.block, table.cells.len())).collect::<Vec<_>>(), [(1, 6)]);
        let blank = vec![u8::MAX; (width * height) as usize];
        assert_eq!(
            with_tables(ReadPage { layout: page.layout[..1].to_vec(), ..page }, &blank, width, height).tables,
            []
        );
    }
}

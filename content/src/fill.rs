//! Puts words into the cells of a table.

use serde::{Deserialize, Serialize};

use crate::{BoundingBox, Cell, LayoutLine, LayoutWord, Line, RichText, Table, TableBuilder, TextRange, Word};

/// The minimum part of the cells that have a word. A network that sees a table in prose makes many empty cells.
const MIN_FILLED: f32 = 0.3;
/// The maximum number of cells. The fullest of ICDAR 2013's tables has 700.
pub const MAX_PLACES: usize = 3000;

/// A cell of a table that has no words yet. The cells of a table come row by row, as in HTML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellPlace {
    /// The number of its row, from 0.
    pub row: u32,
    /// How many columns it spans.
    pub column_span: u32,
    /// How many rows it spans.
    pub row_span: u32,
    /// Whether it is in the table's head.
    pub in_head: bool,
    /// Left, top, right and bottom in the page image's pixels.
    pub bounds: [f32; 4],
}

/// The table with these cells and the words of these lines. `None` if too few cells have a word, or if words would be lost.
pub fn fill_table(cells: &[CellPlace], lines: &[LayoutLine]) -> Option<Table> {
    if cells.len() > MAX_PLACES {
        return None;
    }
    let mut contents: Vec<Vec<(Option<u32>, &LayoutWord)>> = vec![Vec::new(); cells.len()];
    for line in lines {
        for word in &line.words {
            contents[nearest(cells, word.bounds)?].push((line.number, word));
        }
    }
    let with_words = contents.iter().filter(|words| !words.is_empty()).count();
    if (with_words as f32) < cells.len() as f32 * MIN_FILLED {
        return None;
    }
    let mut builder = TableBuilder::default();
    let mut row = None;
    for (cell, words) in cells.iter().zip(&contents) {
        if row.replace(cell.row) != Some(cell.row) {
            builder.begin_row(cell.in_head);
        }
        builder.cell(text_of(words), cell.in_head, cell.column_span, cell.row_span);
    }
    let mut table = builder.finish().filter(|table| !table.truncated && table.rows >= 2 && table.columns >= 2)?;
    for cell in &mut table.cells {
        cell.bounds = bounds(cell);
    }
    Some(table)
}

/// The cell that is nearest to the middle of a word. Of several that contain it, the one whose middle is nearest.
fn nearest(cells: &[CellPlace], word: BoundingBox) -> Option<usize> {
    let (x, y) = (word.x as f32 + word.width as f32 / 2.0, word.y as f32 + word.height as f32 / 2.0);
    let outside = |low: f32, value: f32, high: f32| (low - value).max(value - high).max(0.0);
    let distance = |cell: &CellPlace| {
        let [left, top, right, bottom] = cell.bounds;
        let middle = (x - f32::midpoint(left, right)).hypot(y - f32::midpoint(top, bottom));
        (outside(left, x, right).hypot(outside(top, y, bottom)), middle)
    };
    let compare = |one: (f32, f32), other: (f32, f32)| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1));
    (0..cells.len()).min_by(|one, other| compare(distance(&cells[*one]), distance(&cells[*other])))
}

/// The text of a cell: its words in the order of the page's lines, and a line feed between two lines.
fn text_of(words: &[(Option<u32>, &LayoutWord)]) -> RichText {
    let mut rich = RichText::default();
    let mut characters = 0;
    for line in words.chunk_by(|one, next| one.0 == next.0) {
        if !rich.text.is_empty() {
            rich.text.push('\n');
            characters += 1;
        }
        let start = characters;
        let mut located = Vec::new();
        for (_, word) in line {
            if !located.is_empty() {
                rich.text.push(' ');
                characters += 1;
            }
            let end = characters + word.text.chars().count() as u32;
            rich.text.push_str(&word.text);
            let range = TextRange::new(characters, end);
            located.push(Word { range, bounds: Some(word.bounds), confidence: word.confidence });
            characters = end;
        }
        rich.lines.push(Line {
            range: TextRange::new(start, characters),
            number: line[0].0,
            bounds: line.iter().map(|(_, word)| word.bounds).reduce(BoundingBox::union),
            confidence: None,
            words: located,
        });
    }
    rich
}

/// The bounds of a cell's text.
fn bounds(cell: &Cell) -> Option<BoundingBox> {
    cell.text.lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(row: u32, column: u32) -> CellPlace {
        let (left, top) = (column as f32 * 100.0, row as f32 * 40.0);
        CellPlace { row, column_span: 1, row_span: 1, in_head: row == 0, bounds: [left, top, left + 90.0, top + 36.0] }
    }

    fn word(text: &str, x: u32, y: u32) -> LayoutWord {
        LayoutWord {
            text: text.to_owned(),
            bounds: BoundingBox { x, y, width: 30, height: 10 },
            confidence: Some(90.0),
        }
    }

    fn line(number: u32, words: Vec<LayoutWord>) -> LayoutLine {
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let bounds = words.iter().map(|word| word.bounds).reduce(BoundingBox::union).unwrap();
        LayoutLine { text, bounds, confidence: None, paragraph: Some(0), number: Some(number), words }
    }

    fn grid() -> Vec<CellPlace> {
        (0..2).flat_map(|row| (0..2).map(move |column| cell(row, column))).collect()
    }

    #[test]
    fn words_go_to_the_cell_that_they_are_in_or_near() {
        let lines = [
            line(0, vec![word("Lamp", 0, 0), word("oil", 40, 0), word("24.50", 110, 0)]),
            line(1, vec![word("second", 0, 14)]),
            line(2, vec![word("Tar", 0, 44), word("7.25", 165, 44)]),
        ];
        let table = fill_table(&grid(), &lines).unwrap();
        let texts: Vec<_> = table.cells.iter().map(|cell| cell.text.text.as_str()).collect();
        assert_eq!(texts, ["Lamp oil\nsecond", "24.50", "Tar", "7.25"]);
        assert_eq!((table.rows, table.columns, table.header_rows), (2, 2, 1));
        let first = &table.cells[0];
        assert_eq!(first.bounds, Some(BoundingBox { x: 0, y: 0, width: 70, height: 24 }));
        assert_eq!(first.text.lines[0].words[1].range.slice(&first.text.text), "oil");
        assert_eq!(first.text.lines[1].number, Some(1));
    }

    #[test]
    fn a_structure_that_the_words_do_not_fill_is_no_table() {
        assert!(fill_table(&grid(), &[line(0, vec![word("alone", 0, 0)])]).is_none());
        assert!(fill_table(&[], &[line(0, vec![word("alone", 0, 0)])]).is_none());
        assert!(fill_table(&grid(), &[]).is_none());
    }
}

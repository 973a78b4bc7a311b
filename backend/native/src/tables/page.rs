//! The tables of a page whose words are known, from the positions of words and ruling lines.

use std::ops::Range;

use inkstream_content::CellPlace;

use super::{
    columns,
    find::{self, Pieces},
    lattice::{Lattice, lattices},
    rules,
    rulings::{Ruling, Rulings},
    split::split,
};

/// The minimum gap between two pieces of a line, as a multiple of the height of a line of text. Spaces between words are narrower.
pub(super) const PIECE_GAP: f32 = 0.7;
/// The maximum distance of the middles of two lines of one row, in the same measure, and the minimum part of the lines beside a table that have one.
const LEVEL: f32 = 0.5;
const MIN_LEVEL: f32 = 0.7;
/// How far a word may stick out of a closed grid, in the same measure.
const STICKS_OUT: f32 = 0.3;

/// A table: the lines that it consists of, and its cells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageTable {
    pub(crate) lines: Range<usize>,
    pub(crate) cells: Vec<CellPlace>,
}

/// Finds ranges of lines that may be tables, from the words of lines, horizontal ruling lines, and the height of a line.
type Find = fn(&[Pieces], &[Ruling], f32) -> Vec<Range<usize>>;

/// The tables among the lines of a page in reading order. A line is the bounds of its words, from left to right.
pub(crate) fn tables(lines: &[Pieces], rulings: &Rulings) -> Vec<PageTable> {
    let height = text_height(lines);
    let mut found: Vec<PageTable> = ruled(lines, rulings, height)
        .into_iter()
        .map(|(range, lattice)| PageTable {
            cells: split(lattice, &lines[range.clone()], height).places(),
            lines: range,
        })
        .collect();
    for find in [rules::regions as Find, gaps] {
        for range in between(found.iter().map(|table| &table.lines), lines.len()) {
            let mut end = range.start;
            for region in find(&lines[range.clone()], &rulings.horizontal, height) {
                let region = range.start + region.start..range.start + region.end;
                if region.start < end {
                    continue;
                }
                let region = with_stub(lines, region, end..range.end, height);
                let rows = rows(&lines[region.clone()], height);
                if let Some(cells) = columns::cells(&rows, &rulings.horizontal) {
                    end = region.end;
                    found.push(PageTable { lines: region, cells });
                }
            }
        }
        found.sort_by_key(|table| table.lines.start);
    }
    found
}

/// The ranges of lines that have gaps above each other. Where the order of lines shows none, the columns of a table may have been read one after the
/// other.
fn gaps(lines: &[Pieces], _rulings: &[Ruling], height: f32) -> Vec<Range<usize>> {
    let pieces_of =
        |lines: &[Pieces]| -> Vec<Pieces> { lines.iter().map(|line| pieces(line, height * PIECE_GAP)).collect() };
    let found = find::regions(&pieces_of(lines));
    if !found.is_empty() {
        return found;
    }
    let rows = level(lines, height);
    let words: Vec<Pieces> =
        rows.iter().map(|row| row.iter().flat_map(|line| &lines[*line]).copied().collect()).collect();
    let regions = find::regions(&pieces_of(&words));
    regions.into_iter().filter_map(|region| range(&rows[region].concat())).collect()
}

/// The range of these lines; `None` if others are between them.
pub(super) fn range(lines: &[usize]) -> Option<Range<usize>> {
    let (first, last) = (*lines.iter().min()?, *lines.iter().max()?);
    (last - first + 1 == lines.len()).then_some(first..last + 1)
}

/// The median height of the words.
pub(crate) fn text_height(lines: &[Pieces]) -> f32 {
    let mut heights: Vec<f32> = lines.iter().flatten().map(|[_, top, _, bottom]| bottom - top).collect();
    heights.sort_unstable_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(0.0)
}

/// The closed grids that hold whole lines, which follow each other.
pub(crate) fn ruled(lines: &[Pieces], rulings: &Rulings, height: f32) -> Vec<(Range<usize>, Lattice)> {
    let mut found: Vec<(Range<usize>, Lattice)> = Vec::new();
    // Of grids within each other, the outer one is the table.
    let mut lattices = lattices(rulings, height);
    lattices.sort_by(|one, other| other.area().total_cmp(&one.area()));
    let split: Vec<Pieces> = lines.iter().map(|line| pieces(line, height * PIECE_GAP)).collect();
    for lattice in lattices.into_iter().filter_map(|lattice| lattice.without_title(&split)) {
        let is_inside = |word: &[f32; 4]| lattice.contains(lattice.middle(word), height * STICKS_OUT);
        let holds = |line: &Pieces| line.iter().all(is_inside);
        let (Some(first), Some(last)) = (lines.iter().position(holds), lines.iter().rposition(holds)) else { continue };
        let range = first..last + 1;
        let is_alone = lines.iter().enumerate().all(|(at, line)| range.contains(&at) == line.iter().any(is_inside));
        let is_free = found.iter().all(|(table, _)| table.end <= range.start || range.end <= table.start);
        if is_alone && is_free && lines[range.clone()].iter().all(holds) {
            found.push((range, lattice));
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// The lines of a table with those that stand beside them, where the reading order took the first or last columns for columns of text: nearly all of
/// them are on the height of one of its lines.
fn with_stub(lines: &[Pieces], region: Range<usize>, room: Range<usize>, height: f32) -> Range<usize> {
    let edges = |lines: &[Pieces]| around(lines.iter().flatten());
    let Some([left, top, right, bottom]) = edges(&lines[region.clone()]) else { return region };
    let is_beside = |line: &Pieces| {
        around(line.iter()).is_some_and(|[from, above, to, below]| {
            let y = f32::midpoint(above, below);
            y > top - height && y < bottom + height && (to < left + height || from > right - height)
        })
    };
    let before = lines[room.start..region.start].iter().rev().take_while(|line| is_beside(line)).count();
    let after = lines[region.end..room.end].iter().take_while(|line| is_beside(line)).count();
    let wide = region.start - before..region.end + after;
    let middles: Vec<f32> = lines[region.clone()].iter().filter_map(middle).collect();
    let is_level =
        |line: &&Pieces| middle(line).is_some_and(|y| middles.iter().any(|middle| (y - middle).abs() < height * LEVEL));
    let beside = lines[wide.start..region.start].iter().chain(&lines[region.end..wide.end]);
    let level = beside.filter(is_level).count();
    let count = wide.len() - region.len();
    if count > 0 && level as f32 >= count as f32 * MIN_LEVEL { wide } else { region }
}

/// The pieces of these lines row by row, whatever order the lines have.
pub(super) fn rows(lines: &[Pieces], height: f32) -> Vec<Pieces> {
    let words = |row: &Vec<usize>| -> Pieces { row.iter().flat_map(|line| &lines[*line]).copied().collect() };
    level(lines, height).iter().map(|row| pieces(&words(row), height * PIECE_GAP)).collect()
}

/// The numbers of the lines that are on one height, from top to bottom.
fn level(lines: &[Pieces], height: f32) -> Vec<Vec<usize>> {
    let mut sorted: Vec<(f32, usize)> =
        lines.iter().enumerate().filter_map(|(number, line)| Some((middle(line)?, number))).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut before = f32::MIN;
    for (y, number) in sorted {
        match rows.last_mut() {
            Some(row) if y - before < height * LEVEL => row.push(number),
            _ => {
                rows.push(vec![number]);
                before = y;
            }
        }
    }
    rows
}

fn around<'a>(words: impl Iterator<Item = &'a [f32; 4]>) -> Option<[f32; 4]> {
    words
        .copied()
        .reduce(|one, other| [one[0].min(other[0]), one[1].min(other[1]), one[2].max(other[2]), one[3].max(other[3])])
}

fn middle(line: &Pieces) -> Option<f32> {
    around(line.iter()).map(|[_, top, _, bottom]| f32::midpoint(top, bottom))
}

/// The lines between tables, which are in order.
pub(crate) fn between<'a>(tables: impl Iterator<Item = &'a Range<usize>>, lines: usize) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut between = Vec::new();
    for table in tables {
        between.push(start..table.start);
        start = table.end;
    }
    between.push(start..lines);
    between
}

/// The words of a line, those close together as one.
pub(super) fn pieces(words: &Pieces, gap: f32) -> Pieces {
    let mut sorted = words.clone();
    sorted.sort_by(|one, other| one[0].total_cmp(&other[0]));
    let mut pieces: Pieces = Vec::new();
    for word in sorted {
        match pieces.last_mut() {
            Some(last) if word[0] - last[2] < gap => {
                *last = [last[0], last[1].min(word[1]), last[2].max(word[2]), last[3].max(word[3])];
            }
            _ => pieces.push(word),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of words 10 pixels high: the top, and the left and right edges of the words.
    fn lines(lines: &[(f32, &[(f32, f32)])]) -> Vec<Pieces> {
        let word = |top: f32| move |(left, right): &(f32, f32)| [*left, top, *right, top + 10.0];
        lines.iter().map(|(top, words)| words.iter().map(word(*top)).collect()).collect()
    }

    fn told(lines: &[Pieces]) -> Vec<(Range<usize>, usize)> {
        tables(lines, &Rulings::default()).into_iter().map(|table| (table.lines, table.cells.len())).collect()
    }

    const WORDS: &[(f32, f32)] = &[(0.0, 30.0), (34.0, 60.0)];
    const NUMBERS: &[(f32, f32)] = &[(120.0, 140.0), (170.0, 190.0)];

    #[test]
    fn a_table_whose_columns_were_read_one_after_the_other_is_found() {
        let stub =
            lines(&[(0.0, WORDS), (16.0, WORDS), (32.0, WORDS), (0.0, NUMBERS), (16.0, NUMBERS), (32.0, NUMBERS)]);
        assert_eq!(told(&stub), [(0..6, 9)]);
        let single: &[(f32, f32)] = &[(120.0, 140.0)];
        let two = lines(&[(0.0, WORDS), (16.0, WORDS), (32.0, WORDS), (0.0, single), (16.0, single), (32.0, single)]);
        assert_eq!(told(&two), [(0..6, 6)]);
    }

    #[test]
    fn text_beside_a_table_that_is_not_level_with_its_rows_is_left_out() {
        let beside =
            lines(&[(7.0, WORDS), (23.0, WORDS), (39.0, WORDS), (0.0, NUMBERS), (16.0, NUMBERS), (32.0, NUMBERS)]);
        assert_eq!(told(&beside), [(3..6, 6)]);
    }

    #[test]
    fn columns_of_prose_are_no_table() {
        let column = |x: f32| -> Vec<(f32, f32)> {
            (0..5).map(|word| (x + word as f32 * 34.0, x + 30.0 + word as f32 * 34.0)).collect()
        };
        let (left, right) = (column(0.0), column(200.0));
        let page: Vec<(f32, &[(f32, f32)])> = [&left, &right]
            .into_iter()
            .flat_map(|words| (0..4).map(move |row| (row as f32 * 14.0, &words[..])))
            .collect();
        assert_eq!(told(&lines(&page)), []);
    }
}

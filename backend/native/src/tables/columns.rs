//! The cells of a table from the positions of its text: columns of white space, and rows where lines of text or ruling lines are. What stands over
//! several columns spans them.

use inkstream_content::{CellPlace, MAX_PLACES};

use super::{find::Pieces, page::text_height, rulings::Ruling};

/// The minimum overlap of a piece and a column that it stands in, as a part of the height of a line.
const OVERLAP: f32 = 0.15;
/// The minimum part of the table's width over which a ruling line separates two rows.
const RULED_WIDTH: f32 = 0.8;
/// Ruling lines tell the rows if they separate at most so many lines on average.
const RULED_LINES: usize = 3;
/// The distance of two lines of one cell, as a multiple of the smallest distance, and the minimum distance of two rows.
const TIGHT: f32 = 1.12;
const LOOSE: f32 = 1.3;
/// The maximum number of lines of a head.
const MAX_HEAD: usize = 8;
/// The maximum part of the pieces that span columns.
const MAX_SPANNING: f32 = 0.2;
/// The maximum width of the marks of a list, as a multiple of the height of a line.
const MARK: f32 = 1.5;
/// The median width of a line of running text, as a multiple of its height, and as a part of its column's width.
const PROSE_WIDTH: f32 = 8.0;
const PROSE_FILL: f32 = 0.85;
/// The minimum part of the positions below the head that have text.
const MIN_FILLED: f32 = 0.45;
/// The minimum part of the rows in which a table of two columns has both.
const MIN_BOTH: f32 = 0.5;

/// The cells of these lines, whose pieces are in order; `None` if they have no two columns and rows.
pub(crate) fn cells(lines: &[Pieces], rulings: &[Ruling]) -> Option<Vec<CellPlace>> {
    // Each piece needs a cell, and finding columns takes the square of the pieces.
    if lines.iter().map(Vec::len).sum::<usize>() > MAX_PLACES {
        return None;
    }
    let height = text_height(lines);
    let separators = separators(lines, rulings);
    let head = separators.iter().position(|it| *it).map_or(0, |at| at + 1);
    let head = if head <= MAX_HEAD && head + 1 < lines.len() { head } else { 0 };
    // A name over several columns stands in none of them.
    let columns = columns(&lines[head..], height * OVERLAP);
    if columns.len() < 2 || is_prose(&lines[head..], &columns, height) {
        return None;
    }
    let spans: Vec<Vec<Span>> = lines
        .iter()
        .map(|line| line.iter().filter_map(|piece| Span::of(piece, &columns, height * OVERLAP)).collect())
        .collect();
    let all = spans[head..].iter().flatten().count();
    let spanning = spans[head..].iter().flatten().filter(|span| span.last > span.first).count();
    // The marks of a list, and the gaps in justified text, make columns, too.
    let is_list = columns.len() == 2 && columns[0].1 - columns[0].0 < height * MARK;
    if is_list || spanning as f32 > all as f32 * MAX_SPANNING {
        return None;
    }
    let bands = 1 + separators.iter().filter(|it| **it).count();
    let is_ruled = bands >= 3 && bands * RULED_LINES >= lines.len();
    let mut rows = rows(&lines[head..], &spans[head..], &separators[head..], is_ruled);
    let mut cells = Vec::new();
    if head > 0 {
        cells = super::head::cells(&lines[..head], &spans[..head], &columns, rulings, top(&lines[head]));
        for row in &mut rows {
            *row = row.start + head..row.end + head;
        }
    }
    let both = rows.iter().filter(|row| spans[row.start..row.end].iter().flatten().any(|span| span.first > 0)).count();
    let filled: usize = rows
        .iter()
        .map(|row| {
            let spans = || spans[row.clone()].iter().flatten();
            (0..columns.len()).filter(|column| spans().any(|span| (span.first..=span.last).contains(column))).count()
        })
        .sum();
    // The labels of a chart make a sparse table.
    if (filled as f32) < (rows.len() * columns.len()) as f32 * MIN_FILLED {
        return None;
    }
    if rows.len() + usize::from(head > 0) < 2
        || rows.len() * columns.len() > MAX_PLACES
        || (both as f32) < rows.len() as f32 * MIN_BOTH
    {
        return None;
    }
    let begin = cells.last().map_or(0, |cell: &CellPlace| cell.row + 1);
    cells.extend(
        places(lines, &spans, &rows, &columns).into_iter().map(|cell| CellPlace { row: cell.row + begin, ..cell }),
    );
    Some(cells)
}

/// Whether all columns are columns of running text, whose lines are long and fill them.
fn is_prose(lines: &[Pieces], columns: &[(f32, f32)], height: f32) -> bool {
    columns.iter().all(|(left, right)| {
        let inside = lines.iter().flatten().filter(|piece| piece[0] >= left - height && piece[2] <= right + height);
        let mut widths: Vec<f32> = inside.map(|piece| piece[2] - piece[0]).collect();
        widths.sort_unstable_by(f32::total_cmp);
        let median = widths.get(widths.len() / 2).copied().unwrap_or(0.0);
        median >= height * PROSE_WIDTH && median >= (right - left) * PROSE_FILL
    })
}

/// The left and right edges of the columns. Narrow pieces tell them first, so that one that overlaps two columns is known to span them.
fn columns(lines: &[Pieces], overlap: f32) -> Vec<(f32, f32)> {
    let mut pieces: Vec<(f32, f32)> = lines.iter().flatten().map(|[left, _, right, _]| (*left, *right)).collect();
    pieces.sort_by(|one, other| (one.1 - one.0).total_cmp(&(other.1 - other.0)));
    let mut columns: Vec<(f32, f32)> = Vec::new();
    for (left, right) in pieces {
        let met: Vec<usize> = (0..columns.len()).filter(|it| meets(columns[*it], (left, right), overlap)).collect();
        match met[..] {
            [] => columns.push((left, right)),
            [one] => columns[one] = (columns[one].0.min(left), columns[one].1.max(right)),
            // Columns that no line has both of are one, such as numbers and a centred dash.
            [..] => join(&mut columns, &met, lines, overlap),
        }
    }
    columns.sort_by(|one, other| one.0.total_cmp(&other.0));
    // A column may have grown into its neighbour.
    columns.dedup_by(|next, kept| {
        let is_same = next.0 < kept.1 - overlap;
        if is_same {
            kept.1 = kept.1.max(next.1);
        }
        is_same
    });
    columns
}

fn join(columns: &mut Vec<(f32, f32)>, met: &[usize], lines: &[Pieces], overlap: f32) {
    let mut sorted: Vec<(f32, f32)> = met.iter().map(|it| columns[*it]).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let has = |line: &Pieces, column: (f32, f32), other: (f32, f32)| {
        line.iter().any(|piece| {
            let piece = (piece[0], piece[2]);
            meets(column, piece, overlap) && !meets(other, piece, overlap)
        })
    };
    for pair in sorted.windows(2) {
        let (one, other) = (pair[0], pair[1]);
        if lines.iter().any(|line| has(line, one, other) && has(line, other, one)) {
            continue;
        }
        let union = (one.0, other.1.max(one.1));
        columns.retain(|column| *column != one && *column != other);
        columns.push(union);
        return;
    }
}

fn meets(column: (f32, f32), piece: (f32, f32), overlap: f32) -> bool {
    column.1.min(piece.1) - column.0.max(piece.0) > overlap.min((piece.1 - piece.0) / 2.0)
}

/// The columns that a piece stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: usize,
    pub(super) last: usize,
}

impl Span {
    pub(super) fn of(piece: &[f32; 4], columns: &[(f32, f32)], overlap: f32) -> Option<Self> {
        let is_met = |column: &(f32, f32)| meets(*column, (piece[0], piece[2]), overlap);
        let (first, last) = (columns.iter().position(is_met)?, columns.iter().rposition(is_met)?);
        Some(Self { first, last })
    }
}

pub(super) fn top(line: &Pieces) -> f32 {
    line.iter().map(|piece| piece[1]).fold(f32::MAX, f32::min)
}

pub(super) fn bottom(line: &Pieces) -> f32 {
    line.iter().map(|piece| piece[3]).fold(f32::MIN, f32::max)
}

fn middle(line: &Pieces) -> f32 {
    f32::midpoint(top(line), bottom(line))
}

/// For each line but the first, whether a ruling line over the table's width is above it.
fn separators(lines: &[Pieces], rulings: &[Ruling]) -> Vec<bool> {
    let left = lines.iter().flatten().map(|piece| piece[0]).fold(f32::MAX, f32::min);
    let right = lines.iter().flatten().map(|piece| piece[2]).fold(f32::MIN, f32::max);
    let between = |from: f32, to: f32| {
        let parts = rulings.iter().filter(|line| (from..to).contains(&f32::midpoint(line.from.1, line.to.1)));
        let drawn: f32 = parts.map(|line| (line.to.0.min(right) - line.from.0.max(left)).max(0.0)).sum();
        drawn >= (right - left) * RULED_WIDTH
    };
    lines.windows(2).map(|pair| between(middle(&pair[0]), middle(&pair[1]))).collect()
}

/// The lines of each row. `separators` tells of each line but the first whether a ruling line is above it, and `is_ruled` whether these lines divide
/// all rows.
pub(super) fn rows(
    lines: &[Pieces],
    spans: &[Vec<Span>],
    separators: &[bool],
    is_ruled: bool,
) -> Vec<std::ops::Range<usize>> {
    let pitches: Vec<f32> = lines.windows(2).map(|pair| middle(&pair[1]) - middle(&pair[0])).collect();
    let tight = pitches.iter().copied().filter(|pitch| *pitch > 0.0).fold(f32::MAX, f32::min) * TIGHT;
    let is_loose = pitches.iter().any(|pitch| *pitch > tight * LOOSE);
    let mut rows: Vec<std::ops::Range<usize>> = Vec::new();
    for line in 0..lines.len() {
        let continues = line > 0 && !separators[line - 1] && {
            let is_tight = pitches[line - 1] <= tight;
            let Some(row) = rows.last() else { continue };
            let has = |span: &Span| {
                spans[row.clone()].iter().flatten().any(|other| other.first <= span.last && span.first <= other.last)
            };
            let is_within = spans[line].iter().all(has);
            is_ruled || is_tight && is_loose && is_within && spans[line].len() < spans[row.start].len()
        };
        match rows.last_mut() {
            Some(row) if continues => row.end = line + 1,
            _ => rows.push(line..line + 1),
        }
    }
    rows
}

/// The cells of a grid, row by row. What spans columns in some line of a row spans them in the row.
fn places(
    lines: &[Pieces],
    spans: &[Vec<Span>],
    rows: &[std::ops::Range<usize>],
    columns: &[(f32, f32)],
) -> Vec<CellPlace> {
    let mut cells = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let above = number.checked_sub(1).map(|above| bottom(&lines[rows[above].end - 1]));
        let below = rows.get(number + 1).map(|below| top(&lines[below.start]));
        let (first, last) = (top(&lines[row.start]), bottom(&lines[row.end - 1]));
        let from = above.map_or(first, |above| f32::midpoint(above, first));
        let to = below.map_or(last, |below| f32::midpoint(below, last));
        let mut column = 0;
        while column < columns.len() {
            let spanned = spans[row.clone()].iter().flatten().filter(|span| span.first == column).map(|span| span.last);
            let last = spanned.max().unwrap_or(column);
            cells.push(CellPlace {
                row: number as u32,
                column_span: (last - column + 1) as u32,
                row_span: 1,
                in_head: false,
                bounds: [edge(columns, column), from, edge(columns, last + 1), to],
            });
            column = last + 1;
        }
    }
    cells
}

/// The edge before a column: the middle of the space between two columns.
pub(super) fn edge(columns: &[(f32, f32)], number: usize) -> f32 {
    match number {
        0 => columns[0].0,
        number if number == columns.len() => columns[number - 1].1,
        number => f32::midpoint(columns[number - 1].1, columns[number].0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of pieces 10 pixels high at these tops.
    fn lines(lines: &[(f32, &[(f32, f32)])]) -> Vec<Pieces> {
        let piece = |top: f32| move |(left, right): &(f32, f32)| [*left, top, *right, top + 10.0];
        lines.iter().map(|(top, pieces)| pieces.iter().map(piece(*top)).collect()).collect()
    }

    fn told(cells: &[CellPlace]) -> Vec<(u32, u32)> {
        cells.iter().map(|cell| (cell.row, cell.column_span)).collect()
    }

    const ROW: &[(f32, f32)] = &[(0.0, 50.0), (100.0, 130.0), (150.0, 190.0)];

    #[test]
    fn a_head_over_two_columns_spans_them() {
        let found = cells(&lines(&[(0.0, &[(110.0, 180.0)]), (16.0, ROW), (32.0, ROW)]), &[]).unwrap();
        assert_eq!(told(&found), [(0, 1), (0, 2), (1, 1), (1, 1), (1, 1), (2, 1), (2, 1), (2, 1)]);
    }

    #[test]
    fn numbers_and_a_dash_in_the_middle_are_one_column() {
        let found = cells(
            &lines(&[
                (0.0, &[(0.0, 50.0), (100.0, 180.0)]),
                (16.0, &[(0.0, 40.0), (175.0, 180.0)]),
                (32.0, &[(0.0, 40.0), (138.0, 142.0)]),
            ]),
            &[],
        );
        assert_eq!(told(&found.unwrap()), [(0, 1), (0, 1), (1, 1), (1, 1), (2, 1), (2, 1)]);
    }

    #[test]
    fn lines_that_stand_close_together_are_one_row() {
        let second: &[(f32, f32)] = &[(0.0, 30.0)];
        let found = cells(&lines(&[(0.0, ROW), (20.0, ROW), (32.0, second), (52.0, ROW)]), &[]).unwrap();
        assert_eq!(found.last().map(|cell| cell.row), Some(2));
        assert_eq!(found[3].bounds.map(|edge| edge as u32), [0, 15, 75, 47]);
    }

    #[test]
    fn ruling_lines_tell_the_rows() {
        let second: &[(f32, f32)] = &[(0.0, 40.0), (100.0, 120.0)];
        let page = lines(&[(0.0, ROW), (12.0, second), (24.0, ROW), (36.0, ROW), (48.0, second)]);
        let line = |y: f32| Ruling { from: (0.0, y), to: (190.0, y) };
        let found = cells(&page, &[line(22.0), line(34.0)]).unwrap();
        assert_eq!(found.last().map(|cell| cell.row), Some(2));
    }

    #[test]
    fn one_column_is_no_table() {
        assert_eq!(cells(&lines(&[(0.0, &[(0.0, 100.0)]), (16.0, &[(0.0, 80.0)])]), &[]), None);
        assert_eq!(cells(&[], &[]), None);
    }
}

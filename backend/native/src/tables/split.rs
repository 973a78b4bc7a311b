//! Divides the cells of a closed grid where its text shows that ruling lines are missing: rows whose lines are only above and below many rows, and
//! columns whose lines are only in the head.

use super::{
    columns::{self, Span},
    find::Pieces,
    lattice::{Lattice, LatticeCell},
    page::{PIECE_GAP, pieces},
};

/// The minimum number of lines of a row that is divided: a cell may have some lines. In a table of few rows, which is a head and a body, one less.
const MIN_LINES: usize = 4;
const FEW_ROWS: usize = 3;
/// The minimum part of the lines that stand in each column of such a row. The lines of a cell of running text stand beside nothing.
const MIN_PART: f32 = 0.6;
/// The maximum width of a column and height of a row that are the space between two lines, as multiples of the height of a line of text.
const NARROW: f32 = 1.5;
const LOW: f32 = 0.9;

/// Divides cells over several columns into which their words are sorted, and the rows whose lines are rows. The first row, which is the head, is
/// not divided. `height` is that of a line of text.
pub(crate) fn split(mut lattice: Lattice, lines: &[Pieces], height: f32) -> Lattice {
    let pieces: Vec<[f32; 4]> = lines.iter().flat_map(|line| pieces(line, height * PIECE_GAP)).collect();
    lattice.cells = lattice.cells.iter().flat_map(|cell| divided(&lattice, *cell, &pieces)).collect();
    drop_empty(&mut lattice, &pieces, height);
    let few = lattice.rows.len() <= FEW_ROWS + 1;
    for row in (1..lattice.rows.len() - 1).rev() {
        let cells: Vec<LatticeCell> =
            lattice.cells.iter().copied().filter(|cell| cell.row == row && cell.down == 1).collect();
        let parts = parts(&lattice, &cells, lines, height);
        let (lines, spans): (Vec<Pieces>, Vec<Vec<Span>>) = parts.into_iter().unzip();
        let count = |cell: usize| spans.iter().filter(|line| line.iter().any(|span| span.first == cell)).count();
        let counts: Vec<usize> = (0..cells.len()).map(count).filter(|count| *count > 0).collect();
        let is_dense = counts.iter().all(|count| *count as f32 >= lines.len() as f32 * MIN_PART);
        if counts.len() < 2 || !is_dense || lines.len() + usize::from(few) < MIN_LINES {
            continue;
        }
        let rows = columns::rows(&lines, &spans, &vec![false; lines.len() - 1], false);
        let between = rows
            .windows(2)
            .map(|pair| f32::midpoint(columns::bottom(&lines[pair[0].end - 1]), columns::top(&lines[pair[1].start])));
        let between: Vec<f32> = between.collect();
        insert(&mut lattice, row, &between);
    }
    lattice
}

/// Drops narrow columns and low rows without text: the spaces between double lines.
fn drop_empty(lattice: &mut Lattice, pieces: &[[f32; 4]], height: f32) {
    let (across, down): (Vec<f32>, Vec<f32>) = pieces.iter().map(|piece| lattice.middle(piece)).unzip();
    drop_spaces(&mut lattice.columns, &mut lattice.cells, &across, height * NARROW, |cell| {
        (&mut cell.column, &mut cell.across)
    });
    drop_spaces(&mut lattice.rows, &mut lattice.cells, &down, height * LOW, |cell| (&mut cell.row, &mut cell.down));
}

/// Drops the spaces below `max` between edges that have no text. Their neighbours take them. `place` gives the first space and the number of spaces
/// of a cell.
fn drop_spaces(
    edges: &mut Vec<f32>,
    cells: &mut Vec<LatticeCell>,
    texts: &[f32],
    max: f32,
    place: fn(&mut LatticeCell) -> (&mut usize, &mut usize),
) {
    for space in (0..edges.len() - 1).rev() {
        let (from, to) = (edges[space], edges[space + 1]);
        if edges.len() <= 3 || to - from >= max || texts.iter().any(|at| (from..to).contains(at)) {
            continue;
        }
        edges.remove(if space == 0 { 1 } else { space });
        cells.retain_mut(|cell| {
            let (first, count) = place(cell);
            let is_space = *first == space && *count == 1;
            if *first > space {
                *first -= 1;
            } else if *first + *count > space {
                *count -= 1;
            }
            !is_space
        });
    }
}

/// The parts of a cell between the columns that it spans, if there is text on both sides of each edge between them, and none on an edge.
fn divided(lattice: &Lattice, cell: LatticeCell, pieces: &[[f32; 4]]) -> Vec<LatticeCell> {
    let columns = cell.column..cell.column + cell.across;
    let (top, bottom) = (lattice.rows[cell.row], lattice.rows[cell.row + cell.down]);
    let inside: Vec<(f32, f32)> = pieces
        .iter()
        .map(|piece| (lattice.middle(piece), (piece[2] - piece[0]) / 2.0))
        .filter(|((x, y), _)| {
            (top..bottom).contains(y) && (lattice.columns[columns.start]..lattice.columns[columns.end]).contains(x)
        })
        .map(|((x, _), half)| (x - half, x + half))
        .collect();
    let is_free =
        |edge: usize| inside.iter().all(|(from, to)| *to < lattice.columns[edge] || *from > lattice.columns[edge]);
    let has_text = |column: usize| {
        let (from, to) = (lattice.columns[column], lattice.columns[column + 1]);
        inside.iter().any(|(left, right)| *left > from && *right < to)
    };
    if !(columns.start + 1..columns.end).all(is_free) || !columns.clone().all(has_text) {
        return vec![cell];
    }
    columns.map(|column| LatticeCell { column, across: 1, ..cell }).collect()
}

/// The lines of text in a row, from top to bottom, with the number of the cell of each word.
fn parts(lattice: &Lattice, cells: &[LatticeCell], lines: &[Pieces], height: f32) -> Vec<(Pieces, Vec<Span>)> {
    let cell_of = |(x, y): (f32, f32)| {
        cells.iter().position(|cell| {
            let (left, right) = (lattice.columns[cell.column], lattice.columns[cell.column + cell.across]);
            (left..right).contains(&x) && (lattice.rows[cell.row]..lattice.rows[cell.row + 1]).contains(&y)
        })
    };
    let mut words: Vec<([f32; 4], usize)> = lines
        .iter()
        .flatten()
        .filter_map(|word| {
            let (x, y) = lattice.middle(word);
            let (wide, high) = ((word[2] - word[0]) / 2.0, (word[3] - word[1]) / 2.0);
            Some(([x - wide, y - high, x + wide, y + high], cell_of((x, y))?))
        })
        .collect();
    let middle = |word: &[f32; 4]| f32::midpoint(word[1], word[3]);
    words.sort_by(|one, other| middle(&one.0).total_cmp(&middle(&other.0)));
    let mut parts: Vec<(Pieces, Vec<Span>)> = Vec::new();
    for (word, cell) in words {
        let span = Span { first: cell, last: cell };
        match parts.last_mut() {
            Some((line, spans)) if middle(&word) - middle(&line[0]) < height / 2.0 => {
                line.push(word);
                spans.push(span);
            }
            _ => parts.push((vec![word], vec![span])),
        }
    }
    parts
}

/// Divides a row at these positions.
fn insert(lattice: &mut Lattice, row: usize, at: &[f32]) {
    let more = at.len();
    let below = lattice.rows.split_off(row + 1);
    lattice.rows.extend(at.iter().copied().chain(below));
    let mut cells = Vec::new();
    for cell in &lattice.cells {
        if cell.row == row && cell.down == 1 {
            cells.extend((0..=more).map(|by| LatticeCell { row: row + by, ..*cell }));
        } else if cell.row > row {
            cells.push(LatticeCell { row: cell.row + more, ..*cell });
        } else if cell.row + cell.down > row {
            cells.push(LatticeCell { down: cell.down + more, ..*cell });
        } else {
            cells.push(*cell);
        }
    }
    cells.sort_by_key(|cell| (cell.row, cell.column));
    lattice.cells = cells;
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            lattice::lattices,
            rulings::{Ruling, Rulings},
        },
        *,
    };

    /// A grid of these edges; `down` lists the vertical lines with their lower end.
    fn grid(across: &[f32], down: &[(f32, f32)]) -> Lattice {
        let horizontal = across.iter().map(|y| Ruling { from: (0.0, *y), to: (300.0, *y) }).collect();
        let vertical = down.iter().map(|(x, end)| Ruling { from: (*x, 0.0), to: (*x, *end) }).collect();
        let mut found = lattices(&Rulings { horizontal, vertical }, 10.0);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// Lines of words 10 pixels high at these places.
    fn lines(lines: &[(f32, &[f32])]) -> Vec<Pieces> {
        lines.iter().map(|(y, words)| words.iter().map(|x| [*x, *y, x + 30.0, y + 10.0]).collect()).collect()
    }

    fn told(lattice: &Lattice) -> Vec<(usize, usize, usize, usize)> {
        lattice.cells.iter().map(|cell| (cell.row, cell.column, cell.down, cell.across)).collect()
    }

    const EDGES: [(f32, f32); 4] = [(0.0, 100.0), (100.0, 100.0), (200.0, 100.0), (300.0, 100.0)];

    #[test]
    fn rows_without_lines_between_them_are_divided_and_a_cell_of_several_lines_is_not() {
        let all: &[f32] = &[10.0, 110.0, 210.0];
        let body = lines(&[(5.0, all), (25.0, all), (45.0, all), (65.0, all), (85.0, all)]);
        let rows = split(grid(&[0.0, 20.0, 100.0], &EDGES), &body, 10.0);
        assert_eq!((rows.rows.len(), rows.cells.len()), (6, 15));
        let text = lines(&[(5.0, all), (25.0, all), (45.0, &[10.0]), (65.0, &[10.0]), (85.0, &[10.0])]);
        let cells = split(grid(&[0.0, 20.0, 100.0], &EDGES), &text, 10.0);
        assert_eq!((cells.rows.len(), cells.cells.len()), (3, 6));
    }

    #[test]
    fn columns_that_only_the_head_rules_divide_the_rows_below_unless_text_is_over_them() {
        let edges = [(0.0, 60.0), (100.0, 20.0), (200.0, 20.0), (300.0, 60.0)];
        let all: &[f32] = &[10.0, 110.0, 210.0];
        let body = lines(&[(5.0, all), (25.0, all), (45.0, &[85.0])]);
        let found = split(grid(&[0.0, 20.0, 40.0, 60.0], &edges), &body, 10.0);
        let row = |row: usize| (0..3).map(move |column| (row, column, 1, 1));
        assert_eq!(told(&found), row(0).chain(row(1)).chain([(2, 0, 1, 3)]).collect::<Vec<_>>());
    }

    #[test]
    fn the_spaces_between_double_lines_are_no_columns() {
        let edges = [(0.0, 60.0), (100.0, 60.0), (108.0, 60.0), (300.0, 60.0)];
        let both: &[f32] = &[10.0, 150.0];
        let found =
            split(grid(&[0.0, 20.0, 40.0, 60.0], &edges), &lines(&[(5.0, both), (25.0, both), (45.0, both)]), 10.0);
        assert_eq!((found.columns, found.cells.len()), (vec![0.0, 108.0, 300.0], 6));
    }
}

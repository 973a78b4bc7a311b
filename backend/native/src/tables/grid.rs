//! Tables whose every line is a row, and whose columns are separated by white space from top to bottom. The network loses columns of
//! large tables, because it sees them scaled down to 488 pixels.

use inkstream_content::CellPlace;

use super::find::Pieces;

/// The minimum width of the space between two columns, as a multiple of the height of a line.
const MIN_SPACE: f32 = 0.4;
/// The minimum part of the positions of the grid that have a piece.
const MIN_FILLED: f32 = 0.6;

/// The cells of a grid; `None` if some line has two pieces in a column, or if the lines leave much of the grid empty.
pub(crate) fn grid(lines: &[Pieces]) -> Option<Vec<CellPlace>> {
    let columns = columns(lines);
    let column_of = |piece: &[f32; 4]| columns.iter().position(|(left, right)| piece[0] < *right && piece[2] > *left);
    for line in lines {
        let found: Vec<_> = line.iter().map(column_of).collect();
        if found.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
    }
    let pieces: usize = lines.iter().map(Vec::len).sum();
    if columns.len() < 2 || (pieces as f32) < (lines.len() * columns.len()) as f32 * MIN_FILLED {
        return None;
    }
    let cells = (0..).zip(lines).flat_map(|(row, line)| {
        let top = line.iter().map(|piece| piece[1]).fold(f32::MAX, f32::min);
        let bottom = line.iter().map(|piece| piece[3]).fold(f32::MIN, f32::max);
        columns.iter().map(move |(left, right)| CellPlace {
            row,
            column_span: 1,
            row_span: 1,
            in_head: false,
            bounds: [*left, top, *right, bottom],
        })
    });
    Some(cells.collect())
}

/// The left and right edges of the columns.
fn columns(lines: &[Pieces]) -> Vec<(f32, f32)> {
    let mut extents: Vec<(f32, f32)> = lines.iter().flatten().map(|[left, _, right, _]| (*left, *right)).collect();
    extents.sort_by(|one, other| one.0.total_cmp(&other.0));
    let heights = lines.iter().flatten().map(|[_, top, _, bottom]| bottom - top);
    let space = heights.fold(f32::MAX, f32::min) * MIN_SPACE;
    let mut columns: Vec<(f32, f32)> = Vec::new();
    for (left, right) in extents {
        match columns.last_mut() {
            Some(column) if left < column.1 + space => column.1 = column.1.max(right),
            _ => columns.push((left, right)),
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of pieces 10 pixels high; lines are 16 apart.
    fn line(row: usize, pieces: &[(f32, f32)]) -> Pieces {
        let top = row as f32 * 16.0;
        pieces.iter().map(|(left, right)| [*left, top, *right, top + 10.0]).collect()
    }

    #[test]
    fn lines_with_a_piece_for_each_column_are_a_grid() {
        let lines = [
            line(0, &[(0.0, 30.0), (100.0, 150.0), (170.0, 200.0)]),
            line(1, &[(0.0, 90.0), (120.0, 150.0), (180.0, 200.0)]),
            line(2, &[(0.0, 60.0), (185.0, 200.0)]),
        ];
        let cells = grid(&lines).unwrap();
        assert_eq!(cells.len(), 9);
        assert_eq!(cells[4].bounds.map(|edge| edge as u32), [100, 16, 150, 26]);
        assert_eq!((cells[8].row, cells[8].column_span), (2, 1));
    }

    #[test]
    fn a_head_over_two_columns_and_a_sparse_grid_are_none() {
        let head = line(0, &[(0.0, 30.0), (100.0, 200.0)]);
        let row = |row| line(row, &[(0.0, 30.0), (100.0, 140.0), (160.0, 200.0)]);
        assert_eq!(grid(&[head, row(1), row(2)]), None);
        let sparse = |row| line(row, &[(row as f32 * 50.0, row as f32 * 50.0 + 30.0)]);
        assert_eq!(grid(&[sparse(0), sparse(1), sparse(2), sparse(3)]), None);
        assert_eq!(grid(&[]), None);
    }
}

//! The cells of a table's head, which a ruling line divides from the rows below: one for each column, or two rows of them if some stand over several
//! columns.

use inkstream_content::CellPlace;

use super::{
    columns::{self, Span},
    find::Pieces,
    rulings::Ruling,
};

/// The minimum part of a column's width that a ruling line covers if it is below a cell over that column.
const COVERED: f32 = 0.5;

/// Columns that share a cell, and the lower edge of it.
#[derive(Debug, Clone, Copy)]
struct Group {
    first: usize,
    last: usize,
    bottom: f32,
}

/// The cells of these lines; `end` is where the rows below begin.
pub(super) fn cells(
    lines: &[Pieces],
    spans: &[Vec<Span>],
    columns: &[(f32, f32)],
    rulings: &[Ruling],
    end: f32,
) -> Vec<CellPlace> {
    let groups = groups(lines, spans, columns, rulings);
    let top = lines.first().map_or(end, columns::top);
    // The rows end where the cells over several columns do.
    let mut edges: Vec<f32> = groups.iter().map(|group| group.bottom).collect();
    edges.sort_by(f32::total_cmp);
    let near = lines.first().map_or(0.0, |line| columns::bottom(line) - columns::top(line)) / 2.0;
    edges.dedup_by(|next, kept| *next - *kept < near);
    let row_after = |bottom: f32| edges.iter().filter(|edge| **edge < bottom + near).count();
    let rows: Vec<f32> = std::iter::once(top).chain(edges.iter().copied()).chain([end]).collect();
    let cell = |(first, last): (usize, usize), (row, below): (usize, usize)| CellPlace {
        row: row as u32,
        column_span: (last - first + 1) as u32,
        row_span: (below - row) as u32,
        in_head: true,
        bounds: [columns::edge(columns, first), rows[row], columns::edge(columns, last + 1), rows[below]],
    };
    let above = |column: usize, bottom: f32| {
        let covering =
            groups.iter().filter(|group| (group.first..=group.last).contains(&column) && group.bottom < bottom - near);
        covering.map(|group| row_after(group.bottom)).max().unwrap_or(0)
    };
    let mut cells: Vec<(usize, CellPlace)> = Vec::new();
    for group in &groups {
        let (row, below) = (above(group.first, group.bottom), row_after(group.bottom));
        if row < below {
            cells.push((group.first, cell((group.first, group.last), (row, below))));
        }
    }
    cells.extend((0..columns.len()).map(|column| {
        let row = above(column, f32::MAX);
        (column, cell((column, column), (row, rows.len() - 1)))
    }));
    cells.sort_by_key(|(column, cell)| (cell.row, *column));
    cells.into_iter().map(|(_, cell)| cell).collect()
}

/// The columns that share a cell: those over a ruling line within the head, and those under text that stands over several.
fn groups(lines: &[Pieces], spans: &[Vec<Span>], columns: &[(f32, f32)], rulings: &[Ruling]) -> Vec<Group> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Vec::new() };
    let middle = |line: &Pieces| f32::midpoint(columns::top(line), columns::bottom(line));
    let within = middle(first)..middle(last);
    let covers = |line: &Ruling, (left, right): (f32, f32)| {
        line.to.0.min(right) - line.from.0.max(left) >= (right - left) * COVERED
    };
    let ruled = rulings.iter().filter_map(|line| {
        let bottom = f32::midpoint(line.from.1, line.to.1);
        let first = columns.iter().position(|column| covers(line, *column))?;
        let last = columns.iter().rposition(|column| covers(line, *column))?;
        within.contains(&bottom).then_some(Group { first, last, bottom })
    });
    let over = lines.iter().zip(spans).take(lines.len() - 1).flat_map(|(line, spans)| {
        let bottom = columns::bottom(line);
        spans.iter().map(move |span| Group { first: span.first, last: span.last, bottom })
    });
    let is_part = |group: &Group| group.last > group.first && group.last - group.first + 1 < columns.len();
    let mut groups: Vec<Group> = ruled.filter(is_part).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.last - group.first));
    // Lines above each other are levels: a lower one is within a higher one.
    let mut levels: Vec<Group> = Vec::new();
    for group in groups {
        let is_level = |other: &Group| {
            let is_apart = other.last < group.first || group.last < other.first;
            is_apart || other.first <= group.first && group.last <= other.last && other.bottom < group.bottom
        };
        if levels.iter().all(is_level) {
            levels.push(group);
        }
    }
    for group in over.filter(is_part) {
        if levels.iter().all(|other| other.last < group.first || group.last < other.first) {
            levels.push(group);
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [(f32, f32); 4] = [(0.0, 50.0), (100.0, 140.0), (150.0, 190.0), (200.0, 240.0)];

    fn told(lines: &[&[(f32, f32)]], rulings: &[(f32, f32, f32)]) -> Vec<(u32, u32, u32)> {
        let place = |(row, pieces): (usize, &&[(f32, f32)])| -> Pieces {
            let top = row as f32 * 16.0;
            pieces.iter().map(|(left, right)| [*left, top, *right, top + 10.0]).collect()
        };
        let lines: Vec<Pieces> = lines.iter().enumerate().map(place).collect();
        let spans: Vec<Vec<Span>> =
            lines.iter().map(|line| line.iter().filter_map(|piece| Span::of(piece, &COLUMNS, 1.5)).collect()).collect();
        let rulings: Vec<Ruling> =
            rulings.iter().map(|(y, from, to)| Ruling { from: (*from, *y), to: (*to, *y) }).collect();
        let cells = cells(&lines, &spans, &COLUMNS, &rulings, 100.0);
        cells.iter().map(|cell| (cell.row, cell.row_span, cell.column_span)).collect()
    }

    #[test]
    fn lines_of_a_head_are_one_row_without_text_over_several_columns() {
        let lines: [&[(f32, f32)]; 2] = [&[(100.0, 140.0)], &[(0.0, 50.0), (100.0, 130.0), (150.0, 190.0)]];
        assert_eq!(told(&lines, &[]), [(0, 1, 1); 4]);
    }

    #[test]
    fn a_short_ruling_line_shows_what_a_narrow_name_stands_over() {
        let lines: [&[(f32, f32)]; 2] =
            [&[(160.0, 180.0)], &[(0.0, 50.0), (100.0, 130.0), (150.0, 190.0), (200.0, 240.0)]];
        let under = [(13.0, 95.0, 240.0)];
        assert_eq!(told(&lines, &under), [(0, 2, 1), (0, 1, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1)]);
    }

    #[test]
    fn ruling_lines_above_each_other_are_levels() {
        let lines: [&[(f32, f32)]; 3] = [&[(160.0, 180.0)], &[(160.0, 230.0)], &[(0.0, 50.0), (100.0, 130.0)]];
        let under = [(13.0, 95.0, 240.0), (29.0, 148.0, 240.0)];
        assert_eq!(told(&lines, &under), [(0, 3, 1), (0, 1, 3), (1, 2, 1), (1, 1, 2), (2, 1, 1), (2, 1, 1)]);
    }
}

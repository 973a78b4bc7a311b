//! Tables whose cells are closed by ruling lines: the lines that cross each other make a grid, and a missing part of a line makes two positions of the
//! grid one cell.

use std::collections::BTreeMap;

use inkstream_content::{CellPlace, MAX_PLACES};

use super::{
    find::Pieces,
    rulings::{Ruling, Rulings, root},
};

/// How far from a crossing line a line may end, and how far apart two lines may be that are drawn as one, as parts of the height of a line of text.
const TOUCH: f32 = 0.4;
const DOUBLE: f32 = 0.4;
/// How far lines must stick out of a grid, in the same measure, so that their ends are an edge of the table that is not drawn.
const STICKS_OUT: f32 = 1.0;
/// The minimum part of the lines that stick out there.
const STICKING: f32 = 0.5;
/// The minimum part of a cell's edge that is drawn.
const DRAWN: f32 = 0.5;
/// The minimum length of the lines whose tilt is that of the page, in the same measure.
const LONG: f32 = 8.0;

/// A table that ruling lines draw. Its positions are those on the page without its tilt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lattice {
    /// The edges of its rows and of its columns.
    pub(super) rows: Vec<f32>,
    pub(super) columns: Vec<f32>,
    /// Its cells, row by row.
    pub(super) cells: Vec<LatticeCell>,
    tilt: f32,
}

/// A cell of a lattice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LatticeCell {
    pub(super) row: usize,
    pub(super) column: usize,
    /// The numbers of rows and columns that it spans.
    pub(super) down: usize,
    pub(super) across: usize,
}

impl Lattice {
    /// The middle of a rectangle of the page, without its tilt.
    pub(super) fn middle(&self, [left, top, right, bottom]: &[f32; 4]) -> (f32, f32) {
        let (x, y) = (f32::midpoint(*left, *right), f32::midpoint(*top, *bottom));
        (x + self.tilt * y, y - self.tilt * x)
    }

    /// Whether a point without tilt is in the table, or so near to it.
    pub(super) fn contains(&self, (x, y): (f32, f32), near: f32) -> bool {
        let is_between = |edges: &[f32], at: f32| {
            edges.first().is_some_and(|first| at > first - near) && edges.last().is_some_and(|last| at < last + near)
        };
        is_between(&self.columns, x) && is_between(&self.rows, y)
    }

    pub(super) fn area(&self) -> f32 {
        let length = |edges: &[f32]| edges.last().zip(edges.first()).map_or(0.0, |(last, first)| last - first);
        length(&self.rows) * length(&self.columns)
    }

    /// The table without first and last rows of one cell whose lines have no gaps: a title and notes. `None` if no two rows are left.
    pub(super) fn without_title(mut self, lines: &[Pieces]) -> Option<Self> {
        while self.cells.last().is_some_and(|cell| self.is_title(cell, lines)) {
            self.rows.truncate(self.cells.pop()?.row + 1);
        }
        while self.cells.first().is_some_and(|cell| self.is_title(cell, lines)) {
            let down = self.cells.remove(0).down;
            self.rows.drain(..down);
            self.cells.iter_mut().for_each(|cell| cell.row -= down);
        }
        (self.rows.len() > 2).then_some(self)
    }

    fn is_title(&self, cell: &LatticeCell, lines: &[Pieces]) -> bool {
        let (top, bottom) = (self.rows[cell.row], self.rows[cell.row + cell.down]);
        let is_inside = |piece: &&[f32; 4]| {
            let (x, y) = self.middle(piece);
            (top..bottom).contains(&y) && self.contains((x, y), 0.0)
        };
        cell.across + 1 == self.columns.len() && lines.iter().all(|line| line.iter().filter(is_inside).count() <= 1)
    }

    /// The number of rows of the head: the first row, with those that its cells span. A table of two columns often has none.
    fn head(&self) -> usize {
        let rows = self.rows.len() - 1;
        let first = self.cells.iter().take_while(|cell| cell.row == 0).map(|cell| cell.down).max().unwrap_or(1);
        if self.columns.len() > 3 && first < rows { first } else { 0 }
    }

    /// The cells on the page.
    pub(crate) fn places(&self) -> Vec<CellPlace> {
        let head = self.head();
        let place = |cell: &LatticeCell| {
            let (left, right) = (self.columns[cell.column], self.columns[cell.column + cell.across]);
            let (top, bottom) = (self.rows[cell.row], self.rows[cell.row + cell.down]);
            let (x, y) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
            CellPlace {
                row: cell.row as u32,
                column_span: cell.across as u32,
                row_span: cell.down as u32,
                in_head: cell.row < head,
                bounds: [left - self.tilt * y, top + self.tilt * x, right - self.tilt * y, bottom + self.tilt * x],
            }
        };
        self.cells.iter().map(place).collect()
    }
}

/// The closed grids of at least two rows and two columns. `text_height` is the height of a line of text.
pub(crate) fn lattices(rulings: &Rulings, text_height: f32) -> Vec<Lattice> {
    let tilt = tilt(rulings, text_height * LONG);
    let straight = |lines: &[Ruling], is_vertical| {
        whole(lines.iter().map(|line| Segment::of(line, tilt, is_vertical)).collect(), text_height)
    };
    let (horizontal, vertical) = (straight(&rulings.horizontal, false), straight(&rulings.vertical, true));
    let groups = crossing(&horizontal, &vertical, text_height * TOUCH);
    groups.iter().filter_map(|(across, down)| Grid::of(across, down, text_height)?.lattice(tilt)).collect()
}

/// The slope of the page: the median of its long lines.
fn tilt(rulings: &Rulings, long: f32) -> f32 {
    let across = rulings.horizontal.iter().map(|line| (line.to.0 - line.from.0, line.to.1 - line.from.1));
    let down = rulings.vertical.iter().map(|line| (line.to.1 - line.from.1, line.from.0 - line.to.0));
    let mut slopes: Vec<f32> =
        across.chain(down).filter(|(length, _)| *length >= long).map(|(length, rise)| rise / length).collect();
    slopes.sort_unstable_by(f32::total_cmp);
    slopes.get(slopes.len() / 2).copied().unwrap_or(0.0)
}

/// A line on the page without its tilt: where it is, and its ends.
#[derive(Debug, Clone, Copy)]
struct Segment {
    at: f32,
    from: f32,
    to: f32,
}

impl Segment {
    fn of(line: &Ruling, tilt: f32, is_vertical: bool) -> Self {
        let point =
            |(x, y): (f32, f32)| if is_vertical { (x + tilt * y, y - tilt * x) } else { (y - tilt * x, x + tilt * y) };
        let ((one, from), (other, to)) = (point(line.from), point(line.to));
        Self { at: f32::midpoint(one, other), from, to }
    }
}

/// The lines, those that continue each other as one. Lines that are drawn double become one, too.
fn whole(mut segments: Vec<Segment>, text_height: f32) -> Vec<Segment> {
    segments.sort_by(|one, other| one.from.total_cmp(&other.from));
    let mut lines: Vec<Segment> = Vec::new();
    for segment in segments {
        let continues = |line: &&mut Segment| {
            (line.at - segment.at).abs() <= text_height * DOUBLE && segment.from - line.to <= text_height
        };
        match lines.iter_mut().find(continues) {
            Some(line) => {
                let (old, new) = (line.to - line.from, segment.to - segment.from);
                line.at = (line.at * old + segment.at * new) / (old + new);
                line.to = line.to.max(segment.to);
            }
            None => lines.push(segment),
        }
    }
    lines
}

/// The groups of lines that cross or touch each other.
fn crossing(horizontal: &[Segment], vertical: &[Segment], near: f32) -> Vec<(Vec<Segment>, Vec<Segment>)> {
    let meets = |across: &Segment, down: &Segment| {
        let is_on = |line: &Segment, at: f32| at >= line.from - near && at <= line.to + near;
        is_on(across, down.at) && is_on(down, across.at)
    };
    let mut parents: Vec<usize> = (0..horizontal.len() + vertical.len()).collect();
    for (one, across) in horizontal.iter().enumerate() {
        for (other, _) in vertical.iter().enumerate().filter(|(_, down)| meets(across, down)) {
            let (one, other) = (root(&mut parents, one), root(&mut parents, horizontal.len() + other));
            parents[other] = one;
        }
    }
    let mut groups: BTreeMap<usize, (Vec<Segment>, Vec<Segment>)> = BTreeMap::new();
    for (line, across) in horizontal.iter().enumerate() {
        groups.entry(root(&mut parents, line)).or_default().0.push(*across);
    }
    for (line, down) in vertical.iter().enumerate() {
        groups.entry(root(&mut parents, horizontal.len() + line)).or_default().1.push(*down);
    }
    groups.into_values().collect()
}

/// The lines of a grid in one direction, in order, and what is drawn of each.
struct Lines(Vec<(f32, Vec<Segment>)>);

impl Lines {
    /// Joins lines that are closer than `double`.
    fn of(segments: &[Segment], double: f32) -> Self {
        let mut sorted = segments.to_vec();
        sorted.sort_by(|one, other| one.at.total_cmp(&other.at));
        let mut lines: Vec<(f32, Vec<Segment>)> = Vec::new();
        for segment in sorted {
            match lines.last_mut() {
                Some((_, line)) if line.last().is_some_and(|last| segment.at - last.at <= double) => line.push(segment),
                _ => lines.push((0.0, vec![segment])),
            }
        }
        for (at, line) in &mut lines {
            let length: f32 = line.iter().map(|segment| segment.to - segment.from).sum();
            *at = line.iter().map(|segment| segment.at * (segment.to - segment.from)).sum::<f32>() / length;
        }
        Self(lines)
    }

    /// Adds the edges that only the ends of the other lines show.
    fn close(&mut self, others: &[Segment], far: f32) {
        let (Some(first), Some(last)) = (self.0.first().map(|line| line.0), self.0.last().map(|line| line.0)) else {
            return;
        };
        let start = others.iter().map(|line| line.from).fold(f32::MAX, f32::min);
        let end = others.iter().map(|line| line.to).fold(f32::MIN, f32::max);
        let many = |count: usize| count as f32 >= others.len() as f32 * STICKING;
        let whole = |at: f32| (at, vec![Segment { at, from: f32::MIN, to: f32::MAX }]);
        if first - start > far && many(others.iter().filter(|line| line.from - start <= far).count()) {
            self.0.insert(0, whole(start));
        }
        if end - last > far && many(others.iter().filter(|line| end - line.to <= far).count()) {
            self.0.push(whole(end));
        }
    }

    /// Whether the line is drawn over most of the way.
    fn is_drawn(&self, line: usize, from: f32, to: f32) -> bool {
        // The outer edges close the table, drawn or not.
        if line == 0 || line + 1 == self.0.len() {
            return true;
        }
        let mut parts: Vec<(f32, f32)> = self.0[line]
            .1
            .iter()
            .map(|part| (part.from.max(from), part.to.min(to)))
            .filter(|(from, to)| to > from)
            .collect();
        parts.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (mut drawn, mut end) = (0.0, from);
        for (start, stop) in parts {
            drawn += (stop - start.max(end)).max(0.0);
            end = end.max(stop);
        }
        drawn >= (to - from) * DRAWN
    }

    fn spaces(&self) -> usize {
        self.0.len() - 1
    }

    fn space(&self, number: usize) -> (f32, f32) {
        (self.0[number].0, self.0[number + 1].0)
    }
}

struct Grid {
    rows: Lines,
    columns: Lines,
}

impl Grid {
    /// `None` if the lines make no grid of two rows and two columns, or one of too many cells.
    fn of(across: &[Segment], down: &[Segment], text_height: f32) -> Option<Self> {
        let double = text_height * DOUBLE;
        let (mut rows, mut columns) = (Lines::of(across, double), Lines::of(down, double));
        columns.close(across, text_height * STICKS_OUT);
        rows.close(down, text_height * STICKS_OUT);
        let is_grid = rows.0.len() >= 3 && columns.0.len() >= 3 && rows.spaces() * columns.spaces() <= MAX_PLACES;
        is_grid.then_some(Self { rows, columns })
    }

    /// The cells; `None` if some cell is no rectangle.
    fn lattice(&self, tilt: f32) -> Option<Lattice> {
        let (rows, columns) = (self.rows.spaces(), self.columns.spaces());
        let mut taken = vec![false; rows * columns];
        let mut cells = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                if taken[row * columns + column] {
                    continue;
                }
                let (down, across) = self.span(row, column);
                for place in
                    (row..row + down).flat_map(|row| (column..column + across).map(move |it| row * columns + it))
                {
                    if std::mem::replace(&mut taken[place], true) {
                        return None;
                    }
                }
                cells.push(LatticeCell { row, column, down, across });
            }
        }
        let edges = |lines: &Lines| lines.0.iter().map(|line| line.0).collect();
        Some(Lattice { rows: edges(&self.rows), columns: edges(&self.columns), cells, tilt })
    }

    /// The rows and columns of the cell that begins here: those that no line separates from it.
    fn span(&self, row: usize, column: usize) -> (usize, usize) {
        let (top, bottom) = self.rows.space(row);
        let (mut down, mut across) = (1, 1);
        while !self.columns.is_drawn(column + across, top, bottom) {
            across += 1;
        }
        while (column..column + across).all(|column| {
            let (left, right) = self.columns.space(column);
            !self.rows.is_drawn(row + down, left, right)
        }) {
            down += 1;
        }
        (down, across)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn across(y: f32, from: f32, to: f32) -> Ruling {
        Ruling { from: (from, y), to: (to, y) }
    }

    fn down(x: f32, from: f32, to: f32) -> Ruling {
        Ruling { from: (x, from), to: (x, to) }
    }

    /// Row, row span and column span of each cell.
    fn told(lattice: &Lattice) -> Vec<(usize, usize, usize)> {
        lattice.cells.iter().map(|cell| (cell.row, cell.down, cell.across)).collect()
    }

    #[test]
    fn a_missing_part_of_a_line_joins_two_cells() {
        let horizontal = vec![
            across(0.0, 0.0, 300.0),
            across(20.0, 100.0, 300.0),
            across(40.0, 0.0, 300.0),
            across(60.0, 0.0, 300.0),
        ];
        let vertical =
            vec![down(0.0, 0.0, 60.0), down(100.0, 0.0, 60.0), down(200.0, 20.0, 60.0), down(300.0, 0.0, 60.0)];
        let found = lattices(&Rulings { horizontal, vertical }, 12.0);
        assert_eq!(found.len(), 1);
        assert_eq!(told(&found[0]), [(0, 2, 1), (0, 1, 2), (1, 1, 1), (1, 1, 1), (2, 1, 1), (2, 1, 1), (2, 1, 1)]);
        assert_eq!(found[0].places()[1].bounds.map(|edge| edge as u32), [100, 0, 300, 20]);
    }

    #[test]
    fn edges_that_are_not_drawn_are_where_the_lines_end() {
        let horizontal = [0.0, 20.0, 40.0].map(|y| across(y, 0.0, 300.0)).to_vec();
        let vertical = [100.0, 200.0].map(|x| down(x, 0.0, 40.0)).to_vec();
        let found = lattices(&Rulings { horizontal, vertical }, 12.0);
        assert_eq!(found[0].cells.len(), 6);
        assert_eq!(
            (&found[0].rows[..], &found[0].columns[..]),
            (&[0.0, 20.0, 40.0][..], &[0.0, 100.0, 200.0, 300.0][..])
        );
    }

    #[test]
    fn a_tilted_grid_of_broken_and_double_lines_is_straightened() {
        let tilt = 0.03;
        let point = |x: f32, y: f32| (x - tilt * y, y + tilt * x);
        let line = |from: (f32, f32), to: (f32, f32)| Ruling { from: point(from.0, from.1), to: point(to.0, to.1) };
        let mut rulings = Rulings::default();
        for y in [0.0, 3.0, 20.0, 40.0] {
            rulings.horizontal.push(line((0.0, y), (180.0, y)));
            rulings.horizontal.push(line((190.0, y), (300.0, y)));
        }
        rulings.vertical.extend([0.0, 100.0, 200.0, 300.0].map(|x| line((x, 0.0), (x, 40.0))));
        let found = lattices(&rulings, 12.0);
        assert_eq!((found.len(), found[0].cells.len()), (1, 6));
    }

    #[test]
    fn boxes_and_lines_without_columns_are_no_tables() {
        let horizontal = [0.0, 20.0, 40.0, 60.0].map(|y| across(y, 0.0, 300.0)).to_vec();
        assert_eq!(lattices(&Rulings { horizontal: horizontal.clone(), vertical: Vec::new() }, 12.0), []);
        let vertical = vec![down(0.0, 0.0, 60.0), down(300.0, 0.0, 60.0)];
        assert_eq!(lattices(&Rulings { horizontal, vertical }, 12.0), []);
        assert_eq!(lattices(&Rulings::default(), 12.0), []);
    }
}

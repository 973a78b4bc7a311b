//! Finds the regions of a page that look like tables: several lines with gaps that stand above each other.

/// The minimum width of the gap between two cells, as a multiple of the line's height.
const MIN_GAP: f32 = 0.9;
/// The minimum number of lines of a table, and of those that have a gap.
const MIN_LINES: usize = 3;
const MIN_LINES_WITH_GAPS: usize = 2;
/// The minimum part of a table's lines that have a gap. Cells of several lines have lines without one.
const MIN_GAPS: f32 = 0.4;
/// The maximum number of lines without a gap in a row within a table.
const MAX_WITHOUT_GAP: usize = 3;
/// The maximum distance of two lines of a table, as a multiple of the usual height.
const MAX_DISTANCE: f32 = 4.0;

/// The maximum number of lines of a head that have no gap, and their distance from the next line, as a multiple of their height.
const MAX_HEAD: usize = 3;
const MAX_HEAD_DISTANCE: f32 = 1.2;
/// The distance of a title's middle from that of its table, as a part of the table's width.
const TITLE: f32 = 0.05;

/// A line of a page: the rectangles of its pieces from left to right, as left, top, right, bottom.
pub(crate) type Pieces = Vec<[f32; 4]>;

/// The ranges of lines that look like tables.
pub(crate) fn regions(lines: &[Pieces]) -> Vec<std::ops::Range<usize>> {
    let mut regions = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let end = extent(lines, start);
        if end > start {
            let before = regions.last().map_or(0, |region: &std::ops::Range<usize>| region.end);
            regions.push(head(lines, start..end, before)..end);
        }
        start = end.max(start + 1);
    }
    regions
}

/// The end of the table that begins with the line `start`; `start` if none does.
fn extent(lines: &[Pieces], start: usize) -> usize {
    if !has_gap(&lines[start]) {
        return start;
    }
    // The end after the last line with a gap.
    let mut end = start + 1;
    let mut with_gaps = 1;
    for line in start + 1..lines.len() {
        if !follows(&lines[line - 1], &lines[line]) || line - end >= MAX_WITHOUT_GAP {
            break;
        }
        if has_gap(&lines[line]) {
            if !shares_a_gap(&lines[start..end], &lines[line]) {
                break;
            }
            end = line + 1;
            with_gaps += 1;
        } else if is_in_later_column(&lines[start..end], &lines[line]) {
            end = line + 1;
        }
    }
    let count = end - start;
    let is_table =
        count >= MIN_LINES && with_gaps >= MIN_LINES_WITH_GAPS.max((count as f32 * MIN_GAPS).ceil() as usize);
    if is_table { end } else { start }
}

/// The first line of a table with the lines of its head that have no gap, which stand over the later columns.
fn head(lines: &[Pieces], table: std::ops::Range<usize>, before: usize) -> usize {
    let inside = &lines[table.clone()];
    let first_column =
        inside.iter().filter_map(|line| gaps(line).next()).map(|(left, _)| left).fold(f32::MIN, f32::max);
    let left = inside.iter().flatten().map(|piece| piece[0]).fold(f32::MAX, f32::min);
    let right = inside.iter().flatten().map(|piece| piece[2]).fold(f32::MIN, f32::max);
    let is_head = |line: &Pieces, below: &Pieces| {
        let (Some(first), Some(last)) = (line.first(), line.last()) else { return false };
        let is_near = || {
            let bottom = line.iter().map(|piece| piece[3]).fold(f32::MIN, f32::max);
            let top = below.iter().map(|piece| piece[1]).fold(f32::MAX, f32::min);
            top - bottom < height(line) * MAX_HEAD_DISTANCE
        };
        // A title in the middle of the table may begin there, too.
        let off_middle = (first[0] + last[2] - left - right).abs() / 2.0;
        let is_title = line.len() == 1 && off_middle < (right - left) * TITLE;
        first[0] > first_column && last[2] < right + height(line) && !is_title && follows(line, below) && is_near()
    };
    let count = (before..table.start).rev().take(MAX_HEAD).take_while(|line| is_head(&lines[*line], &lines[line + 1]));
    table.start - count.count()
}

fn height(line: &Pieces) -> f32 {
    line.iter().map(|[_, top, _, bottom]| bottom - top).fold(0.0, f32::max)
}

/// The gaps of a line, from left to right.
fn gaps(line: &Pieces) -> impl Iterator<Item = (f32, f32)> {
    let least = height(line) * MIN_GAP;
    line.windows(2).map(|pair| (pair[0][2], pair[1][0])).filter(move |(left, right)| right - left >= least)
}

fn has_gap(line: &Pieces) -> bool {
    gaps(line).next().is_some()
}

/// Whether the line stands below the one before, and near to it.
fn follows(before: &Pieces, line: &Pieces) -> bool {
    let bottom = before.iter().map(|piece| piece[3]).fold(f32::MIN, f32::max);
    let top = line.iter().map(|piece| piece[1]).fold(f32::MAX, f32::min);
    let distance = top - bottom;
    // The first line of the next column stands above the last one of this.
    distance > -height(before) && distance < MAX_DISTANCE * height(before).max(height(line))
}

/// Whether a line without gaps begins to the right of the first column: it continues a cell, which prose below the table does not.
fn is_in_later_column(above: &[Pieces], line: &Pieces) -> bool {
    let first_gaps = above.iter().filter_map(|line| gaps(line).next());
    let first_column = first_gaps.map(|(left, _)| left).fold(f32::MIN, f32::max);
    line.first().is_some_and(|piece| piece[0] > first_column)
}

/// Whether some gap of the line stands below a gap of the last lines with gaps.
fn shares_a_gap(above: &[Pieces], line: &Pieces) -> bool {
    let recent = above.iter().rev().filter(|line| has_gap(line)).take(3);
    let overlaps = |one: (f32, f32), other: (f32, f32)| one.1.min(other.1) > one.0.max(other.0);
    recent.flat_map(gaps).any(|gap| gaps(line).any(|own| overlaps(gap, own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[Pieces]) -> Vec<(usize, usize)> {
        regions(lines).into_iter().map(|region| (region.start, region.end)).collect()
    }

    /// A line of pieces 10 pixels high; lines are 16 apart.
    fn line(row: usize, pieces: &[(f32, f32)]) -> Pieces {
        let top = row as f32 * 16.0;
        pieces.iter().map(|(left, right)| [*left, top, *right, top + 10.0]).collect()
    }

    const CELLS: &[(f32, f32)] = &[(0.0, 80.0), (120.0, 150.0), (200.0, 240.0)];
    const PROSE: &[(f32, f32)] = &[(0.0, 240.0)];

    #[test]
    fn a_table_between_paragraphs_is_found_without_them() {
        let lines: Vec<Pieces> = [PROSE, PROSE, CELLS, CELLS, CELLS, CELLS, PROSE, PROSE]
            .iter()
            .enumerate()
            .map(|(row, pieces)| line(row, pieces))
            .collect();
        assert_eq!(found(&lines), [(2, 6)]);
    }

    #[test]
    fn cells_of_several_lines_belong_to_their_table() {
        let second: &[(f32, f32)] = &[(0.0, 60.0)];
        let lines: Vec<Pieces> = [CELLS, second, CELLS, second, second, CELLS, PROSE]
            .iter()
            .enumerate()
            .map(|(row, pieces)| line(row, pieces))
            .collect();
        assert_eq!(found(&lines), [(0, 6)]);
    }

    #[test]
    fn lines_of_the_last_cell_belong_to_the_table_and_the_text_below_does_not() {
        let last: &[(f32, f32)] = &[(200.0, 240.0)];
        let lines: Vec<Pieces> = [CELLS, CELLS, CELLS, last, last, PROSE]
            .iter()
            .enumerate()
            .map(|(row, pieces)| line(row, pieces))
            .collect();
        assert_eq!(found(&lines), [(0, 5)]);
    }

    #[test]
    fn prose_and_a_single_line_with_a_gap_are_no_table() {
        let lines: Vec<Pieces> =
            [PROSE, CELLS, PROSE, PROSE].iter().enumerate().map(|(row, pieces)| line(row, pieces)).collect();
        assert_eq!(found(&lines), []);
        let far = [line(0, CELLS), line(20, CELLS), line(40, CELLS)];
        assert_eq!(found(&far), []);
        assert_eq!(found(&[]), []);
    }

    #[test]
    fn a_head_over_the_later_columns_belongs_to_the_table_and_a_title_does_not() {
        let head: &[(f32, f32)] = &[(140.0, 220.0)];
        let title: &[(f32, f32)] = &[(90.0, 150.0)];
        let lines = |first| -> Vec<Pieces> {
            [PROSE, first, CELLS, CELLS, CELLS].iter().enumerate().map(|(row, pieces)| line(row, pieces)).collect()
        };
        assert_eq!(found(&lines(head)), [(1, 5)]);
        assert_eq!(found(&lines(title)), [(2, 5)]);
    }

    #[test]
    fn two_tables_with_different_columns_are_two() {
        let narrow: &[(f32, f32)] = &[(0.0, 15.0), (30.0, 240.0)];
        let lines: Vec<Pieces> = [CELLS, CELLS, CELLS, narrow, narrow, narrow]
            .iter()
            .enumerate()
            .map(|(row, pieces)| line(row, pieces))
            .collect();
        assert_eq!(found(&lines), [(0, 3), (3, 6)]);
    }
}

//! Tables between long ruling lines: one above the head, one below it, and one at the end.

use std::ops::Range;

use super::{find::Pieces, page, rulings::Ruling};

/// The maximum difference of the ends of the lines of a table, as a multiple of the height of a line of text.
const SAME_END: f32 = 1.5;
/// The minimum number of lines, and of what is between two of them and looks like a table's rows.
const MIN_RULES: usize = 3;
const MIN_BANDS: usize = 2;
/// The minimum part of the lines of text between two ruling lines that have a gap.
const MIN_GAPS: f32 = 0.5;
/// The same for the head, whose names may stand on several heights.
const MIN_HEAD_GAPS: f32 = 0.3;
/// How far text may stick out of its table, as a multiple of its height.
const STICKS_OUT: f32 = 1.0;

/// The lines of text of each table that is between ruling lines of the same length. Lines are given by their words.
pub(super) fn regions(lines: &[Pieces], rulings: &[Ruling], height: f32) -> Vec<Range<usize>> {
    let mut rest = rulings.to_vec();
    rest.sort_by(|one, other| at(one).total_cmp(&at(other)));
    let mut found = Vec::new();
    while let Some(first) = rest.first().copied() {
        let is_alike = |line: &Ruling| {
            (line.from.0 - first.from.0).abs() <= height * SAME_END
                && (line.to.0 - first.to.0).abs() <= height * SAME_END
        };
        let (alike, others): (Vec<Ruling>, Vec<Ruling>) = rest.into_iter().partition(is_alike);
        rest = others;
        if alike.len() >= MIN_RULES {
            found.extend(tables(lines, &alike, height));
        }
    }
    found.sort_by_key(|range: &Range<usize>| range.start);
    found
}

fn at(line: &Ruling) -> f32 {
    f32::midpoint(line.from.1, line.to.1)
}

/// The tables between ruling lines of the same length, from top to bottom.
fn tables(lines: &[Pieces], rules: &[Ruling], height: f32) -> Vec<Range<usize>> {
    let mut found: Vec<Vec<Vec<usize>>> = vec![Vec::new()];
    for pair in rules.windows(2) {
        let inside = between(lines, &pair[0], &pair[1], height);
        let band: Vec<Pieces> = inside.iter().map(|line| lines[*line].clone()).collect();
        let rows = page::rows(&band, height);
        let with_gaps = rows.iter().filter(|row| row.len() > 1).count();
        let min = if found.last().is_some_and(Vec::is_empty) { MIN_HEAD_GAPS } else { MIN_GAPS };
        match found.last_mut() {
            // A line that is drawn double has nothing inside.
            _ if rows.is_empty() => {}
            Some(bands) if with_gaps as f32 >= rows.len() as f32 * min => bands.push(inside),
            _ => found.push(Vec::new()),
        }
    }
    found
        .into_iter()
        .filter(|bands| bands.len() >= MIN_BANDS)
        .filter_map(|bands| page::range(&bands.concat()))
        .collect()
}

/// The lines of text between two ruling lines.
fn between(lines: &[Pieces], above: &Ruling, below: &Ruling, height: f32) -> Vec<usize> {
    let room = height * STICKS_OUT;
    let is_between = |line: &Pieces| {
        let (top, bottom) =
            line.iter().fold((f32::MAX, f32::MIN), |(top, bottom), it| (top.min(it[1]), bottom.max(it[3])));
        (at(above)..at(below)).contains(&f32::midpoint(top, bottom))
            && line.iter().all(|piece| piece[0] > above.from.0 - room && piece[2] < above.to.0 + room)
    };
    (0..lines.len()).filter(|line| is_between(&lines[*line])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(row: usize, pieces: &[(f32, f32)]) -> Pieces {
        let top = row as f32 * 16.0;
        pieces.iter().map(|(left, right)| [*left, top, *right, top + 10.0]).collect()
    }

    fn rule(y: f32) -> Ruling {
        Ruling { from: (0.0, y), to: (240.0, y) }
    }

    const CELLS: &[(f32, f32)] = &[(0.0, 80.0), (120.0, 150.0), (200.0, 240.0)];
    const PROSE: &[(f32, f32)] = &[(0.0, 240.0)];

    fn page(lines: &[&[(f32, f32)]]) -> Vec<Pieces> {
        lines.iter().enumerate().map(|(row, pieces)| line(row, pieces)).collect()
    }

    #[test]
    fn a_table_is_between_its_first_and_its_last_line() {
        let head: &[(f32, f32)] = &[(120.0, 240.0)];
        let page = page(&[PROSE, head, CELLS, CELLS, CELLS, PROSE]);
        assert_eq!(regions(&page, &[rule(13.0), rule(45.0), rule(77.0)], 10.0), vec![1..5]);
    }

    #[test]
    fn a_caption_between_two_tables_is_in_neither() {
        let page = page(&[CELLS, CELLS, PROSE, CELLS, CELLS]);
        let rules = [-3.0, 13.0, 29.0, 45.0, 61.0, 77.0].map(rule);
        assert_eq!(regions(&page, &rules, 10.0), [0..2, 3..5]);
    }

    #[test]
    fn prose_between_lines_and_tables_beside_them_are_none() {
        let prose = page(&[PROSE, PROSE, PROSE]);
        assert_eq!(regions(&prose, &[rule(-3.0), rule(13.0), rule(45.0)], 10.0), []);
        let short = Ruling { from: (0.0, 0.0), to: (100.0, 0.0) };
        assert_eq!(regions(&page(&[CELLS, CELLS]), &[short; 3], 10.0), []);
    }
}

//! Sorts the places of text into columns, paragraphs and lines.
//!
//! A page is divided at gutters: strips without text between two columns of prose. What is above and below a gutter is divided in turn.
//! The cells of a table have gaps between them, too, but a table is read row by row. Columns of prose are told from a table's by the
//! length of their lines, and by how much of their width the lines fill.

/// The minimum width of a gutter, as a multiple of the height of a line. The rectangles of lines extend beyond their ink, so that a
/// gutter of one letter has hardly more.
const GUTTER: f32 = 0.3;
/// The minimum width of a gap within a line of a table, in the same measure.
const GAP: f32 = 0.8;
/// The maximum distance between the texts of two columns of prose, in the same measure. What is farther apart is a table.
const MAX_GUTTER: f32 = 8.0;
/// The minimum number of lines on each side of a gutter.
const MIN_LINES: usize = 4;
/// The minimum median length of the lines of a column, as a multiple of their height: some twelve letters.
const MIN_LENGTH: f32 = 6.0;
/// The minimum part of a column's width that its lines fill on average.
const MIN_FILL: f32 = 0.55;
/// The maximum part of a column's lines that have a gap. The lines of a table's columns have many.
const MAX_GAPS: f32 = 0.25;
/// The minimum part of a column's lines that begin at its left edge, within the height of a line. Numbers and the right column of a
/// table are often aligned at the right.
const MIN_ALIGNED: f32 = 0.6;
/// The minimum overlap of two places in one line, as a part of the smaller height.
const SAME_LINE: f32 = 0.5;
/// A distance between lines that is this many times the usual one separates paragraphs. The usual one is that of the lower quarter:
/// on a letter or a form, more than half of the lines may have room above them.
const PARAGRAPH_DISTANCE: f32 = 1.35;
const USUAL_PART: f32 = 0.25;
/// Lines whose heights differ by this ratio belong to different paragraphs, such as a heading and its text.
const SIZE_RATIO: f32 = 1.35;
/// The maximum depth of the division, which bounds the recursion.
const MAX_DEPTH: usize = 12;
/// The maximum number of gutters that lie side by side.
const MAX_GUTTERS: usize = 3;

/// An upright rectangle around a place of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Place {
    fn height(&self) -> f32 {
        self.bottom - self.top
    }

    fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// A line: the numbers of its places from left to right.
pub(super) type Row = Vec<usize>;

/// The paragraphs in reading order, each with its lines. Every place is in exactly one.
pub(super) fn paragraphs(places: &[Place]) -> Vec<Vec<Row>> {
    let mut regions = Vec::new();
    divide(places, (0..places.len()).collect(), MAX_DEPTH, &mut regions);
    regions.iter().flat_map(|region| split(places, rows(places, region))).collect()
}

/// Divides a region at its longest gutter, until there is none.
fn divide(places: &[Place], region: Vec<usize>, depth: usize, regions: &mut Vec<Vec<usize>>) {
    let gutter = if depth == 0 { None } else { gutter(places, &region, MAX_GUTTERS) };
    let Some(Gutter { x, top, bottom }) = gutter else {
        if !region.is_empty() {
            regions.push(region);
        }
        return;
    };
    let (mut above, mut left, mut right, mut below) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for place in region {
        let Place { left: start, right: end, .. } = places[place];
        let middle = places[place].middle();
        let part = if middle < top {
            &mut above
        } else if middle > bottom {
            &mut below
        } else if f32::midpoint(start, end) < x {
            &mut left
        } else {
            &mut right
        };
        part.push(place);
    }
    for part in [above, left, right, below] {
        divide(places, part, depth - 1, regions);
    }
}

/// A strip without text, from `top` to `bottom`.
struct Gutter {
    x: f32,
    top: f32,
    bottom: f32,
}

/// The longest gutter of a region, with at most so many gutters beside it.
fn gutter(places: &[Place], region: &[usize], depth: usize) -> Option<Gutter> {
    let height = median(region.iter().map(|place| places[*place].height()))?;
    let mut by_height = region.to_vec();
    by_height.sort_by(|one, other| places[*one].middle().total_cmp(&places[*other].middle()));
    // A column begins where its lines begin: a gutter ends at the left edge of some place.
    let mut edges: Vec<f32> = region.iter().map(|place| places[*place].left).collect();
    edges.sort_by(f32::total_cmp);
    edges.dedup_by(|next, kept| *next - *kept < height / 4.0);
    let half = height * GUTTER / 2.0;
    let runs = edges.into_iter().flat_map(|edge| {
        let x = edge - half;
        let is_crossed = move |place: &usize| places[*place].left < x + half * 0.99 && places[*place].right > x - half;
        by_height.split(is_crossed).map(move |run| (x, run)).collect::<Vec<_>>()
    });
    runs.filter_map(|(x, run)| {
        let (left, right): (Vec<usize>, Vec<usize>) = run.iter().partition(|place| places[**place].left < x);
        let (left, right) = (columns(places, &left, depth)?, columns(places, &right, depth)?);
        // The columns must stand side by side, rather than one below the other.
        let (top, bottom) = (left.top.max(right.top), left.bottom.min(right.bottom));
        let shared = (bottom - top) / left.height().min(right.height());
        let is_near = right.left - left.right <= height * MAX_GUTTER;
        let all = left.union(right);
        (shared > 0.5 && is_near).then_some(Gutter { x, top: all.top, bottom: all.bottom })
    })
    .max_by(|one, other| (one.bottom - one.top).total_cmp(&(other.bottom - other.top)))
}

/// The bounds of these places, if they look like a column of prose, or like several.
fn columns(places: &[Place], members: &[usize], depth: usize) -> Option<Place> {
    let rows = rows(places, members);
    if rows.len() < MIN_LINES {
        return None;
    }
    let lines: Vec<Place> = rows.iter().filter_map(|row| around(places, row)).collect();
    let all = lines.iter().copied().reduce(Place::union)?;
    let length = median(lines.iter().map(|line| (line.right - line.left) / line.height()))?;
    let has_gap = |row: &&Row| {
        row.windows(2).any(|pair| {
            let (one, next) = (places[pair[0]], places[pair[1]]);
            next.left - one.right > GAP * one.height()
        })
    };
    let gaps = rows.iter().filter(has_gap).count() as f32 / rows.len() as f32;
    let is_aligned = |line: &&Place| line.left - all.left <= line.height();
    let aligned = lines.iter().filter(is_aligned).count() as f32 / lines.len() as f32;
    let text: f32 = members.iter().map(|place| places[*place].right - places[*place].left).sum();
    let fill = text / (rows.len() as f32 * (all.right - all.left));
    let is_prose = |gaps| gaps <= MAX_GAPS || (depth > 1 && gutter(places, members, depth - 1).is_some());
    (length >= MIN_LENGTH && fill >= MIN_FILL && aligned >= MIN_ALIGNED && is_prose(gaps)).then_some(all)
}

/// The lines of a region from top to bottom, each from left to right.
fn rows(places: &[Place], region: &[usize]) -> Vec<Row> {
    let mut sorted = region.to_vec();
    sorted.sort_by(|one, other| places[*one].middle().total_cmp(&places[*other].middle()));
    let mut rows: Vec<Row> = Vec::new();
    for place in sorted {
        // A place belongs to the line of its nearest neighbour, so that a line that is not quite straight stays together.
        let belongs = rows.last().and_then(|row| {
            row.iter().min_by(|one, other| distance(places, **one, place).total_cmp(&distance(places, **other, place)))
        });
        match (belongs.is_some_and(|near| is_same_line(&places[*near], &places[place])), rows.last_mut()) {
            (true, Some(row)) => row.push(place),
            _ => rows.push(vec![place]),
        }
    }
    for row in &mut rows {
        row.sort_by(|one, other| places[*one].left.total_cmp(&places[*other].left));
    }
    rows
}

/// The horizontal distance of two places.
fn distance(places: &[Place], one: usize, other: usize) -> f32 {
    (places[one].left - places[other].right).max(places[other].left - places[one].right)
}

fn is_same_line(one: &Place, other: &Place) -> bool {
    let overlap = one.bottom.min(other.bottom) - one.top.max(other.top);
    overlap >= SAME_LINE * one.height().min(other.height())
}

/// Divides the lines of a region into paragraphs.
fn split(places: &[Place], rows: Vec<Row>) -> Vec<Vec<Row>> {
    let lines: Vec<Place> = rows.iter().filter_map(|row| around(places, row)).collect();
    let distances = lines.windows(2).map(|pair| pair[1].middle() - pair[0].middle());
    let usual = quantile(distances, USUAL_PART).unwrap_or(0.0);
    let begins = |line: usize| {
        let (before, next) = (lines[line - 1], lines[line]);
        let size = next.height() / before.height();
        next.middle() - before.middle() > usual * PARAGRAPH_DISTANCE || !(1.0 / SIZE_RATIO..=SIZE_RATIO).contains(&size)
    };
    let mut paragraphs: Vec<Vec<Row>> = Vec::new();
    for (line, row) in rows.into_iter().enumerate() {
        match paragraphs.last_mut() {
            Some(paragraph) if !begins(line) => paragraph.push(row),
            _ => paragraphs.push(vec![row]),
        }
    }
    paragraphs
}

fn around(places: &[Place], row: &[usize]) -> Option<Place> {
    row.iter().map(|place| places[*place]).reduce(Place::union)
}

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    quantile(values, 0.5)
}

/// The value below which this part of the values is.
fn quantile(values: impl Iterator<Item = f32>, part: f32) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get((values.len() as f32 * part) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of 10 pixels height that are 14 pixels apart.
    fn line(left: f32, row: usize, width: f32) -> Place {
        let top = row as f32 * 14.0;
        Place { left, top, right: left + width, bottom: top + 10.0 }
    }

    /// The numbers of the places in reading order.
    fn read(places: &[Place]) -> Vec<usize> {
        paragraphs(places).into_iter().flatten().flatten().collect()
    }

    #[test]
    fn two_columns_are_read_one_after_the_other_below_a_heading_and_above_a_foot() {
        let mut places = vec![line(0.0, 0, 400.0)];
        for row in 2..10 {
            places.push(line(0.0, row, 190.0));
            places.push(line(210.0, row, 190.0));
        }
        places.push(line(0.0, 11, 380.0));
        let left = (1..17).step_by(2);
        let right = (2..17).step_by(2);
        let expected: Vec<usize> = std::iter::once(0).chain(left).chain(right).chain([17]).collect();
        assert_eq!(read(&places), expected);
    }

    #[test]
    fn three_columns_with_ragged_ends_are_read_one_after_the_other() {
        let mut places = Vec::new();
        for row in 0..8 {
            for column in 0..3 {
                let ragged = ((row * 7 + column * 3) % 5) as f32 * 6.0;
                places.push(line(column as f32 * 140.0, row, 125.0 - ragged));
            }
        }
        let expected: Vec<usize> = (0..3).flat_map(|column| (0..8).map(move |row| row * 3 + column)).collect();
        assert_eq!(read(&places), expected);
    }

    #[test]
    fn two_columns_with_a_narrow_gutter_are_read_one_after_the_other() {
        let places: Vec<Place> = (0..8).flat_map(|row| [line(0.0, row, 190.0), line(194.0, row, 190.0)]).collect();
        let expected: Vec<usize> = (0..16).step_by(2).chain((1..16).step_by(2)).collect();
        assert_eq!(read(&places), expected);
    }

    #[test]
    fn a_table_is_read_row_by_row() {
        let mut places = Vec::new();
        for row in 0..8 {
            places.extend([line(0.0, row, 110.0), line(200.0, row, 40.0), line(300.0, row, 30.0)]);
        }
        assert_eq!(read(&places), (0..24).collect::<Vec<_>>());
    }

    #[test]
    fn a_table_with_a_wide_first_column_and_a_crowded_rest_is_read_row_by_row() {
        let mut places = Vec::new();
        for row in 0..6 {
            places.extend([
                line(0.0, row, 180.0),
                line(300.0, row, 60.0),
                line(380.0, row, 30.0),
                line(440.0, row, 40.0),
            ]);
        }
        assert_eq!(read(&places), (0..24).collect::<Vec<_>>());
    }

    #[test]
    fn a_table_whose_two_columns_are_far_apart_is_read_row_by_row() {
        let places: Vec<Place> = (0..8).flat_map(|row| [line(0.0, row, 120.0), line(300.0, row, 180.0)]).collect();
        assert_eq!(read(&places), (0..16).collect::<Vec<_>>());
    }

    #[test]
    fn a_table_whose_second_column_is_aligned_at_the_right_is_read_row_by_row() {
        let second = |row: usize| line(180.0 + (row % 4) as f32 * 30.0, row, 150.0 - (row % 4) as f32 * 30.0);
        let places: Vec<Place> = (0..8).flat_map(|row| [line(0.0, row, 120.0), second(row)]).collect();
        assert_eq!(read(&places), (0..16).collect::<Vec<_>>());
    }

    #[test]
    fn a_note_beside_a_letter_does_not_divide_it() {
        let mut places: Vec<Place> = (0..8).map(|row| line(0.0, row, 200.0)).collect();
        places.push(line(300.0, 2, 60.0));
        assert_eq!(read(&places), [0, 1, 2, 8, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn paragraphs_begin_after_a_gap_and_where_the_size_changes() {
        let heading = Place { left: 0.0, top: 0.0, right: 100.0, bottom: 20.0 };
        let body = |row: usize| line(0.0, row + 2, 200.0);
        let places = [heading, body(0), body(1), body(2), body(4), body(5)];
        let told: Vec<usize> = paragraphs(&places).iter().map(Vec::len).collect();
        assert_eq!(told, [1, 3, 2]);
    }

    #[test]
    fn on_a_letter_with_much_room_between_its_lines_the_close_ones_stay_together() {
        let places: Vec<Place> = [0, 3, 5, 6, 7, 9, 11].map(|row| line(0.0, row, 200.0)).to_vec();
        let told: Vec<usize> = paragraphs(&places).iter().map(Vec::len).collect();
        assert_eq!(told, [1, 1, 3, 1, 1]);
    }

    #[test]
    fn a_line_that_sinks_to_the_right_stays_together() {
        let places: Vec<Place> = (0..6)
            .map(|at| {
                let (left, top) = (at as f32 * 50.0, at as f32 * 3.0);
                Place { left, top, right: left + 45.0, bottom: top + 10.0 }
            })
            .collect();
        assert_eq!(paragraphs(&places), [[(0..6).collect::<Vec<_>>()]]);
    }

    #[test]
    fn a_page_without_text_has_no_paragraphs() {
        assert!(paragraphs(&[]).is_empty());
    }
}

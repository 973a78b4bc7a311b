//! Finds letters in an image: connected marks of a letter's size that form a line.
//!
//! Rules, frames and fills have other sizes. Bullets, dots and hatching have a single shape. In photographs, marks hardly ever form a
//! line.

use super::components::{Mark, Marks, PageImage};

/// The maximum ratio between the heights of neighbouring letters, such as `b` and `a`.
const MAX_RATIO: f32 = 2.4;
/// The maximum gap between letters of a line, in heights. Words are separated by a space.
const MAX_GAP: f32 = 1.1;
/// The maximum median gap between letters of a line, in heights.
const USUAL_GAP: f32 = 0.6;
/// The minimum number of letters of a line. Fewer marks form a row by chance, such as signs in a drawing.
const MIN_LETTERS: usize = 4;
/// The maximum number of letters of a line. Longer lines are split.
const MAX_LINE: usize = 40;
/// The minimum share of a short line's letters whose bottoms, or whose tops, are aligned.
const ALIGNED_SHARE: f32 = 0.75;
/// The same share for a long line, in which more letters have ascenders or descenders.
const ALIGNED_SHARE_OF_LONG: f32 = 0.6;
/// The minimum number of letters of a long line.
const LONG_LINE: usize = 7;
/// The maximum distance between aligned edges, as a share of the line's height.
const ALIGNMENT_TOLERANCE: f32 = 0.12;
/// The minimum number of different shapes in a line.
const MIN_SHAPES: usize = 3;
/// The share of its box that a letter fills. Frames and curves fill less; rules and blocks fill more.
const FILL: std::ops::RangeInclusive<f32> = 0.18..=0.78;
/// The minimum share of a line's letters that fill their box like that. `l` and `.` fill more.
const FILLED_SHARE: f32 = 0.6;
/// The ratio of width to height below which a letter is narrow, such as `l` and `i`.
const NARROW: f32 = 0.3;
/// The maximum share of a line's letters that are narrow.
const MAX_NARROW_SHARE: f32 = 0.4;
/// The mean ratio of width to height of marks that all have one height, if they are capitals. The cells of a table's row have other
/// ratios.
const CAPITALS: std::ops::RangeInclusive<f32> = 0.35..=1.15;
/// The minimum share of marks of one height in a row of capitals or cells.
const EQUAL_HEIGHT_SHARE: f32 = 0.8;
/// The minimum share of a line's letters that have the same colour, and the same background. The marks of a photograph differ.
const SAME_COLOUR_SHARE: f32 = 0.75;
/// The maximum difference of a letter's colour from the line's median, as a share of the contrast between ink and background.
const INK_SPREAD: f32 = 0.3;
/// The maximum difference of a letter's background from the line's median, as a share of that contrast.
const GROUND_SPREAD: f32 = 0.2;
/// The difference of 255 that is tolerated in addition to these shares.
const SPREAD: f32 = 8.0;

/// The number of marks that are letters of a line.
pub(super) fn letters(marks: &Marks<'_>) -> u32 {
    let turned = in_lines(marks.marks.iter().map(Mark::turned).collect(), &marks.image, true);
    in_lines(marks.marks.clone(), &marks.image, false).max(turned)
}

/// The number of marks that are part of a line of letters. `turned`: the marks are those of the transposed image.
fn in_lines(mut marks: Vec<Mark>, image: &PageImage<'_>, turned: bool) -> u32 {
    marks.sort_unstable_by_key(|mark| mark.left);
    let rows = Rows::from_marks(&marks);
    let next: Vec<Option<usize>> = (0..marks.len()).map(|index| rows.next(&marks, index)).collect();
    let mut taken = vec![false; marks.len()];
    let mut letters = 0;
    for start in 0..marks.len() {
        if taken[start] {
            continue;
        }
        let line: Vec<usize> = std::iter::successors(Some(start), |last| next[*last].filter(|next| !taken[*next]))
            .take(MAX_LINE)
            .collect();
        let found: Vec<Mark> = line.iter().map(|index| marks[*index]).collect();
        if is_line(&found) && is_alike(&found, image, turned) {
            letters += line.len() as u32;
            for index in line {
                taken[index] = true;
            }
        }
    }
    letters
}

/// Marks, grouped by the vertical position of their middle.
struct Rows {
    /// Indices of marks, sorted from left to right.
    rows: Vec<Vec<usize>>,
}

impl Rows {
    /// The height of a row in pixels.
    const STEP: usize = 8;

    fn from_marks(marks: &[Mark]) -> Self {
        let bottom = marks.iter().map(|mark| mark.bottom).max().unwrap_or(0);
        let mut rows = vec![Vec::new(); bottom / Self::STEP + 1];
        for (index, mark) in marks.iter().enumerate() {
            rows[usize::midpoint(mark.top, mark.bottom) / Self::STEP].push(index);
        }
        Self { rows }
    }

    /// The next mark on the line of another one.
    fn next(&self, marks: &[Mark], index: usize) -> Option<usize> {
        let mark = &marks[index];
        let height = mark.height();
        let reach = (MAX_RATIO * height as f32) as usize;
        let first = mark.top.saturating_sub(reach / 2) / Self::STEP;
        let last = ((mark.bottom + reach / 2) / Self::STEP).min(self.rows.len() - 1);
        let candidates = self.rows[first..=last].iter().filter_map(|row| {
            let from = row.partition_point(|other| marks[*other].left <= mark.left);
            let near = row[from..].iter().copied().take_while(|other| marks[*other].left <= mark.right + 3 * height);
            near.take(16).find(|other| follows(mark, &marks[*other]))
        });
        candidates.min_by_key(|other| marks[*other].left)
    }
}

/// Whether `next` may be the next letter of `mark`'s line.
pub(super) fn follows(mark: &Mark, next: &Mark) -> bool {
    let (a, b) = (mark.height() as f32, next.height() as f32);
    let (small, large) = (a.min(b), a.max(b));
    let common = mark.bottom.min(next.bottom) as f32 - mark.top.max(next.top) as f32;
    let gap = next.left as f32 - mark.right as f32;
    large <= MAX_RATIO * small && common >= 0.5 * small && gap <= MAX_GAP * large && gap >= -0.3 * large
}

/// Whether neighbouring marks are a line of letters.
fn is_line(marks: &[Mark]) -> bool {
    let share = |is: &dyn Fn(&Mark) -> bool| marks.iter().filter(|mark| is(mark)).count() as f32 / marks.len() as f32;
    if marks.len() < MIN_LETTERS
        || share(&|mark| FILL.contains(&mark.fill())) < FILLED_SHARE
        || share(&|mark| mark.aspect() < NARROW) > MAX_NARROW_SHARE
    {
        return false;
    }
    let height = marks.iter().map(Mark::height).max().unwrap_or(0);
    let gaps = marks.windows(2).map(|pair| pair[1].left as f32 - pair[0].right as f32);
    let usual = gaps.filter(|gap| *gap <= USUAL_GAP * height as f32).count();
    let mut shapes: Vec<_> =
        marks.iter().map(|mark| (mark.width() / 2, mark.height() / 2, (mark.fill() * 6.0) as usize)).collect();
    shapes.sort_unstable();
    shapes.dedup();
    let within = (ALIGNMENT_TOLERANCE * height as f32 + 1.0) as usize;
    let level = |edge: fn(&Mark) -> usize| {
        let beside = |mark: &Mark| share(&|other| edge(other).abs_diff(edge(mark)) <= within);
        marks.iter().map(beside).fold(0.0, f32::max)
    };
    2 * usual >= marks.len() - 1
        && shapes.len() >= MIN_SHAPES
        && level(|mark| mark.bottom).max(level(|mark| mark.top))
            >= if marks.len() < LONG_LINE { ALIGNED_SHARE } else { ALIGNED_SHARE_OF_LONG }
        && !is_row_of_cells(marks)
}

/// Whether most marks have the same colour and the same background.
fn is_alike(marks: &[Mark], image: &PageImage<'_>, turned: bool) -> bool {
    let ink: Vec<f32> = marks.iter().map(|mark| mark.sum as f32 / mark.area as f32).collect();
    let ground: Vec<f32> = marks.iter().map(|mark| image.ground(&if turned { mark.turned() } else { *mark })).collect();
    let median = |values: &[f32]| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    };
    let contrast = (median(&ink) - median(&ground)).abs();
    let alike = |values: &[f32], spread: f32| {
        let (median, within) = (median(values), spread * contrast + SPREAD);
        values.iter().filter(|value| (**value - median).abs() <= within).count() as f32
            >= SAME_COLOUR_SHARE * values.len() as f32
    };
    alike(&ink, INK_SPREAD) && alike(&ground, GROUND_SPREAD)
}

fn is_row_of_cells(marks: &[Mark]) -> bool {
    let like = |mark: &Mark| {
        let equal = |other: &&Mark| other.top.abs_diff(mark.top) <= 1 && other.bottom.abs_diff(mark.bottom) <= 1;
        marks.iter().filter(equal).count()
    };
    let equal = marks.iter().map(like).max().unwrap_or(0) as f32;
    let count = marks.len() as f32;
    equal >= EQUAL_HEIGHT_SHARE * count && !CAPITALS.contains(&(marks.iter().map(Mark::aspect).sum::<f32>() / count))
}

#[cfg(test)]
mod tests {
    use super::{super::components, *};

    const WIDTH: usize = 300;
    const HEIGHT: usize = 80;

    /// An image of this background with blocks (left, top, width, height) of this ink.
    fn image(ground: u8, ink: u8, blocks: &[(usize, usize, usize, usize)]) -> Vec<u8> {
        let mut pixels = vec![ground; WIDTH * HEIGHT];
        for (left, top, width, height) in blocks {
            for y in *top..top + height {
                pixels[y * WIDTH + left..y * WIDTH + left + width].fill(ink);
            }
        }
        pixels
    }

    /// The letters `L`, `T`, `E` and `F` repeatedly, ten pixels wide and fourteen high.
    fn letters_at(x: usize, y: usize, count: usize) -> Vec<(usize, usize, usize, usize)> {
        let letter = |x: usize, number: usize| match number % 4 {
            0 => vec![(x, y, 3, 14), (x, y + 11, 9, 3)],
            1 => vec![(x, y, 10, 3), (x + 4, y, 3, 14)],
            2 => vec![(x, y, 3, 14), (x, y, 9, 3), (x, y + 6, 8, 2), (x, y + 11, 9, 3)],
            _ => vec![(x, y, 3, 14), (x, y, 9, 3), (x, y + 6, 7, 2)],
        };
        (0..count).flat_map(|number| letter(x + 13 * number, number)).collect()
    }

    fn found_in(pixels: &[u8], width: usize, height: usize) -> u32 {
        components::find(pixels, width, height).iter().map(letters).sum()
    }

    fn found(pixels: &[u8]) -> u32 {
        found_in(pixels, WIDTH, HEIGHT)
    }

    #[test]
    fn letters_in_a_line_are_found_on_any_ground_and_turned() {
        for (ground, ink) in [(255, 0), (0, 255), (200, 120), (90, 200)] {
            assert_eq!(found(&image(ground, ink, &letters_at(20, 30, 8))), 8, "{ink} on {ground}");
        }
        let line = image(255, 0, &letters_at(20, 30, 8));
        let turned: Vec<u8> =
            (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))).map(|(x, y)| line[y * WIDTH + x]).collect();
        assert_eq!(found_in(&turned, HEIGHT, WIDTH), 8);
    }

    #[test]
    fn rules_cells_dots_and_single_signs_are_no_letters() {
        assert_eq!(found(&image(255, 255, &[])), 0);
        assert_eq!(found(&image(255, 0, &letters_at(20, 30, 3))), 0, "three in a row");
        let rules: Vec<_> =
            (0..4).map(|it| (10, 10 + 15 * it, 280, 1)).chain((0..8).map(|it| (10 + 40 * it, 10, 1, 46))).collect();
        assert_eq!(found(&image(255, 0, &rules)), 0);
        let dots: Vec<_> = (0..20).map(|it| (10 + 13 * it, 30, 3 + it % 3, 3 + it % 2)).collect();
        assert_eq!(found(&image(255, 0, &dots)), 0);
        let cells: Vec<_> = (0..5).map(|it| (10 + 50 * it, 30, 48 - it, 14)).collect();
        assert_eq!(found(&image(255, 180, &cells)), 0);
        let scattered: Vec<_> = (0..5).flat_map(|it| letters_at(20 + 55 * it, 10 + 9 * it, 1)).collect();
        assert_eq!(found(&image(255, 0, &scattered)), 0);
    }

    #[test]
    fn images_smaller_than_a_letter_have_none() {
        assert_eq!(found_in(&[], 0, 0), 0);
        assert_eq!(found_in(&[0, 255, 0, 255], 4, 1), 0);
        assert_eq!(found_in(&[0, 255, 0, 255], 1, 4), 0);
    }
}

//! Finds ink of a letter's size between the words of a line: digits or short words that are drawn as outlines or are part of an image.
//! `marks` finds whole lines of such letters. One to three letters can only be recognized as such next to text.

use inkstream_core::ports::EmbeddedLine;
use inkstream_wire::PixelBox;

use super::ink::Ink;

/// The minimum difference of 255 between ink and its background.
const CONTRAST: u8 = 48;
/// The height of a mark as a share of its line's height. Dots of a leader, hyphens and underlines are lower. The height of a line is
/// that of its letters, which may all be low.
const HEIGHT: std::ops::RangeInclusive<f32> = 0.3..=1.6;
/// The maximum width of a vertical rule in pixels, and its minimum height as a share of its line's height.
const RULE: (usize, f32) = (2, 0.9);
/// The maximum share of its box that a letter fills. Marks that fill more are blocks, or edges of a field or a highlight.
const MAX_FILL: f32 = 0.85;
/// The maximum distance that a mark extends above or below its line, in line heights. Images and the rules between columns extend
/// farther.
const REACH: f32 = 0.3;
/// The width of the area after the last word of a line in which ink is searched, in line heights.
const BEHIND: f32 = 1.5;
/// The minimum width of a gap in pixels: at 120 dpi, an `l` of 8 pt with the spaces around it.
const MIN_GAP: usize = 4;

/// The number of gaps between words, or after the last word of a line, that contain a mark of a letter's size.
pub(super) fn with_marks(ink: &Ink, lines: &[EmbeddedLine]) -> u32 {
    lines.iter().flat_map(gaps).filter(|gap| holds_mark(ink, *gap)).count() as u32
}

/// The gaps of a horizontal line, in pixels of the image.
fn gaps(line: &EmbeddedLine) -> Vec<PixelBox> {
    let mut words: Vec<PixelBox> = line.words.iter().map(|word| word.bounds).collect();
    words.sort_unstable_by_key(|bounds| bounds.x);
    let top = words.iter().map(|bounds| bounds.y).min().unwrap_or_default();
    let bottom = words.iter().map(|bounds| bounds.y + bounds.height).max().unwrap_or_default();
    let height = bottom - top;
    // The words of a vertical or slanted line are not next to each other horizontally.
    if words.iter().any(|bounds| 2 * bounds.height < height) {
        return Vec::new();
    }
    let ends = words.iter().map(|bounds| bounds.x + bounds.width);
    let next = words.iter().skip(1).map(|bounds| bounds.x);
    let behind = ends.clone().max().map(|end| end + (BEHIND * height as f32) as u32);
    let gap = |(from, to): (u32, u32)| (from < to).then(|| PixelBox { x: from, y: top, width: to - from, height });
    ends.zip(next.chain(behind)).filter_map(gap).collect()
}

fn holds_mark(ink: &Ink, gap: PixelBox) -> bool {
    let scaled = |at: u32, scale: f32, max: usize| ((at as f32 * scale) as usize).min(max);
    let (left, right) = (scaled(gap.x, ink.scale.0, ink.width), scaled(gap.x + gap.width, ink.scale.0, ink.width));
    let line = gap.height as f32 * ink.scale.1;
    let reach = (REACH * line).ceil() as usize;
    let top = scaled(gap.y, ink.scale.1, ink.height).saturating_sub(reach);
    let bottom = (scaled(gap.y + gap.height, ink.scale.1, ink.height) + reach).min(ink.height);
    if left + MIN_GAP > right || top >= bottom {
        return false;
    }
    let row = |y: usize| &ink.without_text[y * ink.width + left..y * ink.width + right];
    let mut values: Vec<u8> = (top..bottom).flat_map(|y| row(y).iter().copied()).collect();
    let middle = values.len() / 2;
    let ground = *values.select_nth_unstable(middle).1;
    let is_ink = |pixel: &u8| pixel.abs_diff(ground) >= CONTRAST;
    let inked: Vec<usize> = (top..bottom).filter(|y| row(*y).iter().any(is_ink)).collect();
    let (Some(&first), Some(&last)) = (inked.first(), inked.last()) else { return false };
    // A mark that extends beyond the line is a rule, a frame or an image. One with empty rows is a pair of rules.
    let reaches_on = first == top || last + 1 == bottom;
    let columns: Vec<usize> = (0..right - left).filter(|x| (first..=last).any(|y| is_ink(&row(y)[*x]))).collect();
    let width = columns.last().zip(columns.first()).map_or(0, |(last, first)| last + 1 - first);
    let area = (first..=last).map(|y| row(y).iter().filter(|pixel| is_ink(pixel)).count()).sum::<usize>();
    let rows = last + 1 - first;
    let height = rows as f32 / line;
    let is_rule = width <= RULE.0 && height >= RULE.1;
    let is_block = area as f32 > MAX_FILL * (width * rows) as f32;
    !reaches_on && !is_rule && !is_block && 2 * inked.len() > rows && HEIGHT.contains(&height)
}

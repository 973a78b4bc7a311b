//! Columns that Tesseract's layout analysis finds and that are none. Where lines repeat each other, or all letters are equally wide, the spaces
//! of one line are below those of another, and words become columns. The prices of a receipt and the cells of a table are columns that
//! only make sense row by row.

use inkstream_wire::PixelBox;

/// Two columns are at least this many line heights apart, whatever their width. A space is a quarter to six tenths.
const MIN_GUTTER: f32 = 0.65;
/// Narrow columns, the lines of which are shorter than [`NARROW`] line heights, are at least so many line heights apart.
const MIN_NARROW_GUTTER: f32 = 1.2;
const NARROW: f32 = 9.0;
/// The lines of a column of prose are at least this many line heights long.
const MIN_PROSE: f32 = 6.0;
/// One in so many lines of a page has a line beside it, if rows make up the page. Line numbers and notes in the margin are fewer.
const ROWS_SHARE: usize = 3;
/// The minimum number of lines that stand beside another one for a verdict.
const MIN_BESIDE: usize = 3;
/// A page of more lines is not judged.
const MAX_LINES: usize = 2000;

/// A line with the number of its block.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockLine {
    pub(super) block: usize,
    pub(super) bounds: PixelBox,
}

/// Whether most of what stands side by side are parts of rows.
pub(super) fn are_rows(lines: &[BlockLine]) -> bool {
    if lines.len() > MAX_LINES {
        return false;
    }
    let Some(height) = median(lines.iter().map(|line| line.bounds.height as f32)) else { return false };
    // Lines that run down the page stand side by side in any case.
    if median(lines.iter().map(|line| line.bounds.width as f32)).is_none_or(|width| width < height) {
        return false;
    }
    let gutters: Vec<Gutter> = lines.iter().filter_map(|line| gutter(line, lines)).collect();
    if gutters.len() < MIN_BESIDE {
        return false;
    }
    let of = |value: fn(&Gutter) -> u32| median(gutters.iter().map(|gutter| value(gutter) as f32 / height));
    let (Some(width), Some(longer), Some(shorter)) =
        (of(|gutter| gutter.width), of(|gutter| gutter.longer), of(|gutter| gutter.shorter))
    else {
        return false;
    };
    let are_words = width < MIN_GUTTER || width < MIN_NARROW_GUTTER && longer < NARROW;
    let are_cells = shorter < MIN_PROSE && gutters.len() * ROWS_SHARE >= lines.len();
    are_words || are_cells
}

/// The space between two lines side by side, and their lengths.
struct Gutter {
    width: u32,
    longer: u32,
    shorter: u32,
}

/// The space to the next line to the right that is of another block.
fn gutter(line: &BlockLine, lines: &[BlockLine]) -> Option<Gutter> {
    let right = line.bounds.x + line.bounds.width;
    let beside = lines.iter().filter(|other| other.block != line.block && is_beside(line.bounds, other.bounds));
    let next = beside.min_by_key(|other| other.bounds.x)?.bounds;
    Some(Gutter {
        width: next.x.saturating_sub(right),
        longer: next.width.max(line.bounds.width),
        shorter: next.width.min(line.bounds.width),
    })
}

/// Whether `other` is to the right of `line` and at its height.
fn is_beside(line: PixelBox, other: PixelBox) -> bool {
    let top = line.y.max(other.y);
    let bottom = (line.y + line.height).min(other.y + other.height);
    let shared = bottom.saturating_sub(top);
    // Italics overhang.
    let right = line.x + line.width - line.height.min(line.width) / 2;
    other.x >= right && shared * 2 > line.height.min(other.height)
}

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns of this length and distance, in lines of 20 pixels.
    fn columns(count: usize, length: u32, gutter: u32) -> Vec<BlockLine> {
        let line = |block, row| BlockLine {
            block,
            bounds: PixelBox { x: block as u32 * (length + gutter), y: row * 28, width: length, height: 20 },
        };
        (0..count).flat_map(|block| (0..10_u32).map(move |row| line(block, row))).collect()
    }

    #[test]
    fn words_and_cells_below_each_other_are_rows() {
        // A typewriter's spaces, those of a repeated line, a river through prose, and a table.
        for (count, length, gutter) in [(13, 80, 20), (8, 140, 22), (2, 500, 9), (4, 100, 120)] {
            assert!(are_rows(&columns(count, length, gutter)), "{count} columns {gutter} apart");
        }
    }

    #[test]
    fn the_prices_of_a_receipt_are_in_its_rows() {
        let mut lines = columns(2, 300, 200);
        lines.iter_mut().filter(|line| line.block == 1).for_each(|price| price.bounds.width = 50);
        assert!(are_rows(&lines));
        // Numbers at every fourth line of a poem are not.
        let numbered = lines.into_iter().enumerate().filter(|(at, line)| line.block == 0 || at % 4 == 0);
        assert!(!are_rows(&numbered.map(|(_, line)| line).collect::<Vec<_>>()));
    }

    #[test]
    fn columns_of_prose_and_vertical_lines_are_no_rows() {
        for (count, length, gutter) in [(2, 500, 26), (3, 300, 20), (1, 500, 0), (6, 15, 10)] {
            assert!(!are_rows(&columns(count, length, gutter)), "{count} columns {gutter} apart");
        }
        assert!(!are_rows(&[]));
        assert!(!are_rows(&columns(2, 80, 10)[9..11]));
    }
}

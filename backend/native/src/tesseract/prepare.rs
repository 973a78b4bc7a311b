//! What a page needs before Tesseract recognizes it: a resolution, and lines that run level. All is measured on its black pixels.

use super::leptonica::Skew;

/// The resolutions that Tesseract accepts (`kMinCredibleResolution`, `kMaxCredibleResolution`).
const CREDIBLE_DPI: std::ops::RangeInclusive<f32> = 70.0..=2400.0;
/// The resolution at which letters of this many pixels have the size of a book's. Half of a text's letters are as high as its x, and x is
/// half as high as the typeface is large: 15 pixels at 10 or 11 points and 200 dpi.
const DPI_OF_PIXEL: f32 = 13.0;
/// The components that can be letters: not lower than this many pixels, as dots and noise are, and not longer than so many times
/// their height, as ruled lines and underlined words are.
const MIN_HEIGHT: u32 = 5;
const MAX_LENGTH: u32 = 4;
/// The minimum number of letters for a guess.
const MIN_LETTERS: usize = 20;
/// A file's resolution is taken for a mistake if its text would be more than so many times as large as usual. Cameras and programs that save
/// screenshots often write 72.
const MAX_ENLARGEMENT: f32 = 2.0;

/// The minimum angle in degrees by which a page is straightened. Upright pages measure up to .12; a receipt loses lines from .3 on.
const MIN_DEGREES: f32 = 0.15;
/// The minimum ratio of the scores of the best and the worst angle. Flat text has 2.5 (a receipt) to 35. Pages photographed from the side, the
/// lines of which run at several angles, have 1.6 and 2.47 and are read worse straightened; text on its side has up to 2.1.
const MIN_CONFIDENCE: f32 = 2.5;

/// A component that is this many times as high as the letters is no letter, not even of a heading, but a picture, a frame or a grid.
const MAX_LETTER: f32 = 6.0;

/// What was measured on a page.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Measured {
    /// By how many degrees to turn the page clockwise, if it is tilted and its lines are clear enough to tell.
    pub(super) degrees: Option<f32>,
    /// The resolution to tell Tesseract: the file's, unless it has none or a wrong one.
    pub(super) dpi: Option<f32>,
    /// Whether the page has text and nothing that is larger than letters.
    pub(super) is_plain: bool,
}

impl Measured {
    /// `dpi` is the file's resolution, `components` are the sizes of the connected components.
    pub(super) fn new(dpi: Option<f32>, skew: Option<Skew>, components: &[(u32, u32)]) -> Self {
        let letters = letter_height(components);
        let is_letter = |height: u32, letters: f32| height as f32 <= letters * MAX_LETTER;
        Self {
            degrees: skew.and_then(straightening),
            dpi: resolution(dpi, letters),
            is_plain: letters.is_some_and(|letters| components.iter().all(|(_, height)| is_letter(*height, letters))),
        }
    }
}

/// The height of the letters in pixels, of which half of the total height is below. That is the median on clean pages, and noise, which is small,
/// hardly moves it. `None` if there are too few letters.
fn letter_height(components: &[(u32, u32)]) -> Option<f32> {
    let is_letter = |&&(width, height): &&(u32, u32)| height >= MIN_HEIGHT && width <= height * MAX_LENGTH;
    let mut heights: Vec<u32> = components.iter().filter(is_letter).map(|(_, height)| *height).collect();
    if heights.len() < MIN_LETTERS {
        return None;
    }
    heights.sort_unstable();
    let total: u64 = heights.iter().copied().map(u64::from).sum();
    let mut passed = 0;
    let middle = heights.into_iter().find(|height| {
        passed += u64::from(*height);
        passed * 2 >= total
    });
    middle.map(|height| height as f32)
}

fn resolution(file: Option<f32>, letters: Option<f32>) -> Option<f32> {
    let file = file.filter(|dpi| CREDIBLE_DPI.contains(dpi));
    let text = letters.map(|height| (height * DPI_OF_PIXEL).clamp(*CREDIBLE_DPI.start(), *CREDIBLE_DPI.end()));
    file.filter(|file| text.is_none_or(|text| text <= file * MAX_ENLARGEMENT)).or(text).or(file)
}

fn straightening(skew: Skew) -> Option<f32> {
    (skew.confidence >= MIN_CONFIDENCE && skew.degrees.abs() >= MIN_DEGREES).then_some(skew.degrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(count: u32) -> impl Iterator<Item = (u32, u32)> {
        (0..count).map(|number| (10, 14 + number % 3))
    }

    fn measured(dpi: Option<f32>, components: impl Iterator<Item = (u32, u32)>) -> Measured {
        Measured::new(dpi, None, &components.collect::<Vec<_>>())
    }

    #[test]
    fn letters_tell_the_resolution_and_rules_and_dots_do_not() {
        let rules = (0..40).map(|_| (400, 60));
        let dots = (0..500).map(|_| (2, 2)).chain((0..50).map(|_| (6, 6)));
        assert_eq!(measured(None, letters(90).chain(rules).chain(dots)).dpi, Some(15.0 * DPI_OF_PIXEL));
        assert_eq!(measured(None, letters(19)).dpi, None);
    }

    #[test]
    fn the_resolution_of_the_file_counts_unless_it_cannot_be_right() {
        for (file, told) in [(300.0, 300.0), (100.0, 100.0), (1200.0, 1200.0), (72.0, 195.0), (1.0, 195.0)] {
            assert_eq!(measured(Some(file), letters(30)).dpi, Some(told), "{file}");
            assert_eq!(measured(Some(file), letters(0)).dpi, (file > 1.0).then_some(file), "{file}");
        }
    }

    #[test]
    fn a_page_with_a_grid_or_without_text_is_not_plain() {
        assert!(measured(None, letters(30).chain([(900, 3)])).is_plain);
        assert!(!measured(None, letters(30).chain([(900, 400)])).is_plain);
        assert!(!measured(None, letters(0)).is_plain);
    }

    #[test]
    fn only_a_clear_tilt_is_straightened() {
        let of = |degrees, confidence| Measured::new(None, Some(Skew { degrees, confidence }), &[]).degrees;
        assert_eq!(of(-2.0, 8.0), Some(-2.0));
        assert_eq!(of(-2.0, 1.4), None);
        assert_eq!(of(0.1, 8.0), None);
    }
}

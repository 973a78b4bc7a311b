//! Detects words whose positions contradict a text that is read line by line.

use inkstream_wire::PixelBox;

use super::is_spaceless;
use crate::ports::{EmbeddedText, EmbeddedWord};

/// The minimum overlap of two words' boxes, as a share of the smaller one, if one word is printed over the other. Boxes of tight lines
/// and of italics overlap by less than a fifth.
const OVERPRINTED: f32 = 0.4;
/// The maximum ratio between the heights of overprinted words. The box of a slanted watermark is far higher than the words below it.
const MAX_HEIGHT_RATIO: f32 = 2.0;
/// The number of comparisons after which a page counts as overprinted. A printed page needs some thousands.
const MAX_COMPARISONS: usize = 5_000_000;
/// The minimum share of words that are a single Chinese or Japanese character, if text is set sign by sign.
const SIGN_BY_SIGN: f32 = 1.0 / 3.0;
/// The minimum number of such words.
const MIN_SIGNS: usize = 6;

/// Whether a word is printed over another one, such as a new number over one that was whited out. The page shows one of them, but the
/// file does not say which.
pub(super) fn is_overprinted(text: &EmbeddedText) -> bool {
    let mut boxes: Vec<PixelBox> = words(text).map(|word| word.bounds).collect();
    boxes.sort_unstable_by_key(|bounds| bounds.y);
    let mut comparisons = 0;
    for (index, one) in boxes.iter().enumerate() {
        for other in boxes[index + 1..].iter().take_while(|other| other.y < one.y.saturating_add(one.height)) {
            comparisons += 1;
            if comparisons > MAX_COMPARISONS || covers(*one, *other) {
                return true;
            }
        }
    }
    false
}

/// Whether Chinese or Japanese text consists of single characters with gaps between them, as some programs set vertical text. Its
/// reading order is not known.
pub(super) fn is_set_sign_by_sign(text: &EmbeddedText) -> bool {
    let is_sign = |word: &&EmbeddedWord| {
        let mut characters = word.text.chars();
        characters.next().is_some_and(is_spaceless) && characters.next().is_none()
    };
    let signs = words(text).filter(is_sign).count();
    signs >= MIN_SIGNS && signs as f32 >= SIGN_BY_SIGN * words(text).count() as f32
}

fn words(text: &EmbeddedText) -> impl Iterator<Item = &EmbeddedWord> {
    text.lines.iter().flat_map(|line| &line.words)
}

fn covers(one: PixelBox, other: PixelBox) -> bool {
    let shared = |a: u32, a_length: u32, b: u32, b_length: u32| {
        a.saturating_add(a_length).min(b.saturating_add(b_length)).saturating_sub(a.max(b)) as f32
    };
    let area = |bounds: PixelBox| bounds.width as f32 * bounds.height as f32;
    let both = shared(one.x, one.width, other.x, other.width) * shared(one.y, one.height, other.y, other.height);
    let (low, high) = (one.height.min(other.height) as f32, one.height.max(other.height) as f32);
    both > OVERPRINTED * area(one).min(area(other)) && high <= MAX_HEIGHT_RATIO * low
}

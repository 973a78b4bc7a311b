use inkstream_core::ports::{EmbeddedText, EmbeddedWord};

use crate::{
    checks::{is_printable, is_resolution, within},
    children::ChildError,
    decode::{MAX_CHARACTERS, MAX_WORDS},
};

/// Checks a page's text. A text that no decoder would answer shows that the child has been taken over.
pub(super) fn checked(text: EmbeddedText) -> Result<EmbeddedText, ChildError> {
    let size = (text.width, text.height);
    let words = || text.lines.iter().flat_map(|line| &line.words);
    let characters: usize = words().map(|word| word.text.chars().count()).sum();
    let sound = |word: &EmbeddedWord| {
        let place = word.bounds;
        let printable = !word.text.is_empty() && word.text.chars().all(|it| is_printable(it) && !it.is_whitespace());
        printable && place.width > 0 && place.height > 0 && within(place, size) == place
    };
    let sound = is_resolution(text.dpi)
        && (0.0..=1.0).contains(&text.image_cover)
        && (1..=MAX_CHARACTERS).contains(&characters)
        && words().count() <= MAX_WORDS
        && text.unmapped as usize <= characters
        && text.doubtful as usize <= 3 * MAX_CHARACTERS
        && text.hidden as usize <= 3 * MAX_CHARACTERS
        && text.lines.iter().all(|line| !line.words.is_empty())
        && words().all(sound);
    if sound { Ok(text) } else { Err(ChildError::InvalidAnswer("an impossible text")) }
}

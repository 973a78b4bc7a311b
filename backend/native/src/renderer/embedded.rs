use inkstream_content::MAX_PLACES;
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
        && words().all(sound)
        && has_sound_tables(&text);
    if sound { Ok(text) } else { Err(ChildError::InvalidAnswer("an impossible text")) }
}

/// Whether the tables are parts of the text, in order. Their cells may be anywhere: words go to the nearest one.
fn has_sound_tables(text: &EmbeddedText) -> bool {
    let ends = std::iter::once(0).chain(text.tables.iter().map(|table| table.lines.end));
    let follows = text.tables.iter().zip(ends).all(|(table, end)| end <= table.lines.start);
    let is_part = |lines: &std::ops::Range<usize>| !lines.is_empty() && lines.end <= text.lines.len();
    let cells: usize = text.tables.iter().map(|table| table.cells.len()).sum();
    follows && cells <= MAX_PLACES && text.tables.iter().all(|table| is_part(&table.lines))
}

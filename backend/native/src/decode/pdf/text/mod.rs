//! The text layer of a PDF page: PDFium's characters, assembled to words and lines. Characters that the page does not show are left
//! out.

mod bidi;
mod characters;
mod check_boxes;
mod components;
mod gaps;
mod geometry;
mod ink;
mod labels;
mod lines;
mod marks;
mod order;
mod shapes;
mod singles;
mod tables;
mod words;

use inkstream_core::ports::{EmbeddedLine, EmbeddedTable, EmbeddedWord};
use inkstream_wire::PixelBox;

use self::{
    characters::{Glyph, Item},
    check_boxes::{CheckBox, State},
    geometry::Rect,
    ink::Visibility,
    words::Word,
};
use super::{
    super::{MAX_CHARACTERS, MAX_WORDS},
    copy::PageCopy,
};

pub(super) use self::ink::{DPI, Ink, MAX_PIXELS};
pub(in super::super) use self::shapes::Shapes;

/// The text of a page, and the numbers of characters for which it differs from what the page shows.
pub(super) struct Found {
    /// The lines in reading order.
    pub(super) lines: Vec<EmbeddedLine>,
    /// The tables among them.
    pub(super) tables: Vec<EmbeddedTable>,
    /// Characters that the file does not identify. The lines have U+FFFD instead.
    pub(super) unmapped: u32,
    /// Characters that the page does not show. The lines do not contain them.
    pub(super) hidden: u32,
    /// Characters of words of which the page shows only a part.
    pub(super) doubtful: u32,
    /// Letters and ticks that the page shows but its text does not contain.
    pub(super) foreign: u32,
    /// Characters that the page shows as other characters.
    pub(super) contradicted: u32,
}

/// The text of a page in reading order. Its bounds are in an image of this size, rotated by so many quarter turns; characters outside
/// of the image are left out. `ink` renders the comparison of the page with its text; it is not called if most of the text is invisible
/// by its rendering mode. `shapes` identify marks. `None` if no text is left, or too much.
pub(super) fn of_page(
    page: &PageCopy<'_>,
    size: (u32, u32),
    quarter_turns: i32,
    shapes: &Shapes,
    ink: impl FnOnce() -> Option<Ink>,
) -> Option<Found> {
    let mapping = page.mapping(size, quarter_turns);
    // The limit applies to the lines; generated spaces and line feeds are extra.
    let mut items = characters::of_page(page, &mapping, 3 * MAX_CHARACTERS)?;
    let invisible = glyphs(&items).filter(|glyph| glyph.invisible).count();
    let all = glyphs(&items).count();
    if all == 0 {
        return None;
    }
    let ink = if 2 * invisible > all { None } else { Some(ink()?) };
    let check_boxes = ink.as_ref().map_or_else(Vec::new, |ink| check_boxes::of_page(page, &mapping, ink));
    items.retain(|item| !matches!(item, Item::Glyph(glyph) if check_boxes.iter().any(|it| it.replaces(glyph))));
    let foreign = ink.as_ref().map_or(0, |ink| ink.foreign(glyphs(&items), &check_boxes, shapes));
    let unclear = check_boxes.iter().filter(|check_box| check_box.state == State::Unclear).count() as u32;
    let contradicted = ink.as_ref().map_or(0, |ink| labels::contradicted(ink, glyphs(&items), shapes));
    let (mut hidden, mut doubtful) = (0, 0);
    let mut visible = Vec::new();
    for word in words::group(items) {
        let visibility = match &ink {
            Some(ink) => ink.word_visibility(&word),
            None if word.glyphs.iter().all(|glyph| pixels(glyph.bounds, size).is_none()) => Visibility::Outside,
            None if word.glyphs.iter().any(|glyph| glyph.invisible) => Visibility::Hidden,
            None => Visibility::Full,
        };
        let characters = word.glyphs.len() as u32;
        match visibility {
            Visibility::Full => visible.push(word),
            Visibility::Partial => {
                doubtful += characters;
                visible.push(word);
            }
            Visibility::Hidden => hidden += characters,
            Visibility::Outside => {}
        }
    }
    visible.extend(check_boxes.iter().filter_map(CheckBox::glyph).map(Word::alone));
    let lines: Vec<_> = lines::group(visible).into_iter().filter_map(|line| placed(line, size)).collect();
    let in_gaps = ink.as_ref().map_or(0, |ink| gaps::with_marks(ink, &lines));
    let words = || lines.iter().flat_map(|line| &line.words);
    let characters: usize = words().map(|word| word.text.chars().count()).sum();
    let fits = (1..=MAX_CHARACTERS).contains(&characters) && words().count() <= MAX_WORDS;
    let unmapped = words().flat_map(|word| word.text.chars()).filter(|it| *it == char::REPLACEMENT_CHARACTER).count();
    fits.then(|| Found {
        tables: ink.as_ref().map_or_else(Vec::new, |ink| tables::of_lines(&lines, ink)),
        lines,
        unmapped: unmapped as u32,
        hidden,
        doubtful,
        foreign: foreign + in_gaps + unclear,
        contradicted,
    })
}

fn glyphs(items: &[Item]) -> impl Iterator<Item = &Glyph> + Clone {
    items.iter().filter_map(|item| if let Item::Glyph(glyph) = item { Some(glyph) } else { None })
}

fn placed(line: lines::Line, size: (u32, u32)) -> Option<EmbeddedLine> {
    let place = |word: bidi::LogicalWord| Some(EmbeddedWord { bounds: pixels(word.bounds, size)?, text: word.text });
    let words: Vec<_> = line.words.into_iter().filter(|word| !word.text.is_empty()).filter_map(place).collect();
    (!words.is_empty()).then_some(EmbeddedLine { paragraph: line.paragraph, words })
}

/// The part of a rectangle that is within the image, extended by a pixel on all sides because PDFium rounds.
fn pixels(place: Rect, size: (u32, u32)) -> Option<PixelBox> {
    let span = |from: f32, to: f32, max: u32| {
        let within = |at: f32| (at.max(0.0) as u32).min(max);
        let (from, to) = (within(from.round() - 1.0), within(to.round() + 1.0));
        (from < to).then_some((from, to - from))
    };
    let ((x, width), (y, height)) = (span(place.left, place.right, size.0)?, span(place.top, place.bottom, size.1)?);
    Some(PixelBox { x, y, width, height })
}

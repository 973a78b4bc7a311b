//! The text that a PDF's page carries: PDFium's characters, put together to words and lines.

use inkstream_core::ports::{EmbeddedLine, EmbeddedWord};
use inkstream_wire::PixelBox;
use pdfium_render::prelude::{PdfPage, PdfPageTextChar, PdfPageTextRenderMode, PdfRect, PdfRenderConfig, PdfiumError};

use super::super::{MAX_CHARACTERS, MAX_WORDS};

/// How PDFium writes a hyphen at a line's end, and the line's end with it.
const LINE_END_HYPHEN: u32 = 2;
/// How much further than usual the next line of a paragraph may stand, …
const WIDER: f32 = 1.3;
/// … and how many times the font's size, where all lines are paragraphs of their own.
const WIDEST: f32 = 2.5;

/// What was found.
pub(super) struct Found {
    pub(super) lines: Vec<EmbeddedLine>,
    /// Characters of which the file does not tell which they are; U+FFFD stands for them.
    pub(super) unmapped: u32,
    /// Characters that are drawn invisibly.
    pub(super) invisible: u32,
}

/// A page's text in the file's order, with its places in the picture of this size that `config` gives; what stands
/// outside is not there. `guesses` says of which characters the file does not tell which they are. None where nothing is
/// left, or too much.
pub(super) fn of_page(
    page: &PdfPage<'_>,
    guesses: &[bool],
    config: &PdfRenderConfig,
    size: (u32, u32),
) -> Result<Option<Found>, PdfiumError> {
    let text = page.text()?;
    // Generated spaces and line feeds come on top.
    if text.len() as usize > 3 * MAX_CHARACTERS {
        return Ok(None);
    }
    let mut reading = Reading::default();
    for (index, character) in text.chars().iter().enumerate() {
        reading.add(&character, guesses.get(index) == Some(&true));
    }
    reading.end_line();
    let Reading { lines, unmapped, .. } = reading;
    let paragraphs = paragraphs(&lines);
    let mut invisible = 0;
    let lines = lines.into_iter().zip(paragraphs).map(|(line, paragraph)| {
        let place = |word: Word| {
            let bounds = pixels(page, config, &word.bounds, size)?;
            invisible += word.invisible;
            Some(EmbeddedWord { bounds, text: word.text })
        };
        EmbeddedLine { paragraph, words: line.words.into_iter().filter_map(place).collect() }
    });
    let lines: Vec<_> = lines.filter(|line| !line.words.is_empty()).collect();
    let words = || lines.iter().flat_map(|line| &line.words);
    let characters: usize = words().map(|word| word.text.chars().count()).sum();
    let fits = (1..=MAX_CHARACTERS).contains(&characters) && words().count() <= MAX_WORDS;
    Ok(fits.then_some(Found { lines, unmapped, invisible }))
}

/// A word in the page's points.
struct Word {
    text: String,
    invisible: u32,
    bounds: PdfRect,
}

/// A line, and where its first and its last character stand on the base line.
struct Line {
    words: Vec<Word>,
    first: Place,
    last: Place,
    font_size: f32,
}

#[derive(Clone, Copy)]
struct Place {
    x: f32,
    y: f32,
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    lines: Vec<Line>,
    line: Option<Line>,
    word: Option<Word>,
    /// The first half of a character that UTF-16 has in two.
    high: Option<u32>,
    unmapped: u32,
}

impl Reading {
    fn add(&mut self, character: &PdfPageTextChar<'_>, guess: bool) {
        let value = character.unicode_value();
        let high = self.high.take();
        let value = match (high, value) {
            (_, LINE_END_HYPHEN) => {
                self.letter('-', character);
                return self.end_line();
            }
            (_, 0xd800..0xdc00) => return self.high = Some(value),
            (Some(high), 0xdc00..0xe000) => 0x1_0000 + ((high - 0xd800) << 10) + (value - 0xdc00),
            _ => value,
        };
        match char::from_u32(value).filter(|_| !guess) {
            Some('\r' | '\n') => self.end_line(),
            Some(space) if space.is_whitespace() => self.end_word(),
            Some(letter) if !letter.is_control() && value & 0xfffe != 0xfffe => self.letter(letter, character),
            _ => self.letter(char::REPLACEMENT_CHARACTER, character),
        }
    }

    fn letter(&mut self, letter: char, character: &PdfPageTextChar<'_>) {
        let (Ok(bounds), Ok((x, y))) = (bounds(character), character.origin()) else { return };
        let place = Place { x: x.value, y: y.value };
        self.unmapped += u32::from(letter == char::REPLACEMENT_CHARACTER);
        let word = self.word.get_or_insert_with(|| Word { text: String::new(), invisible: 0, bounds });
        word.invisible += u32::from(is_invisible(character));
        word.text.push(letter);
        word.bounds = around(&word.bounds, &bounds);
        let new = || Line { words: Vec::new(), first: place, last: place, font_size: font_size(character) };
        let line = self.line.get_or_insert_with(new);
        line.last = place;
    }

    fn end_word(&mut self) {
        if let (Some(word), Some(line)) = (self.word.take(), &mut self.line) {
            line.words.push(word);
        }
    }

    fn end_line(&mut self) {
        self.end_word();
        self.lines.extend(self.line.take());
    }
}

/// Whether it is drawn in mode 3, neither filled nor stroked. Other hiding places, such as one behind a picture, are not
/// looked for.
fn is_invisible(character: &PdfPageTextChar<'_>) -> bool {
    character.render_mode().is_ok_and(|mode| mode == PdfPageTextRenderMode::Invisible)
}

/// The ink's place, or for a letter without ink that of its type.
fn bounds(character: &PdfPageTextChar<'_>) -> Result<PdfRect, PdfiumError> {
    let tight = character.tight_bounds()?;
    if tight.width().value > 0.0 && tight.height().value > 0.0 { Ok(tight) } else { character.loose_bounds() }
}

/// Close to the font's size in points, whichever way the line runs: PDFium tells that of upright lines alone.
fn font_size(character: &PdfPageTextChar<'_>) -> f32 {
    character.loose_bounds().map_or(0.0, |bounds| bounds.width().value.max(bounds.height().value))
}

fn around(a: &PdfRect, b: &PdfRect) -> PdfRect {
    PdfRect::new(a.bottom().min(b.bottom()), a.left().min(b.left()), a.top().max(b.top()), a.right().max(b.right()))
}

/// The place in the picture, as far as it is within; a pixel wider on all sides, because PDFium rounds.
fn pixels(page: &PdfPage<'_>, config: &PdfRenderConfig, place: &PdfRect, size: (u32, u32)) -> Option<PixelBox> {
    let (x1, y1) = page.points_to_pixels(place.left(), place.bottom(), config).ok()?;
    let (x2, y2) = page.points_to_pixels(place.right(), place.top(), config).ok()?;
    let span = |a: i32, b: i32, most: u32| {
        let within = |at: i32| u32::try_from(at).unwrap_or(0).min(most);
        let (from, to) = (within(a.min(b).saturating_sub(1)), within(a.max(b).saturating_add(1)));
        (from < to).then_some((from, to - from))
    };
    let ((x, width), (y, height)) = (span(x1, x2, size.0)?, span(y1, y2, size.1)?);
    Some(PixelBox { x, y, width, height })
}

/// For each line, whether a paragraph begins there: the first one's does, and those of lines that stand further from the
/// one before than lines usually do on this page, at the top of the next column for one.
fn paragraphs(lines: &[Line]) -> Vec<bool> {
    let pitches: Vec<f32> = lines.windows(2).map(|pair| pitch(&pair[0], &pair[1])).collect();
    let mut sorted: Vec<f32> = pitches.iter().copied().filter(|pitch| *pitch > 0.0).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    // Of a page with many short paragraphs, too, a quarter of the lines stand close.
    let usual = sorted.get(sorted.len() / 4).copied().unwrap_or(0.0);
    let begins = |(line, pitch): (&Line, &f32)| *pitch > usual * WIDER || *pitch > line.font_size * WIDEST;
    std::iter::once(true).chain(lines.iter().zip(&pitches).map(begins)).take(lines.len()).collect()
}

/// The distance between two lines' base lines in points, whichever way they run.
fn pitch(above: &Line, below: &Line) -> f32 {
    let run = |line: &Line| (line.last.x - line.first.x, line.last.y - line.first.y);
    let length = |(x, y): (f32, f32)| x.hypot(y);
    let runs = [run(above), run(below), (1.0, 0.0)];
    let along = runs.into_iter().find(|run| length(*run) >= 1.0).unwrap_or((1.0, 0.0));
    let (x, y) = (below.first.x - above.first.x, below.first.y - above.first.y);
    ((x * along.1 - y * along.0) / length(along)).abs()
}

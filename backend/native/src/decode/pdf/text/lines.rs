//! Assembles words to lines and paragraphs in reading order.

use super::{
    bidi::{self, LogicalWord},
    geometry::Direction,
    order,
    words::{self, Word},
};

/// The maximum distance of the next line of a paragraph, as a multiple of the usual distance.
const WIDER: f32 = 1.3;
/// The maximum distance in font sizes, if there is no usual distance because every line is a paragraph of its own.
const WIDEST: f32 = 2.5;
/// How much larger or smaller a font may be within a paragraph.
const OTHER_SIZE: f32 = 1.25;
/// The share of the lower word's height, without ascenders and descenders, that words of one line have in common.
const COMMON: f32 = 0.5;

/// A line in reading order.
pub(super) struct Line {
    pub(super) paragraph: bool,
    pub(super) words: Vec<LogicalWord>,
}

/// The lines of a page. Words of the most frequent direction come first, then those of the other directions, such as labels of an
/// axis or words in a margin, and last the slanted ones.
pub(super) fn group(words: Vec<Word>) -> Vec<Line> {
    let from_right = bidi::is_right_to_left(words.iter());
    let mut frames: Vec<Vec<Word>> = vec![Vec::new(); 2 * Direction::ALL.len()];
    for word in words {
        let index = Direction::ALL.iter().position(|direction| *direction == word.direction).unwrap_or(0);
        frames[index + if word.slanted { Direction::ALL.len() } else { 0 }].push(word);
    }
    let slanted = frames.split_off(Direction::ALL.len());
    frames.sort_by_key(|frame| std::cmp::Reverse(frame.iter().map(|word| word.glyphs.len()).sum::<usize>()));
    let mut lines = Vec::new();
    for frame in frames {
        let columns: Vec<Vec<Row>> = order::columns(frame, from_right).into_iter().map(rows).collect();
        let usual = usual_pitch(&columns);
        for rows in &columns {
            let from_right = bidi::is_right_to_left(rows.iter().flat_map(|row| &row.words));
            let mut before: Option<&Row> = None;
            for row in rows {
                let paragraph = before.is_none_or(|before| begins(before, row, usual));
                lines.push(Line { paragraph, words: bidi::logical_words(&row.words, from_right) });
                before = Some(row);
            }
        }
    }
    for word in slanted.into_iter().flatten() {
        lines.push(Line { paragraph: true, words: bidi::logical_words(&[word], from_right) });
    }
    lines
}

/// Words next to each other.
struct Row {
    words: Vec<Word>,
    /// The font size of its longest word.
    baseline: f32,
    em: f32,
}

fn rows(mut column: Vec<Word>) -> Vec<Row> {
    column.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut rows: Vec<Vec<Word>> = Vec::new();
    for word in column {
        // A subscript may be sorted after the line that follows its own.
        let row = rows.iter_mut().rev().take(3).find(|row| row.iter().rev().take(8).any(|other| beside(other, &word)));
        match row {
            Some(row) => row.push(word),
            None => rows.push(vec![word]),
        }
    }
    let mut rows: Vec<Row> = rows.into_iter().map(row).collect();
    rows.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    rows
}

fn row(words: Vec<Word>) -> Row {
    let words = words::of_line(words);
    let longest = words.iter().max_by(|a, b| a.bounds.width().total_cmp(&b.bounds.width()));
    let (baseline, em) = longest.map_or((0.0, 1.0), |word| (word.baseline, word.em));
    Row { words, baseline, em }
}

/// Whether both are words of one line.
fn beside(a: &Word, b: &Word) -> bool {
    let (a, b) = (a.core(), b.core());
    let common = a.1.min(b.1) - a.0.max(b.0);
    common >= COMMON * (a.1 - a.0).min(b.1 - b.0)
}

/// The usual distance between two lines of a paragraph: the lower quartile, because even on a page of many short paragraphs a quarter
/// of the lines follows another line of its paragraph.
fn usual_pitch(columns: &[Vec<Row>]) -> f32 {
    let mut pitches: Vec<f32> = columns
        .iter()
        .flat_map(|rows| rows.windows(2).map(|pair| pair[1].baseline - pair[0].baseline))
        .filter(|pitch| *pitch > 0.0)
        .collect();
    pitches.sort_unstable_by(f32::total_cmp);
    pitches.get(pitches.len() / 4).copied().unwrap_or(0.0)
}

/// Whether a paragraph begins with `row`.
fn begins(before: &Row, row: &Row, usual: f32) -> bool {
    let pitch = row.baseline - before.baseline;
    let (small, large) = (before.em.min(row.em), before.em.max(row.em));
    pitch > usual * WIDER || pitch > row.em * WIDEST || large > small * OTHER_SIZE
}

#[cfg(test)]
mod tests {
    use super::{
        super::characters::{Item, tests::glyph},
        *,
    };

    fn lines_of(items: Vec<Item>) -> Vec<String> {
        let text = |line: &Line| line.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        group(words::group(items)).iter().map(text).collect()
    }

    #[test]
    fn columns_of_upright_characters_are_read_from_the_right() {
        let column = |x: f32, text: &str| -> Vec<Item> {
            let place = |(row, letter): (u8, char)| {
                let mut glyph = glyph(letter, x, 20.0 + 11.0 * f32::from(row), 10.0);
                glyph.direction = Direction::Down;
                glyph
            };
            (0_u8..).zip(text.chars()).map(|at| Item::Glyph(place(at))).chain([Item::LineEnd]).collect()
        };
        assert_eq!(lines_of([column(30.0, "人们在"), column(50.0, "盐是海")].concat()), ["盐是海", "人们在"]);
    }

    #[test]
    fn columns_of_a_script_that_runs_from_the_right_begin_there() {
        // The visual order: the words of each line and their letters from left to right.
        let line = |x: f32, row: u8| -> Vec<Item> {
            let word = |number: u8| {
                let place = move |(at, letter)| {
                    Item::Glyph(glyph(
                        letter,
                        x + 50.0 * f32::from(number) + 10.0 * f32::from(at),
                        20.0 + 13.0 * f32::from(row),
                        9.0,
                    ))
                };
                (0_u8..).zip("תפש".chars()).map(place).chain([Item::Space { generated: false }])
            };
            (0..4).flat_map(word).chain([Item::LineEnd]).collect()
        };
        let right: Vec<Item> = (0..4).flat_map(|row| line(300.0, row)).collect();
        let left: Vec<Item> = (0..4).flat_map(|row| line(20.0, row)).collect();
        let lines = group(words::group([left, right].concat()));
        let edges: Vec<bool> =
            lines.iter().filter_map(|line| line.words.first()).map(|word| word.bounds.left > 290.0).collect();
        assert_eq!(edges, [true, true, true, true, false, false, false, false]);
        assert_eq!(lines[0].words[0].text, "שפת");
        assert!(lines[0].words[0].bounds.left > lines[0].words[1].bounds.left);
    }
}

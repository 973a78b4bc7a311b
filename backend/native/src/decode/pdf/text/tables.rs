//! The tables of a page. Its ruling lines are those that it shows without its text, whatever draws them: lines, thin rectangles, borders of
//! filled areas, or images.

use inkstream_content::MAX_PLACES;
use inkstream_core::ports::{EmbeddedLine, EmbeddedTable};

use super::ink::Ink;
use crate::tables::{self, PageTable, Pieces, Rulings};

pub(super) fn of_lines(lines: &[EmbeddedLine], ink: &Ink) -> Vec<EmbeddedTable> {
    let bounds = |line: &EmbeddedLine| -> Pieces {
        let of_word =
            |it: inkstream_wire::PixelBox| [it.x, it.y, it.x + it.width, it.y + it.height].map(|edge| edge as f32);
        line.words.iter().map(|word| of_word(word.bounds)).collect()
    };
    let lines: Vec<Pieces> = lines.iter().map(bounds).collect();
    let (across, down) = ink.scale;
    let rulings = Rulings::of(&ink.without_text, ink.width, ink.height, tables::text_height(&lines) * down)
        .scaled((1.0 / across, 1.0 / down));
    let mut room = MAX_PLACES;
    let mut found = Vec::new();
    for PageTable { lines, cells } in tables::tables(&lines, &rulings) {
        if cells.len() <= room {
            room -= cells.len();
            found.push(EmbeddedTable { lines, cells });
        }
    }
    found
}

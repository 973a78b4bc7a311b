//! Checks whether a page's characters are those that the file claims. The character map of a font may contradict its outlines.

use std::collections::HashMap;

use super::{
    characters::Glyph,
    ink::Ink,
    shapes::{Raster, Shapes},
};

/// The minimum height in pixels of a character whose shape can be recognized.
const MIN_HEIGHT: f32 = 8.0;
/// The minimum width in pixels of a character whose shape can be recognized.
const MIN_WIDTH: f32 = 2.5;
/// The maximum number of samples of a font's character. The largest ones are taken, and the mean of their shapes is compared.
const MAX_SAMPLES: usize = 6;

/// The number of characters that have the shape of another character. All occurrences of a font's character are judged together.
/// Digits next to Arabic letters are skipped, because many files map Arabic-Indic digits to European ones.
pub(super) fn contradicted<'a>(ink: &Ink, glyphs: impl Iterator<Item = &'a Glyph> + Clone, shapes: &Shapes) -> u32 {
    let mut alike: HashMap<(usize, char), Vec<&Glyph>> = HashMap::new();
    let legible = |glyph: &&Glyph| {
        let bounds = glyph.direction.frame_rect(glyph.bounds.scaled(ink.scale));
        bounds.height() >= MIN_HEIGHT && bounds.width() >= MIN_WIDTH
    };
    let arabic = glyphs.clone().any(|glyph| matches!(glyph.character, '\u{600}'..='\u{6ff}' | '\u{fb50}'..='\u{feff}'));
    let plain = |glyph: &&Glyph| {
        let known = if arabic { char::is_alphabetic } else { char::is_alphanumeric };
        known(glyph.character) && glyph.character.is_ascii() && !glyph.slanted && !glyph.stacked
    };
    for glyph in glyphs.filter(plain).filter(|glyph| !glyph.invisible).filter(legible) {
        alike.entry((glyph.font, glyph.character)).or_default().push(glyph);
    }
    let mut contradicted = 0;
    for ((_, character), mut glyphs) in alike {
        let count = glyphs.len() as u32;
        glyphs.sort_by(|a, b| b.bounds.height().total_cmp(&a.bounds.height()));
        let samples: Vec<Raster> = glyphs.into_iter().take(MAX_SAMPLES).filter_map(|glyph| ink.shape(glyph)).collect();
        if Raster::mean(&samples).is_some_and(|raster| shapes.contradict(character, &raster)) {
            contradicted += count;
        }
    }
    contradicted
}

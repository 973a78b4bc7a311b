//! Whether a page shows the text that it carries, and whether it shows other: the page as it is rendered is compared with
//! the page without its text.

use super::{
    characters::Glyph,
    check_boxes::CheckBox,
    components,
    geometry::Rect,
    marks,
    shapes::{Raster, Shapes},
    singles,
    words::Word,
};

/// The resolution at which pages are compared, in dots per inch: a letter of a footnote (6 pt) is ten pixels high.
pub(in super::super) const DPI: f32 = 120.0;
/// Pixels of the largest image that is compared: a square of 33 inches. Larger pages are compared at a lower resolution.
pub(in super::super) const MAX_PIXELS: f32 = 16e6;
/// The minimum difference that a text's ink makes to a pixel, of 255, to count as ink. Rounding leaves less than this of text that
/// is drawn in the colour of its background.
const FAINT: u8 = 10;
/// The minimum difference that the ink makes to some pixel of each letter that the page shows. A watermark (#e0e0e0) makes 31.
const CLEAR: u8 = 24;
/// The share of a letter's width and height that its ink fills: all of it, but for what rounding takes at the edges. A
/// letter under a bar, or cut off, has less.
const WHOLE: f32 = 0.6;
/// Pixels of a side from which rounding does not matter to that.
const MEASURABLE: f32 = 5.0;
/// How far beyond its character's box ink may reach, in font sizes: accents, swashes, what the renderer sharpens.
const OVERHANG: f32 = 0.15;

/// How much pixels differ where something is drawn, of 255.
const DRAWN: u8 = 48;

/// A page with and without its text, in grey.
pub(in super::super) struct Ink {
    pub(in super::super) width: usize,
    pub(in super::super) height: usize,
    /// Pixels of it for a pixel of the image in which places are.
    pub(in super::super) scale: (f32, f32),
    pub(in super::super) page: Vec<u8>,
    pub(in super::super) without_text: Vec<u8>,
}

/// How much of something a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Whole,
    /// In part, or hardly to be seen.
    Partly,
    No,
    /// It stands outside of the page.
    Outside,
}

impl Ink {
    /// How much of a word is shown. Punctuation may be as small as it likes.
    pub(super) fn of_word(&self, word: &Word) -> Shown {
        let all: Vec<Shown> = word.glyphs.iter().map(|glyph| self.of_glyph(glyph)).collect();
        let none = |shown: &Shown| matches!(shown, Shown::No | Shown::Outside);
        if all.iter().all(none) {
            return if all.contains(&Shown::No) { Shown::No } else { Shown::Outside };
        }
        let letter_missing = word
            .glyphs
            .iter()
            .zip(&all)
            .any(|(glyph, shown)| glyph.character.is_alphanumeric() && *shown != Shown::Whole);
        if letter_missing { Shown::Partly } else { Shown::Whole }
    }

    fn of_glyph(&self, glyph: &Glyph) -> Shown {
        if self.area(glyph.bounds).is_none() {
            return Shown::Outside;
        }
        // Hints for small letters move stems by a pixel.
        let bounds = glyph.bounds.scaled(self.scale);
        let Some(area) = self.pixels(bounds.grown(1.0)).filter(|_| !glyph.invisible) else { return Shown::No };
        let mut peak = 0;
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for y in area.top..area.bottom {
            let row = y * self.width;
            for x in area.left..area.right {
                let ink = self.page[row + x].abs_diff(self.without_text[row + x]);
                if ink >= FAINT {
                    peak = peak.max(ink);
                    (left, right) = (left.min(x), right.max(x + 1));
                    (top, bottom) = (top.min(y), bottom.max(y + 1));
                }
            }
        }
        if peak < FAINT {
            return Shown::No;
        }
        let filled =
            |from: usize, to: usize, size: f32| size < MEASURABLE || to.saturating_sub(from) as f32 >= WHOLE * size;
        let whole = peak >= CLEAR && filled(left, right, bounds.width()) && filled(top, bottom, bounds.height());
        if whole { Shown::Whole } else { Shown::Partly }
    }

    /// Letters that the page shows and that are none of its text: drawn as outlines, in an image, or in an annotation
    /// that cannot be asked for its text; and ticks. `glyphs` are all of the page's text, and `check_boxes` are not looked at.
    pub(super) fn foreign<'a>(
        &self,
        glyphs: impl Iterator<Item = &'a Glyph>,
        check_boxes: &[CheckBox],
        shapes: &Shapes,
    ) -> u32 {
        // Outside of all characters it is the page itself that counts.
        let mut rest = self.page.clone();
        for glyph in glyphs {
            let reach = glyph.reach.around(glyph.bounds).grown(OVERHANG * glyph.em);
            let Some(area) = self.area(reach) else { continue };
            for y in area.top..area.bottom {
                let row = y * self.width + area.left..y * self.width + area.right;
                rest[row.clone()].copy_from_slice(&self.without_text[row]);
            }
        }
        for area in check_boxes.iter().filter_map(|check_box| self.area(check_box.reach())) {
            let ground = rest[area.top * self.width + area.left];
            for y in area.top..area.bottom {
                rest[y * self.width + area.left..y * self.width + area.right].fill(ground);
            }
        }
        let marks = components::of(&rest, self.width, self.height);
        marks.iter().map(|marks| marks::letters(marks) + singles::letters(marks, shapes)).sum()
    }

    /// Whether the page is not all of one colour there; None where that is outside of the page.
    pub(super) fn is_drawn_on(&self, rect: Rect) -> Option<bool> {
        let area = self.area(rect)?;
        let rows = (area.top..area.bottom).map(|y| &self.page[y * self.width + area.left..y * self.width + area.right]);
        let (darkest, lightest) =
            rows.flatten().fold((u8::MAX, 0), |(low, high), pixel| (low.min(*pixel), high.max(*pixel)));
        Some(lightest - darkest >= DRAWN)
    }

    /// The shape of a character's ink, upright.
    pub(super) fn shape(&self, glyph: &Glyph) -> Option<Raster> {
        let bounds = glyph.bounds.scaled(self.scale);
        self.pixels(bounds)?;
        let frame = glyph.direction.frame_rect(bounds);
        Raster::of(frame.width(), frame.height(), |x, y| {
            let at = (frame.left + x * frame.width(), frame.top + y * frame.height());
            let (x, y) = glyph.direction.unframe(at);
            let (x, y) = (x.max(0.0) as usize, y.max(0.0) as usize);
            let index = y.min(self.height - 1) * self.width + x.min(self.width - 1);
            f32::from(self.page[index].abs_diff(self.without_text[index]))
        })
    }

    /// The pixels within a rectangle, as far as they are on the page. None where there are none.
    fn area(&self, rect: Rect) -> Option<Area> {
        self.pixels(rect.scaled(self.scale))
    }

    /// The same of a rectangle in these pixels.
    fn pixels(&self, rect: Rect) -> Option<Area> {
        let at = |at: f32, max: usize| (at.max(0.0) as usize).min(max);
        let area = Area {
            left: at(rect.left.floor(), self.width),
            top: at(rect.top.floor(), self.height),
            right: at(rect.right.ceil(), self.width),
            bottom: at(rect.bottom.ceil(), self.height),
        };
        (area.left < area.right && area.top < area.bottom).then_some(area)
    }
}

struct Area {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

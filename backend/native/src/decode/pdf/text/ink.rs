//! Checks whether a page shows the text that the file contains, and whether it shows other text. Compares the rendered page with the
//! page rendered without its text.

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

/// The resolution in dots per inch at which pages are compared. A letter of a footnote (6 pt) is ten pixels high.
pub(in super::super) const DPI: f32 = 120.0;
/// The maximum number of pixels of a compared image: a square of 33 inches. Larger pages are compared at a lower resolution.
pub(in super::super) const MAX_PIXELS: f32 = 16e6;
/// The minimum difference that a text's ink makes to a pixel, of 255, to count as ink. Rounding leaves less than this of text that
/// is drawn in the colour of its background.
const FAINT: u8 = 10;
/// The minimum difference that the ink makes to some pixel of each letter that the page shows. A watermark (#e0e0e0) makes 31.
const CLEAR: u8 = 24;
/// The minimum share of a letter's width and height that its ink spans. Rounding takes some of it at the edges. A letter that is
/// covered by a bar or cut off has less.
const WHOLE: f32 = 0.6;
/// The minimum side in pixels for which that share is checked. Rounding distorts it for smaller letters.
const MEASURABLE: f32 = 5.0;
/// The maximum distance of ink from its character's box, in font sizes: accents, swashes, and sharpening by the renderer.
const OVERHANG: f32 = 0.15;

/// The minimum difference of 255 between pixels of an area in which something is drawn.
const DRAWN: u8 = 48;

/// A page with and without its text, in grey.
pub(in super::super) struct Ink {
    pub(in super::super) width: usize,
    pub(in super::super) height: usize,
    /// Pixels of these images per pixel of the image that bounds refer to.
    pub(in super::super) scale: (f32, f32),
    pub(in super::super) page: Vec<u8>,
    pub(in super::super) without_text: Vec<u8>,
}

/// How much of a word or character is visible on its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    Full,
    /// Only a part of it is visible, or it is hardly visible.
    Partial,
    Hidden,
    /// It is outside of the page.
    Outside,
}

impl Ink {
    /// How much of a word is visible. Punctuation may be of any size.
    pub(super) fn word_visibility(&self, word: &Word) -> Visibility {
        let all: Vec<Visibility> = word.glyphs.iter().map(|glyph| self.glyph_visibility(glyph)).collect();
        let none = |visibility: &Visibility| matches!(visibility, Visibility::Hidden | Visibility::Outside);
        if all.iter().all(none) {
            return if all.contains(&Visibility::Hidden) { Visibility::Hidden } else { Visibility::Outside };
        }
        let letter_missing = word
            .glyphs
            .iter()
            .zip(&all)
            .any(|(glyph, visibility)| glyph.character.is_alphanumeric() && *visibility != Visibility::Full);
        if letter_missing { Visibility::Partial } else { Visibility::Full }
    }

    fn glyph_visibility(&self, glyph: &Glyph) -> Visibility {
        if self.area(glyph.bounds).is_none() {
            return Visibility::Outside;
        }
        // Hinting moves the stems of small letters by a pixel.
        let bounds = glyph.bounds.scaled(self.scale);
        let Some(area) = self.pixels(bounds.grown(1.0)).filter(|_| !glyph.invisible) else { return Visibility::Hidden };
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
            return Visibility::Hidden;
        }
        let filled =
            |from: usize, to: usize, size: f32| size < MEASURABLE || to.saturating_sub(from) as f32 >= WHOLE * size;
        let whole = peak >= CLEAR && filled(left, right, bounds.width()) && filled(top, bottom, bounds.height());
        if whole { Visibility::Full } else { Visibility::Partial }
    }

    /// The number of letters and ticks that the page shows but its text does not contain: letters drawn as outlines, in an image, or in an
    /// annotation whose text is not available. `glyphs` are all characters of the page's text. The areas of `check_boxes` are skipped.
    pub(super) fn foreign<'a>(
        &self,
        glyphs: impl Iterator<Item = &'a Glyph>,
        check_boxes: &[CheckBox],
        shapes: &Shapes,
    ) -> u32 {
        // Outside of all characters, only the page itself matters.
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
        let marks = components::find(&rest, self.width, self.height);
        marks.iter().map(|marks| marks::letters(marks) + singles::letters(marks, shapes)).sum()
    }

    /// Whether the area has more than one colour; `None` if it is outside of the page.
    pub(super) fn is_drawn_on(&self, rect: Rect) -> Option<bool> {
        let area = self.area(rect)?;
        let rows = (area.top..area.bottom).map(|y| &self.page[y * self.width + area.left..y * self.width + area.right]);
        let (darkest, lightest) =
            rows.flatten().fold((u8::MAX, 0), |(low, high), pixel| (low.min(*pixel), high.max(*pixel)));
        Some(lightest - darkest >= DRAWN)
    }

    /// The shape of a character's ink, rotated upright.
    pub(super) fn shape(&self, glyph: &Glyph) -> Option<Raster> {
        let bounds = glyph.bounds.scaled(self.scale);
        self.pixels(bounds)?;
        let frame = glyph.direction.frame_rect(bounds);
        Raster::from_ink(frame.width(), frame.height(), |x, y| {
            let at = (frame.left + x * frame.width(), frame.top + y * frame.height());
            let (x, y) = glyph.direction.unframe(at);
            let (x, y) = (x.max(0.0) as usize, y.max(0.0) as usize);
            let index = y.min(self.height - 1) * self.width + x.min(self.width - 1);
            f32::from(self.page[index].abs_diff(self.without_text[index]))
        })
    }

    /// The part of a rectangle that is on the page, in pixels of these images; `None` if it is empty.
    fn area(&self, rect: Rect) -> Option<Area> {
        self.pixels(rect.scaled(self.scale))
    }

    /// Like [`Ink::area`], for a rectangle in pixels of these images.
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

//! The characters of a page with their bounds in the image, in PDFium's order.

use std::ffi::{c_int, c_void};

use unicode_normalization::char::is_combining_mark;

use super::{
    super::copy::{INVISIBLE, Mapping, PageCopy, RectF},
    geometry::{Direction, Rect},
};

/// The code that PDFium returns for a hyphen at the end of a line. It stands for the line break, too.
const LINE_END_HYPHEN: u32 = 2;
/// The maximum ratio between a font's size and the height of its characters' boxes. Beyond it, the size is ignored.
const BELIEVABLE: f32 = 2.5;

/// An element of PDFium's sequence of characters.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Glyph(Glyph),
    /// A space of the file, or one that PDFium inserts for a gap.
    Space {
        generated: bool,
    },
    LineEnd,
}

/// A character and its bounds.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    /// U+FFFD if the file does not map the glyph to a character.
    pub(super) character: char,
    /// The bounds of its ink. A character without ink has the bounds of its type.
    pub(super) bounds: Rect,
    /// The bounds of its type: from ascender to descender, and from the previous character to the next.
    pub(super) reach: Rect,
    pub(super) origin: (f32, f32),
    /// The font's size in pixels.
    pub(super) em: f32,
    pub(super) direction: Direction,
    /// Whether it deviates much from that direction, as a watermark across the page does.
    pub(super) slanted: bool,
    /// Whether it is drawn in text rendering mode 3 (invisible: neither filled nor stroked).
    pub(super) invisible: bool,
    /// Whether it is an upright character of a column, which is read downwards.
    pub(super) stacked: bool,
    /// The text object that it belongs to, and the font of that object.
    object: usize,
    pub(super) font: usize,
}

impl Glyph {
    /// A character that the page shows, but not as text.
    pub(super) fn drawn(character: char, bounds: Rect) -> Self {
        Self {
            character,
            bounds,
            reach: bounds,
            origin: (bounds.left, bounds.bottom),
            em: bounds.height().max(1.0),
            direction: Direction::Right,
            slanted: false,
            invisible: false,
            stacked: false,
            object: 0,
            font: 0,
        }
    }
}

/// `FS_MATRIX` (`fpdfview.h`).
#[repr(C)]
#[derive(Default)]
struct Matrix {
    a: f32,
    b: f32,
    c: f32,
    d: f32,
    e: f32,
    f: f32,
}

/// The characters of a page; `None` if there are more than `max`, spaces and line ends included.
pub(super) fn of_page(page: &PageCopy<'_>, mapping: &Mapping, max: usize) -> Option<Vec<Item>> {
    // SAFETY: the page's text is live.
    let count = unsafe { page.pdfium.FPDFText_CountChars(page.text.cast()) };
    if usize::try_from(count).is_ok_and(|count| count > max) {
        return None;
    }
    let mut items = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let mut high = None;
    let mut object = TextObject::default();
    for index in 0..count {
        let character = Character { page, mapping, index };
        let value = character.unicode();
        let value = match (high.take(), value) {
            (_, LINE_END_HYPHEN) => {
                items.extend(character.glyph('-', &mut object).map(Item::Glyph));
                items.push(Item::LineEnd);
                continue;
            }
            // The second half of a UTF-16 surrogate pair.
            (_, 0xd800..0xdc00) => {
                high = Some(value);
                continue;
            }
            (Some(high), 0xdc00..0xe000) => 0x1_0000 + ((high - 0xd800) << 10) + (value - 0xdc00),
            _ => value,
        };
        let letter = match char::from_u32(value) {
            Some('\r' | '\n') => {
                items.push(Item::LineEnd);
                continue;
            }
            Some(space) if space.is_whitespace() => {
                items.push(Item::Space { generated: character.is_generated() });
                continue;
            }
            Some(letter) if !letter.is_control() && value & 0xfffe != 0xfffe && !character.is_guess() => letter,
            _ => char::REPLACEMENT_CHARACTER,
        };
        // No word begins with a mark. The space belongs to the isolated presentation form of the mark (U+FE70).
        if is_combining_mark(letter) {
            items.pop_if(|item| matches!(item, Item::Space { .. }));
        }
        items.extend(character.glyph(letter, &mut object).map(Item::Glyph));
    }
    find_vertical(&mut items);
    Some(items)
}

/// Properties that the characters of a text object share.
#[derive(Debug, Clone, Copy, Default)]
struct TextObject {
    handle: usize,
    invisible: bool,
    font: usize,
}

/// A character of the page's text.
struct Character<'a> {
    page: &'a PageCopy<'a>,
    mapping: &'a Mapping,
    index: c_int,
}

impl Character<'_> {
    fn unicode(&self) -> u32 {
        // SAFETY: the page's text is live, and the index is within.
        unsafe { self.page.pdfium.FPDFText_GetUnicode(self.page.text.cast(), self.index) }
    }

    fn is_generated(&self) -> bool {
        // SAFETY: as above.
        unsafe { self.page.pdfium.FPDFText_IsGenerated(self.page.text.cast(), self.index) == 1 }
    }

    /// Whether the file does not map the glyph to a character.
    fn is_guess(&self) -> bool {
        // SAFETY: as above.
        unsafe { self.page.pdfium.FPDFText_HasUnicodeMapError(self.page.text.cast(), self.index) == 1 }
    }

    /// The character with its bounds. `object` is the text object of the previous character, which most share.
    fn glyph(&self, character: char, object: &mut TextObject) -> Option<Glyph> {
        let (pdfium, text) = (self.page.pdfium, self.page.text.cast());
        let [mut left, mut right, mut bottom, mut top, mut x, mut y] = [0.0_f64; 6];
        let (mut loose, mut matrix) = (RectF::default(), Matrix::default());
        // SAFETY: the page's text is live, the index is within, and all results are valid places to write to, of the types
        // that the header has.
        let (size, handle) = unsafe {
            let known = pdfium.FPDFText_GetCharBox(
                text,
                self.index,
                &raw mut left,
                &raw mut right,
                &raw mut bottom,
                &raw mut top,
            ) == 1
                && pdfium.FPDFText_GetLooseCharBox(text, self.index, (&raw mut loose).cast()) == 1
                && pdfium.FPDFText_GetCharOrigin(text, self.index, &raw mut x, &raw mut y) == 1;
            if !known {
                return None;
            }
            pdfium.FPDFText_GetMatrix(text, self.index, (&raw mut matrix).cast());
            let handle: *mut c_void = pdfium.FPDFText_GetTextObject(text, self.index).cast();
            (pdfium.FPDFText_GetFontSize(text, self.index), handle)
        };
        if handle as usize != object.handle && !handle.is_null() {
            // SAFETY: the handle is the page's, which is live.
            let (mode, font) = unsafe {
                let font: *mut c_void = pdfium.FPDFTextObj_GetFont(handle.cast()).cast();
                (pdfium.FPDFTextObj_GetTextRenderMode(handle.cast()), font)
            };
            *object = TextObject { handle: handle as usize, invisible: mode == INVISIBLE, font: font as usize };
        }
        let reach = self.rect(loose.left, loose.bottom, loose.right, loose.top);
        let tight = self.rect(left as f32, bottom as f32, right as f32, top as f32);
        let bounds = if tight.width() > 0.0 && tight.height() > 0.0 { tight } else { reach };
        let (along, up) = (self.mapping.vector(matrix.a, matrix.b), self.mapping.vector(matrix.c, matrix.d));
        let (direction, slanted) = Direction::from_vector(along.0, along.1);
        let all =
            [reach.left, reach.top, reach.right, reach.bottom, bounds.left, bounds.top, bounds.right, bounds.bottom];
        all.iter().all(|at| at.is_finite()).then(|| Glyph {
            character,
            bounds,
            reach,
            origin: self.mapping.point(x as f32, y as f32),
            em: em(size as f32 * up.0.hypot(up.1), &reach),
            direction,
            slanted,
            invisible: object.invisible,
            stacked: false,
            object: object.handle,
            font: object.font,
        })
    }

    fn rect(&self, left: f32, bottom: f32, right: f32, top: f32) -> Rect {
        Rect::between(self.mapping.point(left, bottom), self.mapping.point(right, top))
    }
}

/// The font's size, unless it differs much from the character's box: the size of a Type 3 font may be any number.
fn em(size: f32, reach: &Rect) -> f32 {
    let height = reach.width().max(reach.height());
    let believable = size.is_finite() && size > height / BELIEVABLE && size < height * BELIEVABLE;
    if believable { size } else { height.max(1.0) }
}

/// Sets the direction of upright characters that are written one below the other.
fn find_vertical(items: &mut [Item]) {
    let mut glyphs: Vec<&mut Glyph> =
        items.iter_mut().filter_map(|item| if let Item::Glyph(glyph) = item { Some(glyph) } else { None }).collect();
    for run in glyphs.chunk_by_mut(|a, b| a.object == b.object && a.direction == b.direction) {
        let down = run[0].direction.clockwise();
        let mut steps = run.windows(2).map(|pair| {
            let (from, to) = (down.frame(pair[0].origin), down.frame(pair[1].origin));
            (to.0 - from.0, (to.1 - from.1).abs())
        });
        if run.len() > 1 && steps.all(|(along, across)| along > 2.0 * across && along > 0.0) {
            for glyph in run {
                (glyph.direction, glyph.stacked) = (down, true);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A character of a 10-pixel font with its origin at this position.
    pub(in super::super) fn glyph(character: char, x: f32, baseline: f32, width: f32) -> Glyph {
        Glyph {
            character,
            bounds: Rect { left: x, top: baseline - 7.0, right: x + width, bottom: baseline },
            reach: Rect { left: x, top: baseline - 8.0, right: x + width, bottom: baseline + 2.0 },
            origin: (x, baseline),
            em: 10.0,
            direction: Direction::Right,
            slanted: false,
            invisible: false,
            stacked: false,
            object: 0,
            font: 0,
        }
    }

    #[test]
    fn characters_one_below_the_other_are_read_downwards() {
        let mut items: Vec<_> =
            (0..3).map(|row| Item::Glyph(glyph('字', 50.0, 20.0 + 10.0 * row as f32, 10.0))).collect();
        find_vertical(&mut items);
        assert!(items.iter().all(|item| matches!(item, Item::Glyph(glyph) if glyph.direction == Direction::Down)));
        let mut line: Vec<_> = (0..3).map(|x| Item::Glyph(glyph('a', 10.0 * x as f32, 20.0, 9.0))).collect();
        find_vertical(&mut line);
        assert!(line.iter().all(|item| matches!(item, Item::Glyph(glyph) if glyph.direction == Direction::Right)));
    }
}

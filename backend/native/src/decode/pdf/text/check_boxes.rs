//! Check boxes and radio buttons of a form. The file says whether they are ticked; the rendered page must show the same.

use super::{
    super::copy::{Mapping, PageCopy},
    characters::Glyph,
    geometry::Rect,
    ink::Ink,
};

/// The share of a box's sides that its frame takes, with a margin. Ink inside of it is the tick.
const FRAME: f32 = 0.25;
/// The maximum distance in pixels of a box's frame from the bounds that the file gives.
const AROUND: f32 = 2.0;

/// A check box on the page.
pub(super) struct CheckBox {
    pub(super) bounds: Rect,
    pub(super) state: State,
}

/// The state of a check box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ticked,
    Empty,
    /// File and page contradict each other.
    Unclear,
}

impl CheckBox {
    /// The state as a character of the page's text.
    pub(super) fn glyph(&self) -> Option<Glyph> {
        let character = match self.state {
            State::Ticked => '☑',
            State::Empty => '☐',
            State::Unclear => return None,
        };
        Some(Glyph::drawn(character, self.bounds))
    }

    /// Whether it replaces a character of the text: a tick may be drawn with a font.
    pub(super) fn replaces(&self, glyph: &Glyph) -> bool {
        let bounds = glyph.bounds;
        let (x, y) = (f32::midpoint(bounds.left, bounds.right), f32::midpoint(bounds.top, bounds.bottom));
        let within = self.bounds.left <= x && x <= self.bounds.right && self.bounds.top <= y && y <= self.bounds.bottom;
        within && self.state != State::Unclear
    }

    /// The bounds that its frame may take.
    pub(super) fn reach(&self) -> Rect {
        self.bounds.grown(AROUND)
    }
}

/// The check boxes that the page shows.
pub(super) fn of_page(page: &PageCopy<'_>, mapping: &Mapping, ink: &Ink) -> Vec<CheckBox> {
    let shown = page.check_boxes.iter().filter_map(|field| {
        let bounds = Rect::between(mapping.point(field.left, field.bottom), mapping.point(field.right, field.top));
        let within = Rect {
            left: bounds.left + FRAME * bounds.width(),
            top: bounds.top + FRAME * bounds.height(),
            right: bounds.right - FRAME * bounds.width(),
            bottom: bounds.bottom - FRAME * bounds.height(),
        };
        let state = match (field.ticked, ink.is_drawn_on(within)?) {
            (true, true) => State::Ticked,
            (false, false) => State::Empty,
            _ => State::Unclear,
        };
        let check_box = CheckBox { bounds, state };
        // An empty box without a frame is invisible.
        (state != State::Empty || ink.is_drawn_on(check_box.reach())?).then_some(check_box)
    });
    shown.collect()
}

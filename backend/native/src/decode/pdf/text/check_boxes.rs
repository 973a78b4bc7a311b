//! Check boxes and radio buttons of a form: the file says whether they are ticked, and the page has to show it.

use super::{
    super::copy::{Mapping, PageCopy},
    characters::Glyph,
    geometry::Rect,
    ink::Ink,
};

/// The part of its sides that a box's frame takes, with some room: what is within is the tick.
const FRAME: f32 = 0.25;
/// How far around its place a box's frame may be, in pixels.
const AROUND: f32 = 2.0;

/// A check box on the page.
pub(super) struct CheckBox {
    pub(super) bounds: Rect,
    pub(super) state: State,
}

/// What a check box says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ticked,
    Empty,
    /// The file says one thing, and the page shows the other.
    Unclear,
}

impl CheckBox {
    /// As a character of the page's text.
    pub(super) fn glyph(&self) -> Option<Glyph> {
        let character = match self.state {
            State::Ticked => '☑',
            State::Empty => '☐',
            State::Unclear => return None,
        };
        Some(Glyph::drawn(character, self.bounds))
    }

    /// Whether it stands for a character, as for the tick that is drawn with a font.
    pub(super) fn replaces(&self, glyph: &Glyph) -> bool {
        let bounds = glyph.bounds;
        let (x, y) = (f32::midpoint(bounds.left, bounds.right), f32::midpoint(bounds.top, bounds.bottom));
        let within = self.bounds.left <= x && x <= self.bounds.right && self.bounds.top <= y && y <= self.bounds.bottom;
        within && self.state != State::Unclear
    }

    /// The place that its frame may take.
    pub(super) fn reach(&self) -> Rect {
        self.bounds.grown(AROUND)
    }
}

/// Those of a page that it shows.
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
        // An empty one without a frame is not there.
        (state != State::Empty || ink.is_drawn_on(check_box.reach())?).then_some(check_box)
    });
    shown.collect()
}

//! Labels on filled tags, beside the frames that they belong to.

use ab_glyph::{FontRef, PxScale};
use image::{Rgb, RgbImage};
use imageproc::{
    drawing::{draw_filled_rect_mut, draw_text_mut, text_size},
    rect::Rect,
};

use super::paint::ink;

/// `DejaVu` Sans with Latin, Greek and Cyrillic letters. Its licence is in the same folder.
const FONT: &[u8] = include_bytes!("../../../assets/DejaVuSans.ttf");
/// A label's height is the image's mean side divided by this, in pixels, but at least the minimum below.
const SIDE_PER_LABEL_HEIGHT: f32 = 65.0;
const SIZES: std::ops::RangeInclusive<f32> = 12.0..=64.0;
/// The difference of two neighbouring grey levels, of 255, from which they count as an edge. Noise differs by less.
const EDGE: u8 = 40;
/// The maximum number of labels. No page has room for more.
const MAX_LABELS: usize = 2000;

/// The labels that were drawn on an image, and the space that is still free.
pub(super) struct Labels {
    font: Option<FontRef<'static>>,
    scale: PxScale,
    padding: u32,
    image_size: (u32, u32),
    taken: Vec<Rect>,
    left: usize,
}

impl Labels {
    /// For an image of this size in pixels, with this mean side.
    pub(super) fn new(image_size: (u32, u32), side: f32) -> Self {
        let size = (side / SIDE_PER_LABEL_HEIGHT).clamp(*SIZES.start(), *SIZES.end());
        Self {
            font: FontRef::try_from_slice(FONT).ok(),
            scale: PxScale::from(size),
            padding: (size / 5.0).round() as u32,
            image_size,
            taken: Vec::new(),
            left: MAX_LABELS,
        }
    }

    /// Draws a frame's label, shortened to the image's width. Leaves it out if other labels occupy all positions around
    /// the frame, because overlapping labels cannot be read.
    pub(super) fn draw(&mut self, image: &mut RgbImage, frame: Rect, label: &str, colour: Rgb<u8>) {
        let (Some(font), Some(left), false) = (&self.font, self.left.checked_sub(1), label.is_empty()) else { return };
        self.left = left;
        let (label, (width, height)) = shortened(label, self.image_size.0.saturating_sub(2 * self.padding), |text| {
            text_size(self.scale, font, text)
        });
        let tag = (width + 2 * self.padding, height);
        let Some(place) = self.place(image, frame, tag) else { return };
        draw_filled_rect_mut(image, place, colour);
        let x = place.left() + self.padding.cast_signed();
        draw_text_mut(image, ink(colour), x, place.top(), self.scale, font, &label);
        self.taken.push(place);
    }

    /// A free position for a label of this size: above, below, beside or within the frame, moved into the image. Of
    /// several, the one that hides the fewest edges.
    fn place(&self, image: &RgbImage, frame: Rect, (width, height): (u32, u32)) -> Option<Rect> {
        if width > self.image_size.0 || height > self.image_size.1 {
            return None;
        }
        let (wide, high) = (width.cast_signed(), height.cast_signed());
        let (right, bottom) = (frame.right() + 1, frame.bottom() + 1);
        let corners = [
            (frame.left(), frame.top() - high),
            (right - wide, frame.top() - high),
            (frame.left(), bottom),
            (right - wide, bottom),
            (frame.left() - wide, frame.top()),
            (right, frame.top()),
            (frame.left(), frame.top()),
        ];
        let max = (self.image_size.0.cast_signed() - wide, self.image_size.1.cast_signed() - high);
        let places = corners.map(|(x, y)| Rect::at(x.clamp(0, max.0), y.clamp(0, max.1)).of_size(width, height));
        let free = |place: &Rect| self.taken.iter().all(|taken| taken.intersect(*place).is_none());
        places.into_iter().filter(free).min_by_key(|place| edges(image, *place))
    }
}

/// Counts the edges within a rectangle: pixels that differ from the one before them.
fn edges(image: &RgbImage, place: Rect) -> usize {
    let (left, top) = (place.left().cast_unsigned(), place.top().cast_unsigned());
    let (columns, rows) = (left + 1..left + place.width(), top..top + place.height());
    let differs = |x, y| image.get_pixel(x, y).0[1].abs_diff(image.get_pixel(x - 1, y).0[1]) > EDGE;
    rows.map(|y| columns.clone().filter(|x| differs(*x, y)).count()).sum()
}

/// The label, cut to a maximum width in pixels, and its size.
fn shortened(label: &str, max: u32, size: impl Fn(&str) -> (u32, u32)) -> (String, (u32, u32)) {
    let whole = size(label);
    if whole.0 <= max {
        return (label.to_owned(), whole);
    }
    let with = |letters: usize| label.chars().take(letters).chain(['…']).collect::<String>();
    let (mut fits, mut too_long) = (0, label.chars().count());
    while too_long - fits > 1 {
        let letters = fits.midpoint(too_long);
        if size(&with(letters)).0 <= max { fits = letters } else { too_long = letters }
    }
    let text = with(fits);
    let size = size(&text);
    (text, size)
}

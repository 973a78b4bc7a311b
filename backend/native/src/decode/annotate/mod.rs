//! Draws marks on a page image: frames, and labels that name them.

mod labels;
mod paint;

use image::{Rgb, RgbImage};
use imageproc::{drawing::draw_hollow_rect_mut, pixelops::interpolate, rect::Rect};
use inkstream_core::image::{Mark, Marks};
use inkstream_wire::{BoxKind, PixelBox};

use self::{labels::Labels, paint::paint};

/// A line's width is the image's mean side divided by this, in pixels.
const SIDE_PER_LINE_WIDTH: f32 = 700.0;
/// The maximum number of times that an image's pixels are painted. A page of words takes one. Further marks are left
/// out, because many hostile marks as large as the page would take minutes.
const MAX_PAINTINGS: u64 = 16;
const FEWEST_PIXELS: u64 = 1 << 20;
/// The opacity of the tint on references that were searched for, 0 to 1.
const TINT: f32 = 0.2;

/// Draws the marks on the image. Parts of marks outside of the image are not drawn.
pub(super) fn marked(mut image: RgbImage, marks: &Marks) -> RgbImage {
    let scale = Scale { from: (marks.width, marks.height), to: image.dimensions() };
    let side = mean_side(&image);
    let mut left = (u64::from(image.width()) * u64::from(image.height()) * MAX_PAINTINGS).max(FEWEST_PIXELS);
    let mut frames: Vec<(&Mark, Rect)> = Vec::new();
    for mark in &marks.marks {
        let Some(place) = scale.apply(mark.bounds) else { continue };
        let Some(rest) = left.checked_sub(cost(mark.kind, place, side)) else { continue };
        left = rest;
        frames.push((mark, place));
    }
    for (mark, place) in &frames {
        if mark.kind == BoxKind::Reference {
            tint(&mut image, *place, paint(mark.kind));
        }
        frame(&mut image, *place, width(mark.kind, side), paint(mark.kind));
    }
    // Labels are drawn over all frames. Words get none, because their labels would cover one another.
    let mut labels = Labels::new(image.dimensions(), side);
    for (mark, place) in frames.iter().filter(|(mark, _)| mark.kind != BoxKind::Word) {
        labels.draw(&mut image, *place, &mark.label, paint(mark.kind));
    }
    image
}

/// The number of pixels that are painted for a mark.
fn cost(kind: BoxKind, place: Rect, side: f32) -> u64 {
    let (wide, high) = (u64::from(place.width()), u64::from(place.height()));
    let frame = 2 * (wide + high) * u64::from(width(kind, side));
    if kind == BoxKind::Reference { frame + wide * high } else { frame }
}

/// Converts the marks' coordinates to the image's.
struct Scale {
    from: (u32, u32),
    to: (u32, u32),
}

impl Scale {
    /// Returns a rectangle of at least one pixel; `None` if the mark is outside of the image.
    fn apply(&self, place: PixelBox) -> Option<Rect> {
        let (x, width) = span(place.x, place.width, self.from.0, self.to.0)?;
        let (y, height) = span(place.y, place.height, self.from.1, self.to.1)?;
        Some(Rect::at(x.cast_signed(), y.cast_signed()).of_size(width, height))
    }
}

fn span(at: u32, length: u32, from: u32, to: u32) -> Option<(u32, u32)> {
    if at >= from || to == 0 {
        return None;
    }
    let scaled = |at: u64| (at.min(u64::from(from)) * u64::from(to)).div_ceil(u64::from(from)) as u32;
    let start = scaled(u64::from(at)).min(to - 1);
    let end = scaled(u64::from(at) + u64::from(length));
    Some((start, end.saturating_sub(start).max(1)))
}

/// The side in pixels of a square with the image's area.
fn mean_side(image: &RgbImage) -> f32 {
    (image.width() as f32 * image.height() as f32).sqrt()
}

/// The width of a frame's line in pixels, for an image of this mean side.
fn width(kind: BoxKind, side: f32) -> u32 {
    let times = match kind {
        BoxKind::Word => 0.5,
        BoxKind::Line => 1.0,
        BoxKind::Block | BoxKind::Figure => 1.5,
        BoxKind::Reference => 2.0,
    };
    ((side / SIDE_PER_LINE_WIDTH * times).round() as u32).max(1)
}

/// Draws the frame around the box, because boxes of letters are tight. At the image's edge it is drawn on the box.
fn frame(image: &mut RgbImage, place: Rect, width: u32, colour: Rgb<u8>) {
    let sheet = Rect::at(0, 0).of_size(image.width(), image.height());
    for outset in 1..=width {
        let corner = Rect::at(place.left() - outset.cast_signed(), place.top() - outset.cast_signed());
        let around = corner.of_size(place.width() + 2 * outset, place.height() + 2 * outset);
        if let Some(around) = around.intersect(sheet) {
            draw_hollow_rect_mut(image, around, colour);
        }
    }
}

fn tint(image: &mut RgbImage, place: Rect, colour: Rgb<u8>) {
    let (left, top) = (place.left().cast_unsigned(), place.top().cast_unsigned());
    for y in top..top + place.height() {
        for x in left..left + place.width() {
            let pixel = image.get_pixel_mut(x, y);
            *pixel = interpolate(colour, *pixel, TINT);
        }
    }
}

//! Letters that stand alone, and ticks of check boxes: marks that have the shape of one.

use super::{
    components::{Mark, Marks, PageImage},
    marks::follows,
    shapes::{Class, Raster, Shapes},
};

/// A mark's height in pixels from which its shape can be told.
const MIN_HEIGHT: usize = 8;
/// Its width beside its height.
const ASPECT: std::ops::RangeInclusive<f32> = 0.15..=2.0;
/// The part of its box that it fills at least.
const FILL: f32 = 0.16;
/// How well it fits a shape at least: pieces of a dashed line fit a `t` by 0.75.
const FITS: f32 = 0.78;
/// Shapes that rules, frames and bullets have as well.
const STEMS: &[u8; 4] = b"1Iil";
const RINGS: &[u8; 4] = b"0OoD";
/// Marks whose shape is looked at: a page's worth of what is no text has some hundreds.
const MAX_MARKS: usize = 4000;

/// How many of the marks are letters or ticks. A stem or a ring is one where the other stands beside it, as in `10`.
pub(super) fn letters(marks: &Marks<'_>, shapes: &Shapes) -> u32 {
    let sized = |mark: &&Mark| mark.height() >= MIN_HEIGHT && ASPECT.contains(&mark.aspect()) && mark.fill() >= FILL;
    let mut known: Vec<(Mark, Class)> = Vec::new();
    for mark in marks.marks.iter().filter(sized).take(MAX_MARKS) {
        let nearest = raster(mark, &marks.image).map(|raster| shapes.nearest(&raster));
        known.extend(nearest.filter(|(_, fits)| *fits >= FITS).map(|(class, _)| (*mark, class)));
    }
    let one_of = |class: Class, set: &[u8]| matches!(class, Class::Character(it) if set.contains(&it));
    let beside = |mark: &Mark, set: &[u8]| {
        known.iter().any(|(other, class)| {
            one_of(*class, set) && if mark.left < other.left { follows(mark, other) } else { follows(other, mark) }
        })
    };
    let is_letter = |(mark, class): &&(Mark, Class)| match class {
        Class::Ornament => false,
        _ if one_of(*class, STEMS) => beside(mark, RINGS),
        _ if one_of(*class, RINGS) => beside(mark, STEMS),
        _ => true,
    };
    known.iter().filter(is_letter).count() as u32
}

/// A mark's shape, and what is within its box.
fn raster(mark: &Mark, image: &PageImage<'_>) -> Option<Raster> {
    let ground = image.ground(mark);
    let (width, height) = (mark.width() as f32, mark.height() as f32);
    Raster::of(width, height, |x, y| {
        let (x, y) = (mark.left + (x * width) as usize, mark.top + (y * height) as usize);
        (f32::from(image.pixels[y * image.width + x]) - ground).abs()
    })
}

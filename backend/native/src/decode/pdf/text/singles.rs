//! Finds single letters and ticks of check boxes by their shape.

use super::{
    components::{Mark, Marks, PageImage},
    marks::follows,
    shapes::{Class, Raster, Shapes},
};

/// The minimum height in pixels of a mark whose shape can be recognized.
const MIN_HEIGHT: usize = 8;
/// The ratio of a letter's width to its height.
const ASPECT: std::ops::RangeInclusive<f32> = 0.15..=2.0;
/// The minimum share of its box that a letter fills.
const MIN_FILL: f32 = 0.16;
/// The minimum likeness to a known shape. Pieces of a dashed line have a likeness of 0.75 to `t`.
const MIN_LIKENESS: f32 = 0.78;
/// Characters that have the shape of a rule.
const STEMS: &[u8; 4] = b"1Iil";
/// Characters that have the shape of a frame or a bullet.
const RINGS: &[u8; 4] = b"0OoD";
/// The maximum number of marks whose shape is compared. A page of drawings has some hundreds.
const MAX_MARKS: usize = 4000;

/// The number of marks that are letters or ticks. A stem or a ring counts only next to one of the other kind, as in `10`.
pub(super) fn letters(marks: &Marks<'_>, shapes: &Shapes) -> u32 {
    let sized =
        |mark: &&Mark| mark.height() >= MIN_HEIGHT && ASPECT.contains(&mark.aspect()) && mark.fill() >= MIN_FILL;
    let mut known: Vec<(Mark, Class)> = Vec::new();
    for mark in marks.marks.iter().filter(sized).take(MAX_MARKS) {
        let nearest = raster(mark, &marks.image).map(|raster| shapes.nearest(&raster));
        known.extend(nearest.filter(|(_, fits)| *fits >= MIN_LIKENESS).map(|(class, _)| (*mark, class)));
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

/// The shape of a mark, including everything else within its box.
fn raster(mark: &Mark, image: &PageImage<'_>) -> Option<Raster> {
    let ground = image.ground(mark);
    let (width, height) = (mark.width() as f32, mark.height() as f32);
    Raster::from_ink(width, height, |x, y| {
        let (x, y) = (mark.left + (x * width) as usize, mark.top + (y * height) as usize);
        (f32::from(image.pixels[y * image.width + x]) - ground).abs()
    })
}

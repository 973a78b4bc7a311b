//! Finds where a page has text: the network marks the pixels of text, and each spot of marked pixels is a line or a part of one.

use fast_image_resize::FilterType;
use image::{GrayImage, Luma};
use imageproc::{
    contours::{BorderType, find_contours},
    geometry::min_area_rect,
    morphology::{Mask, grayscale_dilate},
    point::Point,
};

use super::normalized;
use crate::neural::{self, Network, Tensor};

/// The maximum length of the image's longest side. 1,280 takes twice as long and finds no more (shared/facts/neural.md).
const MAX_SIDE: f32 = 960.0;
/// The network halves the image five times.
const MULTIPLE: f32 = 32.0;
/// The minimum probability of a pixel of text.
const PIXEL_THRESHOLD: f32 = 0.3;
/// The minimum mean probability within a rectangle.
const SCORE_THRESHOLD: f32 = 0.5;
/// The network marks the core of a line. The rectangle grows by its area times this, divided by its perimeter.
const UNCLIP_RATIO: f32 = 1.6;
/// The minimum side of a rectangle in pixels of the scaled image, before and after it grew.
const MIN_SIDE: f32 = 3.0;
const MIN_GROWN_SIDE: f32 = 5.0;
/// Corners of rectangles are computed in this fraction of a pixel.
const SUBPIXELS: i32 = 64;
/// The maximum number of rectangles of a page.
const MAX_SPOTS: usize = 3000;

/// A rectangle of text that may be tilted, in the image's pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) center: (f32, f32),
    /// The length along the line of text, and the height across it.
    pub(super) length: f32,
    pub(super) height: f32,
    /// The angle of the line of text against the horizontal, clockwise in radians, from -45° to 45°.
    pub(super) angle: f32,
}

impl Spot {
    /// The corners: top left, top right, bottom right, bottom left, as seen along the line of text.
    pub(super) fn corners(&self) -> [(f32, f32); 4] {
        let (sin, cos) = self.angle.sin_cos();
        let (along, across) = (self.length / 2.0, self.height / 2.0);
        [(-along, -across), (along, -across), (along, across), (-along, across)]
            .map(|(x, y)| (self.center.0 + x * cos - y * sin, self.center.1 + x * sin + y * cos))
    }

    /// The upright rectangle around it: left, top, right, bottom.
    pub(super) fn around(&self) -> [f32; 4] {
        self.corners().iter().fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[left, top, right, bottom], (x, y)| {
            [left.min(*x), top.min(*y), right.max(*x), bottom.max(*y)]
        })
    }
}

/// The rectangles of text of a grey page.
pub(super) fn spots(network: &dyn Network, page: &GrayImage) -> Result<Vec<Spot>, String> {
    let (width, height) = scaled_size(page.dimensions());
    let scaled = neural::scaled(page.as_raw(), page.dimensions(), (width, height), FilterType::Box)?;
    let input: Vec<f32> = scaled.iter().copied().map(normalized).collect();
    let output = network.run_one(Tensor::of_grey(width as usize, height as usize, &input))?;
    let scale = (page.width() as f32 / width as f32, page.height() as f32 / height as f32);
    Ok(spots_of(&probabilities(output, width, height)?).into_iter().map(|spot| stretched(spot, scale)).collect())
}

/// The size of the network's input: scaled down only, to multiples of [`MULTIPLE`].
fn scaled_size((width, height): (u32, u32)) -> (u32, u32) {
    let (width, height) = (width as f32, height as f32);
    let ratio = (MAX_SIDE / width.max(height)).min(1.0);
    let side = |length: f32| ((length * ratio / MULTIPLE).round() * MULTIPLE).max(MULTIPLE) as u32;
    (side(width), side(height))
}

/// The network's output as an image of probabilities.
fn probabilities(output: Tensor, width: u32, height: u32) -> Result<Probabilities, String> {
    if output.shape != [1, 1, height as usize, width as usize] {
        return Err(format!("the detection model's output has the shape {:?}", output.shape));
    }
    Ok(Probabilities { width, height, values: output.values })
}

struct Probabilities {
    width: u32,
    height: u32,
    values: Vec<f32>,
}

impl Probabilities {
    fn at(&self, x: u32, y: u32) -> f32 {
        self.values[(y * self.width + x) as usize]
    }

    /// The mean within a tilted rectangle. 0 if it contains no pixel's centre.
    fn mean(&self, spot: &Spot) -> f32 {
        let [left, top, right, bottom] = spot.around();
        let (sin, cos) = spot.angle.sin_cos();
        let (mut sum, mut count) = (0.0_f32, 0_u32);
        for y in top.max(0.0) as u32..=(bottom.max(0.0) as u32).min(self.height - 1) {
            for x in left.max(0.0) as u32..=(right.max(0.0) as u32).min(self.width - 1) {
                let (dx, dy) = (x as f32 - spot.center.0, y as f32 - spot.center.1);
                let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
                if along.abs() <= spot.length / 2.0 && across.abs() <= spot.height / 2.0 {
                    sum += self.at(x, y);
                    count += 1;
                }
            }
        }
        if count == 0 { 0.0 } else { sum / count as f32 }
    }
}

/// The rectangles around the marked pixels, in pixels of the scaled image.
fn spots_of(probabilities: &Probabilities) -> Vec<Spot> {
    let marked = GrayImage::from_fn(probabilities.width, probabilities.height, |x, y| {
        Luma([if probabilities.at(x, y) > PIXEL_THRESHOLD { u8::MAX } else { 0 }])
    });
    // A square of 2 × 2 pixels, as OpenCV anchors it: a pixel is marked if it or its left, upper or upper left neighbour is.
    let square = GrayImage::from_pixel(2, 2, Luma([u8::MAX]));
    let marked = grayscale_dilate(&marked, &Mask::from_image(&square, 1, 1));
    let outer = find_contours::<i32>(&marked).into_iter().filter(|contour| contour.border_type == BorderType::Outer);
    outer
        .filter_map(|contour| {
            let spot = rectangle(&contour.points)?;
            (spot.length.min(spot.height) >= MIN_SIDE && probabilities.mean(&spot) >= SCORE_THRESHOLD).then_some(())?;
            let grown = 2.0 * spot.length * spot.height * UNCLIP_RATIO / (2.0 * (spot.length + spot.height));
            let spot = Spot { length: spot.length + grown, height: spot.height + grown, ..spot };
            (spot.length.min(spot.height) >= MIN_GROWN_SIDE).then_some(spot)
        })
        .take(MAX_SPOTS)
        .collect()
}

/// The rectangle of least area around the points. Its length runs along the side that is closer to the horizontal.
fn rectangle(points: &[Point<i32>]) -> Option<Spot> {
    if points.is_empty() {
        return None;
    }
    // It rounds corners outwards to whole numbers. In whole pixels that would make a line of six pixels a third too high, and its letters
    // too narrow to be told apart after scaling.
    let fine: Vec<_> = points.iter().map(|point| Point::new(point.x * SUBPIXELS, point.y * SUBPIXELS)).collect();
    let pixels = |value: i32| value as f32 / SUBPIXELS as f32;
    let [first, second, third, _] = min_area_rect(&fine).map(|point| (pixels(point.x), pixels(point.y)));
    let center = (f32::midpoint(first.0, third.0), f32::midpoint(first.1, third.1));
    let side = |from: (f32, f32), to: (f32, f32)| (to.0 - from.0, to.1 - from.1);
    let (one, other) = (side(first, second), side(second, third));
    let (along, across) = if one.0.abs() >= one.1.abs() { (one, other) } else { (other, one) };
    let length = |side: (f32, f32)| side.0.hypot(side.1);
    // A point of the line's left half, so that the angle is between -45° and 45°.
    let along = if along.0 < 0.0 { (-along.0, -along.1) } else { along };
    Some(Spot { center, length: length(along), height: length(across), angle: along.1.atan2(along.0) })
}

/// The rectangle in the pixels of the page. The two scales differ by less than a hundredth, because sides are rounded to multiples.
fn stretched(spot: Spot, (horizontal, vertical): (f32, f32)) -> Spot {
    let (sin, cos) = spot.angle.sin_cos();
    let along = (cos * horizontal, sin * vertical);
    Spot {
        center: (spot.center.0 * horizontal, spot.center.1 * vertical),
        length: spot.length * along.0.hypot(along.1),
        height: spot.height * (sin * horizontal).hypot(cos * vertical),
        angle: along.1.atan2(along.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map of probabilities with bars: centre, length, height, angle in degrees.
    fn map(width: u32, height: u32, bars: &[((f32, f32), f32, f32, f32)]) -> Probabilities {
        let mut values = vec![0.05; (width * height) as usize];
        for y in 0..height {
            for x in 0..width {
                for ((cx, cy), length, high, degrees) in bars {
                    let (sin, cos) = degrees.to_radians().sin_cos();
                    let (dx, dy) = (x as f32 - cx, y as f32 - cy);
                    if (dx * cos + dy * sin).abs() <= length / 2.0 && (dy * cos - dx * sin).abs() <= high / 2.0 {
                        values[(y * width + x) as usize] = 0.9;
                    }
                }
            }
        }
        Probabilities { width, height, values }
    }

    #[test]
    fn a_page_is_scaled_down_to_multiples_and_never_up() {
        assert_eq!(scaled_size((1654, 2339)), (672, 960));
        assert_eq!(scaled_size((200, 100)), (192, 96));
        assert_eq!(scaled_size((3, 10_000)), (32, 960));
    }

    #[test]
    fn an_upright_and_a_tilted_line_are_found_and_grow_evenly() {
        let found = spots_of(&map(320, 320, &[((100.0, 40.0), 120.0, 8.0, 0.0), ((160.0, 200.0), 200.0, 10.0, 20.0)]));
        assert_eq!(found.len(), 2, "{found:?}");
        let upright = found.iter().find(|spot| spot.center.1 < 100.0).unwrap();
        assert!((upright.center.0 - 100.0).abs() < 2.0 && upright.angle.abs() < 0.01, "{upright:?}");
        assert!((upright.height - 20.0).abs() < 4.0 && (upright.length - 132.0).abs() < 5.0, "{upright:?}");
        let tilted = found.iter().find(|spot| spot.center.1 > 100.0).unwrap();
        assert!((tilted.angle.to_degrees() - 20.0).abs() < 2.0, "{tilted:?}");
    }

    #[test]
    fn specks_and_pale_spots_are_no_text() {
        let mut map = map(320, 320, &[((20.0, 20.0), 1.0, 1.0, 0.0), ((160.0, 200.0), 100.0, 10.0, 0.0)]);
        map.values.iter_mut().filter(|value| **value > 0.5).for_each(|value| *value = 0.4);
        assert_eq!(spots_of(&map), []);
    }

    #[test]
    fn a_stretched_rectangle_keeps_its_middle() {
        let spot = Spot { center: (10.0, 20.0), length: 8.0, height: 2.0, angle: 0.0 };
        assert_eq!(stretched(spot, (2.0, 3.0)), Spot { center: (20.0, 60.0), length: 16.0, height: 6.0, angle: 0.0 });
    }
}

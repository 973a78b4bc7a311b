//! Turns a tilted page so that its lines run level, and finds what was recognized on the page as it was.

use image::{GrayImage, Luma};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use inkstream_content::{LayoutBlock, LayoutLine, LayoutWord};
use inkstream_wire::PixelBox;

/// A turn by a small angle about the middle of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    sin: f32,
    cos: f32,
    /// Width and height before the turn.
    from: (u32, u32),
    /// Width and height of what holds the whole page after it.
    to: (u32, u32),
}

impl Turn {
    /// A clockwise turn of a page of this size.
    pub(super) fn new(degrees: f32, from: (u32, u32)) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (from.0 as f32, from.1 as f32);
        let side = |length: f32| length.ceil() as u32;
        let to = (side(width * cos + height * sin.abs()), side(width * sin.abs() + height * cos));
        Self { sin, cos, from, to }
    }

    /// The page of these grey pixels after the turn. What was not on it gets the page's usual shade: white corners would make a dark photograph
    /// look like a picture on a page.
    pub(super) fn apply(&self, pixels: &[u8]) -> Option<GrayImage> {
        let page = GrayImage::from_raw(self.from.0, self.from.1, pixels.to_vec())?;
        let Self { sin, cos, .. } = *self;
        let ((x, y), (to_x, to_y)) = (middle(self.from), middle(self.to));
        let matrix = [cos, -sin, to_x - x * cos + y * sin, sin, cos, to_y - x * sin - y * cos, 0.0, 0.0, 1.0];
        let mut turned = GrayImage::new(self.to.0, self.to.1);
        let projection = Projection::from_matrix(matrix)?;
        warp_into(&page, projection, Interpolation::Bicubic, Border::Constant(Luma([median(pixels)])), &mut turned);
        Some(turned)
    }

    /// The bounds, on the page before the turn, of a rectangle on the page after it.
    pub(super) fn back(&self, bounds: PixelBox) -> PixelBox {
        let ((x, y), (to_x, to_y)) = (middle(self.from), middle(self.to));
        let PixelBox { x: left, y: top, width, height } = bounds;
        let corners = [(left, top), (left + width, top), (left, top + height), (left + width, top + height)];
        let [left, top, right, bottom] = corners
            .map(|(at_x, at_y)| (at_x as f32 - to_x, at_y as f32 - to_y))
            .map(|(at_x, at_y)| (at_x * self.cos + at_y * self.sin + x, at_y * self.cos - at_x * self.sin + y))
            .into_iter()
            .fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[left, top, right, bottom], (x, y)| {
                [left.min(x), top.min(y), right.max(x), bottom.max(y)]
            });
        let within = |value: f32, max: u32| (value.round().max(0.0) as u32).min(max);
        let (x, y) = (within(left, self.from.0), within(top, self.from.1));
        PixelBox { x, y, width: within(right, self.from.0) - x, height: within(bottom, self.from.1) - y }
    }

    /// Moves all bounds of a layout back.
    pub(super) fn layout_back(&self, blocks: &mut [LayoutBlock]) {
        for LayoutBlock { bounds, lines, .. } in blocks {
            *bounds = bounds.map(|bounds| self.back(bounds));
            for LayoutLine { bounds, words, .. } in lines {
                *bounds = self.back(*bounds);
                for LayoutWord { bounds, .. } in words {
                    *bounds = self.back(*bounds);
                }
            }
        }
    }
}

fn median(pixels: &[u8]) -> u8 {
    let mut counts = [0_usize; 256];
    for value in pixels {
        counts[usize::from(*value)] += 1;
    }
    let mut passed = 0;
    let median = (0..=u8::MAX).find(|value| {
        passed += counts[usize::from(*value)];
        passed * 2 >= pixels.len()
    });
    median.unwrap_or(u8::MAX)
}

fn middle((width, height): (u32, u32)) -> (f32, f32) {
    (width as f32 / 2.0, height as f32 / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds of the dark pixels.
    fn ink(page: &GrayImage) -> PixelBox {
        let dark = page.enumerate_pixels().filter(|(_, _, value)| value[0] < 128);
        dark.map(|(x, y, _)| PixelBox { x, y, width: 1, height: 1 }).reduce(PixelBox::union).unwrap()
    }

    fn is_near(one: PixelBox, other: PixelBox) -> bool {
        [one.x.abs_diff(other.x), one.y.abs_diff(other.y)].into_iter().all(|distance| distance <= 1)
            && [one.width.abs_diff(other.width), one.height.abs_diff(other.height)].into_iter().all(|more| more <= 2)
    }

    #[test]
    fn a_tilted_line_becomes_level_and_its_bounds_are_found_on_the_page() {
        for degrees in [-6.0, 3.0] {
            // A line of 200 × 10 pixels that runs down by -`degrees` to the right.
            let (sin, cos) = f32::to_radians(-degrees).sin_cos();
            let page = GrayImage::from_fn(400, 300, |x, y| {
                let (x, y) = (x as f32 - 250.0, y as f32 - 100.0);
                let (along, across) = (x * cos + y * sin, y * cos - x * sin);
                Luma([if along.abs() < 100.0 && across.abs() < 5.0 { 0 } else { 255 }])
            });
            let turn = Turn::new(degrees, page.dimensions());
            let level = turn.apply(page.as_raw()).unwrap();
            let line = ink(&level);
            assert!(line.height <= 11 && (198..=202).contains(&line.width), "{degrees}: {line:?}");
            let (back, on_page) = (turn.back(line), ink(&page));
            assert!(is_near(back, on_page), "{degrees}: {back:?}, {on_page:?}");
        }
    }

    #[test]
    fn the_corners_of_the_page_stay_and_what_is_beyond_them_is_cut() {
        let turn = Turn::new(5.0, (400, 300));
        assert!(turn.to.0 > 400 && turn.to.1 > 300);
        let all = PixelBox { x: 0, y: 0, width: turn.to.0, height: turn.to.1 };
        assert_eq!(turn.back(all), PixelBox { x: 0, y: 0, width: 400, height: 300 });
    }
}

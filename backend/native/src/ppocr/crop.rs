//! Cuts a line of text out of the page, straightens it and scales it to the height that the recognition network reads.

use fast_image_resize::FilterType;
use image::{GrayImage, Luma, imageops};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};

use super::{UPRIGHT, detect::Spot};
use crate::neural::scaled;

/// The height of the network's input.
pub(super) const HEIGHT: u32 = 48;
/// The maximum length of the network's input, 600 letters. A longer line is squeezed.
const MAX_LENGTH: u32 = 9600;
/// A rectangle that is this many times as high as it is long may be a line that runs down the page.
const VERTICAL_RATIO: f32 = 1.5;

/// Whether the text may run down the page.
pub(super) fn may_be_vertical(spot: &Spot) -> bool {
    spot.height >= spot.length * VERTICAL_RATIO
}

/// The line in this rectangle as an image of the network's height. `turned` takes it for one that runs down the page, and turns it
/// counterclockwise by a quarter. `None` if the rectangle is outside of the page.
pub(super) fn cut(page: &GrayImage, spot: &Spot, turned: bool) -> Option<GrayImage> {
    // Straightening blurs letters.
    let line = if spot.angle.abs() < UPRIGHT { upright(page, spot)? } else { straightened(page, spot) };
    let line = if turned { imageops::rotate270(&line) } else { line };
    let length = (line.width() * HEIGHT).div_ceil(line.height()).clamp(1, MAX_LENGTH);
    resized(&line, length)
}

/// The same line, longer by half.
pub(super) fn stretched(line: &GrayImage) -> Option<GrayImage> {
    resized(line, (line.width() * 3 / 2).min(MAX_LENGTH))
}

fn upright(page: &GrayImage, spot: &Spot) -> Option<GrayImage> {
    let [left, top, right, bottom] = spot.around();
    let (x, y) = (left.max(0.0) as u32, top.max(0.0) as u32);
    let width = (right.ceil().max(0.0) as u32).min(page.width()).checked_sub(x)?;
    let height = (bottom.ceil().max(0.0) as u32).min(page.height()).checked_sub(y)?;
    (width > 0 && height > 0).then(|| imageops::crop_imm(page, x, y, width, height).to_image())
}

fn straightened(page: &GrayImage, spot: &Spot) -> GrayImage {
    let (sin, cos) = spot.angle.sin_cos();
    let (width, height) = (spot.length.ceil().max(1.0), spot.height.ceil().max(1.0));
    // From the page to the line: the centre to the origin, turned back, and then to the middle of the line.
    let (x, y) = spot.center;
    let matrix =
        [cos, sin, width / 2.0 - x * cos - y * sin, -sin, cos, height / 2.0 + x * sin - y * cos, 0.0, 0.0, 1.0];
    let mut line = GrayImage::new(width as u32, height as u32);
    if let Some(projection) = Projection::from_matrix(matrix) {
        warp_into(page, projection, Interpolation::Bicubic, Border::Constant(Luma([u8::MAX])), &mut line);
    }
    line
}

fn resized(line: &GrayImage, length: u32) -> Option<GrayImage> {
    let pixels = scaled(line.as_raw(), line.dimensions(), (length, HEIGHT), FilterType::Bilinear).ok()?;
    GrayImage::from_raw(length, HEIGHT, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A white page with a black line of 100 × 10 pixels around (100, 100), with a white gap of 10 pixels in its right half.
    fn page(degrees: f32) -> GrayImage {
        let (sin, cos) = degrees.to_radians().sin_cos();
        GrayImage::from_fn(200, 200, |x, y| {
            let (dx, dy) = (x as f32 - 100.0, y as f32 - 100.0);
            let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
            let ink = along.abs() <= 50.0 && across.abs() <= 5.0 && !(20.0..30.0).contains(&along);
            Luma([if ink { 0 } else { 255 }])
        })
    }

    fn spot(degrees: f32) -> Spot {
        Spot { center: (100.0, 100.0), length: 120.0, height: 24.0, angle: degrees.to_radians() }
    }

    #[test]
    fn a_tilted_line_is_straightened() {
        for degrees in [0.0, 12.0, -12.0] {
            let crop = cut(&page(degrees), &spot(degrees), false).unwrap();
            assert_eq!(crop.dimensions(), (240, HEIGHT), "{degrees}");
            let at = |x: u32, y: u32| crop.get_pixel(x, y)[0];
            assert!(at(60, 24) < 60 && at(210, 24) < 60, "{degrees}: the line is in the middle");
            assert!(
                at(170, 24) > 200 && at(60, 4) > 200 && at(60, 44) > 200,
                "{degrees}: its gap and surroundings are white"
            );
        }
    }

    #[test]
    fn a_line_that_runs_down_is_turned_so_that_its_top_comes_first() {
        let mut page = GrayImage::from_pixel(100, 200, Luma([255]));
        for (x, y) in (20..60).flat_map(|y| (48..53).map(move |x| (x, y))) {
            page.put_pixel(x, y, Luma([0]));
        }
        let spot = Spot { center: (50.0, 100.0), length: 20.0, height: 200.0, angle: 0.0 };
        assert!(may_be_vertical(&spot));
        let crop = cut(&page, &spot, true).unwrap();
        assert_eq!(crop.dimensions(), (480, HEIGHT));
        let darkest = |range: std::ops::Range<u32>| range.map(|x| crop.get_pixel(x, 24)[0]).min().unwrap();
        assert!(darkest(50..140) < 128 && darkest(200..480) > 128);
    }

    #[test]
    fn a_rectangle_at_the_edge_is_cut_and_one_outside_is_no_line() {
        let at = |x: f32| Spot { center: (x, 100.0), length: 40.0, height: 10.0, angle: 0.0 };
        assert!(cut(&page(0.0), &at(199.0), false).is_some());
        assert!(cut(&page(0.0), &at(500.0), false).is_none());
    }
}

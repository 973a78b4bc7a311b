//! The background that a transparent image is drawn on. It is chosen so that the ink stands out.

use image::DynamicImage;

/// The grey level from which ink is hard to see on white.
const LIGHT_INK: u8 = 190;
const DARK: u8 = 65;
/// On a background, at most one in this many pixels of the ink's edges may be hard to see.
const MAX_LOST: u64 = 5;
/// The minimum opacity of ink.
const MIN_INK_OPACITY: u8 = 64;
/// The maximum distance in pixels from ink to a transparent pixel. It is not 1, because letters have soft edges.
const EDGE_WIDTH: usize = 2;
/// The background on which light and dark ink can both be seen.
const MIDDLE_GREY: u8 = 128;

/// White, unless the ink beside transparent pixels is light: then black, or grey where some of it is light and some
/// dark. Only that ink needs the contrast. An image that has a background of its own needs none.
pub(super) fn of(image: &DynamicImage) -> u8 {
    let mut edges = Edges::default();
    match image {
        DynamicImage::ImageRgba8(rgba) => {
            let luma = |pixel: &[u8]| {
                let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
                ((red * 54 + green * 183 + blue * 19) >> 8) as u8
            };
            rgba.as_raw().chunks_exact((rgba.width() as usize * 4).max(1)).for_each(|row| edges.add(row, 4, luma));
        }
        DynamicImage::ImageLumaA8(grey) => {
            grey.as_raw()
                .chunks_exact((grey.width() as usize * 2).max(1))
                .for_each(|row| edges.add(row, 2, |pixel| pixel[0]));
        }
        _ => {}
    }
    edges.ground()
}

/// Counts of ink pixels beside transparent ones.
#[derive(Default)]
struct Edges {
    all: u64,
    pixels: u64,
    ink: u64,
    light: u64,
    dark: u64,
}

impl Edges {
    /// Counts the pixels of a row. A pixel has `channels` bytes, the last of which is its opacity.
    fn add(&mut self, row: &[u8], channels: usize, luma: impl Fn(&[u8]) -> u8) {
        let opacity = |x: usize| row.get((x + 1) * channels - 1).copied();
        for (x, pixel) in row.chunks_exact(channels).enumerate() {
            let own = pixel[channels - 1];
            self.pixels += 1;
            if own < MIN_INK_OPACITY {
                continue;
            }
            self.ink += 1;
            let clear = |other: Option<u8>| other.is_some_and(|other| other <= own / 2);
            if clear(opacity(x + EDGE_WIDTH)) || clear(x.checked_sub(EDGE_WIDTH).and_then(opacity)) {
                let luma = luma(pixel);
                self.all += 1;
                self.light += u64::from(luma > LIGHT_INK);
                self.dark += u64::from(luma < DARK);
            }
        }
    }

    fn ground(&self) -> u8 {
        match () {
            () if self.ink * 2 > self.pixels || self.light * MAX_LOST <= self.all => u8::MAX,
            () if self.dark * MAX_LOST <= self.all => 0,
            () => MIDDLE_GREY,
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    /// Stripes of these greys on a ground that is transparent, and black underneath.
    fn stripes(greys: &[u8], opacity: u8) -> DynamicImage {
        RgbaImage::from_fn(120, 4, |x, _| {
            let grey = greys[x as usize / 8 % greys.len()];
            if x % 8 < 3 { Rgba([grey, grey, grey, opacity]) } else { Rgba([0; 4]) }
        })
        .into()
    }

    #[test]
    fn dark_ink_is_laid_on_white_light_ink_on_black_and_both_on_grey() {
        assert_eq!(of(&stripes(&[0], 255)), 255);
        assert_eq!(of(&stripes(&[255], 255)), 0);
        assert_eq!(of(&stripes(&[255], 100)), 0);
        assert_eq!(of(&stripes(&[0, 255], 255)), MIDDLE_GREY);
        assert_eq!(of(&stripes(&[128], 255)), 255);
        assert_eq!(of(&stripes(&[0, 0, 0, 0, 0, 255], 255)), 255);
    }

    #[test]
    fn an_image_with_a_ground_of_its_own_is_laid_on_white() {
        let card = RgbaImage::from_fn(50, 50, |x, y| if x > 3 && y > 3 { Rgba([255; 4]) } else { Rgba([0; 4]) });
        assert_eq!(of(&card.into()), 255);
        assert_eq!(of(&RgbaImage::from_pixel(50, 50, Rgba([255, 255, 255, 0])).into()), 255);
    }
}

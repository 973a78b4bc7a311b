//! The background that a transparent image is drawn on. It is chosen so that the ink stands out.

use image::DynamicImage;

/// The grey level from which ink is hard to see on white.
const LIGHT_INK: u8 = 190;
/// The grey level below which ink is hard to see on black.
const DARK_INK: u8 = 65;
/// On a background, at most one in this many pixels of the ink's edges may be hard to see.
const MAX_LOST: u64 = 5;
/// The minimum opacity of ink.
const MIN_INK_OPACITY: u8 = 64;
/// The maximum width in pixels of a stroke's soft edge.
const EDGE_WIDTH: usize = 3;
/// The background on which light and dark ink can both be seen.
const MIDDLE_GREY: u8 = 128;

/// White, unless the ink beside transparent pixels is light: then black, or grey where some of it is light and some
/// dark. Only that ink needs the contrast. An image that has a background of its own needs none.
pub(super) fn estimate(image: &DynamicImage) -> u8 {
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

/// Counts of the edges between ink and transparent pixels.
#[derive(Default)]
struct Edges {
    all: u64,
    pixels: u64,
    ink: u64,
    light: u64,
    dark: u64,
}

impl Edges {
    /// Counts the edges in a row. A pixel has `channels` bytes, the last of which is its opacity.
    fn add(&mut self, row: &[u8], channels: usize, luma: impl Fn(&[u8]) -> u8) {
        let pixels: Vec<&[u8]> = row.chunks_exact(channels).collect();
        let is_ink = |x: usize| pixels[x][channels - 1] >= MIN_INK_OPACITY;
        self.pixels += pixels.len() as u64;
        let mut end = 0;
        while let Some(start) = (end..pixels.len()).find(|x| is_ink(*x)) {
            end = (start..pixels.len()).find(|x| !is_ink(*x)).unwrap_or(pixels.len());
            self.ink += (end - start) as u64;
            // The ink's colour is that of its inside: where opacity is all or nothing, the edge itself is mixed with the background that
            // the image once had.
            let inside = ((end - start - 1) / 2).min(EDGE_WIDTH);
            let edges = [(start > 0).then_some(start + inside), (end < pixels.len()).then_some(end - 1 - inside)];
            for x in edges.into_iter().flatten() {
                let luma = luma(pixels[x]);
                self.all += 1;
                self.light += u64::from(luma > LIGHT_INK);
                self.dark += u64::from(luma < DARK_INK);
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
        assert_eq!(estimate(&stripes(&[0], 255)), 255);
        assert_eq!(estimate(&stripes(&[255], 255)), 0);
        assert_eq!(estimate(&stripes(&[255], 100)), 0);
        assert_eq!(estimate(&stripes(&[0, 255], 255)), MIDDLE_GREY);
        assert_eq!(estimate(&stripes(&[128], 255)), 255);
        assert_eq!(estimate(&stripes(&[0, 0, 0, 0, 0, 255], 255)), 255);
    }

    #[test]
    fn ink_whose_soft_edge_kept_the_colour_of_the_background_that_was_cut_out_is_judged_by_its_inside() {
        // Strokes of three to five pixels whose outer ones are mixed with white, or with black.
        for (core, edge, ground) in [(0_u8, 210_u8, 255), (20, 230, 255), (255, 40, 0), (240, 60, 0)] {
            let strokes = RgbaImage::from_fn(120, 4, |x, _| match x % 20 {
                0 | 4 | 7 | 9 => Rgba([edge, edge, edge, 255]),
                1..=3 | 8 => Rgba([core, core, core, 255]),
                _ => Rgba([255 - core, 255 - core, 255 - core, 0]),
            });
            assert_eq!(estimate(&strokes.into()), ground, "{core} with edges of {edge}");
        }
    }

    #[test]
    fn an_image_with_a_ground_of_its_own_is_laid_on_white() {
        let card = RgbaImage::from_fn(50, 50, |x, y| if x > 3 && y > 3 { Rgba([255; 4]) } else { Rgba([0; 4]) });
        assert_eq!(estimate(&card.into()), 255);
        assert_eq!(estimate(&RgbaImage::from_pixel(50, 50, Rgba([255, 255, 255, 0])).into()), 255);
    }
}

//! Holds what the engines reached: the most characters that may be wrong of a page that was damaged in a known way.
//!
//! `make bench` (section `reading`) measures many more pages. When this was written, no character was wrong.

use image::{GrayImage, imageops};
use inkstream_testkit::fixtures::page;

use super::{
    ppocr,
    tesseract_lines::{self, Grey, reader_of, text},
};

/// The libraries of another machine round differently.
const ROUNDING: usize = 2;

/// A way in which a page may be damaged.
type Damage = fn(&GrayImage) -> GrayImage;

fn page_image() -> GrayImage {
    let Grey { width, height, pixels, .. } = Grey::render(page::IMAGE);
    GrayImage::from_raw(width, height, pixels).expect("a grey image")
}

fn grey(image: GrayImage) -> Grey {
    Grey { width: image.width(), height: image.height(), dpi: None, pixels: image.into_raw() }
}

fn small(image: &GrayImage) -> GrayImage {
    imageops::resize(image, image.width() / 2, image.height() / 2, imageops::FilterType::Triangle)
}

fn blurred(image: &GrayImage) -> GrayImage {
    imageops::blur(image, 1.5)
}

/// Every seventh pixel or so is black or white.
fn speckled(image: &GrayImage) -> GrayImage {
    let mut image = image.clone();
    for (number, pixel) in (0_u32..).zip(image.pixels_mut()) {
        match number.wrapping_mul(2_654_435_761) >> 25 {
            0..4 => pixel.0 = [0],
            4..8 => pixel.0 = [255],
            _ => {}
        }
    }
    image
}

/// Grey ink on grey paper.
fn faded(image: &GrayImage) -> GrayImage {
    let mut image = image.clone();
    image.pixels_mut().for_each(|pixel| pixel.0 = [140 + pixel.0[0] / 4]);
    image
}

/// Lit from one side, as by a lamp.
fn shaded(image: &GrayImage) -> GrayImage {
    let mut image = image.clone();
    let width = image.width();
    for (x, _, pixel) in image.enumerate_pixels_mut() {
        pixel.0 = [(u32::from(pixel.0[0]) * (width + 2 * x) / (3 * width)) as u8];
    }
    image
}

/// The number of characters that must be inserted, deleted or replaced, line breaks aside.
fn wrong_characters(read: &str) -> usize {
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    strsim::levenshtein(&joined(page::TEXT), &joined(read))
}

#[test]
fn damaged_pages_are_read_as_well_as_when_it_was_measured() {
    let mut tesseract = reader_of("eng");
    let page = page_image();
    // Of speckled pages and of pages lit from one side, Tesseract loses most.
    let damages: [(&str, Damage, bool); 5] = [
        ("small", small, true),
        ("blurred", blurred, true),
        ("faded", faded, true),
        ("speckled", speckled, false),
        ("shaded", shaded, false),
    ];
    for (name, damage, is_for_tesseract) in damages {
        let damaged = grey(damage(&page));
        let found = wrong_characters(&text(&ppocr::read(&damaged).0));
        assert!(found <= ROUNDING, "{name}: {found} by PP-OCR");
        if is_for_tesseract {
            let found = wrong_characters(&text(&tesseract_lines::read(&mut tesseract, &damaged).0));
            assert!(found <= ROUNDING, "{name}: {found} by Tesseract");
        }
    }
}

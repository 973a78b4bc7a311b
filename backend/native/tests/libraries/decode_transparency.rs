//! The ground that a transparent image is laid on.

use super::opening::{GREY, render};
use ::png::{BitDepth, ColorType};
use image::ImageFormat;
use inkstream_testkit::fixtures::png;

#[test]
fn what_is_transparent_is_white() {
    let rgba: Vec<u8> = (0..16).flat_map(|_| [0, 0, 0, 0]).collect();
    let half: Vec<u8> = (0..16).flat_map(|_| [0, 128]).collect();
    let clear = png::encode(4, 4, ColorType::Rgba, &rgba);
    let veiled = png::encode(4, 4, ColorType::GrayscaleAlpha, &half);
    assert_eq!(render(&clear, 1, &GREY).expect("a sound image").grey(1, 1), 255);
    assert_eq!(render(&veiled, 1, &GREY).expect("a sound image").grey(1, 1), 127);
}

/// Vertical strokes of 3 pixels in this grey, and transparent between them, 60×40.
fn strokes(grey: u8) -> Vec<[u8; 4]> {
    (0..60 * 40).map(|at| if at % 60 % 6 < 3 { [grey, grey, grey, 255] } else { [0; 4] }).collect()
}

#[test]
fn ink_stands_out_from_the_ground_that_transparency_is_laid_on_in_every_kind() {
    for (ink, ground) in [(255_u8, 0_u8), (230, 0), (0, 255), (100, 255)] {
        let rgba = strokes(ink);
        let grey: Vec<u8> = rgba.iter().flat_map(|pixel| [pixel[0], pixel[3]]).collect();
        let wide: Vec<u8> = rgba.as_flattened().iter().flat_map(|sample| [*sample; 2]).collect();
        let indices: Vec<u8> = rgba.iter().map(|pixel| u8::from(pixel[3] > 0)).collect();
        let still = |format| {
            let mut file = std::io::Cursor::new(Vec::new());
            let image = image::RgbaImage::from_raw(60, 40, rgba.as_flattened().to_vec()).expect("its size");
            image.write_to(&mut file, format).expect("an encoder for it");
            file.into_inner()
        };
        let png = |colour, depth, pixels: &[u8], palette: bool| {
            let mut file = Vec::new();
            let mut encoder = ::png::Encoder::new(&mut file, 60, 40);
            encoder.set_color(colour);
            encoder.set_depth(depth);
            if palette {
                encoder.set_palette(vec![0, 0, 0, ink, ink, ink]);
                encoder.set_trns(vec![0, 255]);
            }
            encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels)).expect("pixels for the size");
            file
        };
        for (name, file) in [
            ("rgba", png(ColorType::Rgba, BitDepth::Eight, rgba.as_flattened(), false)),
            ("rgba of 16 bits", png(ColorType::Rgba, BitDepth::Sixteen, &wide, false)),
            ("grey", png(ColorType::GrayscaleAlpha, BitDepth::Eight, &grey, false)),
            ("palette", png(ColorType::Indexed, BitDepth::Eight, &indices, true)),
            ("webp", still(ImageFormat::WebP)),
            ("gif", still(ImageFormat::Gif)),
            ("tiff", tiff_with_opacity(rgba.as_flattened())),
        ] {
            let image = render(&file, 1, &GREY).expect(name);
            let (line, space) = (image.grey(13, 20), image.grey(16, 20));
            assert!(line.abs_diff(ink) < 12 && space.abs_diff(ground) < 3, "{name}: {line} on {space} for {ink}");
        }
    }
}

fn tiff_with_opacity(rgba: &[u8]) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = ::tiff::encoder::TiffEncoder::new(&mut file).expect("a file in memory");
    encoder.write_image::<::tiff::encoder::colortype::RGBA8>(60, 40, rgba).expect("a sound image");
    file.into_inner()
}

#[test]
fn a_bitmap_that_leaves_its_opacity_empty_is_opaque() {
    let rgba = image::RgbaImage::from_fn(60, 40, |x, _| image::Rgba(if x < 30 { [0; 4] } else { [255, 255, 255, 0] }));
    let mut file = std::io::Cursor::new(Vec::new());
    rgba.write_to(&mut file, ImageFormat::Bmp).expect("an encoder for it");
    let image = render(&file.into_inner(), 1, &GREY).expect("a sound image");
    assert_eq!((image.grey(9, 9), image.grey(50, 9)), (0, 255));
}

#[test]
fn an_image_with_light_and_dark_ink_shows_both() {
    let mixed: Vec<[u8; 4]> = strokes(0)
        .into_iter()
        .enumerate()
        .map(|(at, pixel)| if pixel[3] > 0 && at % 60 < 30 { [255; 4] } else { pixel })
        .collect();
    let image = render(&png::encode(60, 40, ColorType::Rgba, mixed.as_flattened()), 1, &GREY).expect("sound");
    assert_eq!((image.grey(1, 9), image.grey(4, 9), image.grey(55, 9)), (255, 128, 0));
}

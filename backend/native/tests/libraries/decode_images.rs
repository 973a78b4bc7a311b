//! Images of one page: every kind, upright, bounded.

use super::opening::{GREY, format, pages, render, render_into};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use inkstream_core::{
    image::{ImageEncoding, ImageSpec},
    ports::FileFormat,
};
use inkstream_native::decode::DecodeError;
use inkstream_testkit::fixtures::{page, png};

/// 60×40 pixels, white, with a black square in the upper left corner.
pub(super) fn corner() -> RgbImage {
    RgbImage::from_fn(60, 40, |x, y| if x < 20 && y < 20 { Rgb([0; 3]) } else { Rgb([255; 3]) })
}

pub(super) fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(corner()).write_to(&mut file, format).expect("an encoder for it");
    file.into_inner()
}

fn corner_png() -> Vec<u8> {
    png::encode(60, 40, ::png::ColorType::Rgb, corner().as_raw())
}

/// A JPEG that says how it must be turned, and that it has 150 dots per inch.
pub(super) fn photograph(orientation: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 95);
    let exif = [
        &b"II\x2a\0\x08\0\0\0\x04\0"[..],
        &[0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0],
        &[0x1a, 1, 5, 0, 1, 0, 0, 0, 62, 0, 0, 0],
        &[0x1b, 1, 5, 0, 1, 0, 0, 0, 62, 0, 0, 0],
        &[0x28, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0],
        &[0, 0, 0, 0, 150, 0, 0, 0, 1, 0, 0, 0],
    ]
    .concat();
    encoder.add_exif_metadata(&exif).expect("a small segment");
    encoder.encode(corner().as_raw(), 60, 40, jpeg_encoder::ColorType::Rgb).expect("a sound image");
    file
}

#[test]
fn every_kind_shows_the_same_image() {
    for (kind, file) in [
        (FileFormat::Png, corner_png()),
        (FileFormat::Jpeg, encoded(ImageFormat::Jpeg)),
        (FileFormat::WebP, encoded(ImageFormat::WebP)),
        (FileFormat::Bmp, encoded(ImageFormat::Bmp)),
        (FileFormat::Gif, encoded(ImageFormat::Gif)),
        (FileFormat::Pnm, encoded(ImageFormat::Pnm)),
    ] {
        assert_eq!(format(&file), Ok(kind));
        let kind = kind.media_type();
        assert_eq!(pages(&file), Ok(1), "{kind}");
        let image = render(&file, 1, &GREY).expect(kind);
        assert_eq!(image.size(), (60, 40), "{kind}");
        assert_eq!(image.rendered.len, 60 * 40, "{kind}");
        assert!(image.grey(10, 10) < 20, "{kind}");
        assert!(image.grey(50, 30) > 235, "{kind}");
    }
}

#[test]
fn pnm_is_read_in_text_and_in_bits() {
    for file in [&b"P1\n2 1\n1 0\n"[..], b"P4\n2 1\n\x80", b"P2\n2 1\n255\n0 255\n", b"P5 2 1 255\n\x00\xff"] {
        let image = render(file, 1, &GREY).expect("a sound image");
        assert_eq!((image.grey(0, 0), image.grey(1, 0)), (0, 255), "{:?}", &file[..2]);
    }
}

#[test]
fn a_photograph_is_rendered_upright_for_every_exif_orientation() {
    // Where the black corner of the stored pixels belongs: Exif 2.3, table 6.
    for (orientation, size, left, top) in [
        (1, (60, 40), true, true),
        (2, (60, 40), false, true),
        (3, (60, 40), false, false),
        (4, (60, 40), true, false),
        (5, (40, 60), true, true),
        (6, (40, 60), false, true),
        (7, (40, 60), false, false),
        (8, (40, 60), true, false),
    ] {
        let image = render(&photograph(orientation), 1, &GREY).expect("a sound image");
        assert_eq!(image.size(), size, "{orientation}");
        let x = if left { 5 } else { size.0 - 6 };
        let y = if top { 5 } else { size.1 - 6 };
        assert!(image.grey(x, y) < 30, "{orientation}");
        assert!(image.grey(size.0 - 1 - x, size.1 - 1 - y) > 225, "{orientation}");
        assert_eq!(image.rendered.dpi, Some(150.0));
    }
}

#[test]
fn the_engine_may_have_it_turned_again() {
    let spec = ImageSpec { rotation: 90, ..GREY };
    let image = render(&corner_png(), 1, &spec).expect("a sound image");
    assert_eq!(image.size(), (40, 60));
    assert!(image.grey(35, 5) < 20, "clockwise: the upper left corner is now the upper right one");
    let head_over = render(&corner_png(), 1, &ImageSpec { rotation: 180, ..GREY }).expect("a sound image");
    assert!(head_over.size() == (60, 40) && head_over.grey(55, 35) < 20);
    let back = render(&corner_png(), 1, &ImageSpec { rotation: 270, ..GREY }).expect("a sound image");
    assert!(back.size() == (40, 60) && back.grey(5, 55) < 20);
}

#[test]
fn an_image_is_no_wider_than_asked_for_whichever_way_it_lies() {
    let narrow = ImageSpec { max_width: Some(20), ..GREY };
    assert_eq!(render(&corner_png(), 1, &narrow).expect("a sound image").size(), (20, 13));
    let turned = ImageSpec { rotation: 90, ..narrow };
    assert_eq!(render(&corner_png(), 1, &turned).expect("a sound image").size(), (20, 30));
}

#[test]
fn a_large_image_is_scaled_down_and_a_small_one_padded_at_its_right_and_bottom() {
    let small = render(page::IMAGE, 1, &ImageSpec { max_side: Some(620), ..GREY }).expect("a sound image");
    assert_eq!(small.size(), (620, 500));
    let dpi = small.rendered.dpi.expect("the file's own, scaled");
    assert!((dpi - 75.0).abs() < 0.1, "{dpi}");

    let padded = render(&corner_png(), 1, &ImageSpec { min_side: 64, ..GREY }).expect("a sound image");
    assert_eq!(padded.size(), (64, 64));
    assert_eq!((padded.grey(10, 10), padded.grey(10, 63)), (0, 255));
}

#[test]
fn a_single_pixel_is_padded_to_what_is_safe_however_it_is_turned() {
    let pixel = png::encode(1, 1, ::png::ColorType::Grayscale, &[0]);
    for rotation in [0, 90, 180, 270] {
        let padded = render(&pixel, 1, &ImageSpec { min_side: 28, rotation, ..GREY }).expect("a sound image");
        assert_eq!((padded.size(), padded.rendered.len), ((28, 28), 28 * 28));
        assert_eq!((padded.grey(0, 0), padded.grey(1, 0), padded.grey(27, 27)), (0, 255, 255), "{rotation}");
    }
}

#[test]
fn an_image_is_handed_over_as_png_or_jpeg_and_in_colour_only_where_there_is_some() {
    let red = png::encode(60, 30, ::png::ColorType::Rgb, &[200, 20, 20].repeat(60 * 30));
    let black = png::encode(60, 30, ::png::ColorType::Rgb, &[7, 7, 7].repeat(60 * 30));
    for (format, kind) in [(ImageEncoding::Png, ImageFormat::Png), (ImageEncoding::Jpeg, ImageFormat::Jpeg)] {
        for (source, asked, coloured) in [(&red, true, true), (&red, false, false), (&black, true, false)] {
            let spec = ImageSpec { format, colour: asked, ..GREY };
            let image = render(source, 1, &spec).expect("a sound image");
            assert_eq!(image::guess_format(&image.bytes).ok(), Some(kind));
            if kind == ImageFormat::Jpeg {
                let read = image::load_from_memory(&image.bytes).expect("what we wrote");
                assert_eq!((read.width(), read.color().has_color()), (60, coloured));
            } else {
                let read = ::png::Decoder::new(std::io::Cursor::new(image.bytes)).read_info().expect("what we wrote");
                let expected = if coloured { ::png::ColorType::Rgb } else { ::png::ColorType::Grayscale };
                assert_eq!((read.info().width, read.info().color_type), (60, expected));
            }
        }
    }
}

#[test]
fn a_signature_or_a_cut_off_header_is_a_broken_file() {
    let files =
        [ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif, ImageFormat::Pnm].map(encoded);
    for file in files.iter().chain([&corner_png()]) {
        for len in [2, 3, 8, 12, 16] {
            let cut = &file[..len];
            match pages(cut) {
                Err(DecodeError::Broken | DecodeError::Unsupported) | Ok(1) => {}
                other => panic!("{other:?} for {cut:?}"),
            }
        }
    }
    assert_eq!(pages(b"\x89PNG\r\n\x1a\n"), Err(DecodeError::Broken));
    assert_eq!(pages(b"\xff\xd8"), Err(DecodeError::Broken));
    assert_eq!(pages(b"GIF89a"), Err(DecodeError::Broken));
    assert_eq!(pages(b"BM"), Err(DecodeError::Broken));
    assert_eq!(pages(b"II\x2a\0"), Err(DecodeError::Broken));
    assert_eq!(pages(b"RIFF\x10\0\0\0WEBP"), Err(DecodeError::Broken));
}

#[test]
fn what_is_no_image_and_no_pdf_is_refused() {
    assert_eq!(pages(b""), Err(DecodeError::Empty));
    for text in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"file:///etc/passwd\"/></svg>",
        "%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%touch /tmp/x) (w) file",
        "<html><body>%PDF</body></html>",
        "push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/|ls)'",
        "just text",
    ] {
        assert_eq!(pages(text.as_bytes()), Err(DecodeError::Unsupported), "{text}");
    }
}

#[test]
fn an_image_with_an_archive_behind_it_is_the_image() {
    let mut file = encoded(ImageFormat::Jpeg);
    file.extend_from_slice(b"PK\x03\x04 and so on");
    assert_eq!(render(&file, 1, &GREY).expect("a sound image").size(), (60, 40));
}

#[test]
fn too_many_pixels_are_refused_by_the_header_alone() {
    let bomb = png::claims_900_million_pixels();
    assert!(bomb.len() < 4096, "{}", bomb.len());
    assert_eq!(pages(&bomb), Err(DecodeError::TooManyPixels));

    let mut bitmap = encoded(ImageFormat::Bmp);
    bitmap[18..26].copy_from_slice(&[0xe8, 0xfd, 0, 0, 0xe8, 0xfd, 0, 0]);
    assert_eq!(pages(&bitmap), Err(DecodeError::TooManyPixels), "65,000 by 65,000");

    let mut jpeg = encoded(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).expect("a frame header");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert_eq!(pages(&jpeg), Err(DecodeError::TooManyPixels), "65,500 by 65,500");

    assert_eq!(pages(b"P5 40000 40000 255\n"), Err(DecodeError::TooManyPixels));
}

#[test]
fn an_image_beyond_its_memory_is_refused_and_the_memory_not_grown() {
    assert_eq!(render_into(100, &corner_png(), 1, &GREY).err(), Some(DecodeError::TooManyPixels));
    let spec = ImageSpec { format: ImageEncoding::Png, ..GREY };
    assert_eq!(render_into(50, page::IMAGE, 1, &spec).err(), Some(DecodeError::TooManyPixels));
}

#[test]
fn an_image_has_one_page() {
    assert_eq!(render(&corner_png(), 2, &GREY).err(), Some(DecodeError::PageUnreadable));
    assert_eq!(render(&corner_png(), 0, &GREY).err(), Some(DecodeError::PageUnreadable));
}

//! Files that are what was asked for, and so are handed over as they are.

use super::{
    decode_images::{corner, encoded, photograph},
    opening::{GREY, PageImage, render},
};
use ::png::{BitDepth, ColorType};
use image::ImageFormat;
use inkstream_core::image::{ImageEncoding, ImageSpec};
use inkstream_testkit::fixtures::{images, png};

/// What engines ask for.
const ORIGINAL: ImageSpec =
    ImageSpec { format: ImageEncoding::Jpeg, colour: true, original: true, max_side: Some(1540), min_side: 28, ..GREY };
/// What stands in a file beside its pixels, and is not an engine's business.
const PRIVATE: &str = "taken at home";

/// A PNG with text, Exif data and a resolution.
fn png_of(colour: ColorType, depth: BitDepth, pixels: &[u8]) -> Vec<u8> {
    let mut info = ::png::Info::with_size(60, 40);
    (info.color_type, info.bit_depth) = (colour, depth);
    info.exif_metadata = Some(b"II\x2a\0\x08\0\0\0\0\0taken at home".to_vec().into());
    info.pixel_dims = Some(::png::PixelDimensions { xppu: 7874, yppu: 7874, unit: ::png::Unit::Meter });
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::with_info(&mut file, info).expect("a sound header");
    encoder.add_text_chunk("Comment".into(), PRIVATE.into()).expect("a short text");
    encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels)).expect("pixels for the size");
    file
}

fn rgb_png() -> Vec<u8> {
    png_of(ColorType::Rgb, BitDepth::Eight, corner().as_raw())
}

fn rgba_png(alpha: u8) -> Vec<u8> {
    let pixels: Vec<u8> = corner().pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], alpha]).collect();
    png_of(ColorType::Rgba, BitDepth::Eight, &pixels)
}

/// A JPEG with a thumbnail in its header, a comment, a colour profile, and an archive behind its end.
fn jpeg() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 95);
    encoder.add_app_segment(1, format!("Exif\0\0II\x2a\0\x08\0\0\0\0\0{PRIVATE}").into_bytes()).expect("short");
    encoder.add_app_segment(2, format!("ICC_PROFILE\0\x01\x01{PRIVATE}").into_bytes()).expect("short");
    encoder.encode(corner().as_raw(), 60, 40, jpeg_encoder::ColorType::Rgb).expect("a sound image");
    assert!(file[6..].starts_with(b"JFIF\0"));
    let thumbnail = [1_u8, 1, 0xaa, 0xbb, 0xcc];
    let comment = [&[0xff, 0xfe, 0, 15][..], PRIVATE.as_bytes()].concat();
    file.splice(18..20, thumbnail);
    file[5] = 16 + 3;
    file.splice(23..23, comment);
    [&file[..], PRIVATE.as_bytes()].concat()
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

fn is_original(file: &[u8], kind: ImageEncoding, name: &str) -> PageImage {
    let image = render(file, 1, &ORIGINAL).expect(name);
    assert_eq!((image.rendered.format, image.size()), (kind, (60, 40)), "{name}");
    assert!(!image.rendered.truncated, "{name}");
    image
}

#[test]
fn a_png_or_jpeg_that_matches_the_request_is_passed_on_without_its_metadata() {
    for (name, file, kind) in [
        ("PNG", rgb_png(), ImageEncoding::Png),
        ("PNG with an opacity that says nothing", rgba_png(255), ImageEncoding::Png),
        ("grey PNG", png_of(ColorType::Grayscale, BitDepth::One, &[0x5a; 8 * 40]), ImageEncoding::Png),
        ("JPEG", jpeg(), ImageEncoding::Jpeg),
        ("JPEG that stands upright", photograph(1), ImageEncoding::Jpeg),
    ] {
        let image = is_original(&file, kind, name);
        assert!(image.bytes.len() < file.len() && !holds(&image.bytes, PRIVATE), "{name}");
        let pixels = |file: &[u8]| render(file, 1, &GREY).expect(name).bytes;
        assert_eq!(pixels(&image.bytes), pixels(&file), "{name}");
        // What is left of it is left as it is.
        assert_eq!(is_original(&image.bytes, kind, name).bytes, image.bytes, "{name}");
    }
    let dpi = is_original(&rgb_png(), ImageEncoding::Png, "PNG").rendered.dpi.expect("the file's own");
    assert!((dpi - 200.0).abs() < 0.1, "{dpi}");
    let scans = render(images::PROGRESSIVE, 1, &ORIGINAL).expect("a sound image");
    assert_eq!(scans.rendered.format, ImageEncoding::Jpeg);
    assert_eq!(
        render(&scans.bytes, 1, &GREY).expect("the same").bytes,
        render(images::PROGRESSIVE, 1, &GREY).expect("it").bytes
    );
}

#[test]
fn what_is_not_as_asked_for_is_encoded_again() {
    let deep: Vec<u8> = corner().iter().flat_map(|sample| [*sample; 2]).collect();
    let mut state = 1_u32;
    let mut noisy = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let noise: Vec<u8> = (0..400 * 400 * 3).map(|_| noisy()).collect();
    for (name, file, spec) in [
        ("too large", rgb_png(), ImageSpec { max_side: Some(50), ..ORIGINAL }),
        ("too small", rgb_png(), ImageSpec { min_side: 64, ..ORIGINAL }),
        ("turned for the engine", rgb_png(), ImageSpec { rotation: 180, ..ORIGINAL }),
        ("on its side", photograph(6), ORIGINAL),
        ("upside down", photograph(3), ORIGINAL),
        ("in colour", encoded(ImageFormat::Jpeg), ImageSpec { colour: false, ..ORIGINAL }),
        ("translucent", rgba_png(200), ORIGINAL),
        ("with 16 bits a sample", png_of(ColorType::Rgb, BitDepth::Sixteen, &deep), ORIGINAL),
        ("WebP", encoded(ImageFormat::WebP), ORIGINAL),
        ("long", png::encode(400, 400, ColorType::Rgb, &noise), ORIGINAL),
        ("not to be handed over", jpeg(), ImageSpec { original: false, ..ORIGINAL }),
    ] {
        let image = render(&file, 1, &spec).expect(name);
        assert_eq!(image.rendered.format, ImageEncoding::Jpeg, "{name}");
        assert_eq!(image::guess_format(&image.bytes).ok(), Some(ImageFormat::Jpeg), "{name}");
        assert!(!file.windows(64).any(|part| image.bytes.starts_with(part)), "{name}: another file");
    }
}

#[test]
fn a_damaged_or_truncated_file_is_never_passed_on() {
    let (png, jpeg) = (rgb_png(), encoded(ImageFormat::Jpeg));
    let damaged = |file: &[u8], at: usize, value: u8| {
        let mut file = file.to_vec();
        file[at] ^= value;
        file
    };
    let data = png.windows(4).position(|window| window == b"IDAT").expect("pixels") + 4;
    for (name, file, truncated) in [
        ("PNG that breaks off", png[..data + 30].to_vec(), Some(true)),
        ("PNG with a wrong byte", damaged(&png, data + 20, 0x55), Some(true)),
        // Its pixels are all there.
        ("PNG without an end", png[..png.len() - 12].to_vec(), Some(false)),
        ("JPEG that breaks off", jpeg[..jpeg.len() * 7 / 10].to_vec(), Some(true)),
        ("JPEG without an end", jpeg[..jpeg.len() - 2].to_vec(), Some(true)),
    ] {
        let Ok(image) = render(&file, 1, &ORIGINAL) else { continue };
        assert!(!file.starts_with(&image.bytes[..image.bytes.len().min(80)]), "{name}");
        assert_eq!((image.rendered.format, Some(image.rendered.truncated)), (ImageEncoding::Jpeg, truncated), "{name}");
    }
    // The checksum over all pixels, before the chunk's own checksum and the end.
    let mut unsound = png.clone();
    let sum = unsound.len() - 12 - 4 - 4;
    unsound[sum] ^= 0x55;
    let chunk = data - 4..unsound.len() - 12 - 4;
    let crc = crc(&unsound[chunk.clone()]);
    unsound[chunk.end..chunk.end + 4].copy_from_slice(&crc);
    let image = render(&unsound, 1, &ORIGINAL).expect("all its pixels");
    assert_eq!((image.rendered.format, image.rendered.truncated), (ImageEncoding::Jpeg, true));
}

#[test]
fn a_png_whose_palette_is_missing_is_never_passed_on() {
    let mut rows = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut rows, &[0; 61 * 40]).expect("memory");
    let rows = rows.finish().expect("memory");
    let header = chunk(*b"IHDR", &[0, 0, 0, 60, 0, 0, 0, 40, 8, 3, 0, 0, 0]);
    let palette = chunk(*b"PLTE", &[255, 0, 0]);
    let (data, end) = (chunk(*b"IDAT", &rows), chunk(*b"IEND", &[]));
    let signature = &rgb_png()[..8];
    let whole = [signature, &header, &palette, &data, &end].concat();
    assert_eq!(render(&whole, 1, &ORIGINAL).expect("a red image").bytes, whole);
    let lacking = [signature, &header, &data, &end].concat();
    assert!(!render(&lacking, 1, &ORIGINAL).is_ok_and(|image| image.bytes == lacking));
}

#[test]
fn a_jpeg_that_lacks_what_its_pixels_need_is_never_passed_on() {
    let jpeg = encoded(ImageFormat::Jpeg);
    let passed_on = |file: &[u8]| {
        let image = render(file, 1, &ORIGINAL);
        image.is_ok_and(|image| image.bytes == file)
    };
    assert!(passed_on(&jpeg));
    for (name, marker) in [("quantization tables", 0xdb), ("Huffman tables", 0xc4), ("the frame", 0xc0)] {
        assert!(!passed_on(&without_segments(&jpeg, marker)), "without {name}");
    }
    // The scan of one component alone, of three (T.81, B.2.3).
    let scan = jpeg.windows(2).position(|window| window == [0xff, 0xda]).expect("a scan");
    let mut one_component = jpeg[..scan].to_vec();
    one_component.extend([0xff, 0xda, 0, 8, 1, jpeg[scan + 5], jpeg[scan + 6], 0, 63, 0]);
    one_component.extend(&jpeg[scan + 14..]);
    assert!(!passed_on(&one_component));
}

/// A JPEG without the segments of this marker.
fn without_segments(jpeg: &[u8], marker: u8) -> Vec<u8> {
    let (mut kept, mut at) = (jpeg[..2].to_vec(), 2);
    while jpeg[at + 1] != 0xda {
        let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != marker {
            kept.extend(&jpeg[at..end]);
        }
        at = end;
    }
    kept.extend(&jpeg[at..]);
    kept
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let len = u32::try_from(data.len()).expect("a short chunk").to_be_bytes();
    let checked = [name.as_slice(), data].concat();
    [&len[..], &checked, &crc(&checked)].concat()
}

/// The checksum of a PNG's chunk (PNG, annex D).
fn crc(bytes: &[u8]) -> [u8; 4] {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)));
    (!crc).to_be_bytes()
}

//! Which way is up, as each kind of file says it.

use super::{
    decode_images::{corner, encoded},
    opening::{GREY, render},
};
use image::ImageFormat;

/// Exif data that says that the image lies on its side.
const SIDEWAYS: &[u8] = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";

fn is_turned(file: &[u8], name: &str) {
    let image = render(file, 1, &GREY).expect(name);
    assert_eq!(image.size(), (40, 60), "{name}");
    assert!(image.grey(35, 5) < 30 && image.grey(5, 5) > 225, "{name}");
}

/// The image with an `eXIf` chunk if there is data, and with a text, plain or packed.
fn png_with(exif: &[u8], text: Option<(&str, &str, bool)>) -> Vec<u8> {
    let mut info = ::png::Info::with_size(60, 40);
    info.color_type = ::png::ColorType::Rgb;
    info.exif_metadata = (!exif.is_empty()).then(|| exif.to_vec().into());
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::with_info(&mut file, info).expect("a sound header");
    if let Some((keyword, text, packed)) = text {
        if packed {
            encoder.add_ztxt_chunk(keyword.into(), text.into())
        } else {
            encoder.add_text_chunk(keyword.into(), text.into())
        }
        .expect("a short text");
    }
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(corner().as_raw()))
        .expect("pixels for the size");
    file
}

#[test]
fn exif_data_counts_with_and_without_the_mark_before_it() {
    for data in [SIDEWAYS.to_vec(), [b"Exif\0\0", SIDEWAYS].concat(), [b"Exif\0\0Exif\0\0", SIDEWAYS].concat()] {
        let mut webp = encoded(ImageFormat::WebP);
        // The lossless image's chunk behind a header of the extended format (60×40, with Exif data).
        let image = webp.split_off(12);
        webp.extend_from_slice(b"VP8X\x0a\0\0\0\x08\0\0\0\x3b\0\0\x27\0\0");
        webp.extend_from_slice(&image);
        webp.extend_from_slice(b"EXIF");
        webp.extend_from_slice(&u32::try_from(data.len()).expect("small").to_le_bytes());
        webp.extend_from_slice(&data);
        let len = u32::try_from(webp.len() - 8).expect("small").to_le_bytes();
        webp[4..8].copy_from_slice(&len);
        is_turned(&webp, "WebP");

        is_turned(&png_with(&data, None), "eXIf");
        let hex = data.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let lines: Vec<_> = hex.as_bytes().chunks(72).map(|line| std::str::from_utf8(line).expect("digits")).collect();
        let profile = format!("\nexif\n{:8}\n{}\n", data.len(), lines.join("\n"));
        for keyword in ["Raw profile type exif", "Raw profile type APP1"] {
            for packed in [false, true] {
                is_turned(&png_with(&[], Some((keyword, &profile, packed))), keyword);
            }
        }
    }
}

#[test]
fn a_jpegs_exif_data_may_follow_other_application_data() {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 95);
    encoder.add_app_segment(1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>".to_vec()).expect("a small segment");
    encoder.add_app_segment(2, b"ICC_PROFILE\0\x01\x01nothing".to_vec()).expect("a small segment");
    encoder.add_exif_metadata(SIDEWAYS).expect("a small segment");
    encoder.encode(corner().as_raw(), 60, 40, jpeg_encoder::ColorType::Rgb).expect("a sound image");
    is_turned(&file, "JPEG");
}

#[test]
fn a_bitmap_may_be_stored_from_its_top() {
    let bitmap = encoded(ImageFormat::Bmp);
    let mut flipped = bitmap.clone();
    flipped[22..26].copy_from_slice(&(-40_i32).to_le_bytes());
    let image = render(&flipped, 1, &GREY).expect("a sound image");
    assert!(
        image.size() == (60, 40) && image.grey(5, 35) < 20 && image.grey(5, 5) > 235,
        "its rows are read downwards"
    );
}

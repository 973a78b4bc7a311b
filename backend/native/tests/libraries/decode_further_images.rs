//! Files that hold more than one image: the first is rendered, and the others are not passed over in silence.

use super::{
    decode_images::{corner, encoded},
    opening::{GREY, render},
};
use image::{DynamicImage, Frame, ImageFormat, codecs::gif::GifEncoder};

fn has_further(file: &[u8]) -> bool {
    let image = render(file, 1, &GREY).expect("the first image");
    assert_eq!((image.size(), image.grey(5, 5) < 50, image.grey(50, 30) > 200), ((60, 40), true, true));
    image.rendered.further_images
}

fn gif(frames: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let frame = Frame::new(DynamicImage::ImageRgb8(corner()).into_rgba8());
    GifEncoder::new(&mut file).encode_frames(vec![frame; frames]).expect("frames of one size");
    file
}

fn apng(frames: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 60, 40);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(frames, 0).expect("a number of frames");
    let mut writer = encoder.write_header().expect("a header");
    (0..frames).for_each(|_| writer.write_image_data(corner().as_raw()).expect("pixels for the size"));
    writer.finish().expect("an end");
    file
}

/// An animated WebP (<https://developers.google.com/speed/webp/docs/riff_container>) of lossless frames.
fn webp(frames: usize) -> Vec<u8> {
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let len = u32::try_from(data.len()).expect("a short chunk").to_le_bytes();
        [name, &len[..], data, &[0][..data.len() % 2]].concat()
    };
    // Behind the RIFF header stands the one chunk of a plain file.
    let still = &encoded(ImageFormat::WebP)[12..];
    let size = [59, 0, 0, 39, 0, 0];
    let frame = [&[0; 6][..], &size, &[100, 0, 0, 0], still].concat();
    let animation: Vec<u8> = (0..frames).flat_map(|_| chunk(b"ANMF", &frame)).collect();
    let extended = chunk(b"VP8X", &[&[2, 0, 0, 0][..], &size].concat());
    let chunks = [extended, chunk(b"ANIM", &[255, 255, 255, 255, 0, 0]), animation].concat();
    chunk(b"RIFF", &[b"WEBP", &chunks[..]].concat())
}

/// A JPEG with the index of a Multi-Image file (CIPA DC-007) for images of these types.
fn multi_image(types: &[u32]) -> Vec<u8> {
    let entries: Vec<u8> = types.iter().flat_map(|kind| [&kind.to_be_bytes()[..], &[0; 12]].concat()).collect();
    let (count, len) = (u32::try_from(types.len()).expect("a few"), u32::try_from(entries.len()).expect("a few"));
    let index = [
        &b"MM\0\x2a\0\0\0\x08\0\x03"[..],
        &[0xb0, 0, 0, 7, 0, 0, 0, 4],
        b"0100",
        &[0xb0, 1, 0, 4, 0, 0, 0, 1],
        &count.to_be_bytes(),
        &[0xb0, 2, 0, 7],
        &len.to_be_bytes(),
        &50_u32.to_be_bytes(),
        &[0; 4],
        &entries,
    ]
    .concat();
    let jpeg = encoded(ImageFormat::Jpeg);
    let len = u16::try_from(index.len() + 6).expect("a short segment").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe2], &len, b"MPF\0", &index, &jpeg[2..], &jpeg].concat()
}

#[test]
fn an_animation_is_distinguished_from_a_single_frame() {
    for (several, one) in [(gif(2), gif(1)), (apng(3), apng(1)), (webp(2), webp(1))] {
        assert!(has_further(&several));
        assert!(!has_further(&one));
    }
}

#[test]
fn plain_images_hold_no_further_ones() {
    for format in [ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Jpeg, ImageFormat::Bmp] {
        assert!(!has_further(&encoded(format)), "{format:?}");
    }
}

#[test]
fn a_photograph_of_several_views_is_distinguished_from_one_with_thumbnails_or_a_gain_map() {
    for views in [[0x0003_0000, 0x0002_0002], [0x2002_0002, 0x0002_0002], [0x0003_0000, 0x0002_0001]] {
        assert!(has_further(&multi_image(&views)), "{views:x?}");
    }
    for beside in [&[0x0003_0000, 0x0001_0002][..], &[0x0003_0000, 0], &[0x2003_0000], &[]] {
        assert!(!has_further(&multi_image(beside)), "{beside:x?}");
    }
}

#[test]
fn an_animation_that_breaks_off_keeps_its_first_frame() {
    for animation in [gif(2), apng(2)] {
        let cut = &animation[..animation.len() - 20];
        assert!(render(cut, 1, &GREY).expect("the first frame").rendered.further_images);
    }
}

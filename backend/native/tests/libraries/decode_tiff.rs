//! TIFF: all its pages, every way to store a sample, and chains that never end.

use super::opening::{GREY, LIMITS, format, pages, render, render_into};
use inkstream_core::{image::ImageSpec, ports::FileFormat};
use inkstream_native::decode::DecodeError;
use inkstream_testkit::fixtures::tiff::{self, Image, encode};

fn page(grey: u8) -> Image {
    Image { width: 8, height: 4, dpi: 300, orientation: 1, grey: vec![grey; 32] }
}

#[test]
fn each_directory_is_a_page() {
    let document = encode(&[page(10), page(120), page(250)]);
    assert_eq!((format(&document), pages(&document)), (Ok(FileFormat::Tiff), Ok(3)));
    for (number, grey) in [(3, 250), (1, 10), (2, 120)] {
        let image = render(&document, number, &GREY).expect("a sound page");
        assert_eq!((image.size(), image.grey(3, 3), image.rendered.dpi), ((8, 4), grey, Some(300.0)));
    }
    assert_eq!(render(&document, 4, &GREY).err(), Some(DecodeError::PageUnreadable));
}

#[test]
fn a_rotated_page_is_rendered_upright() {
    let mut turned = page(255);
    turned.grey[0] = 0;
    let image = render(&encode(&[Image { orientation: 6, ..turned }]), 1, &GREY).expect("a sound page");
    assert_eq!((image.size(), image.grey(3, 0)), ((4, 8), 0));
}

#[test]
fn the_pixels_of_a_fax_are_made_square() {
    let mut document = encode(&[Image { width: 8, height: 4, dpi: 200, orientation: 1, grey: vec![0; 32] }]);
    // YResolution has an entry of its own, which shares XResolution's value; lead it to 100 dpi.
    let entry = document.windows(4).position(|bytes| bytes == [0x1b, 1, 5, 0]).expect("YResolution");
    let place = u32::try_from(document.len()).expect("a small file");
    document[entry + 8..entry + 12].copy_from_slice(&place.to_le_bytes());
    document.extend([100_u32, 1].map(u32::to_le_bytes).as_flattened());
    let image = render(&document, 1, &GREY).expect("a sound page");
    assert_eq!((image.size(), image.rendered.dpi), ((8, 8), Some(200.0)));
}

#[test]
fn too_many_pages_are_refused_before_they_are_counted() {
    assert_eq!(pages(&tiff::pages(LIMITS.max_pages as usize)), Ok(LIMITS.max_pages));
    assert_eq!(pages(&tiff::pages(10_000)), Err(DecodeError::TooManyPages));
}

#[test]
fn a_chain_that_bites_its_tail_ends_there() {
    let document = tiff::looped();
    assert_eq!(pages(&document), Ok(2));
    for number in [1, 2] {
        assert_eq!(render(&document, number, &GREY).expect("a sound page").size(), (8, 8));
    }
}

#[test]
fn a_page_that_claims_too_many_pixels_costs_itself_alone() {
    let mut document = encode(&[page(10), page(120)]);
    let width = document.windows(8).position(|bytes| bytes == [0, 1, 4, 0, 1, 0, 0, 0]).expect("ImageWidth");
    document[width + 8..width + 12].copy_from_slice(&100_000_000_u32.to_le_bytes());
    assert_eq!(pages(&document), Ok(2));
    assert_eq!(render(&document, 1, &GREY).err(), Some(DecodeError::TooManyPixels));
    assert_eq!(render(&document, 2, &GREY).expect("a sound page").grey(0, 0), 120);
}

#[test]
fn a_cut_off_file_keeps_the_pages_before_the_cut() {
    let document = encode(&[page(10), page(120), page(250)]);
    let cut = &document[..document.len() * 2 / 3 - 20];
    assert_eq!(pages(cut), Ok(1));
    assert_eq!(render(cut, 1, &GREY).expect("a sound page").grey(0, 0), 10);
    assert_eq!(pages(&document[..9]), Err(DecodeError::Broken));
}

#[test]
fn samples_of_every_kind_mean_the_same_greys() {
    use ::tiff::{encoder::TiffEncoder, encoder::colortype as kind};
    type File = std::io::Cursor<Vec<u8>>;
    fn written<C: kind::ColorType>(pixels: &[C::Inner]) -> Vec<u8>
    where
        [C::Inner]: ::tiff::encoder::TiffValue,
    {
        let mut file = File::new(Vec::new());
        TiffEncoder::new(&mut file)
            .and_then(|mut tiff| tiff.write_image::<C>(2, 1, pixels))
            .expect("an encoder for it");
        file.into_inner()
    }
    for (name, document) in [
        ("8 bits", written::<kind::Gray8>(&[0, 255])),
        ("16 bits", written::<kind::Gray16>(&[0, u16::MAX])),
        ("32 bits", written::<kind::Gray32>(&[0, u32::MAX])),
        ("float", written::<kind::Gray32Float>(&[0.0, 1.0])),
        ("float of its own range", written::<kind::Gray32Float>(&[0.0, 70_000.0])),
        ("RGB", written::<kind::RGB8>(&[0, 0, 0, 255, 255, 255])),
        ("RGB, 16 bits", written::<kind::RGB16>(&[0, 0, 0, u16::MAX, u16::MAX, u16::MAX])),
        ("RGB and opacity", written::<kind::RGBA8>(&[0, 0, 0, 255, 0, 0, 0, 0])),
        ("CMYK", written::<kind::CMYK8>(&[0, 0, 0, 255, 0, 0, 0, 0])),
    ] {
        let image = render(&document, 1, &GREY).expect(name);
        assert_eq!((image.grey(0, 0), image.grey(1, 0)), (0, 255), "{name}");
    }
}

#[test]
fn a_single_bit_may_mean_black_white_or_a_place_in_a_palette() {
    // Makes the 8-bit page's first row one of packed bits: 1010_0000.
    let bits = |photometric: u8| {
        let mut document = encode(&[page(0b1010_0000)]);
        for (tag, value) in [([2, 1], 1), ([6, 1], photometric)] {
            let entry = document.windows(4).position(|bytes| bytes == [tag[0], tag[1], 3, 0]).expect("the entry");
            document[entry + 8] = value;
        }
        document
    };
    let black = render(&bits(1), 1, &GREY).expect("a sound page");
    assert_eq!((black.grey(0, 0), black.grey(1, 0)), (255, 0));
    let white = render(&bits(0), 1, &GREY).expect("a sound page");
    assert_eq!((white.grey(0, 0), white.grey(1, 0)), (0, 255));

    // The palette takes the place of the resolution's entry: 1 is black, 0 is white.
    let mut palette = bits(3);
    let entry = palette.windows(4).position(|bytes| bytes == [0x1a, 1, 5, 0]).expect("XResolution");
    let place = u32::try_from(palette.len()).expect("a small file");
    palette[entry..entry + 8].copy_from_slice(&[0x40, 1, 3, 0, 6, 0, 0, 0]);
    palette[entry + 8..entry + 12].copy_from_slice(&place.to_le_bytes());
    palette.extend([u16::MAX, 0, u16::MAX, 0, u16::MAX, 0].map(u16::to_le_bytes).as_flattened());
    let image = render(&palette, 1, &ImageSpec { ..GREY }).expect("a sound page");
    assert_eq!((image.grey(0, 0), image.grey(1, 0)), (0, 255));
}

#[test]
fn a_page_beyond_its_memory_is_refused() {
    assert_eq!(render_into(10, &encode(&[page(10)]), 1, &GREY).err(), Some(DecodeError::TooManyPixels));
}

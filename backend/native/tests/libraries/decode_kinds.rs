//! What libraries of the system read: fax and other TIFFs by libtiff, HEIC and AVIF by libheif; and JPEG 2000. All show
//! the image of `fixtures::images`.

use super::opening::{GREY, PageImage, format, pages, render};
use inkstream_core::{image::ImageSpec, ports::FileFormat};
use inkstream_native::decode::DecodeError;
use inkstream_testkit::fixtures::images::{self as fixtures, SIZE, is_black};

/// Looks at the middle of each square; `across` and `down` are how many times larger the image is.
fn check(image: &PageImage, (across, down): (f32, f32), black: impl Fn(u8) -> bool, name: &str) {
    for y in (4..SIZE.1).step_by(8) {
        for x in (4..SIZE.0).step_by(8) {
            let grey = image.grey((x as f32 * across) as u32, (y as f32 * down) as u32);
            assert_eq!(black(grey), is_black(x, y), "{name}: {grey} at {x}, {y}");
        }
    }
}

fn is_dark(grey: u8) -> bool {
    grey < 128
}

#[test]
fn all_bilevel_tiffs_that_libtiff_reads_are_read_and_their_pixels_made_square() {
    for (name, file) in fixtures::BILEVEL {
        assert_eq!((format(file), pages(file)), (Ok(FileFormat::Tiff), Ok(1)), "{name}");
        let image = render(file, 1, &GREY).expect(name);
        assert_eq!(image.rendered.width, 100, "{name}");
        let down = image.rendered.height as f32 / 60.0;
        assert!((down - 204.0 / 98.0).abs() < 0.02, "{name}: {down}");
        assert!(!image.rendered.truncated, "{name}");
        check(&image, (1.0, down), is_dark, name);
        let colour = render(file, 1, &ImageSpec { colour: true, ..GREY }).expect(name);
        assert_eq!(colour.bytes.len(), image.bytes.len(), "{name}: Gray8 stays grey");
    }
}

#[test]
fn old_style_jpeg_and_lab_tiffs_are_read() {
    for (name, file) in [("old-style JPEG", fixtures::OLD_JPEG), ("Lab", fixtures::LAB)] {
        let image = render(file, 1, &GREY).expect(name);
        assert_eq!((image.size(), image.rendered.truncated), (SIZE, false), "{name}");
        check(&image, (1.0, 1.0), is_dark, name);
    }
}

/// The TIFF with a tag's one SHORT changed.
fn with_short(file: &[u8], tag: usize, value: u16) -> Vec<u8> {
    let at = entry(file, tag) + 4;
    let mut file = file.to_vec();
    file[at..at + 2].copy_from_slice(&value.to_le_bytes());
    file
}

#[test]
fn a_tiff_in_an_unsupported_compression_is_called_unsupported_and_not_damaged() {
    for number in [9, 32_771, 34_712, 50_002, 65_000] {
        let file = with_short(fixtures::FAX, 259, number);
        assert_eq!(pages(&file), Err(DecodeError::UnsupportedCompression(number)));
    }
    let odd = with_short(fixtures::FAX, 258, 3);
    assert!(matches!(render(&odd, 1, &GREY), Err(DecodeError::UnsupportedSamples | DecodeError::PageUnreadable)));
}

#[test]
fn a_fax_without_a_unit_has_its_pixels_made_square_too() {
    let image = render(&with_short(fixtures::FAX, 296, 1), 1, &GREY).expect("a sound page");
    assert_eq!((image.size(), image.rendered.dpi), ((100, 125), Some(204.0)));
}

/// The number of `len` bytes at `at`.
fn number(file: &[u8], at: usize, len: usize) -> usize {
    file[at..at + len].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Where a tag's entry has its count; the fixtures have one directory.
fn entry(file: &[u8], tag: usize) -> usize {
    let directory = number(file, 4, 4);
    let entries = (0..number(file, directory, 2)).map(|index| directory + 2 + index * 12);
    entries.into_iter().find(|at| number(file, *at, 2) == tag).expect("the tag") + 4
}

/// The same TIFF with its strips at its end, so that what is cut off are pixels.
fn with_strips_last(file: &[u8]) -> Vec<u8> {
    let (offsets, lengths) = (entry(file, 273), entry(file, 279));
    let count = number(file, offsets, 4);
    let place = |at: usize, strip: usize| {
        let len = if number(file, at - 2, 2) == 3 { 2 } else { 4 };
        (if count * len <= 4 { at + 4 } else { number(file, at + 4, 4) } + strip * len, len)
    };
    let mut moved = file.to_vec();
    for strip in 0..count {
        let ((offset_at, offset_len), (length_at, length_len)) = (place(offsets, strip), place(lengths, strip));
        let (offset, length) = (number(file, offset_at, offset_len), number(file, length_at, length_len));
        let now = moved.len().to_le_bytes();
        moved[offset_at..offset_at + offset_len].copy_from_slice(&now[..offset_len]);
        moved.extend_from_slice(&file[offset..offset + length]);
    }
    moved
}

#[test]
fn a_fax_that_breaks_off_shows_its_upper_part_and_says_so() {
    // JBIG alone codes its lines from coarse to fine: of what breaks off nothing is shown.
    for (name, file) in fixtures::BILEVEL.into_iter().filter(|(name, _)| *name != "jbig") {
        let moved = with_strips_last(file);
        let whole = render(&moved, 1, &GREY).expect(name);
        assert_eq!(whole.bytes, render(file, 1, &GREY).expect(name).bytes, "{name}");
        let pixels = moved.len() - file.len();
        let cut = render(&moved[..moved.len() - pixels / 4], 1, &GREY).expect(name);
        assert!(cut.rendered.truncated && !whole.rendered.truncated, "{name}");
        let half = cut.bytes.len() / 100 * 45;
        assert_eq!(cut.bytes[..half], whole.bytes[..half], "{name}: what is there");
        let last = &cut.bytes[cut.bytes.len() - 400..];
        assert!(last.iter().all(|grey| *grey > 200), "{name}: the rest is white");
    }
}

#[test]
fn heic_and_avif_show_their_primary_image_as_the_file_turns_it() {
    for (kind, file) in [(FileFormat::Heic, fixtures::HEIC), (FileFormat::Avif, fixtures::AVIF)] {
        let name = kind.media_type();
        assert_eq!((format(file), pages(file)), (Ok(kind), Ok(1)), "{name}");
        let image = render(file, 1, &GREY).expect(name);
        assert_eq!(image.size(), SIZE, "{name}");
        check(&image, (1.0, 1.0), is_dark, name);
        assert_eq!(render(file, 2, &GREY).err(), Some(DecodeError::PageUnreadable));
    }
    let turned = render(fixtures::HEIC_TURNED, 1, &GREY).expect("a sound image");
    assert_eq!(turned.size(), (60, 100));
    for (x, y) in [(4, 4), (12, 4), (20, 4), (4, 12), (44, 36), (92, 52)] {
        assert_eq!(is_dark(turned.grey(59 - y, x)), is_black(x, y), "{x}, {y}");
    }
}

#[test]
fn white_on_transparent_is_laid_on_black_in_heic_and_avif() {
    for (name, file) in [("HEIC", fixtures::HEIC_CLEAR), ("AVIF", fixtures::AVIF_CLEAR)] {
        check(&render(file, 1, &GREY).expect(name), (1.0, 1.0), |grey| grey > 128, name);
    }
}

#[test]
fn jpeg_2000_is_read_in_a_file_and_bare_and_says_when_it_breaks_off() {
    for (name, file) in [("jp2", fixtures::JP2), ("j2k", fixtures::J2K)] {
        assert_eq!((format(file), pages(file)), (Ok(FileFormat::Jp2), Ok(1)), "{name}");
        let image = render(file, 1, &GREY).expect(name);
        assert_eq!((image.size(), image.rendered.truncated), (SIZE, false), "{name}");
        check(&image, (1.0, 1.0), is_dark, name);
        let cut = render(&file[..file.len() * 9 / 10], 1, &GREY).expect(name);
        assert!(cut.rendered.truncated, "{name}");
    }
}

#[test]
fn the_new_kinds_are_bounded_by_their_headers_and_harmless_when_cut() {
    let mut claims = fixtures::J2K.to_vec();
    // SIZ: width and height of the reference grid.
    claims[8..16].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    assert_eq!(pages(&claims), Err(DecodeError::TooManyPixels));
    let mut claims = fixtures::HEIC.to_vec();
    // Each `ispe`, and the size of the grid.
    let sizes: Vec<_> = (0..claims.len() - 4).filter(|at| &claims[*at..at + 4] == b"ispe").collect();
    for at in sizes {
        claims[at + 8..at + 16].copy_from_slice(&[0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff]);
    }
    assert!(matches!(pages(&claims), Err(DecodeError::TooManyPixels | DecodeError::Broken)));
    for file in [fixtures::HEIC, fixtures::AVIF, fixtures::JP2, fixtures::J2K, fixtures::FAX, fixtures::OLD_JPEG] {
        for len in (0..file.len()).step_by(37) {
            drop(render(&file[..len], 1, &GREY));
            let mut flipped = file.to_vec();
            flipped[len] ^= 0x55;
            drop(render(&flipped, 1, &GREY));
        }
    }
}

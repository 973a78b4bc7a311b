//! Files that break off or are damaged: what they still have is shown, what they lack is white, and they say so.

use super::opening::{GREY, PageImage, render};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use inkstream_testkit::fixtures::{images, page, png};

#[test]
fn what_a_cut_off_image_still_shows_is_kept_and_the_same_each_time() {
    let cut = &page::IMAGE[..page::IMAGE.len() / 2];
    let image = render(cut, 1, &GREY).expect("its upper half");
    assert!(image.bytes[..1240 * 200].iter().any(|value| *value < 50), "the title is there");
    assert!(image.bytes[1240 * 990..].iter().all(|value| *value == 255), "the rest is white");
    assert_eq!(render(cut, 1, &GREY).expect("again").bytes, image.bytes);
    assert!(image.rendered.truncated);
    assert!(!render(page::IMAGE, 1, &GREY).expect("the whole").rendered.truncated);
}

/// 200×160 pixels of noise, so that every kind of file is long, and its first rows black.
fn noise() -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(200, 160, |_, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if y < 24 { Rgb([0; 3]) } else { Rgb([(state >> 24) as u8 & 0x7f; 3]) }
    })
}

fn interlaced(image: &RgbImage) -> Vec<u8> {
    // The encoder has no interlacing: the seven passes of a palette-free image, one pixel after another.
    let mut rows = Vec::new();
    for (x0, y0, dx, dy) in
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    {
        for y in (y0..image.height()).step_by(dy) {
            rows.push(0);
            (x0..image.width()).step_by(dx).for_each(|x| rows.push(image.get_pixel(x, y).0[0]));
        }
    }
    // RFC 1950 and 1951: one block that is stored as it is.
    let len = u16::try_from(rows.len()).expect("one block");
    let (a, b) = rows.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    let packed =
        [&[0x78, 1, 1], &len.to_le_bytes()[..], &(!len).to_le_bytes(), &rows, &(b << 16 | a).to_be_bytes()].concat();
    let plain = png::encode(image.width(), image.height(), ::png::ColorType::Grayscale, &vec![0; image.len() / 3]);
    let mut file = plain[..33].to_vec();
    file[28] = 1;
    let sum = |bytes: &[u8]| {
        let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        let crc = bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)));
        (!crc).to_be_bytes()
    };
    let header = sum(&file[12..29]);
    file[29..33].copy_from_slice(&header);
    file.extend_from_slice(&u32::try_from(packed.len()).expect("small").to_be_bytes());
    let chunk = [b"IDAT", packed.as_slice()].concat();
    file.extend_from_slice(&chunk);
    file.extend_from_slice(&sum(&chunk));
    file.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
    file
}

#[test]
fn every_kind_that_breaks_off_shows_what_it_has_and_says_so() {
    let noise = noise();
    let encoded = |format| {
        let mut file = std::io::Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(noise.clone()).write_to(&mut file, format).expect("an encoder for it");
        file.into_inner()
    };
    let mut ascii = b"P2\n200 160\n255\n".to_vec();
    noise.pixels().for_each(|pixel| ascii.extend_from_slice(format!("{}\n", pixel.0[0]).as_bytes()));
    let mut top_down = encoded(ImageFormat::Bmp);
    top_down[22..26].copy_from_slice(&(-160_i32).to_le_bytes());
    for (name, file, first_row) in [
        ("JPEG", encoded(ImageFormat::Jpeg), 4),
        ("PNG", png::encode(200, 160, ::png::ColorType::Rgb, noise.as_raw()), 4),
        ("interlaced PNG", interlaced(&noise), 4),
        ("WebP", encoded(ImageFormat::WebP), 4),
        ("GIF", encoded(ImageFormat::Gif), 4),
        ("PNM", encoded(ImageFormat::Pnm), 4),
        ("ASCII PNM", ascii, 4),
        // Its rows go upwards: the first to be lost are those at the top.
        ("BMP", encoded(ImageFormat::Bmp), 155),
    ] {
        let whole = render(&file, 1, &GREY).expect(name);
        assert!(!whole.rendered.truncated, "{name}");
        let cut = render(&file[..file.len() * 7 / 10], 1, &GREY).expect(name);
        assert!(cut.rendered.truncated, "{name}");
        assert_eq!(cut.size(), (200, 160), "{name}");
        let row = |image: &PageImage, y: usize| image.bytes[y * 200..(y + 1) * 200].to_vec();
        assert_eq!(row(&cut, first_row), row(&whole, first_row), "{name}: what is there");
        if name != "interlaced PNG" {
            let last = row(&cut, if first_row < 80 { 158 } else { 2 });
            assert!(last.iter().all(|grey| *grey > 250), "{name}: what is missing is white, not {last:?}");
        }
    }
}

#[test]
fn a_truncated_or_damaged_jpeg_is_distinguished_from_one_that_ends_in_grey() {
    let mut image = noise();
    let jpeg = |image: &RgbImage| {
        let mut file = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut file, 90);
        encoder.encode(image.as_raw(), 200, 160, jpeg_encoder::ColorType::Rgb).expect("a sound image");
        file
    };
    let file = jpeg(&image);
    let truncated = |file: &[u8]| render(file, 1, &GREY).expect("what is there").rendered.truncated;
    assert!(!truncated(&file));
    assert!(truncated(&file[..file.len() - 1]), "its last byte is a part of the mark of its end");
    assert!(!truncated(&[&file[..], b"and an archive behind it"].concat()));
    // Two bytes of a marker in the middle of the entropy-coded data.
    let mut damaged = file.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 2].copy_from_slice(&[0xff, 0xc4]);
    assert!(truncated(&damaged));
    image.enumerate_rows_mut().skip(100).for_each(|(_, row)| row.for_each(|(_, _, pixel)| *pixel = Rgb([128; 3])));
    let grey = jpeg(&image);
    let image = render(&grey, 1, &GREY).expect("sound");
    assert!(!image.rendered.truncated && image.grey(9, 159).abs_diff(128) < 3, "grey is its colour");

    let progressive = images::PROGRESSIVE;
    assert!(!truncated(progressive));
    assert!(truncated(&progressive[..progressive.len() * 7 / 10]));
}

/// The same file with so many zero bytes in its middle.
fn zeroed(file: &[u8], count: usize) -> Vec<u8> {
    let mut file = file.to_vec();
    let middle = file.len() / 2;
    file[middle..middle + count].fill(0);
    file
}

#[test]
fn zeros_in_the_middle_of_a_jpeg_are_reported() {
    // A page that cannot be read at all is an error, and not silent either.
    let truncated = |file: &[u8]| render(file, 1, &GREY).is_ok_and(|page| page.rendered.truncated);
    let is_told = |file: &[u8]| truncated(file) || render(file, 1, &GREY).is_err();
    let noise = noise();
    let mut text = RgbImage::from_pixel(200, 160, Rgb([255; 3]));
    for (x, y) in (0..200).flat_map(|x| (0..160).map(move |y| (x, y))).filter(|(x, y)| (x * y) % 7 == 3 && y % 20 < 12)
    {
        text.put_pixel(x, y, Rgb([20, 30, 90]));
    }
    for (name, image) in [("noise", &noise), ("text", &text)] {
        for quality in [40, 90] {
            for (progressive, optimized, restart) in
                [(false, false, 0), (false, true, 0), (true, false, 0), (true, true, 0), (false, false, 5)]
            {
                let mut file = Vec::new();
                let mut encoder = jpeg_encoder::Encoder::new(&mut file, quality);
                encoder.set_progressive(progressive);
                encoder.set_optimized_huffman_tables(optimized);
                if restart > 0 {
                    encoder.set_restart_interval(restart);
                }
                encoder.encode(image.as_raw(), 200, 160, jpeg_encoder::ColorType::Rgb).expect("a sound image");
                let what = format!("{name} {quality} {progressive} {optimized} {restart}");
                assert!(!is_told(&file), "{what}");
                assert!(!truncated(&[&file[..], b"and an archive behind it"].concat()), "{what}");
                // A few bytes of one scan of several may stand for as many blocks as those that were there.
                let count = if progressive { 256 } else { 64 };
                assert!(is_told(&zeroed(&file, count)), "{what}");
            }
        }
    }
    assert!(is_told(&zeroed(images::PROGRESSIVE, 256)));
}

#[test]
fn a_jpeg_without_one_of_its_restart_intervals_is_reported_as_truncated() {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    encoder.set_restart_interval(10);
    encoder.encode(noise().as_raw(), 200, 160, jpeg_encoder::ColorType::Rgb).expect("a sound image");
    let mark = |number: u8| file.windows(2).position(|pair| pair == [0xff, 0xd0 + number]).expect("a restart marker");
    let (from, to) = (mark(1), mark(2));
    let lacks = [&file[..from], &file[to..]].concat();
    assert!(render(&lacks, 1, &GREY).expect("what is there").rendered.truncated);
}

#[test]
fn zeros_in_the_middle_of_a_png_are_reported_and_bytes_behind_it_are_ignored() {
    let truncated = |file: &[u8]| render(file, 1, &GREY).expect("what is there").rendered.truncated;
    for file in [png::encode(200, 160, ::png::ColorType::Rgb, noise().as_raw()), interlaced(&noise())] {
        assert!(!truncated(&file));
        assert!(!truncated(&[&file[..], b"and an archive behind it"].concat()));
        for count in [4, 64, 256] {
            assert!(truncated(&zeroed(&file, count)), "{count}");
        }
        // The last of its packed bytes: the checksum of the chunk alone tells.
        let mut last = file.clone();
        let end = last.len() - 12 - 5;
        last[end] ^= 0x10;
        assert!(truncated(&last));
    }
}

#[test]
fn zeros_in_the_middle_of_a_tiffs_deflate_or_jpeg_strip_are_reported() {
    use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, colortype::RGB8};
    let truncated = |file: &[u8]| render(file, 1, &GREY).expect("what is there").rendered.truncated;
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder =
        TiffEncoder::new(&mut file).expect("a header").with_compression(Compression::Deflate(DeflateLevel::default()));
    encoder.write_image::<RGB8>(200, 160, noise().as_raw()).expect("a sound image");
    let file = file.into_inner();
    assert!(!truncated(&file));
    for count in [4, 64, 256] {
        assert!(truncated(&zeroed(&file, count)), "{count}");
    }
    let grey: Vec<u8> = noise().pixels().map(|pixel| pixel.0[0]).collect();
    let mut strip = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut strip, 90);
    encoder.encode(&grey, 200, 160, jpeg_encoder::ColorType::Luma).expect("a sound image");
    // Its tag, type (3 a short, 4 a long), number and value: TIFF 6.0, section 2.
    let entries: [(u16, u16, u32); 9] = [
        (256, 3, 200),
        (257, 3, 160),
        (258, 3, 8),
        (259, 3, 7),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 3, 160),
        (279, 4, strip.len() as u32),
    ];
    let directory = |entries: &[(u16, u16, u32)]| {
        let entry = |(tag, kind, value): &(u16, u16, u32)| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        [&(entries.len() as u16).to_le_bytes()[..], &entries.iter().flat_map(entry).collect::<Vec<u8>>(), &[0; 4]]
            .concat()
    };
    strip.resize(strip.len().next_multiple_of(2), 0);
    let start = (8 + strip.len() as u32).to_le_bytes();
    let file = [b"II\x2a\0", &start[..], &strip, &directory(&entries)].concat();
    assert!(!truncated(&file));
    assert!(truncated(&zeroed(&file, 64)));
}

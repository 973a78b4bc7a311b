//! Annotated images: marks at their places, in colour, within the image whatever they say.

use image::RgbImage;
use inkstream_core::image::{ImageEncoding, ImageSpec, Mark, Marks};
use inkstream_native::decode::{self, DecodeError};
use inkstream_testkit::fixtures::{page, pdf, png};
use inkstream_wire::{BoxKind, PixelBox};

use super::opening::{GREY, LIMITS, PDFIUM, file, render};

const COLOUR: ImageSpec = ImageSpec { format: ImageEncoding::Png, colour: true, ..GREY };
const KINDS: [BoxKind; 5] = [BoxKind::Word, BoxKind::Line, BoxKind::Block, BoxKind::Figure, BoxKind::Reference];

fn annotate(document: &[u8], spec: &ImageSpec, marks: &Marks) -> Result<RgbImage, DecodeError> {
    let capacity = 64 << 20;
    let out = tempfile::tempfile().expect("a temporary file");
    let mut document = decode::open(file(document), None, &PDFIUM, &LIMITS)?;
    let rendered = document.annotate(1, spec, marks, &out, capacity)?;
    let mut bytes = vec![0; rendered.len as usize];
    std::os::unix::fs::FileExt::read_exact_at(&out, &mut bytes, 0).expect("what was written");
    Ok(decoded(&bytes))
}

fn decoded(file: &[u8]) -> RgbImage {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small image")];
    let info = reader.next_frame(&mut pixels).expect("all of it");
    if info.color_type == ::png::ColorType::Grayscale {
        pixels = pixels.into_iter().flat_map(|value| [value; 3]).collect();
    }
    RgbImage::from_raw(info.width, info.height, pixels).expect("RGB")
}

fn plain(document: &[u8], spec: &ImageSpec) -> RgbImage {
    let image = render(document, 1, spec).expect("a sound page");
    decoded(&image.bytes)
}

fn mark(kind: BoxKind, bounds: [u32; 4], label: &str) -> Mark {
    Mark { kind, bounds: bounds.into(), label: label.to_owned() }
}

/// The smallest box around the pixels in which two images differ.
fn difference(a: &RgbImage, b: &RgbImage) -> Option<PixelBox> {
    assert_eq!(a.dimensions(), b.dimensions());
    let differ: Vec<(u32, u32)> =
        a.enumerate_pixels().filter(|(x, y, pixel)| *pixel != b.get_pixel(*x, *y)).map(|(x, y, _)| (x, y)).collect();
    let (left, right) = (differ.iter().map(|at| at.0).min()?, differ.iter().map(|at| at.0).max()?);
    let (top, bottom) = (differ.iter().map(|at| at.1).min()?, differ.iter().map(|at| at.1).max()?);
    Some(PixelBox { x: left, y: top, width: right - left + 1, height: bottom - top + 1 })
}

#[test]
fn a_frame_is_drawn_at_its_mark_scaled_to_the_image() {
    let document = pdf::numbered(1);
    let before = plain(&document, &COLOUR);
    for kind in KINDS {
        // Places are in the image of 100 dpi, which is half as large.
        let marks = Marks { width: 827, height: 1170, marks: vec![mark(kind, [100, 400, 300, 200], "")] };
        let after = annotate(&document, &COLOUR, &marks).expect("a sound page");
        let place = difference(&before, &after).expect("a frame");
        // Around what is marked, by the line's width.
        let width = 200 - place.x;
        assert!((1..=6).contains(&width), "{kind:?} at {place:?}");
        let around = PixelBox { x: 200 - width, y: 800 - width, width: 600 + 2 * width, height: 400 + 2 * width };
        assert_eq!(place, around, "{kind:?}");
        let inside = (after.get_pixel(500, 1000), before.get_pixel(500, 1000));
        assert_eq!(inside.0 == inside.1, kind != BoxKind::Reference, "{kind:?}: what was looked for is tinted");
    }
}

#[test]
fn kinds_have_colours_of_their_own_and_words_no_label() {
    let white = png::encode(800, 600, ::png::ColorType::Rgb, &vec![255; 800 * 600 * 3]);
    let corner = |kind| {
        let marks = Marks { width: 800, height: 600, marks: vec![mark(kind, [100, 300, 200, 100], "label")] };
        let image = annotate(&white, &COLOUR, &marks).expect("a sound image");
        let place = difference(&image, &RgbImage::from_pixel(800, 600, image::Rgb([255; 3]))).expect("a frame");
        assert_eq!(place.height < 110, kind == BoxKind::Word, "{kind:?}: {place:?}");
        image.get_pixel(99, 400).0
    };
    let mut colours: Vec<_> = KINDS.map(corner).to_vec();
    colours.sort_unstable();
    colours.dedup();
    assert_eq!(colours.len(), KINDS.len());
}

#[test]
fn labels_stay_in_the_image_and_off_one_another() {
    let white = png::encode(800, 600, ::png::ColorType::Rgb, &vec![255; 800 * 600 * 3]);
    let long = &"a label that is too long ".repeat(20);
    for bounds in [[0, 0, 30, 20], [780, 0, 20, 20], [0, 590, 40, 10], [700, 580, 100, 20], [0, 0, 800, 600]] {
        let marks = Marks { width: 800, height: 600, marks: vec![mark(BoxKind::Line, bounds, long)] };
        let labelled = annotate(&white, &COLOUR, &marks).expect("a sound image");
        let unlabelled = Marks { marks: vec![mark(BoxKind::Line, bounds, "")], ..marks };
        let unlabelled = annotate(&white, &COLOUR, &unlabelled).expect("a sound image");
        let tag = difference(&labelled, &unlabelled).expect("a tag");
        assert!(tag.width > 600 && tag.height < 40, "{bounds:?}: {tag:?}");
    }
    let blue = |marks: Vec<Mark>| {
        let image = annotate(&white, &COLOUR, &Marks { width: 800, height: 600, marks }).expect("a sound image");
        image.pixels().filter(|pixel| pixel.0 == [0, 91, 169]).count()
    };
    let same = [300, 300, 100, 50];
    let frame = blue(vec![mark(BoxKind::Line, same, "")]);
    let one = blue(vec![mark(BoxKind::Line, same, "label")]) - frame;
    let three = blue(vec![mark(BoxKind::Line, same, "label"); 3]) - frame;
    assert!(three > 2 * one, "three tags for three marks at one place: {three}, one has {one}");
}

#[test]
fn hostile_marks_are_drawn_within_the_image_or_not_at_all() {
    let numbers = [0, 1, 63, 64, 1239, 1240, 30_000, u32::MAX - 1, u32::MAX];
    let wide = "W".repeat(500);
    let mut marks = Vec::new();
    for (index, x) in numbers.into_iter().enumerate() {
        for y in numbers {
            for (width, height) in [(x, y), (y, x), (u32::MAX, 1), (0, 0)] {
                let label =
                    ["", "\u{0}\u{202e}\u{fffd}", "<script>alert(1)</script>", "标签", wide.as_str()][index % 5];
                marks.push(mark(KINDS[index % 5], [x, y, width, height], label));
            }
        }
    }
    let pixel = png::encode(1, 1, ::png::ColorType::Grayscale, &[255]);
    for (width, height) in [(0, 1000), (1, 1), (1240, 1000), (u32::MAX, u32::MAX)] {
        let marks = Marks { width, height, marks: marks.clone() };
        for (document, min_side, size) in [(page::IMAGE, 0, (1240, 1000)), (&pixel, 0, (1, 1)), (&pixel, 64, (64, 64))]
        {
            let image = annotate(document, &ImageSpec { min_side, ..COLOUR }, &marks).expect("a sound image");
            assert_eq!(image.dimensions(), size);
        }
    }
    let outside = Marks { width: 100, height: 100, marks: vec![mark(BoxKind::Figure, [100, 0, 50, 50], "outside")] };
    assert_eq!(annotate(page::IMAGE, &COLOUR, &outside), Ok(plain(page::IMAGE, &COLOUR)));
}

#[test]
fn a_page_of_twenty_thousand_words_is_drawn_at_once() {
    let words = (0..20_000).map(|n| mark(BoxKind::Word, [n % 200 * 8, n / 200 * 20, 7, 12], "word"));
    let lines = (0..20_000).map(|n| mark(BoxKind::Line, [n % 200 * 8, n / 200 * 20, 7, 12], "a line of this page"));
    let marks = Marks { width: 1653, height: 2339, marks: words.chain(lines).collect() };
    let begun = std::time::Instant::now();
    annotate(&pdf::numbered(1), &COLOUR, &marks).expect("a sound page");
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
}

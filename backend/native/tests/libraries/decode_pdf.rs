//! PDF: pages as asked for, passwords, and documents that mean harm.

use std::net::TcpListener;

use super::opening::{GREY, LIMITS, PDFIUM, PageImage, file, format, pages, render, render_into};
use inkstream_core::{image::ImageSpec, ports::FileFormat};
use inkstream_native::decode::{self, DecodeError};
use inkstream_testkit::fixtures::{hostile_pdf, pdf};

fn ink(image: &PageImage) -> usize {
    image.bytes.iter().filter(|value| **value < 128).count()
}

#[test]
fn a_page_has_the_resolution_asked_for() {
    let document = pdf::numbered(3);
    assert_eq!((format(&document), pages(&document)), (Ok(FileFormat::Pdf), Ok(3)));
    let image = render(&document, 2, &GREY).expect("a sound page");
    // A4 is 595 by 842 points of a 72nd of an inch.
    assert_eq!((image.size(), image.rendered.dpi), ((1653, 2339), Some(200.0)));
    assert_eq!(image.rendered.lowered_dpi, None);
    assert_eq!(image.rendered.len, 1653 * 2339);
    assert!(ink(&image) > 500, "{}", ink(&image));
    assert_eq!(render(&document, 4, &GREY).err(), Some(DecodeError::PageUnreadable));
}

#[test]
fn a_page_is_scaled_to_the_longest_side_and_turned() {
    let spec = ImageSpec { max_side: Some(1000), rotation: 90, ..GREY };
    let image = render(&pdf::numbered(1), 1, &spec).expect("a sound page");
    assert_eq!(image.size(), (1000, 707));
    let dpi = image.rendered.dpi.expect("known");
    assert!((dpi - 85.5).abs() < 0.1, "{dpi}");
    assert_eq!(image.rendered.lowered_dpi, None, "nobody asked for more than the longest side");
    // The first line stands near the page's top: clockwise, near the right edge.
    let columns = |range: std::ops::Range<u32>| range.flat_map(|x| (0..707).map(move |y| (x, y)));
    assert!(columns(850..1000).any(|(x, y)| image.grey(x, y) < 128));
    assert!(columns(0..800).all(|(x, y)| image.grey(x, y) > 128));
}

#[test]
fn a_page_is_as_large_as_its_unit_of_length_says() {
    let plain = hostile_pdf::media_box("[0 0 60 80]");
    let large = hostile_pdf::media_box("[0 0 60 80] /UserUnit 10");
    let spec = ImageSpec { dpi: 100.0, ..GREY };
    let size = |document: &[u8]| {
        let image = render(document, 1, &spec).expect("a sound page");
        (image.size(), image.rendered.dpi, image.rendered.lowered_dpi)
    };
    assert_eq!(size(&plain), ((83, 111), Some(100.0), None));
    assert_eq!(size(&large), ((833, 1111), Some(100.0), None));
    assert_eq!(size(&in_object_stream("[0 0 60 80] /UserUnit 10")), ((833, 1111), Some(100.0), None));
    assert_eq!(size(&in_object_stream("[0 0 60 80]")), ((83, 111), Some(100.0), None));
    for nothing in ["0", "-3", "/ten", "null", "(10)"] {
        let document = hostile_pdf::media_box(&format!("[0 0 60 80] /UserUnit {nothing}"));
        assert_eq!(size(&document), ((83, 111), Some(100.0), None), "{nothing}");
    }
    let (huge, dpi, lowered) = size(&hostile_pdf::media_box("[0 0 60 80] /UserUnit 1000000"));
    assert!(u64::from(huge.0) * u64::from(huge.1) <= LIMITS.max_pixels && lowered == dpi, "{huge:?} {dpi:?}");
}

/// A document of one empty page, whose dictionary lies in an object stream.
fn in_object_stream(media_box: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.6\n".to_vec();
    let page = format!("<< /Type /Page /Parent 2 0 R /MediaBox {media_box} >>");
    let mut offsets = vec![0];
    let mut add = |body: String| {
        offsets.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n{body}\nendobj\n", offsets.len() - 1).as_bytes());
    };
    add("<< /Type /Catalog /Pages 2 0 R >>".into());
    add("<< /Type /Pages /Kids [5 0 R] /Count 1 >>".into());
    let stream = format!("5 0 {page}");
    add(format!("<< /Type /ObjStm /N 1 /First 4 /Length {} >>\nstream\n{stream}\nendstream", stream.len()));
    let start = file.len();
    offsets.push(start);
    let mut table: Vec<u8> = vec![0, 0, 0, 0];
    for offset in &offsets[1..] {
        table.extend_from_slice(&[1, (offset >> 8) as u8, *offset as u8, 0]);
    }
    // The page: the first object of object stream 3.
    table.extend_from_slice(&[2, 0, 3, 0]);
    let entries = format!("/Type /XRef /Size 6 /W [1 2 1] /Root 1 0 R /Length {}", table.len());
    file.extend_from_slice(format!("4 0 obj\n<< {entries} >>\nstream\n").as_bytes());
    file.extend_from_slice(&table);
    file.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").as_bytes());
    file
}

#[test]
fn colours_come_in_the_order_red_green_blue_without_padding() {
    let document = hostile_pdf::media_box("[0 0 101 101]");
    let image = render(&document, 1, &ImageSpec { colour: true, dpi: 72.0, ..GREY }).expect("a sound page");
    assert_eq!((image.size(), image.rendered.len), ((101, 101), 101 * 101 * 3));
    let last = &image.bytes[(50 * 101 + 50) * 3..][..3];
    assert_eq!(last, [255, 0, 0]);
    let grey = render(&document, 1, &ImageSpec { dpi: 72.0, ..GREY }).expect("a sound page");
    assert!(grey.grey(50, 50) < 128 && grey.grey(50, 0) > 128);
}

#[test]
fn the_right_password_alone_opens_an_encrypted_document() {
    let open = |document: &[u8], password: Option<&str>| {
        decode::open(file(document), password, &PDFIUM, &LIMITS).map(|document| document.pages())
    };
    assert_eq!(open(pdf::ENCRYPTED, None), Err(DecodeError::PasswordRequired));
    assert_eq!(open(pdf::ENCRYPTED, Some("open says me")), Err(DecodeError::WrongPassword));
    assert_eq!(open(pdf::ENCRYPTED, Some("open\0sesame")), Err(DecodeError::WrongPassword));
    assert_eq!(open(pdf::ENCRYPTED, Some(pdf::PASSWORD)), Ok(1));
    assert_eq!(open(&pdf::numbered(1), Some("needless")), Ok(1));
}

#[test]
fn an_unsupported_encryption_is_distinguished_from_a_wrong_password() {
    let unknown = hostile_pdf::unknown_encryption();
    let certificates =
        String::from_utf8_lossy(&unknown).replace("/Filter /Standard /V 99", "/Filter /Adobe.PubSec /V 4");
    for document in [unknown.as_slice(), certificates.as_bytes()] {
        for password in [None, Some("x")] {
            let opened = decode::open(file(document), password, &PDFIUM, &LIMITS).map(|document| document.pages());
            assert_eq!(opened, Err(DecodeError::UnknownEncryption));
        }
    }
}

#[test]
fn a_page_is_no_wider_than_asked_for_whichever_way_it_is_turned() {
    let spec = ImageSpec { max_width: Some(800), max_side: Some(8_000), ..GREY };
    let upright = render(&pdf::numbered(1), 1, &spec).expect("a sound page");
    assert_eq!(upright.size(), (800, 1132));
    let turned = render(&pdf::numbered(1), 1, &ImageSpec { rotation: 90, ..spec }).expect("a sound page");
    assert_eq!(turned.size(), (800, 565));
}

#[test]
fn a_page_in_a_chinese_font_that_is_not_embedded_is_not_blank() {
    let image = render(&pdf::simsun(), 1, &GREY).expect("a sound page");
    assert!(ink(&image) > 3000, "{} dark pixels: install fonts-wqy-zenhei", ink(&image));
}

#[test]
fn documents_without_a_page_to_show_say_why() {
    assert_eq!(pages(&hostile_pdf::zero_pages()), Err(DecodeError::NoPages));
    assert_eq!(pages(&hostile_pdf::broken()), Err(DecodeError::Broken));
    assert_eq!(pages(&hostile_pdf::million_pages_claimed()), Err(DecodeError::TooManyPages));
    assert_eq!(pages(&pdf::numbered(101)), Err(DecodeError::TooManyPages));
}

#[test]
fn an_enormous_page_gets_a_lower_resolution_and_says_so() {
    for media_box in ["[0 0 14400 14400]", "[0 0 1000000000 1000000000]", "[0 0 1000000000 1]"] {
        let image = render(&hostile_pdf::media_box(media_box), 1, &GREY).expect(media_box);
        let (width, height) = image.size();
        assert!(u64::from(width) * u64::from(height) <= LIMITS.max_pixels, "{media_box}: {width} by {height}");
        let lowered = image.rendered.lowered_dpi.expect(media_box);
        assert!(lowered < 200.0 && image.rendered.dpi == Some(lowered), "{media_box}: {lowered}");
    }
}

#[test]
fn a_page_that_would_not_fit_its_memory_gets_a_lower_resolution() {
    let image = render_into(1_000_000, &pdf::numbered(1), 1, &GREY).expect("a sound page");
    assert!(image.rendered.len <= 1_000_000);
    assert!(image.rendered.lowered_dpi.is_some_and(|dpi| (50.0..200.0).contains(&dpi)));
}

#[test]
fn impossible_sizes_and_units_end_in_a_page_or_an_error() {
    for document in [
        hostile_pdf::media_box("[100 100 -100 -100]"),
        hostile_pdf::media_box("[0 0 nan nan]"),
        hostile_pdf::media_box("[0 0 0 0]"),
        hostile_pdf::media_box("[]"),
        hostile_pdf::user_unit(1_000_000),
    ] {
        match render(&document, 1, &GREY) {
            Ok(image) => assert!(image.rendered.width > 0 && image.rendered.len <= LIMITS.max_pixels),
            Err(error) => assert_eq!(error, DecodeError::PageUnreadable),
        }
    }
}

#[test]
fn page_trees_in_a_loop_or_very_deep_end_by_themselves() {
    for document in
        [hostile_pdf::page_tree_loop(), hostile_pdf::deep_page_tree(20_000), hostile_pdf::deep_nesting(20_000)]
    {
        match pages(&document) {
            Ok(count) => drop(render(&document, count, &GREY)),
            Err(error) => assert!(matches!(error, DecodeError::Broken | DecodeError::NoPages), "{error}"),
        }
    }
}

#[test]
fn a_document_that_wants_to_act_reaches_nothing() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    server.set_nonblocking(true).expect("a socket's flag");
    let secret = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(secret.path(), "1 0 0 rg 0 0 200 200 re f").expect("room for it");
    let url = format!("http://{}/", server.local_addr().expect("its address"));
    let document = hostile_pdf::active(&url, &secret.path().display().to_string());
    let image = render(&document, 1, &GREY).expect("an empty page");
    assert!(image.bytes.iter().all(|value| *value == 255), "the file outside was drawn");
    assert_eq!(server.accept().map(|_| ()).map_err(|error| error.kind()), Err(std::io::ErrorKind::WouldBlock));
}

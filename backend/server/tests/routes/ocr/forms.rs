//! Unusual, malformed and hostile forms.

use axum::body::Body;
use futures::{StreamExt, stream};
use http::Method;
use inkstream_wire::{Documents, ErrorCode, EventBody};

use crate::{
    fakes::IMAGE,
    harness::{BOUNDARY, MAX_UPLOAD, Site, field, file, form, part},
};

const ROUTE: &str = "/api/ocr/image";

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    let site = Site::new().await;
    for parts in [
        vec![],
        vec![field("prompt", "Read.")],
        vec![field("file", "a text")],
        vec![part("name=\"upload\"; filename=\"a.png\"", IMAGE)],
    ] {
        site.post(ROUTE).form(&parts).send().await.is_problem(ErrorCode::MissingFile);
    }
}

/// Stores an image in a part with this disposition, and returns the document's file name.
async fn stored_name(disposition: &[u8]) -> String {
    let site = Site::new().await;
    let session = uuid::Uuid::from_u128(7);
    let part = [b"content-disposition: ", disposition, b"\r\n\r\n", IMAGE].concat();
    let answer = site.post(ROUTE).session(session).form(&[field("boxes", "on"), part]).send().await;
    assert_eq!(answer.status, 200, "{}: {}", disposition.escape_ascii(), answer.text());
    site.settled().await;
    let list: Documents = site.get("/api/documents").session(session).send().await.json();
    list.documents[0].filename.clone()
}

#[tokio::test]
async fn a_file_name_is_parsed_in_every_form() {
    let (gbk, ..) = encoding_rs::GBK.encode("扫描文件第一页.png");
    let gbk = [&b"form-data; name=\"file\"; filename=\""[..], &gbk, b"\""].concat();
    for (disposition, name) in [
        (&b"form-data; name=\"file\"; filename=\"Gr\xf6\xdfe.png\""[..], "Größe.png"),
        (&gbk, "扫描文件第一页.png"),
        (b"form-data; name=\"file\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%82%AC.png", "Größe €.png"),
        (b"form-data; name=\"file\"; filename*=iso-8859-1'de'Gr%F6%DFe.png", "Größe.png"),
        (b"FORM-DATA; NAME=\"file\"; FILENAME=\"a.png\"", "a.png"),
        (b"form-data; name=file; filename=my scan 1.png", "my scan 1.png"),
        (br#"form-data; name="file"; filename="a \"b\" c.png""#, "a \"b\" c.png"),
        (br#"form-data; name="file"; filename="C:\scans\page 1.png""#, "page 1.png"),
        (b"form-data; name=\"file\"; filename=\"=?UTF-8?B?R3LDtsOfZS5wbmc=?=\"", "Größe.png"),
        (b"form-data; name=\"file\"; filename=\"../../etc/passwd\"", "passwd"),
        (b"form-data; name=\"file\"; filename*=UTF-8''..%2F..%2Fa%00%0A%E2%80%AEgnp.png", "agnp.png"),
        (b"form-data; name=\"file\"; filename=\"\"", "untitled"),
        (b"form-data; name=\"file\"\r\ncontent-type: image/png", "untitled"),
    ] {
        assert_eq!(stored_name(disposition).await, name, "{}", disposition.escape_ascii());
    }
    let long = format!("form-data; name=\"file\"; filename=\"{}.png\"", "ä".repeat(400));
    assert_eq!(stored_name(long.as_bytes()).await.chars().count(), 255);
}

#[tokio::test]
async fn flags_are_parsed_as_forms_and_languages_write_them() {
    let site = Site::new().await;
    for text in ["True", "TRUE", "on", "yes", "1"] {
        let events = site.post(ROUTE).form(&[field("boxes", text), file("a.png", IMAGE)]).send().await.events();
        let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
        assert!(end.boxes.is_some(), "{text}");
    }
    for text in ["False", "off", "no", "0"] {
        let events = site.post(ROUTE).form(&[field("boxes", text), file("a.png", IMAGE)]).send().await.events();
        let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
        assert!(end.boxes.is_none(), "{text}");
    }
    let answer = site.post(ROUTE).form(&[field("boxes", "perhaps"), file("a.png", IMAGE)]).send().await;
    assert!(answer.is_problem(ErrorCode::InvalidOption).detail.starts_with("boxes"));
}

#[tokio::test]
async fn a_form_that_is_abandoned_after_its_file_leaves_no_file() {
    let site = Site::new().await;
    // The file is complete, and the field after it never ends.
    let whole = form(&[file("page.png", IMAGE), field("prompt", "Read.")]);
    let begun = whole[..whole.len() - BOUNDARY.len() - 10].to_vec();
    for route in [ROUTE, "/api/documents", "/", "/img-echo/"] {
        let body = stream::iter([Ok::<_, std::io::Error>(begun.clone())]).chain(stream::pending());
        let there = async {
            while !site.blobs().iter().any(|path| !path.to_string_lossy().contains('#')) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            answer = site.post(route).form_body(Body::from_stream(body)).send() => panic!("{}", answer.text()),
            () = there => {}
        }
        site.settled().await;
        assert!(site.blobs().is_empty(), "{route}");
    }
}

#[tokio::test]
async fn an_empty_file_is_refused() {
    let site = Site::new().await;
    site.post(ROUTE).form(&[file("a.png", b"")]).send().await.is_problem(ErrorCode::EmptyFile);
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn two_files_are_refused_and_neither_is_kept() {
    let site = Site::new().await;
    let answer = site.post(ROUTE).form(&[file("a.png", IMAGE), file("b.png", IMAGE)]).send().await;
    answer.is_problem(ErrorCode::BadRequest);
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_the_start_says_so() {
    let site = Site::new().await;
    let other = part("name=\"thumbnail\"; filename=\"t.png\"", b"whatever");
    let parts = [other, field("colour", "red"), file("a.png", IMAGE), field("page", "1"), field("prompt", "Read.")];
    let events = site.post(ROUTE).form(&parts).send().await.events();
    let EventBody::Start(start) = &events[0].body else { panic!("{events:?}") };
    assert_eq!(start.ignored, ["colour", "page"]);
}

#[tokio::test]
async fn a_form_that_breaks_off_is_refused_wherever_it_does() {
    let site = Site::new().await;
    let whole = form(&[field("prompt", "Read."), file("a.png", IMAGE)]);
    for length in 0..whole.len() - "--\r\n".len() {
        let answer = site.post(ROUTE).form_body(whole[..length].to_vec()).send().await;
        answer.is_problem(ErrorCode::BadRequest);
    }
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn a_body_that_fails_in_the_middle_is_refused() {
    let site = Site::new().await;
    let whole = form(&[file("a.png", IMAGE)]);
    let chunks = [Ok(whole[..whole.len() / 2].to_vec()), Err(std::io::Error::other("reset"))];
    let answer = site.post(ROUTE).form_body(Body::from_stream(stream::iter(chunks))).send().await;
    answer.is_problem(ErrorCode::BadRequest);
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn ten_thousand_parts_are_refused() {
    let site = Site::new().await;
    let parts = vec![field("x", "y"); 10_000];
    site.post(ROUTE).form(&parts).send().await.is_problem(ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_megabyte_before_the_boundary_is_refused_before_it_is_read_whole() {
    let site = Site::new().await;
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1024])).take(512).chain(stream::pending());
    let answer = site.post(ROUTE).form_body(Body::from_stream(endless)).send().await;
    answer.is_problem(ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_part_whose_headers_do_not_end_is_refused() {
    let site = Site::new().await;
    let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"").into_bytes();
    let chunks = std::iter::once(head).chain((0..512).map(|_| vec![b'x'; 1024])).map(Ok::<_, std::io::Error>);
    let answer = site.post(ROUTE).form_body(Body::from_stream(stream::iter(chunks))).send().await;
    answer.is_problem(ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_text_field_without_end_is_refused() {
    let site = Site::new().await;
    let long = "x".repeat(100_000);
    site.post(ROUTE).form(&[field("prompt", &long)]).send().await.is_problem(ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_body_that_is_not_a_form_is_refused() {
    let site = Site::new().await;
    let raw = site.post(ROUTE).header("content-type", "image/png").body(IMAGE).send().await;
    let problem = raw.is_problem(ErrorCode::BadRequest);
    assert!(problem.detail.contains("multipart/form-data"), "{}", problem.detail);
    let nameless = site.post(ROUTE).body(IMAGE).send().await;
    nameless.is_problem(ErrorCode::BadRequest);
    let boundless = site.post(ROUTE).header("content-type", "multipart/form-data").body(IMAGE).send().await;
    boundless.is_problem(ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let site = Site::new().await;
    let answer = site.post(ROUTE).header("content-encoding", "gzip").form(&[file("a.png", IMAGE)]).send().await;
    answer.is_problem(ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_a_byte_is_read() {
    let site = Site::new().await;
    let never = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let answer = site.ask(Method::POST, ROUTE).header("content-length", "99999999").form_body(never).send().await;
    let problem = answer.is_problem(ErrorCode::TooLarge);
    assert!(problem.detail.contains(&MAX_UPLOAD.to_string()), "{}", problem.detail);
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_by_counting() {
    let site = Site::new().await;
    let answer = site.post(ROUTE).form(&[file("a.png", &vec![b'x'; MAX_UPLOAD as usize + 1])]).send().await;
    answer.is_problem(ErrorCode::TooLarge);
    assert!(site.blobs().is_empty());
}

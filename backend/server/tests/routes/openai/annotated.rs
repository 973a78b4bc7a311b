//! Annotated pages.

use inkstream_wire::{ChatAnnotations, ChatChunk, ChatCompletion};
use serde_json::json;

use super::{image, request};
use crate::{
    fakes::{IMAGE, PDF},
    harness::Site,
};

/// What the fake renderer draws of a page.
fn png(page: u32) -> String {
    super::data_uri(format!("PNG {page} of 100x50 within 100: reference").as_bytes())
}

#[tokio::test]
async fn an_annotated_image_comes_back_with_its_boxes() {
    let site = Site::new().await;
    let mut asked = request(&[image(IMAGE)]);
    asked["extra_body"] = json!({"annotate": true});
    let answer = site.chat(&asked).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let chat: ChatCompletion = answer.json();
    assert_eq!(chat.annotations, Some(ChatAnnotations { annotated_image: png(1), annotated_images: Vec::new() }));
    assert_eq!(chat.boxes.unwrap().boxes.len(), 1);
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn each_of_several_annotated_pages_has_its_image_and_page_number() {
    let site = Site::new().await;
    let mut asked = request(&[image(IMAGE), image(PDF)]);
    asked["annotate"] = true.into();
    asked["stream"] = true.into();
    let answer = site.chat(&asked).send().await;
    let data = answer.text().lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    let chunks: Vec<ChatChunk> = data.map(|data| serde_json::from_str(data).unwrap()).collect();
    let (last, others) = chunks.split_last().unwrap();
    assert!(others.iter().all(|chunk| chunk.annotations.is_none()) && last.choices[0].finish_reason.is_some());
    let annotations = last.annotations.clone().unwrap();
    let pages: Vec<_> = annotations.annotated_images.iter().map(|page| (page.image, page.page)).collect();
    assert_eq!(pages, [(1, 1), (2, 1), (2, 2), (2, 3)]);
    assert_eq!((annotations.annotated_image, &annotations.annotated_images[3].annotated_image), (png(1), &png(3)));
}

#[tokio::test]
async fn too_many_annotated_pages_are_refused_before_they_are_read() {
    let site = Site::new().await;
    let mut asked = request(&[image(b"FAKE pdf 9")]);
    asked["annotate"] = true.into();
    let error = site.chat(&asked).send().await.is_openai_error(400, "invalid_option");
    assert!(error.message.contains("annotate") && error.message.contains("at most 8 pages"), "{}", error.message);
    asked["pages"] = "2-9".into();
    assert_eq!(site.chat(&asked).send().await.status, 200);
}

//! Requests that deviate from `OpenAI`'s documentation, as real clients send them.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE},
};
use inkstream_wire::{ChatCompletion, ChatModel};
use serde_json::{Value, json};

use super::{PAGE, data_uri, image, request, text};
use crate::{
    fakes::{IMAGE, PDF},
    harness::{Plan, Site},
};

/// Sends a request and returns its text.
async fn answer_text(site: &Site, asked: &Value) -> String {
    let answer = site.chat(asked).send().await;
    assert_eq!(answer.status, 200, "{asked}: {}", answer.text());
    answer.json::<ChatCompletion>().choices.remove(0).message.content
}

#[tokio::test]
async fn a_model_is_shown_by_its_name_which_may_hold_slashes() {
    let site = Site::new().await;
    for path in ["/v1/models/fake", "/models/fake", "/v1/models/%66ake"] {
        let model: ChatModel = site.get(path).send().await.json();
        assert_eq!((model.id.as_str(), model.object.as_str(), model.profile.as_str()), ("fake", "model", "plain"));
    }
    for path in ["/v1/models/gpt-4o", "/v1/models/nanonets/Nanonets-OCR-s", "/models/a%2Fb", "/v1/models/fake/"] {
        let error = site.get(path).send().await.is_openai_error(404, "model_not_found");
        assert_eq!(error.param.as_deref(), Some("model"), "{path}");
        assert!(error.message.contains("fake"), "{}", error.message);
    }
    let slashed = Site::with(Plan { model: "nanonets/Nanonets-OCR-s", ..Plan::default() }).await;
    for path in [
        "/v1/models/nanonets/Nanonets-OCR-s",
        "/v1/models/nanonets%2FNanonets-OCR-s",
        "/models/nanonets%2fNanonets-OCR-s",
    ] {
        let model: ChatModel = slashed.get(path).send().await.json();
        assert_eq!(model.id, "nanonets/Nanonets-OCR-s", "{path}");
    }
    let closed = Site::with_accounts().await;
    closed.get("/v1/models/fake").send().await.is_openai_error(401, "invalid_api_key");
    let description: Value = site.get("/openapi.json").send().await.json();
    for path in ["/v1/models/{id}", "/models/{id}"] {
        assert!(description["paths"][path]["get"].is_object(), "{path}");
    }
}

#[tokio::test]
async fn parts_of_the_responses_api_are_read() {
    let site = Site::new().await;
    let asked = request(&[
        json!({"type": "input_text", "text": "Read."}),
        json!({"type": "input_image", "image_url": data_uri(IMAGE), "detail": "auto"}),
        json!({"type": "input_image", "image_url": {"url": data_uri(IMAGE)}}),
        json!({"type": "input_file", "filename": "a.pdf", "file_data": data_uri(IMAGE)}),
    ]);
    assert_eq!(answer_text(&site, &asked).await, [PAGE; 3].join("\n"));
    assert_eq!(site.engine.prompts()[0].as_deref(), Some("Read."));
}

#[tokio::test]
async fn base64_is_decoded_in_every_form() {
    let site = Site::new().await;
    let plain = STANDARD.encode(IMAGE);
    let lines: Vec<_> = plain.as_bytes().chunks(8).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for uri in [
        format!("data:image/png;base64, {plain}"),
        format!("data:image/png; base64,{plain}"),
        format!("  data:image/png;base64,{plain}\n"),
        format!("data:image/png;base64,{}", lines.join("\n")),
        format!("data:image/png;base64,{}\r\n", lines.join("\r\n\t")),
        format!("data:image/png;base64,{}", STANDARD_NO_PAD.encode(IMAGE)),
        format!("data:image/png;base64,{}", URL_SAFE.encode(IMAGE)),
        format!("data:image/png;base64,{}", plain.replace('+', "%2B").replace('=', "%3D")),
        format!("DATA:;BASE64,{plain}"),
    ] {
        let asked = request(&[json!({"type": "image_url", "image_url": {"url": uri}})]);
        assert_eq!(answer_text(&site, &asked).await, PAGE, "{uri:?}");
    }
}

#[tokio::test]
async fn a_follow_up_without_an_image_is_about_the_images_before_it() {
    let site = Site::new().await;
    let asked = json!({"model": "fake", "messages": [
        {"role": "user", "content": [image(IMAGE), text("What does it say?")]},
        {"role": "assistant", "content": "It says ink."},
        {"role": "user", "content": "Now as a table."},
    ]});
    assert_eq!(answer_text(&site, &asked).await, PAGE);
    assert_eq!(site.engine.prompts(), [Some("Now as a table.".to_owned())]);
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn five_hundred_images_are_refused_and_nothing_is_stored() {
    let site = Site::new().await;
    for part in [image(IMAGE), json!({"type": "image_url", "image_url": "https://example.com/a.png"})] {
        let error = site.chat(&request(&vec![part; 500])).send().await.is_openai_error(400, "bad_request");
        assert!(error.message.contains("at most 32 images"), "{}", error.message);
    }
    site.settled().await;
    assert!(site.blobs().is_empty() && site.engine.asked() == 0);
}

#[tokio::test]
async fn a_request_keeps_its_queue_ticket_from_its_first_image_to_its_last() {
    // The client may have one run and none in the queue, so that a second ticket would be refused.
    let site = Site::with(Plan { per_client: (1, 0), lines: 2, ..Plan::default() }).await;
    let several = site.chat(&request(&[image(IMAGE), image(PDF), image(IMAGE)])).send();
    let meanwhile = async {
        // The first image is read, and the second waits for permits.
        while site.engine.asked() < 2 {
            tokio::task::yield_now().await;
        }
        let other = site.chat(&request(&[image(IMAGE)])).send().await;
        assert_eq!(other.is_openai_error(429, "rate_limit_exceeded").kind, "rate_limit_error");
        site.engine.lines.add_permits(100);
    };
    let (answer, ()) = tokio::join!(several, meanwhile);
    assert_eq!(answer.json::<ChatCompletion>().choices[0].message.content, [PAGE; 5].join("\n"));
    assert_eq!(site.chat(&request(&[image(IMAGE)])).send().await.status, 200);
}

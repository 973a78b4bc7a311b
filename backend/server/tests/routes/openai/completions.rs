//! Answers that are sent whole.

use inkstream_wire::{ChatCompletion, FinishReason, RunKind, UsageEvent};
use serde_json::json;

use super::{PAGE, image, request, text};
use crate::{
    fakes::{IMAGE, PDF, Script},
    harness::{Plan, Site},
};

#[tokio::test]
async fn an_image_is_answered_and_on_the_ledger_and_nothing_is_stored() {
    let site = Site::new().await;
    let answer = site.chat(&request(&[image(IMAGE)])).send().await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"), "{}", answer.text());
    let chat: ChatCompletion = answer.json();
    assert!(chat.id.starts_with("chatcmpl-") && chat.created > 1_700_000_000, "{chat:?}");
    assert_eq!((chat.object.as_str(), chat.model.as_str()), ("chat.completion", "fake"));
    let choice = &chat.choices[0];
    assert_eq!((choice.message.role.as_str(), choice.message.content.as_str()), ("assistant", PAGE));
    assert_eq!(choice.finish_reason, FinishReason::Stop);
    assert_eq!((chat.usage.prompt_tokens, chat.usage.completion_tokens, chat.usage.total_tokens), (7, 4, 11));
    assert_eq!(chat.boxes, None);

    site.settled().await;
    assert!(site.blobs().is_empty());
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").send().await.json();
    assert_eq!((rows.len(), rows[0].kind, rows[0].input_bytes), (1, RunKind::Chat, IMAGE.len() as u64));
}

#[tokio::test]
async fn images_of_one_message_are_read_in_order_and_joined_by_blank_lines() {
    // The client may have one run at a time and none in the queue.
    let site = Site::with(Plan { per_client: (1, 0), ..Plan::default() }).await;
    let mut asked = request(&[image(IMAGE), text("Read."), image(PDF), image(IMAGE)]);
    asked["boxes"] = true.into();
    let chat: ChatCompletion = site.chat(&asked).send().await.json();
    assert_eq!(chat.choices[0].message.content, [PAGE; 5].join("\n"));
    assert_eq!(chat.usage.total_tokens, 55);
    let pages: Vec<_> = chat.boxes.unwrap().pages.iter().map(|page| (page.image, page.page)).collect();
    assert_eq!(pages, [(1, 1), (2, 1), (2, 2), (2, 3), (3, 1)]);
}

#[tokio::test]
async fn the_requested_pages_of_a_pdf_are_joined() {
    let site = Site::new().await;
    let file = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": super::data_uri(PDF)}});
    let whole: ChatCompletion = site.chat(&request(std::slice::from_ref(&file))).send().await.json();
    assert_eq!(whole.choices[0].message.content, [PAGE; 3].join("\n"));
    let mut asked = request(&[file]);
    asked["extra_body"] = json!({"pages": "2-3", "boxes": true});
    let part: ChatCompletion = site.chat(&asked).send().await.json();
    assert_eq!(part.choices[0].message.content, [PAGE; 2].join("\n"));
    assert_eq!(part.boxes.unwrap().pages.iter().map(|page| page.page).collect::<Vec<_>>(), [2, 3]);
}

#[tokio::test]
async fn system_prompts_and_texts_reach_the_engine() {
    let site = Site::new().await;
    let asked = json!({"model": "fake", "messages": [
        {"role": "system", "content": "Be exact."},
        {"role": "user", "content": [text("Read the table."), image(IMAGE)]},
    ]});
    assert_eq!(site.chat(&asked).send().await.status, 200);
    assert_eq!(site.chat(&request(&[image(IMAGE)])).send().await.status, 200);
    assert_eq!(site.engine.prompts(), [Some("Be exact.\n\nRead the table.".to_owned()), None]);
}

#[tokio::test]
async fn a_truncated_text_has_the_finish_reason_length() {
    let site = Site::with(Plan { script: Script::Cut, ..Plan::default() }).await;
    let chat: ChatCompletion = site.chat(&request(&[image(IMAGE)])).send().await.json();
    assert_eq!(chat.choices[0].finish_reason, FinishReason::Length);
}

#[tokio::test]
async fn images_that_were_answered_already_are_deleted_unread() {
    let site = Site::new().await;
    let asked = json!({"model": "fake", "messages": [
        {"role": "user", "content": [image(PDF)]},
        {"role": "assistant", "content": "It said ink."},
        {"role": "user", "content": [image(IMAGE)]},
    ]});
    let chat: ChatCompletion = site.chat(&asked).send().await.json();
    assert_eq!((chat.choices[0].message.content.as_str(), site.engine.asked()), (PAGE, 1));
    site.settled().await;
    assert!(site.blobs().is_empty());
}

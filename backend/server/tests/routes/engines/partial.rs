//! Engines that stop before a page's end, and servers that refuse usual parameters.

use inkstream_testkit::engine::Script;
use inkstream_wire::{
    DocumentDetail, ErrorCode, EventBody, Health, MicroText, PageStatus, RunStatus, UsageEvent, WarningCode,
};
use serde_json::{Value, json};

use super::{Rig, rig, text_of};
use crate::{fakes::IMAGE, harness::file};

fn half(reason: &str) -> Script {
    Script::stream().role().delta("half").finish(reason).done()
}

async fn chat(rig: &Rig, stream: bool) -> String {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,RkFLRSBpbWFnZSAx"}});
    let chat = json!({"messages": [{"role": "user", "content": [image]}], "stream": stream});
    rig.site.post("/v1/chat/completions").json(&chat).send().await.text().to_owned()
}

#[tokio::test]
async fn a_truncated_text_is_marked_in_every_api() {
    for (said, reason, openai, code) in [
        ("length", "length", "length", WarningCode::TruncatedText),
        ("max_tokens", "length", "length", WarningCode::TruncatedText),
        ("content_filter", "content_filter", "content_filter", WarningCode::Filtered),
        ("SAFETY", "content_filter", "content_filter", WarningCode::Filtered),
        ("recitation", "content_filter", "content_filter", WarningCode::Filtered),
        ("tool_calls", "tool_calls", "length", WarningCode::UnknownFinish),
    ] {
        let rig = rig("plain", [half(said)]).await;
        let events = rig.image(&[]).await.events();
        let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
        assert_eq!((end.finish_reason.as_deref(), end.warnings[0].code), (Some(reason), code), "{said}");

        let EventBody::Start(start) = &events[0].body else { panic!("{events:?}") };
        let detail: DocumentDetail = rig.site.get(&format!("/api/documents/{}", start.document_id)).send().await.json();
        let page = &detail.page_list[0];
        assert_eq!((page.status, page.text.as_str(), page.warnings[0].code), (PageStatus::Partial, "half", code));
        assert_eq!((detail.document.pages_done, page.finish_reason.as_deref()), (0, Some(reason)));
        let rows: Vec<UsageEvent> = rig.site.get("/api/users/me/usage").send().await.json();
        assert_eq!((rows[0].status, rows[0].pages), (RunStatus::Partial, 1));

        let whole: Value = serde_json::from_str(&chat(&rig, false).await).unwrap();
        assert_eq!(whole["choices"][0]["finish_reason"], json!(openai), "{said}");
        let stream = chat(&rig, true).await;
        assert!(stream.contains(&format!("\"finish_reason\":\"{openai}\"")), "{stream}");
        assert!(!stream.contains("\"finish_reason\":\"stop\""), "{stream}");

        let micro: MicroText = rig.site.post("/").form(&[file("a.png", IMAGE)]).send().await.json();
        assert_eq!((micro.original.as_str(), micro.partial, micro.warnings[0].warning.code), ("half", true, code));
    }
}

#[tokio::test]
async fn a_partial_page_counts_as_missing_and_never_replaces_a_complete_one() {
    let rig = rig("plain", [half("length"), half("length"), Script::text(["whole"]), half("length")]).await;
    let EventBody::Start(start) = rig.image(&[]).await.events().remove(0).body else { panic!() };
    let path = format!("/api/documents/{}", start.document_id);
    let run = async |pages: &str| rig.site.post(&format!("{path}/runs")).json(&json!({"pages": pages})).send().await;
    let page = async || rig.site.get(&path).send().await.json::<DocumentDetail>().page_list.remove(0);
    run("missing").await.events();
    assert_eq!(page().await.status, PageStatus::Partial);
    run("missing").await.events();
    assert_eq!((page().await.status, page().await.text.as_str()), (PageStatus::Done, "whole"));
    run("missing").await.is_problem(ErrorCode::PagesOutOfRange);
    // The page is read again, this time partially.
    run("1").await.events();
    assert_eq!((page().await.status, page().await.text.as_str()), (PageStatus::Done, "whole"));
}

#[tokio::test]
async fn an_answer_that_the_engine_gave_up_is_retried() {
    for reason in ["abort", "error", "cancelled"] {
        let rig = rig("plain", [half(reason), Script::text(["whole"])]).await;
        let events = rig.image(&[("resets", "true")]).await.events();
        assert_eq!(text_of(&events, 0), "whole");
        let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
        assert_eq!((end.attempts[0].outcome.as_str(), end.finish_reason.as_deref()), ("broken", Some("stop")));
    }
}

#[tokio::test]
async fn parameters_that_a_server_refuses_are_omitted_and_reported() {
    let refusal = |param: &str| {
        let message = format!("Unsupported parameter: '{param}', said the secret");
        Script::error(400, &json!({"error": {"message": message, "param": param, "code": "unsupported_parameter"}}))
    };
    let scripts = [refusal("stream_options"), refusal("stream_options"), refusal("temperature"), Script::text(["ink"])];
    let rig = rig("plain", scripts).await;
    let answer = rig.image(&[]).await;
    assert!(!answer.text().contains("secret"));
    let events = answer.events();
    assert_eq!(text_of(&events, 0), "ink");
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert!(end.attempts.is_empty(), "one attempt: {:?}", end.attempts);
    assert_eq!(rig.engine.requests().len(), 4);
    rig.image(&[]).await.events();
    assert_eq!(rig.engine.requests().len(), 5);
    let health: Health = rig.site.get("/health").send().await.json();
    let omitted = ["stream_options", "stream_options.continuous_usage_stats", "temperature"];
    assert_eq!(
        (health.engines[0].omitted.as_slice(), health.engines[0].ready),
        (&omitted.map(str::to_owned)[..], true)
    );
}

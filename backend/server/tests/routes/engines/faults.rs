use inkstream_core::engines::Engines;
use inkstream_testkit::engine::{LOOP, Script, ScriptedEngine, UsageStyle};
use inkstream_wire::{DocumentDetail, EngineCondition, EngineState, ErrorCode, EventBody, Health};
use serde_json::json;

use super::{Rig, connect, rig, text_of};
use crate::harness::Site;

fn refusal(status: u16) -> Script {
    Script::error(status, &json!({"error": {"message": "secret reason", "type": "x", "param": null, "code": status}}))
}

#[tokio::test]
async fn a_failure_before_the_first_text_is_retried_unseen() {
    let rig = rig("plain", [refusal(500), refusal(429).header("retry-after", "0"), Script::text(["ink"])]).await;
    let events = rig.image(&[]).await.events();
    assert_eq!(text_of(&events, 0), "ink");
    assert_eq!(rig.engine.requests().len(), 3);
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    let outcomes: Vec<_> = end.attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["failed", "limited", "ok"]);
    let EventBody::Start(start) = &events[0].body else { panic!("{events:?}") };
    let detail: DocumentDetail = rig.site.get(&format!("/api/documents/{}", start.document_id)).send().await.json();
    assert_eq!(detail.page_list[0].attempts, end.attempts);
}

#[tokio::test]
async fn a_refusal_of_the_engine_is_not_retried_and_its_reason_is_not_revealed() {
    for (status, says) in [(401, "key"), (403, "key"), (404, "model"), (413, "too large")] {
        let rig = rig("plain", [refusal(status)]).await;
        let answer = rig.image(&[]).await;
        assert!(answer.is_problem(ErrorCode::EngineFailed).detail.contains(says), "{}", answer.text());
        assert!(!answer.text().contains("secret"));
        assert_eq!(rig.engine.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_engine_that_stays_full_passes_on_its_retry_after() {
    let rig = rig("plain", [refusal(429).header("retry-after", "120")]).await;
    let answer = rig.image(&[]).await;
    answer.is_problem(ErrorCode::Unavailable);
    assert_eq!((answer.header("retry-after"), rig.engine.requests().len()), ("120", 1));
}

#[tokio::test]
async fn text_that_was_sent_is_never_repeated() {
    let scripts = || [Script::stream().role().deltas(["half ", "a page"]).cut(), Script::text(["whole"])];
    let events = rig("plain", scripts()).await.image(&[("resets", "true")]).await.events();
    assert_eq!(text_of(&events, 0), "whole");
    assert!(events.iter().any(|event| matches!(&event.body, EventBody::Reset(reset) if reset.reason == "broken")));

    let rig = rig("plain", scripts()).await;
    let events = rig.image(&[]).await.events();
    assert_eq!(text_of(&events, 0), "half a page");
    let EventBody::Error { error } = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!((error.code, rig.engine.requests().len()), (ErrorCode::EngineFailed, 1));
}

#[tokio::test]
async fn a_buffered_chat_answer_is_retried_and_a_streamed_one_is_not() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,RkFLRSBpbWFnZSAx"}});
    for (stream, expected) in [(false, "whole"), (true, "half a page")] {
        let broken = Script::stream().role().deltas(["half ", "a page"]).cut();
        let rig = rig("plain", [broken, Script::text(["whole"])]).await;
        let chat = json!({"messages": [{"role": "user", "content": [image]}], "stream": stream});
        let answer = rig.site.post("/v1/chat/completions").json(&chat).send().await;
        let text: String = if stream {
            let chunks =
                answer.text().lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
            chunks
                .filter_map(|chunk: serde_json::Value| {
                    chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
                })
                .collect()
        } else {
            let whole: serde_json::Value = answer.json();
            whole["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
        };
        assert_eq!((text.as_str(), answer.text().contains("engine_failed")), (expected, stream), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_repetition_is_cancelled_early_and_retried_at_a_higher_temperature() {
    let endless = Script::stream().role().deltas([LOOP]).repeat(1_000).stall();
    let rig = rig("nanonets-ocr-s", [endless, Script::text(["fine"])]).await;
    let events = rig.image(&[("resets", "true")]).await.events();
    assert_eq!(text_of(&events, 0), "fine");
    rig.engine.hung_up(1).await;
    let temperatures: Vec<_> =
        rig.engine.requests().iter().map(|request| request.body["temperature"].as_f64().unwrap()).collect();
    assert!(temperatures[0] < temperatures[1], "{temperatures:?}");
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!(end.attempts[0].outcome, "repetition");
    assert!(end.usage.completion_tokens > 1, "what the loop used is used");
}

#[tokio::test]
async fn the_result_as_text_has_no_markup_and_as_markdown_is_clean() {
    let html = "# Invoice *9*\n\n<table><tr><th>Item</th><td>Ink</td></tr></table>";
    let rig = rig("nanonets-ocr-s", [Script::text([html])]).await;
    let events = rig.image(&[("store", "true")]).await.events();
    let EventBody::Start(start) = &events[0].body else { panic!("{events:?}") };
    let result = format!("/api/documents/{}/result", start.document_id);
    assert_eq!(rig.site.get(&result).send().await.text(), "Invoice 9\n\nItem\tInk");
    let markdown = rig.site.get(&format!("{result}?format=md")).send().await;
    let markdown = markdown.text();
    assert!(markdown.starts_with("# Invoice *9*\n\n|") && !markdown.contains('<'), "{markdown}");
    let correction = serde_json::json!({"text": "<b>as typed</b>"});
    let page = format!("/api/documents/{}/pages/1", start.document_id);
    rig.site.ask(http::Method::PATCH, &page).json(&correction).send().await;
    assert_eq!(rig.site.get(&result).send().await.text(), "<b>as typed</b>");
}

#[tokio::test]
async fn an_olmocr_answer_without_front_matter_is_rejected() {
    let rig = rig("olmocr", [Script::text(["Sure, here it is."]), Script::recorded("olmocr")]).await;
    let events = rig.image(&[]).await.events();
    assert!(!text_of(&events, 0).contains("---") && !text_of(&events, 0).contains("Sure"));
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!(end.attempts[0].outcome, "invalid");
    assert!(end.metadata.as_ref().unwrap().is_rotation_valid);
}

#[tokio::test]
async fn usage_that_the_engine_does_not_report_is_estimated_and_marked() {
    for (style, estimated) in [(UsageStyle::Absent, true), (UsageStyle::Last, false), (UsageStyle::Continuous, false)] {
        let events = rig("plain", [Script::text_with(style, ["in", "k"])]).await.image(&[]).await.events();
        let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
        assert_eq!(end.usage.estimated, estimated, "{style:?}");
        assert_eq!(end.usage.prompt_tokens == 1000, !estimated);
    }
}

#[tokio::test]
async fn the_fallback_completes_a_document_when_the_engine_dies() {
    let dying =
        ScriptedEngine::start_in_turn([Script::text(["page one"]), Script::stream().role().delta("half of ").die()])
            .await
            .unwrap();
    let other = ScriptedEngine::start(Script::text(["read by another"])).await.unwrap();
    let engines =
        Engines::new(connect("gpu", "plain", &dying, Some("spare")), [connect("spare", "plain", &other, None)], 64);
    let rig = Rig { site: Site::over(engines).await, engine: dying };
    let events = rig.pdf(&[("resets", "true")]).await;
    let texts: Vec<_> = (1..=3).map(|page| text_of(&events, page)).collect();
    assert_eq!(texts, ["page one", "read by another", "read by another"]);
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!(end.usage.pages, Some(3));
    let third = events.iter().find_map(|event| match &event.body {
        EventBody::PageStart(start) if start.page == 3 => Some(start.model.as_str()),
        _ => None,
    });
    assert_eq!(third, Some("spare"));
}

#[tokio::test]
async fn the_state_of_engines_is_listed_wherever_models_are() {
    let rig = rig("deepseek-ocr", [Script::text(["ink"])]).await;
    let state = |engines: Vec<EngineState>| (engines[0].model.clone(), engines[0].state, engines[0].ready);
    let health: Health = rig.site.get("/health").send().await.json();
    assert_eq!(state(health.engines), ("scripted".to_owned(), EngineCondition::Ready, true));
    let models: serde_json::Value = rig.site.get("/v1/models").send().await.json();
    assert_eq!((&models["data"][0]["id"], &models["data"][0]["state"]), (&json!("scripted"), &json!("ready")));
    rig.engine.die();
    rig.site.service.runs.engines.probe_all(&*rig.site.service.runs.clock).await;
    let health: Health = rig.site.get("/health").send().await.json();
    assert_eq!(state(health.engines), ("scripted".to_owned(), EngineCondition::Down, false));
    let models: serde_json::Value = rig.site.get("/models").send().await.json();
    assert_eq!(models["data"][0]["state"], json!("down"));
}

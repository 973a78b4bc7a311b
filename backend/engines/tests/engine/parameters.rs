//! Servers that refuse parameters.

use inkstream_core::ports::{Engine as _, EngineErrorKind as Kind};
use inkstream_engines::{OpenAiConfig, OpenAiEngine};
use inkstream_testkit::engine::{Recorded, Script, ScriptedEngine};
use serde_json::{Value, json};

use crate::support::{KEY, Page, config, drain, everything, image, request};

/// A server that refuses what `refuses` finds in a request.
async fn server(refuses: impl Fn(&Value) -> Option<Script> + Send + Sync + 'static) -> ScriptedEngine {
    let answer = move |request: &Recorded| refuses(&request.body).unwrap_or_else(|| Script::text(["ink"]));
    ScriptedEngine::start_with(answer).await.unwrap()
}

fn engine(scripted: &ScriptedEngine, change: impl FnOnce(&mut OpenAiConfig)) -> OpenAiEngine {
    let mut config = config(scripted.base_url());
    change(&mut config);
    OpenAiEngine::new(config).unwrap()
}

async fn read(engine: &OpenAiEngine) -> Page {
    drain(engine.read(image(), request())).await
}

/// A refusal as `OpenAI` writes it.
fn unsupported(param: &str) -> Script {
    let message = format!("Unsupported parameter: '{param}' is not supported with this model.");
    Script::error(
        400,
        &json!({"error": {"message": message, "type": "invalid_request_error", "param": param,
        "code": "unsupported_parameter"}}),
    )
}

/// A refusal as `FastAPI` and Pydantic write it, with all of the request in it.
fn forbidden(path: &[&str], body: &Value) -> Script {
    let place: Vec<&str> = [&["body"], path].concat();
    Script::error(422, &json!({"detail": [{"type": "extra_forbidden", "loc": place, "input": body}]}))
}

#[tokio::test]
async fn what_a_server_refuses_by_name_is_left_out_and_remembered() {
    let scripted = server(|body| {
        let options = &body["stream_options"];
        if options.get("continuous_usage_stats").is_some() {
            return Some(forbidden(&["stream_options", "continuous_usage_stats"], body));
        }
        for name in ["vllm_xargs", "skip_special_tokens"] {
            if body.get(name).is_some() {
                return Some(forbidden(&[name], body));
            }
        }
        ["max_tokens", "temperature"].into_iter().find(|name| body.get(name).is_some()).map(unsupported)
    })
    .await;
    let engine = engine(&scripted, |config| config.profile = "deepseek-ocr".parse().unwrap());
    assert_eq!(engine.omitted(), [""; 0]);
    let page = read(&engine).await;
    assert_eq!((page.text().as_str(), page.started), ("ink", 1), "{:?}", page.error);
    assert_eq!(scripted.requests().len(), 6);
    assert_eq!(
        engine.omitted(),
        ["max_tokens", "skip_special_tokens", "stream_options.continuous_usage_stats", "temperature", "vllm_xargs"]
    );
    // The next page asks at once for what is accepted.
    assert_eq!(read(&engine).await.text(), "ink");
    let requests = scripted.requests();
    assert_eq!(requests.len(), 7);
    let last = &requests[6].body;
    assert_eq!(
        (&last["stream_options"], &last["max_completion_tokens"]),
        (&json!({"include_usage": true}), &json!(6500))
    );
    assert!(last["messages"][0]["content"][0]["image_url"].is_object());
}

#[tokio::test]
async fn a_server_that_refuses_without_a_name_gets_less_and_less_within_bounds() {
    let vague = || Script::error(400, &json!({"error": {"message": "Bad request."}}));
    let scripted = server(move |body| body.get("stream_options").map(|_| vague())).await;
    let engine = engine(&scripted, |_| {});
    assert_eq!(read(&engine).await.text(), "ink");
    assert_eq!(engine.omitted(), ["stream_options", "stream_options.continuous_usage_stats"]);

    // One that takes nothing is not asked for ever, and nothing is learned of it.
    let scripted = server(move |_| Some(vague())).await;
    let engine = self::engine(&scripted, |config| config.max_tokens = Some(9));
    for _ in 0..5 {
        assert_eq!(read(&engine).await.error.unwrap().kind, Kind::Refused);
    }
    assert!(scripted.requests().len() <= 3 * 8 + 2, "{}", scripted.requests().len());
    assert_eq!(engine.omitted(), [""; 0]);
}

#[tokio::test]
async fn a_server_that_refuses_to_stream_is_read_as_a_whole() {
    let scripted = server(|body| {
        if body.get("stream_options").is_some() && body.get("stream").is_none() {
            return Some(unsupported("stream_options"));
        }
        let whole = json!({"choices": [{"index": 0, "message": {"content": "ink"}, "finish_reason": "stop"}]});
        let refusal = body.get("stream").map(|_| unsupported("stream"));
        refusal.or_else(|| Some(Script::other(200, "application/json", whole.to_string())))
    })
    .await;
    let engine = engine(&scripted, |_| {});
    for requests in [2, 3] {
        let page = read(&engine).await;
        assert_eq!((page.text().as_str(), page.reason()), ("ink", Some("stop")));
        assert_eq!((scripted.requests().len(), engine.omitted()), (requests, vec!["stream".to_owned()]));
    }
}

#[tokio::test]
async fn a_refusal_of_extra_fields_without_a_name_leaves_them_all_out_at_once() {
    let extra_fields =
        json!({"detail": [{"loc": ["body"], "msg": "extra fields not permitted", "type": "value_error.extra"}]});
    let scripted = server(move |body| {
        let has_extra = ["vllm_xargs", "skip_special_tokens"].iter().any(|name| body.get(name).is_some())
            || body["stream_options"].get("continuous_usage_stats").is_some();
        has_extra.then(|| Script::error(422, &extra_fields))
    })
    .await;
    let engine = engine(&scripted, |config| config.profile = "deepseek-ocr".parse().unwrap());
    assert_eq!(read(&engine).await.text(), "ink");
    assert_eq!(scripted.requests().len(), 2);
    let last = &scripted.requests()[1].body;
    assert_eq!(
        (&last["temperature"], &last["max_tokens"], &last["stream_options"]),
        (&json!(0.0), &json!(6500), &json!({"include_usage": true})),
        "OpenAI's own parameters stay"
    );
}

#[tokio::test]
async fn a_refusal_that_begins_with_a_byte_order_mark_is_understood() {
    let scripted = server(|body| {
        let refusal = "\u{feff}{\"error\": {\"message\": \"no\", \"param\": \"temperature\"}}";
        body.get("temperature").map(|_| Script::other(400, "application/json", refusal))
    })
    .await;
    let engine = engine(&scripted, |_| {});
    assert_eq!((read(&engine).await.text().as_str(), engine.omitted()), ("ink", vec!["temperature".to_owned()]));
}

#[tokio::test]
async fn a_refusal_of_the_page_leaves_out_no_parameter() {
    for (status, error) in [
        (400, json!({"message": "The image is too small for this temperature.", "param": "messages"})),
        (401, json!({"message": "temperature"})),
        (500, json!({"message": "temperature", "param": "temperature"})),
    ] {
        let body = json!({"error": error});
        let scripted = server(move |_| Some(Script::error(status, &body))).await;
        let engine = engine(&scripted, |_| {});
        assert!(read(&engine).await.error.is_some());
        assert_eq!((scripted.requests().len(), engine.omitted().len()), (1, 0), "{status}");
    }
    // A server that has accepted such requests refuses the page.
    let scripted = ScriptedEngine::start_in_turn([
        Script::text(["ink"]),
        Script::error(400, &json!({"error": {"message": "Bad request."}})),
    ])
    .await
    .unwrap();
    let engine = engine(&scripted, |_| {});
    assert_eq!(read(&engine).await.text(), "ink");
    assert!(read(&engine).await.error.is_some());
    assert_eq!(scripted.requests().len(), 2);
}

#[tokio::test]
async fn a_limit_that_is_too_large_for_one_page_is_left_out_for_that_page_alone() {
    let scripted = server(|body| {
        let message = "'max_tokens' is too large: 8000. This model's maximum context length is 8192 tokens.";
        let limit = body.get("max_tokens").or(body.get("max_completion_tokens"));
        limit.map(|_| Script::error(400, &json!({"object": "error", "message": message, "code": 400})))
    })
    .await;
    let engine = engine(&scripted, |config| config.max_tokens = Some(8000));
    assert_eq!(read(&engine).await.text(), "ink");
    assert_eq!((scripted.requests().len(), engine.omitted().len()), (2, 0));
}

#[tokio::test]
async fn what_the_operator_leaves_out_is_never_sent() {
    let scripted = server(|_| None).await;
    let omit = ["stream_options", "temperature", "max_tokens", "max_completion_tokens", "top_k"];
    let engine = engine(&scripted, |config| {
        config.max_tokens = Some(9);
        config.extra = json!({"top_k": 1, "seed": 7}).as_object().unwrap().clone();
        config.omit = omit.map(str::to_owned).to_vec();
    });
    assert_eq!(read(&engine).await.text(), "ink");
    let body = scripted.requests().remove(0).body;
    let names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["messages", "model", "seed", "stream"]);
    assert_eq!(engine.omitted().len(), omit.len());
}

#[tokio::test]
async fn a_servers_refusal_message_is_not_public() {
    let scripted = server(|_| {
        let message = format!("temperature is wrong, said {KEY}");
        Some(Script::error(400, &json!({"error": {"message": message}})))
    })
    .await;
    let engine = engine(&scripted, |_| {});
    let error = read(&engine).await.error.unwrap();
    assert!(!everything(&error).contains(KEY) && !error.detail.contains("temperature"), "{}", error.detail);
    // It named a parameter, and then what was not sent any more.
    assert!(scripted.requests().len() > 1);
}

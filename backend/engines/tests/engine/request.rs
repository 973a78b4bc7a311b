//! What the engine is sent.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use inkstream_core::{
    image::{ImageEncoding, ImageSpec},
    ports::{Engine, EngineErrorKind, Prompt, ReadRequest},
};
use inkstream_engines::{ConfigError, OpenAiConfig, OpenAiEngine};
use inkstream_testkit::engine::{Recorded, Script, ScriptedEngine};
use inkstream_wire::Task;
use serde_json::json;

use crate::support::{KEY, config, drain, image, request};

async fn sent(change: impl FnOnce(&mut OpenAiConfig), prompt: Option<&str>, task: Task) -> Recorded {
    let scripted = ScriptedEngine::start(Script::text([])).await.unwrap();
    let mut config = config(scripted.base_url());
    change(&mut config);
    let engine = OpenAiEngine::new(config).unwrap();
    let request = ReadRequest { prompt: prompt.map(|prompt| Prompt::Caller(prompt.to_owned())), task, ..request() };
    drain(engine.read(image(), request)).await;
    scripted.requests().remove(0)
}

#[tokio::test]
async fn a_page_is_sent_as_one_streaming_request_with_the_image_before_the_prompt() {
    let sent = sent(|config| config.max_tokens = Some(4096), Some("Read \"this\"."), Task::Text).await;
    assert_eq!(
        sent.body,
        json!({
            "model": "scripted",
            "messages": [{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": format!("data:image/jpeg;base64,{}", STANDARD.encode(b"\xff\xd8jpeg"))}},
                {"type": "text", "text": "Read \"this\"."},
            ]}],
            "temperature": 0.0,
            "max_tokens": 4096,
            "stream": true,
            "stream_options": {"include_usage": true, "continuous_usage_stats": true},
        })
    );
    assert_eq!(sent.headers["content-type"], "application/json");
    assert_eq!(sent.headers["authorization"], format!("Bearer {KEY}"));
}

#[tokio::test]
async fn without_a_key_or_a_limit_none_is_sent() {
    let sent = sent(|config| config.api_key = None, None, Task::Text).await;
    assert!(!sent.headers.contains_key("authorization"));
    assert_eq!(sent.body.get("max_tokens"), None);
}

#[tokio::test]
async fn the_narrowest_of_the_callers_the_operators_and_the_familys_bound_is_sent() {
    let bound = async |own: Option<u32>, asked: Option<u64>, extra: serde_json::Value| {
        let scripted = ScriptedEngine::start(Script::text([])).await.unwrap();
        let extra = extra.as_object().unwrap().clone();
        let config = OpenAiConfig { max_tokens: own, extra, ..config(scripted.base_url()) };
        let request = ReadRequest { max_tokens: asked, ..request() };
        drain(OpenAiEngine::new(config).unwrap().read(image(), request)).await;
        let body = scripted.requests().remove(0).body;
        (body.get("max_tokens").cloned(), body.get("max_completion_tokens").cloned())
    };
    assert_eq!(bound(None, Some(7), json!({})).await, (Some(json!(7)), None));
    assert_eq!(bound(Some(5), Some(7), json!({})).await, (Some(json!(5)), None));
    assert_eq!(bound(Some(9), Some(7), json!({})).await, (Some(json!(7)), None));
    assert_eq!(bound(None, Some(u64::MAX), json!({})).await, (Some(json!(u32::MAX)), None));
    assert_eq!(bound(None, Some(7), json!({"max_tokens": 9})).await, (Some(json!(7)), None));
    assert_eq!(bound(None, Some(9), json!({"max_tokens": 7})).await, (Some(json!(7)), None));
    assert_eq!(bound(None, None, json!({"max_tokens": 9})).await, (Some(json!(9)), None));
    let spelled = bound(None, Some(7), json!({"max_completion_tokens": 9})).await;
    assert_eq!(spelled.1, Some(json!(7)));
}

#[tokio::test]
async fn each_task_has_its_own_prompt_and_the_callers_goes_before_it() {
    let prompt = |sent: Recorded| sent.body["messages"][0]["content"][1]["text"].as_str().unwrap().to_owned();
    let markdown = prompt(sent(|_| {}, None, Task::Markdown).await);
    let text = prompt(sent(|_| {}, None, Task::Text).await);
    assert!(markdown.contains("Markdown") && text.contains("plain text"));
    assert_eq!(prompt(sent(|_| {}, Some("Mine."), Task::Markdown).await), "Mine.");
}

#[tokio::test]
async fn the_prompts_characters_are_counted_as_they_are_sent() {
    let engine = OpenAiEngine::new(config("http://127.0.0.1:9/v1")).unwrap();
    let own = ReadRequest { prompt: Some(Prompt::Caller("日本".to_owned())), ..request() };
    assert_eq!(engine.prompt_chars(&own), 2);
    assert!(engine.prompt_chars(&request()) > 100);
}

#[tokio::test]
async fn a_task_without_a_prompt_is_refused_without_asking_the_engine() {
    let scripted = ScriptedEngine::start(Script::text([])).await.unwrap();
    let engine = OpenAiEngine::new(config(scripted.base_url())).unwrap();
    let locate = ReadRequest { task: Task::Locate, ..request() };
    assert_eq!(drain(engine.read(image(), locate)).await.error.unwrap().kind, EngineErrorKind::Refused);
    assert_eq!(scripted.requests().len(), 0);
}

#[tokio::test]
async fn the_engine_asks_for_a_colour_image_of_a_size_models_can_use() {
    let engine = OpenAiEngine::new(config("http://127.0.0.1:9/v1")).unwrap();
    let spec = ImageSpec {
        dpi: 150.0,
        max_width: None,
        max_side: Some(1540),
        min_side: 28,
        format: ImageEncoding::Jpeg,
        colour: true,
        rotation: 0,
        original: true,
    };
    assert_eq!(engine.image_spec(&request(), None), spec);
    assert_eq!(engine.image_spec(&request(), Some(72.0)), ImageSpec { dpi: 72.0, ..spec });
    assert_eq!(engine.info().capabilities.tasks, [Task::Markdown, Task::Text, Task::Figure, Task::Describe]);
}

#[tokio::test]
async fn an_engine_is_ready_when_it_lists_its_models() {
    let scripted = ScriptedEngine::start(Script::text([])).await.unwrap();
    assert!(OpenAiEngine::new(config(scripted.base_url())).unwrap().probe().await.is_ok());
    let wrong = OpenAiEngine::new(config(&format!("{}/wrong", scripted.base_url()))).unwrap();
    assert!(wrong.probe().await.is_err());
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let refused = |base_url: &str| OpenAiEngine::new(config(base_url)).err().unwrap();
    assert!(matches!(refused("ftp://127.0.0.1/v1"), ConfigError::NotHttp));
    assert!(matches!(refused("not a url"), ConfigError::NoUrl(_)));
    let nameless = OpenAiConfig { model: " ".to_owned(), ..config("http://127.0.0.1:9/v1") };
    assert!(matches!(OpenAiEngine::new(nameless).err().unwrap(), ConfigError::NoModel));
}

#[test]
fn a_configuration_does_not_print_its_key() {
    assert!(!format!("{:?}", config("http://127.0.0.1:9/v1")).contains("Very"));
}

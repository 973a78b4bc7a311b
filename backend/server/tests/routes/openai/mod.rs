//! `OpenAI`'s API: `/v1/chat/completions`, `/v1/models`, `/models`

mod annotated;
mod bounds;
mod completions;
mod errors;
mod fetched;
mod keys;
mod lenient;
mod streams;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use inkstream_wire::{ChatModels, EngineCondition};
use serde_json::{Value, json};

use crate::harness::{Ask, Site};

const CHAT: &str = "/v1/chat/completions";
/// What the fake engine reads on each page.
const PAGE: &str = "first line\nsecond line\n";

fn data_uri(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(bytes))
}

fn image(bytes: &[u8]) -> Value {
    json!({"type": "image_url", "image_url": {"url": data_uri(bytes)}})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// A request with these parts in one message.
fn request(parts: &[Value]) -> Value {
    json!({"model": "fake", "messages": [{"role": "user", "content": parts}]})
}

impl Site {
    fn chat(&self, request: &Value) -> Ask {
        self.post(CHAT).json(request)
    }
}

#[tokio::test]
async fn models_are_listed_with_and_without_v1() {
    let site = Site::new().await;
    for path in ["/v1/models", "/models"] {
        let models: ChatModels = site.get(path).send().await.json();
        assert_eq!((models.object.as_str(), models.data.len()), ("list", 1), "{path}");
        let model = &models.data[0];
        assert_eq!((model.id.as_str(), model.object.as_str(), model.owned_by.as_str()), ("fake", "model", "inkstream"));
        assert!(model.created > 1_700_000_000);
        assert_eq!((model.state, model.profile.as_str()), (EngineCondition::Ready, "plain"));
        assert!(model.since.parse::<jiff::Timestamp>().is_ok(), "{}", model.since);
    }
}

#[tokio::test]
async fn the_routes_are_described() {
    let description: Value = Site::new().await.get("/openapi.json").send().await.json();
    let body = &description["paths"][CHAT]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert!(body["properties"]["messages"].is_object(), "{body}");
    for path in ["/v1/models", "/models"] {
        assert!(description["paths"][path]["get"].is_object());
    }
}

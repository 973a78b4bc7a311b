//! Engines with OpenAI's API, from the route to their socket and back. Their answers are scripted.

mod boxes;
mod content;
mod faults;
mod partial;
mod secrets;

use std::{sync::Arc, time::Duration};

use inkstream_core::{engines::Engines, ports::Engine};
use inkstream_engines::{ApiKey, Marked, OpenAiConfig, OpenAiEngine};
use inkstream_testkit::engine::{Script, ScriptedEngine};
use inkstream_wire::{EventBody, OcrEvent};

use crate::{
    fakes::{IMAGE, PDF},
    harness::{Answer, Site, field, file},
};

/// The operator's key.
const KEY: &str = "sk-operators-own-0123456789";

/// A site, and the engine that reads for it.
struct Rig {
    site: Site,
    engine: ScriptedEngine,
}

/// An engine of this profile that answers with these scripts in turn.
async fn rig(profile: &str, scripts: impl IntoIterator<Item = Script>) -> Rig {
    let engine = ScriptedEngine::start_in_turn(scripts).await.unwrap();
    let site = Site::over(Engines::new(connect("scripted", profile, &engine, None), [], 64)).await;
    Rig { site, engine }
}

fn connect(name: &str, profile: &str, engine: &ScriptedEngine, fallback: Option<&str>) -> Arc<dyn Engine> {
    let wait = Duration::from_secs(20);
    let engine = OpenAiEngine::new(OpenAiConfig {
        name: name.to_owned(),
        model: "vendor/model".to_owned(),
        profile: profile.parse().unwrap(),
        fallback: fallback.map(str::to_owned),
        base_url: engine.base_url().to_owned(),
        api_key: Some(ApiKey::parse(KEY).unwrap()),
        connect_timeout: wait,
        first_token_timeout: wait,
        read_timeout: wait,
        concurrency: 1,
        max_answer_bytes: 1 << 20,
        max_tokens: None,
        max_side: None,
        temperatures: None,
        page_numbers: Marked::Keep,
        watermarks: Marked::Keep,
        extra: serde_json::Map::new(),
        omit: Vec::new(),
    });
    Arc::new(engine.unwrap())
}

impl Rig {
    async fn image(&self, options: &[(&str, &str)]) -> Answer {
        let parts: Vec<_> = options.iter().map(|(name, value)| field(name, value)).collect();
        self.site.post("/api/ocr/image").form(&[parts, vec![file("a.png", IMAGE)]].concat()).send().await
    }

    async fn pdf(&self, options: &[(&str, &str)]) -> Vec<OcrEvent> {
        let parts: Vec<_> = options.iter().map(|(name, value)| field(name, value)).collect();
        self.site.post("/api/ocr/pdf").form(&[parts, vec![file("a.pdf", PDF)]].concat()).send().await.events()
    }
}

/// The final text of a page for a client that supports resets. The page of a single image is 0.
fn text_of(events: &[OcrEvent], page: u32) -> String {
    let mut text = String::new();
    for event in events {
        match &event.body {
            EventBody::Delta { delta, .. } if page == 0 => text.push_str(delta),
            EventBody::PageDelta { page: of, delta, .. } if *of == page => text.push_str(delta),
            EventBody::Reset(_) if page == 0 => text.clear(),
            EventBody::PageReset { page: of, .. } if *of == page => text.clear(),
            _ => {}
        }
    }
    text
}

//! The engine: one request a page, its answer read as it comes.

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use futures::{StreamExt, stream::BoxStream};
use inkstream_core::{
    picture::{Picture, PictureSpec},
    ports::{Engine, EngineError, EngineErrorKind, EngineEvent, EngineInfo, ReadRequest},
};
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    answer::Answer,
    config::{ConfigError, OpenAiConfig, endpoint},
    error, plain,
    request::Completion,
    sse,
};

/// How long a server may take to say that it is there.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept: uvicorn, below vLLM, closes it after 5 s, and a request that crosses with that
/// is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Tokens that a page's picture and prompt come to at most: Qwen2-VL's family, the hungriest of those that are served,
/// makes one of 28 x 28 pixels, and 2,048 pixels a side are the most that are sent to it.
const PICTURE_TOKENS: u64 = 5_400;
/// Tokens of an answer where no limit is set: twice a dense page.
const ANSWER_TOKENS: u64 = 8_192;

/// An OpenAI-compatible server with one of its models.
pub struct OpenAiEngine {
    info: EngineInfo,
    shared: Arc<Shared>,
    models: Url,
}

struct Shared {
    config: OpenAiConfig,
    client: Client,
    completions: Url,
}

impl OpenAiEngine {
    /// Sets the engine up; nothing is sent.
    pub fn new(config: OpenAiConfig) -> Result<Self, ConfigError> {
        if config.model.trim().is_empty() {
            return Err(ConfigError::NoModel);
        }
        let completions = endpoint(&config.base_url, &["chat", "completions"])?;
        let models = endpoint(&config.base_url, &["models"])?;
        let client = client(&config)?;
        let info = EngineInfo {
            model: config.model.clone(),
            profile: "plain".to_owned(),
            sizes: Vec::new(),
            attempts: 3,
            fallback: None,
            tasks: plain::TASKS.to_vec(),
            takes_prompt: true,
            takes_language: false,
            concurrency: config.concurrency.max(1),
            tokens_per_page: PICTURE_TOKENS + config.max_tokens.map_or(ANSWER_TOKENS, u64::from),
        };
        Ok(Self { info, shared: Arc::new(Shared { config, client, completions }), models })
    }
}

#[async_trait::async_trait]
impl Engine for OpenAiEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn languages(&self) -> Vec<String> {
        Vec::new()
    }

    fn picture(&self, _request: &ReadRequest, dpi: Option<f32>) -> PictureSpec {
        plain::picture(dpi)
    }

    fn prompt_chars(&self, request: &ReadRequest) -> u64 {
        prompt(request).map_or(0, |prompt| prompt.chars().count() as u64)
    }

    fn read(&self, picture: Picture, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        let shared = Arc::clone(&self.shared);
        try_stream! {
            let body = body(&shared.config, &picture, &request)?;
            drop(picture);
            let config = &shared.config;
            let begin_by = Instant::now() + config.first_token_timeout;
            let response = timeout_at(begin_by, send(&shared, body)).await.map_err(|_| error::too_slow())??;

            let mut events = std::pin::pin!(sse::data(response.bytes_stream()));
            let mut answer = Answer::new(config.max_answer_bytes, config.api_key.clone());
            // Headers come before the engine's queue, the first chunk after it: there the wait is over.
            let mut next = timeout_at(begin_by, events.next()).await.map_err(|_| error::too_slow())?;
            let mut started = false;
            while let Some(data) = next {
                let said = match data {
                    Ok(data) => answer.read(&data)?,
                    // All text has come: what is lost is usage at most.
                    Err(_) if answer.complete() => break,
                    Err(error) => Err(error::unreadable(error))?,
                };
                if said.done {
                    break;
                }
                if !started {
                    started = true;
                    yield EngineEvent::Started;
                }
                if let Some(event) = said.event {
                    yield event;
                }
                next = match timeout(config.read_timeout, events.next()).await {
                    Ok(next) => next,
                    Err(_) if answer.complete() => break,
                    Err(_) => Err(error::stalled())?,
                };
            }
            let finish = answer.finish().ok_or_else(error::broken)?;
            yield EngineEvent::Finished(finish);
        }
        .boxed()
    }

    /// `GET /models`: it costs an engine nothing, and asks for the key.
    async fn probe(&self) -> Result<(), EngineError> {
        let request = self.shared.client.get(self.models.clone()).timeout(READY_TIMEOUT);
        let response = request.send().await.map_err(error::no_response)?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(error::status(response, self.shared.config.api_key.as_ref()).await)
    }
}

/// HTTP/1.1 alone: in HTTP/2 all answers would share one connection's window, so that one slow reader stalls the rest.
/// No proxy from the environment, and no redirect: the key goes to the configured host and no other.
fn client(config: &OpenAiConfig) -> Result<Client, ConfigError> {
    let mut headers = header::HeaderMap::new();
    if let Some(key) = &config.api_key {
        headers.insert(header::AUTHORIZATION, key.bearer()?);
    }
    Client::builder()
        .default_headers(headers)
        .user_agent(concat!("inkstream/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .http1_only()
        .build()
        .map_err(ConfigError::Client)
}

/// The caller's prompt, or the task's.
fn prompt(request: &ReadRequest) -> Option<&str> {
    request.prompt.as_deref().or_else(|| plain::prompt(request.task))
}

fn body(config: &OpenAiConfig, picture: &Picture, request: &ReadRequest) -> Result<Vec<u8>, EngineError> {
    let prompt =
        prompt(request).ok_or_else(|| EngineError::new(EngineErrorKind::Refused, "The engine cannot do this task."))?;
    Completion::new(&config.model, picture, prompt, config.max_tokens)?.to_json()
}

/// The response, once its head has come, if it is a stream.
async fn send(shared: &Shared, body: Vec<u8>) -> Result<Response, EngineError> {
    let request = shared
        .client
        .post(shared.completions.clone())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        .body(body);
    let response = request.send().await.map_err(error::no_response)?;
    if response.status() != StatusCode::OK {
        return Err(error::status(response, shared.config.api_key.as_ref()).await);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| !kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream")) {
        return Err(error::not_understood().because("the answer is no stream of events"));
    }
    Ok(response)
}

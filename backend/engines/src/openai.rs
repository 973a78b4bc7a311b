//! The engine: one request per page, its answer parsed while it streams.

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use futures::{StreamExt, stream::BoxStream};
use inkstream_core::{
    image::{ImageSpec, PageImage},
    ports::{
        Engine, EngineCapabilities, EngineError, EngineEvent, EngineIdentity, EngineInfo, EngineLimits, ReadRequest,
    },
};
use inkstream_wire::SizeMode;
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use tokio::time::{Instant, timeout_at};

use crate::{
    checks::endpoint,
    config::{ConfigError, OpenAiConfig},
    error::{self, Refusal},
    page::Page,
    parameters::Parameters,
    request::{Body, body},
    sse,
};

/// The timeout of a probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an idle connection is kept. vLLM's uvicorn closes it after 5 s, and a request sent at that moment is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// The assumed maximum number of tokens of an answer where no limit is set: twice a dense page.
const ANSWER_TOKENS: u64 = 8_192;

/// One model of an OpenAI-compatible server.
pub struct OpenAiEngine {
    info: EngineInfo,
    shared: Arc<Shared>,
    models: Url,
}

struct Shared {
    config: OpenAiConfig,
    client: Client,
    completions: Url,
    parameters: Parameters,
}

impl OpenAiEngine {
    /// Validates the configuration and creates the engine. Sends no request.
    pub fn new(config: OpenAiConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let completions = endpoint(&config.base_url, &["chat", "completions"])?;
        let models = endpoint(&config.base_url, &["models"])?;
        let client = client(&config)?;
        let family = config.profile.family();
        let answer_tokens = config.max_tokens.or(family.max_tokens).map_or(ANSWER_TOKENS, u64::from);
        let image_tokens = family.image_tokens.max(config.max_side.map_or(0, tokens_of_square));
        let info = EngineInfo {
            identity: EngineIdentity { model: config.name.clone(), profile: config.profile.as_str().to_owned() },
            capabilities: EngineCapabilities {
                tasks: family.tasks.to_vec(),
                sizes: config.profile.sizes().map(SizeMode::new).collect(),
                takes_prompt: true,
                takes_language: false,
                sends_lines: false,
                takes_max_tokens: true,
            },
            limits: EngineLimits {
                concurrency: config.concurrency.max(1),
                attempts: family.attempts,
                tokens_per_page: image_tokens + answer_tokens,
            },
            fallback: config.fallback.clone(),
        };
        let parameters = Parameters::new(config.omit.iter().cloned());
        Ok(Self { info, shared: Arc::new(Shared { config, client, completions, parameters }), models })
    }
}

#[async_trait::async_trait]
impl Engine for OpenAiEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>) -> ImageSpec {
        let config = &self.shared.config;
        config.profile.family().image_spec(request, dpi, config.max_side)
    }

    fn prompt_chars(&self, request: &ReadRequest) -> u64 {
        let family = self.shared.config.profile.family();
        let chars = |text: &str| text.chars().count() as u64;
        family.system.map_or(0, chars) + family.prompt(request).map_or(0, |prompt| chars(&prompt))
    }

    fn read(&self, image: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        let shared = Arc::clone(&self.shared);
        try_stream! {
            let config = &shared.config;
            let mut page = Page::new(config, &image, &request);
            let begin_by = Instant::now() + config.first_token_timeout;
            let response = timeout_at(begin_by, request_completion(&shared, &image, &request)).await.map_err(|_| error::too_slow())??;
            drop((image, request));

            let mut events = std::pin::pin!(sse::data(response.bytes_stream()));
            // The response's headers come before the engine's queue, and the first text after it: only text extends the
            // deadline. Events without text are no progress, so that an endless stream of them times out.
            let mut deadline = begin_by;
            loop {
                let data = match timeout_at(deadline, events.next()).await {
                    Ok(Some(data)) => data,
                    Ok(None) => break,
                    Err(_) if page.is_complete() => break,
                    Err(_) if page.has_text() => Err(error::stalled())?,
                    Err(_) => Err(error::too_slow())?,
                };
                let text_so_far = page.received();
                let handled = match data {
                    Ok(data) => page.handle(&data),
                    // The text is complete: at most the usage is lost.
                    Err(_) if page.is_complete() => break,
                    Err(error) => Err(error::unreadable(error)),
                };
                // Report the usage even if the answer fails.
                while let Some(event) = page.next_event() {
                    yield event;
                }
                if handled? {
                    break;
                }
                if page.received() > text_so_far {
                    deadline = Instant::now() + config.read_timeout;
                }
            }
            for event in page.finish()? {
                yield event;
            }
        }
        .boxed()
    }

    fn omitted(&self) -> Vec<String> {
        self.shared.parameters.omitted()
    }

    /// Sends `GET /models`, which is cheap for the engine and checks the API key.
    async fn probe(&self) -> Result<(), EngineError> {
        let request = self.shared.client.get(self.models.clone()).timeout(PROBE_TIMEOUT);
        let response = request.send().await.map_err(error::no_response)?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(error::refusal(response, self.shared.config.api_key.as_ref()).await.error)
    }
}

/// Uses HTTP/1.1 only: with HTTP/2, all answers would share one connection's flow-control window, so that one slow reader would
/// stall the others. Uses no proxy from the environment and follows no redirect, so that the key is sent only to the configured
/// host.
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

/// The tokens of a square image as Qwen2-VL counts, which counts most: one for each 28 × 28 pixels.
fn tokens_of_square(side: u32) -> u64 {
    u64::from(side.div_ceil(28)).pow(2)
}

/// Sends the request and returns the response once its headers have come. If the server refuses parameters, sends the request
/// again without them.
async fn request_completion(
    shared: &Shared,
    image: &PageImage,
    request: &ReadRequest,
) -> Result<Response, EngineError> {
    let mut negotiation = shared.parameters.negotiate();
    loop {
        let Body { json, parameters } = body(&shared.config, image, request, |name| negotiation.omits(name))?;
        let refusal = match send(shared, json).await? {
            Ok(response) => {
                for parameter in negotiation.accepted() {
                    let engine = &shared.config.name;
                    tracing::warn!(engine, parameter, "the engine refuses a parameter, which is left out from now on");
                }
                return Ok(response);
            }
            Err(refusal) => refusal,
        };
        if !negotiation.refused(&refusal, &parameters) {
            return Err(refusal.error);
        }
    }
}

/// Sends one request. Rejects an HTML response, which comes from a proxy or from another site. Other content types are not
/// checked: some servers label a stream as JSON or text, or send the answer unstreamed.
async fn send(shared: &Shared, body: Vec<u8>) -> Result<Result<Response, Refusal>, EngineError> {
    let request = shared
        .client
        .post(shared.completions.clone())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        .body(body);
    let response = request.send().await.map_err(error::no_response)?;
    if response.status() != StatusCode::OK {
        return Ok(Err(error::refusal(response, shared.config.api_key.as_ref()).await));
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html")) {
        return Err(error::not_understood().because("the answer is a web page"));
    }
    Ok(Ok(response))
}

use std::sync::Arc;

use inkstream_core::{engines::Engines, ports::Engine, prices::Prices};
use inkstream_engines::{ApiKey, ConfigError, OpenAiConfig, OpenAiEngine};
use inkstream_native::Native;

use crate::settings::EngineSettings;

/// Most text (bytes) that an engine may say about one page: a dense page has 20 KB.
const MAX_ANSWER: usize = 4 << 20;

/// The engines: the configured server first, if there is one, and the embedded one always.
pub(super) fn engines(settings: &EngineSettings, native: &Native, queue_max: usize) -> Result<Engines, ConfigError> {
    let embedded = native.tesseract();
    let Some(base_url) = settings.base_url() else { return Ok(Engines::new(embedded, [], queue_max)) };
    let server: Arc<dyn Engine> = Arc::new(OpenAiEngine::new(OpenAiConfig {
        model: settings.llm_model.clone(),
        base_url: base_url.to_owned(),
        api_key: settings.api_key().map(ApiKey::parse).transpose()?,
        connect_timeout: settings.llm_connect_timeout,
        first_token_timeout: settings.llm_first_token_timeout,
        read_timeout: settings.llm_read_timeout,
        concurrency: settings.llm_concurrency,
        max_answer_bytes: MAX_ANSWER,
        max_tokens: None,
    })?);
    Ok(Engines::new(server, [embedded], queue_max))
}

/// The operator's prices. One that nothing can cost is told, for it is a slip of the pen.
pub(super) fn prices(settings: &EngineSettings, engines: &Engines) -> Prices {
    let prices = settings.engines_file.prices.clone();
    for model in prices.by_model.keys().filter(|model| engines.choose(Some(model)).is_err()) {
        tracing::warn!(model, "ENGINES_FILE has a price for a model that no engine here serves");
    }
    prices
}

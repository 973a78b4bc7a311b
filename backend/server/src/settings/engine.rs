use std::time::Duration;

use super::{EnginesFile, value};

/// What reads.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Engines")]
pub struct EngineSettings {
    /// Base URL of an OpenAI-compatible server, such as <http://localhost:8001/v1>; left out: the embedded engine alone
    #[arg(long, env = "LLM_BASE_URL", value_parser = base_url)]
    pub llm_base_url: Option<String>,
    /// Key that the server asks for
    #[arg(long, env = "LLM_API_KEY", hide_env_values = true)]
    pub llm_api_key: Option<String>,
    /// Model to ask it for
    #[arg(long, env = "LLM_MODEL", default_value = "default")]
    pub llm_model: String,
    /// Prompt when the caller sends none; left out: the model's own
    #[arg(long, env = "LLM_PROMPT")]
    pub llm_prompt: Option<String>,
    /// Pages of one run that are sent to it at once
    #[arg(long, env = "LLM_CONCURRENCY", default_value = "4", value_parser = value::count)]
    pub llm_concurrency: usize,
    /// How long connecting may take
    #[arg(long, env = "LLM_CONNECT_TIMEOUT", default_value = "10s", value_parser = value::duration)]
    pub llm_connect_timeout: Duration,
    /// How long a page's first token may take
    #[arg(long, env = "LLM_FIRST_TOKEN_TIMEOUT", default_value = "2m", value_parser = value::duration)]
    pub llm_first_token_timeout: Duration,
    /// How long it may be silent in mid-stream
    #[arg(long, env = "LLM_READ_TIMEOUT", default_value = "30s", value_parser = value::duration)]
    pub llm_read_timeout: Duration,
    /// Languages the embedded engine reads when the caller names none, joined by +
    #[arg(long, env = "OCR_LANGUAGES", default_value = "eng", value_parser = languages)]
    pub ocr_languages: Languages,
    /// TOML file with prices by model (deploy/engines.example.toml shows how); left out: reading has no price
    #[arg(long, env = "ENGINES_FILE", default_value = "")]
    pub engines_file: EnginesFile,
}

/// Languages, the main one first; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages(Vec<String>);

impl Languages {
    /// The languages' names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl EngineSettings {
    /// The server's base URL, if one is given.
    pub fn base_url(&self) -> Option<&str> {
        value::given(self.llm_base_url.as_ref())
    }

    /// Its key, if one is given.
    pub fn api_key(&self) -> Option<&str> {
        value::given(self.llm_api_key.as_ref())
    }

    /// The operator's prompt, if one is given.
    pub fn prompt(&self) -> Option<&str> {
        value::given(self.llm_prompt.as_ref())
    }
}

fn base_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let wrong = || "a URL such as http://localhost:8001/v1 was expected".to_owned();
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

fn languages(text: &str) -> Result<Languages, String> {
    let names: Vec<String> = text.split('+').map(|name| name.trim().to_owned()).collect();
    let fine = |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if names.iter().all(fine) {
        Ok(Languages(names))
    } else {
        Err("languages such as eng+deu were expected".to_owned())
    }
}

use std::time::Duration;

use inkstream_engines::{ConfigError, Profile, checks};
use inkstream_wire::RunOptions;

use super::{EngineCatalog, EnginesFile, value};

/// Concurrent pages per server, by default.
pub(super) const CONCURRENCY: usize = 16;
/// How long connecting to a server may take, by default.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a page's first token may take, by default.
pub(super) const FIRST_TOKEN_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a server may be silent within a stream, by default.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum text of an engine about one page, in bytes. A dense page has 20 KB.
pub(super) const MAX_ANSWER: usize = 4 << 20;

/// The engines.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Engines")]
pub struct EngineSettings {
    /// Base URL of an OpenAI-compatible server, such as <http://localhost:8001/v1>; unset: only the embedded engine reads
    #[arg(long, env = "LLM_BASE_URL", hide_env_values = true, value_parser = base_url)]
    pub llm_base_url: Option<String>,
    /// API key of the server
    #[arg(long, env = "LLM_API_KEY", hide_env_values = true)]
    pub llm_api_key: Option<String>,
    /// Model that the server is asked for
    #[arg(long, env = "LLM_MODEL", default_value = "default")]
    pub llm_model: String,
    /// Profile of its model family
    #[arg(long, env = "LLM_PROFILE", default_value = "", value_parser = profile, help = profile_help())]
    pub llm_profile: ChosenProfile,
    /// Engine that reads pages while the server is down, such as embedded; unset: none
    #[arg(long, env = "LLM_FALLBACK")]
    pub llm_fallback: Option<String>,
    /// Prompt for requests without one; unset: the model's own
    #[arg(long, env = "LLM_PROMPT")]
    pub llm_prompt: Option<String>,
    /// Maximum number of pages that are sent to the server at the same time, of all runs
    #[arg(long, env = "LLM_CONCURRENCY", default_value = "16", value_parser = value::count)]
    pub llm_concurrency: usize,
    /// Maximum time for connecting to the server
    #[arg(long, env = "LLM_CONNECT_TIMEOUT", default_value = "10s", value_parser = value::duration)]
    pub llm_connect_timeout: Duration,
    /// Maximum time until a page's first token
    #[arg(long, env = "LLM_FIRST_TOKEN_TIMEOUT", default_value = "2m", value_parser = value::duration)]
    pub llm_first_token_timeout: Duration,
    /// Maximum silence of the server within a stream
    #[arg(long, env = "LLM_READ_TIMEOUT", default_value = "30s", value_parser = value::duration)]
    pub llm_read_timeout: Duration,
    /// Languages of the embedded engine for requests that name none, joined by +
    #[arg(long, env = "OCR_LANGUAGES", default_value = "eng", value_parser = languages)]
    pub ocr_languages: Languages,
    /// TOML file with further engines and with prices; deploy/engines.example.toml is an example
    #[arg(long, env = "ENGINES_FILE", default_value = "")]
    pub engines_file: EnginesFile,
}

/// A profile that the operator has chosen; `None` leaves it to the model's name.
#[derive(Debug, Clone)]
pub struct ChosenProfile(pub Option<Profile>);

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
    /// The server's base URL, if it is set.
    pub fn base_url(&self) -> Option<&str> {
        value::non_empty(self.llm_base_url.as_ref())
    }

    /// The server's API key, if it is set.
    pub fn api_key(&self) -> Option<&str> {
        value::non_empty(self.llm_api_key.as_ref())
    }

    /// The server's fallback engine, if it is set.
    pub fn fallback(&self) -> Option<&str> {
        value::non_empty(self.llm_fallback.as_ref())
    }

    /// Builds the catalog of engines, or returns one line for each setting that is wrong.
    pub fn engine_catalog(&self) -> Result<EngineCatalog, Vec<String>> {
        EngineCatalog::from_settings(self)
    }

    /// Checks the settings together. Returns one line for each that is wrong.
    pub fn problems(&self) -> Vec<String> {
        self.engine_catalog().err().unwrap_or_default()
    }

    /// The operator's prompt, if it is set.
    pub fn prompt(&self) -> Option<&str> {
        value::non_empty(self.llm_prompt.as_ref())
    }
}

fn base_url(text: &str) -> Result<String, ConfigError> {
    let text = text.trim();
    if !text.is_empty() {
        checks::base_url(text)?;
    }
    Ok(text.to_owned())
}

fn profile_help() -> String {
    let known: Vec<&str> = Profile::all().map(Profile::as_str).collect();
    format!("How it is asked: {}; left out: guessed from the model's name", known.join(", "))
}

fn profile(text: &str) -> Result<ChosenProfile, String> {
    match text.trim() {
        "" => Ok(ChosenProfile(None)),
        name => name.parse().map(Some).map(ChosenProfile).map_err(|error: ConfigError| error.to_string()),
    }
}

fn languages(text: &str) -> Result<Languages, String> {
    let names: Vec<String> = text.split('+').map(|name| name.trim().to_owned()).collect();
    let is_valid =
        |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if names.iter().any(|name| name.eq_ignore_ascii_case(RunOptions::DETECT)) {
        Err("auto is for a request's language; OCR_LANGUAGES names those of pages whose script is unsure".to_owned())
    } else if names.iter().all(is_valid) {
        Ok(Languages(names))
    } else {
        Err("languages such as eng+deu were expected".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_tags_or_names_joined_by_a_plus() {
        assert_eq!(languages("eng + chi_sim+pt-BR").unwrap().names(), ["eng", "chi_sim", "pt-BR"]);
        for wrong in ["", "eng+", "../eng", "en us", "auto", "eng+auto"] {
            assert!(languages(wrong).is_err(), "{wrong:?}");
        }
    }
}

use std::collections::HashMap;

use inkstream_core::prices::Prices;
use inkstream_engines::{ApiKey, ConfigError, Marked, OpenAiConfig, Profile};
use inkstream_native::embedded_engines;
use inkstream_wire::PDF_TEXT;

use super::{EngineSettings, FileEngine, engine::MAX_ANSWER};

/// All engines: those of the file, the one of the `LLM_…` settings, and the embedded ones.
#[derive(Debug, Clone)]
pub struct EngineCatalog {
    /// The servers, in order. The embedded engines come after them.
    pub servers: Vec<OpenAiConfig>,
    /// The name of the engine for requests that name none.
    pub default: String,
    /// The engines' prices.
    pub prices: Prices,
}

impl EngineCatalog {
    /// Combines the engines. Returns one line for each setting that is wrong.
    pub(super) fn from_settings(settings: &EngineSettings) -> Result<Self, Vec<String>> {
        let file = &settings.engines_file;
        let mut servers: Vec<OpenAiConfig> = Vec::new();
        let mut problems = Vec::new();
        let own = settings.base_url().map(|base_url| own_server(settings, base_url));
        let own_name = own.as_ref().map(|_| settings.llm_model.as_str());
        problems.extend(own_name.and_then(name_problem));
        for engine in &file.engines {
            let known = is_embedded(&engine.name) || own_name == Some(engine.name.as_str());
            match &engine.server {
                Some(_) if known => problems.push(problem_in_file(engine, "there is an engine of this name without the file")),
                Some(server) => servers.push(OpenAiConfig { fallback: engine.fallback.clone(), ..server.clone() }),
                None if !known => problems.push(problem_in_file(
                    engine,
                    "no engine has this name, and without base_url this is none; LLM_MODEL names the one of LLM_BASE_URL",
                )),
                None if is_embedded(&engine.name) && engine.fallback.is_some() => {
                    problems.push(problem_in_file(engine, "the embedded engine has no fallback: it is there whenever the server is"));
                }
                None => {}
            }
        }
        match own.transpose() {
            Ok(own) => servers.extend(own),
            Err(error) => problems.push(format!("LLM_API_KEY: {error}")),
        }
        problems.extend(fallback_problems(&servers, settings));
        if !problems.is_empty() {
            return Err(problems);
        }
        let marked = file.engines.iter().find(|engine| engine.default).map(|engine| engine.name.as_str());
        let first = servers.first().map(|server| server.name.as_str());
        let by_model: HashMap<_, _> =
            file.engines.iter().filter_map(|engine| Some((engine.name.clone(), engine.price?))).collect();
        Ok(Self {
            default: marked.or(own_name).or(first).or(embedded_engines().next()).unwrap_or_default().to_owned(),
            prices: Prices { currency: file.currency.clone(), by_model },
            servers,
        })
    }
}

fn is_embedded(name: &str) -> bool {
    embedded_engines().any(|embedded| embedded == name)
}

/// The server of the `LLM_…` settings has its model's name. Says why it cannot have this one.
fn name_problem(model: &str) -> Option<String> {
    let owner = match model {
        PDF_TEXT => "what the text of a PDF itself is called",
        name if is_embedded(name) => "the embedded engine's name",
        _ => return None,
    };
    Some(format!(
        "LLM_MODEL: {model} is {owner}; describe the server in ENGINES_FILE in place of LLM_BASE_URL, with a name of its own: \
         name = \"far\", model = \"{model}\" and its base_url"
    ))
}

/// The server of the `LLM_…` settings.
fn own_server(settings: &EngineSettings, base_url: &str) -> Result<OpenAiConfig, ConfigError> {
    let model = settings.llm_model.clone();
    let of_file = settings.engines_file.engines.iter().find(|engine| engine.name == model);
    let fallback = settings.fallback().map(str::to_owned);
    Ok(OpenAiConfig {
        name: model.clone(),
        profile: settings.llm_profile.0.unwrap_or_else(|| Profile::guess(&model)),
        model,
        fallback: fallback.or_else(|| of_file.and_then(|engine| engine.fallback.clone())),
        base_url: base_url.to_owned(),
        api_key: settings.api_key().map(ApiKey::parse).transpose()?,
        connect_timeout: settings.llm_connect_timeout,
        first_token_timeout: settings.llm_first_token_timeout,
        read_timeout: settings.llm_read_timeout,
        concurrency: settings.llm_concurrency,
        max_answer_bytes: MAX_ANSWER,
        max_tokens: None,
        max_side: None,
        temperatures: None,
        page_numbers: Marked::default(),
        watermarks: Marked::default(),
        extra: serde_json::Map::new(),
        omit: Vec::new(),
    })
}

/// Finds fallbacks that name no engine, or that form a cycle.
fn fallback_problems(servers: &[OpenAiConfig], settings: &EngineSettings) -> Vec<String> {
    let server = |name: &str| servers.iter().find(|server| server.name == name);
    let next = |name: &&str| server(name)?.fallback.as_deref();
    let problems = servers.iter().filter_map(|server| {
        let fallback = server.fallback.as_deref()?;
        // An engine in a cycle is reached again within as many steps as there are engines.
        let mut steps = std::iter::successors(Some(fallback), next).take(servers.len());
        let reason = if !is_embedded(fallback) && servers.iter().all(|other| other.name != fallback) {
            "its fallback is no engine that there is"
        } else if steps.any(|name| name == server.name) {
            "the fallbacks go in a circle"
        } else {
            return None;
        };
        let engine = settings.engines_file.engines.iter().find(|engine| engine.name == server.name);
        let engine = engine.filter(|engine| engine.server.is_some() || settings.fallback().is_none());
        Some(engine.map_or_else(|| format!("LLM_FALLBACK: {reason}"), |engine| problem_in_file(engine, reason)))
    });
    problems.collect()
}

fn problem_in_file(engine: &FileEngine, reason: &str) -> String {
    format!("ENGINES_FILE: line {}: {reason}", engine.line)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    /// The engines of a file and of these arguments.
    fn engine_catalog(file: &str, arguments: &[&str]) -> Result<EngineCatalog, Vec<String>> {
        let mut file_on_disk = tempfile::NamedTempFile::new().unwrap();
        file_on_disk.write_all(file.as_bytes()).unwrap();
        let path = file_on_disk.path().to_str().unwrap();
        let command = EngineSettings::augment_args(clap::Command::new("test").no_binary_name(true));
        let matches = command.try_get_matches_from([&["--engines-file", path], arguments].concat()).unwrap();
        EngineSettings::from_arg_matches(&matches).unwrap().engine_catalog()
    }

    fn names(engine_catalog: &EngineCatalog) -> Vec<&str> {
        engine_catalog.servers.iter().map(|server| server.name.as_str()).collect()
    }

    fn server(name: &str, rest: &str) -> String {
        format!("[[engine]]\nname = \"{name}\"\nbase_url = \"http://gpu/v1\"\n{rest}\n")
    }

    const OWN: [&str; 4] = ["--llm-base-url", "http://own/v1", "--llm-model", "own"];

    #[test]
    fn engines_of_the_file_come_in_order_before_that_of_the_environment() {
        let file = server("b", "") + &server("a", "");
        let catalog_of = |file: &str, arguments: &[&str]| engine_catalog(file, arguments).unwrap();
        assert_eq!(names(&catalog_of(&file, &OWN)), ["b", "a", "own"]);
        assert_eq!(catalog_of(&file, &OWN).default, "own");
        assert_eq!(catalog_of(&file, &[]).default, "b");
        assert_eq!(catalog_of("", &[]).default, "embedded");
        assert_eq!(catalog_of(&server("a", "default = true"), &OWN).default, "a");
        let marked = "[[engine]]\nname = \"tesseract\"\ndefault = true\n";
        assert_eq!(catalog_of(marked, &OWN).default, "tesseract");
    }

    #[test]
    fn the_file_may_give_an_existing_engine_a_price_and_a_fallback() {
        let file =
            "currency = \"EUR\"\n[[engine]]\nname = \"own\"\nfallback = \"tesseract\"\nprice = { thousand_pages = 1 }";
        let given = engine_catalog(file, &OWN).unwrap();
        assert_eq!(given.servers[0].fallback.as_deref(), Some("tesseract"));
        assert!((given.prices.by_model["own"].thousand_pages - 1.0).abs() < f64::EPSILON);
        let fallback = [&OWN[..], &["--llm-fallback", "a"]].concat();
        let given = engine_catalog(&(file.to_owned() + "\n" + &server("a", "")), &fallback).unwrap();
        assert_eq!(given.servers[1].fallback.as_deref(), Some("a"), "the environment takes precedence over the file");
    }

    #[test]
    fn a_profile_is_the_chosen_one_or_guessed_from_the_model_s_name() {
        let profile =
            |arguments: &[&str]| engine_catalog("", &[&OWN[..2], arguments].concat()).unwrap().servers[0].profile;
        assert_eq!(profile(&["--llm-model", "allenai/olmOCR-7B"]), "olmocr".parse().unwrap());
        assert_eq!(profile(&["--llm-model", "allenai/olmOCR-7B", "--llm-profile", "plain"]), Profile::default());
    }

    #[test]
    fn contradicting_settings_are_reported_with_their_line() {
        let circle = server("a", "fallback = \"b\"") + &server("b", "fallback = \"a\"");
        for (file, arguments, expected) in [
            (server("own", ""), &OWN[..], "ENGINES_FILE: line 2: there is"),
            (server("tesseract", ""), &[], "ENGINES_FILE: line 2: there is"),
            ("[[engine]]\nname = \"own\"".to_owned(), &[], "ENGINES_FILE: line 2: no engine"),
            (
                "[[engine]]\nname = \"tesseract\"\nfallback = \"tesseract\"".to_owned(),
                &[],
                "the embedded engine has no",
            ),
            (server("a", "fallback = \"z\""), &[], "ENGINES_FILE: line 2: its fallback"),
            (server("a", "fallback = \"a\""), &[], "ENGINES_FILE: line 2: the fallbacks go in a circle"),
            (circle, &[], "ENGINES_FILE: line 6: the fallbacks go in a circle"),
            (String::new(), &[&OWN[..], &["--llm-fallback", "z"]].concat(), "LLM_FALLBACK: its fallback"),
            (String::new(), &[&OWN[..], &["--llm-fallback", "own"]].concat(), "LLM_FALLBACK: the fallbacks"),
            (
                String::new(),
                &[&OWN[..2], &["--llm-model", "tesseract"]].concat(),
                "name = \"far\", model = \"tesseract\"",
            ),
            (String::new(), &[&OWN[..2], &["--llm-model", "pdf-text"]].concat(), "LLM_MODEL: pdf-text"),
            (String::new(), &[&OWN[..], &["--llm-api-key", "a b"]].concat(), "LLM_API_KEY: "),
        ] {
            let problems = engine_catalog(&file, arguments).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}: {problems:?}");
        }
    }
}

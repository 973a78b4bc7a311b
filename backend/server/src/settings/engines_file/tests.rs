use std::time::Duration;

use inkstream_core::prices::Price;
use inkstream_engines::{Marked, Profile};
use serde_json::json;

use super::*;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/engines.example.toml");

/// The one engine of a file with these lines below its `[[engine]]`.
fn one(lines: &str) -> Result<FileEngine, String> {
    parse(&format!("[[engine]]\n{lines}")).map(|mut file| file.engines.remove(0))
}

#[test]
fn the_example_parses_with_and_without_its_comment_signs() {
    EXAMPLE.parse::<EnginesFile>().unwrap();
    let text = fs::read_to_string(EXAMPLE).unwrap();
    // A commented setting has no space after its sign, as in .env.example.
    let bare = text.lines().map(|line| match line.strip_prefix('#') {
        // The environment of a test has no keys.
        Some(setting) if setting.starts_with("key_env") => "",
        Some(setting) if !setting.starts_with(' ') => setting,
        _ => line,
    });
    let all = parse(&bare.collect::<Vec<_>>().join("\n")).unwrap();
    assert!(all.engines.iter().filter(|engine| engine.server.is_some()).count() > 1);
    let words = [
        "name",
        "model",
        "base_url",
        "key",
        "key_env",
        "profile",
        "concurrency",
        "connect_timeout",
        "first_token_timeout",
        "read_timeout",
        "max_tokens",
        "max_side",
        "temperatures",
        "page_numbers",
        "watermarks",
        "extra",
        "fallback",
        "price",
        "default",
    ];
    for word in words {
        let set = |line: &str| line.trim_start_matches('#').trim_start_matches('[').starts_with(word);
        assert!(text.lines().any(set) || text.contains(&format!("engine.{word}]")), "{word} is not in the example");
    }
}

#[test]
fn an_engine_has_its_settings_and_defaults_for_the_rest() {
    let engine = one("model = \"nanonets/Nanonets-OCR-s\"\nbase_url = \"http://gpu:8000/v1\"").unwrap();
    let server = engine.server.unwrap();
    assert_eq!((engine.name.as_str(), server.name.as_str()), ("nanonets/Nanonets-OCR-s", "nanonets/Nanonets-OCR-s"));
    assert_eq!((server.profile, server.concurrency), (Profile::guess("nanonets/Nanonets-OCR-s"), 16));
    assert_eq!((server.read_timeout, server.page_numbers), (Duration::from_secs(30), Marked::Keep));
    assert!(server.api_key.is_none() && engine.price.is_none() && !engine.default);

    let engine = one(
        "name = \"fast\"\nmodel = \"m\"\nbase_url = \"https://gpu/v1\"\nkey = \"sk-1\"\nprofile = \"olmocr\"\n\
         concurrency = 8\nread_timeout = \"1m 30s\"\nmax_tokens = 4096\nmax_side = 1288\ntemperatures = [0, 0.5]\n\
         watermarks = \"drop\"\nomit = [\"temperature\", \"vllm_xargs\"]\nextra = { top_k = 1, nested = { list = [1.5, true, \"a\"] } }\nfallback = \"tesseract\"\n\
         default = true\n",
    )
    .unwrap();
    assert_eq!((engine.name.as_str(), engine.line, engine.fallback.as_deref()), ("fast", 2, Some("tesseract")));
    assert!(engine.default);
    let server = engine.server.unwrap();
    assert_eq!((server.name.as_str(), server.model.as_str()), ("fast", "m"));
    assert_eq!((server.profile, server.concurrency), ("olmocr".parse().unwrap(), 8));
    assert_eq!((server.read_timeout, server.watermarks), (Duration::from_secs(90), Marked::Drop));
    assert_eq!(
        (server.max_tokens, server.max_side, server.temperatures),
        (Some(4096), Some(1288), Some(vec![0.0, 0.5]))
    );
    let extra = json!({"top_k": 1, "nested": {"list": [1.5, true, "a"]}});
    assert_eq!(serde_json::Value::Object(server.extra), extra);
    assert!(server.api_key.is_some());
    assert_eq!(server.omit, ["temperature", "vllm_xargs"]);
}

#[test]
fn a_model_may_have_the_name_of_another_engine_if_its_own_engine_has_not() {
    for model in ["tesseract", "pdf-text"] {
        let lines = format!("name = \"far\"\nmodel = \"{model}\"\nbase_url = \"http://far:8000/v1\"");
        assert_eq!(one(&lines).unwrap().server.unwrap().model, model);
    }
}

#[test]
fn prices_are_parsed_by_name_and_default_to_nothing() {
    let text =
        "currency = \"EUR\"\n[[engine]]\nmodel = \"a\"\nprice = { thousand_pages = 2 }\n[[engine]]\nname = \"b\"\n";
    let file = parse(text).unwrap();
    assert_eq!(file.currency.as_deref(), Some("EUR"));
    let prices: Vec<_> = file.engines.iter().map(|engine| (engine.name.as_str(), engine.price)).collect();
    assert_eq!(prices, [("a", Some(Price { thousand_pages: 2.0, ..Price::default() })), ("b", None)]);
    assert!("".parse::<EnginesFile>().unwrap().engines.is_empty());
}

#[test]
fn problems_are_reported_with_their_line() {
    let price = |value: &str| {
        format!("currency = \"EUR\"\n\n[[engine]]\nmodel = \"m\"\n[engine.price]\nthousand_pages = {value}\n")
    };
    let server = |line: &str| format!("[[engine]]\nmodel = \"m\"\nbase_url = \"http://gpu/v1\"\n{line}\n");
    for (text, wrong) in [
        (price("-0.5"), Some(6)),
        (price("nan"), Some(6)),
        (price("inf"), Some(6)),
        (price("\"2\""), Some(6)),
        (price("1\nthousand_page = 1"), Some(7)),
        (price("1\n[[engine]]\nmodel = \"m\""), Some(8)),
        (price("1").replace("EUR", "euro"), Some(1)),
        (price("1").replace("currency = \"EUR\"", ""), None),
        ("currency = \"EUR\"\n[[engine]]\nnam = \"m\"".to_owned(), Some(3)),
        ("currency = \"EUR\"\n[[engine]]\nmodel = \" \"".to_owned(), Some(3)),
        ("currency = \"EUR\"\n\n[[engine]]\nfallback = \"m\"".to_owned(), Some(3)),
        ("currency =".to_owned(), Some(1)),
        (server("base_url = \"http://other/v1\""), Some(4)),
        (server("").replace("http://gpu", "gpu:8000"), Some(3)),
        (server("").replace("http://gpu", "http://me:pw@gpu"), Some(3)),
        (server("").replace("\"m\"", "\"pdf-text\""), Some(2)),
        (server("name = \"pdf-text\""), Some(4)),
        (server("profile = \"gpt\""), Some(4)),
        (server("concurrency = 0"), Some(4)),
        (server("read_timeout = \"soon\""), Some(4)),
        (server("read_timeout = 30"), Some(4)),
        (server("max_side = 1"), Some(4)),
        (server("temperatures = [3]"), Some(4)),
        (server("temperatures = []"), Some(4)),
        (server("page_numbers = \"hide\""), Some(4)),
        (server("extra = { stream = false }"), Some(4)),
        (server("omit = [\"messages\"]"), Some(4)),
        (server("omit = \"temperature\""), Some(4)),
        (server("extra = { since = 2026-01-01 }"), Some(4)),
        (server("key = \"a\"\nkey_env = \"PATH\""), Some(2)),
        (server("default = true\n[[engine]]\nname = \"n\"\ndefault = true"), Some(6)),
        ("[[engine]]\nname = \"tesseract\"\nmax_side = 900".to_owned(), Some(2)),
    ] {
        let reason = parse(&text).unwrap_err();
        let line = reason.strip_prefix("line ").map(|rest| rest.split(':').next().unwrap().parse().unwrap());
        assert_eq!(line, wrong, "{text}: {reason}");
        assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}");
    }
    assert!("/nowhere/engines.toml".parse::<EnginesFile>().is_err());
}

#[test]
fn a_key_is_never_shown_wherever_it_is_written() {
    for line in [
        "key = 5432154321",
        "key = [\"5432154321\"]",
        "key = \"5432154321 \u{e4}\"",
        "key = 5432154321 and more",
        "key = \"5432154321\"\nkey_env = \"5432154321\"",
        "key_env = \"5432154321\"",
        "key_env = \"sk-5432154321\"",
        "base_url = \"5432154321\"",
        "read_timeout = \"5432154321x\"",
    ] {
        let reason = one(&format!("model = \"m\"\n{line}")).unwrap_err();
        assert!(!reason.contains("5432154321") && reason.starts_with("line "), "{line}: {reason}");
    }
    let engine = one("model = \"m\"\nbase_url = \"http://gpu/v1\"\nkey = \"5432154321\"").unwrap();
    assert!(!format!("{engine:?}").contains("5432154321"));
}

#[test]
fn a_key_may_come_from_the_environment() {
    let engine = one("model = \"m\"\nbase_url = \"http://gpu/v1\"\nkey_env = \"CARGO_MANIFEST_DIR\"").unwrap();
    assert!(engine.server.unwrap().api_key.is_some());
    assert!(one("model = \"m\"\nbase_url = \"http://gpu/v1\"\nkey_env = \"NO_SUCH_VARIABLE\"").is_err());
}

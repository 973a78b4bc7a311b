//! The binary itself: settings, exit codes, migrations.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
};

/// The binary with an empty environment, in a folder of its own.
fn inkstream(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inkstream"))
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .args(arguments)
        .output()
        .unwrap()
}

fn errors(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect()
}

#[test]
fn every_wrong_setting_is_named_in_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        ("PORT", "eighty"),
        ("MAX_UPLOAD_BYTES", "much"),
        ("DOCUMENT_TTL", "a day"),
        ("CORS_ORIGINS", "a.example"),
        ("LOG_FORMAT", "xml"),
        ("LLM_BASE_URL", "gpu:8000"),
    ];
    let output = inkstream(folder.path(), &wrong, &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert_eq!(errors.len(), wrong.len(), "{errors:#?}");
    for (name, _) in wrong {
        assert_eq!(
            errors.iter().filter(|line| line.starts_with(&format!("inkstream: {name} "))).count(),
            1,
            "{errors:#?}"
        );
    }
}

#[test]
fn settings_that_contradict_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [("AUTH_ENABLED", "true"), ("MAX_RUNS", "2"), ("MAX_RUNS_PER_CLIENT", "3")];
    let output = inkstream(folder.path(), &wrong, &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert!(
        errors[0].starts_with("inkstream: AUTH_ENABLED: ") && errors[1].starts_with("inkstream: MAX_RUNS_PER_CLIENT: ")
    );
}

#[test]
fn settings_come_from_dotenv_where_the_environment_has_none() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "PORT=eighty\nMAX_PAGES=none\n").unwrap();
    let errors = errors(&inkstream(folder.path(), &[("MAX_PAGES", "7")], &["serve"]));
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains("PORT"));
}

#[test]
fn a_secret_is_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("DATABASE_URL", "mysql://me:hunter2@db/x"), ("PORT", "0")];
    let output = inkstream(folder.path(), &environment, &["serve"]);
    assert!(!output.status.success());
    assert!(errors(&output).iter().any(|line| line.contains("DATABASE_URL")));
    assert!(!format!("{output:?}").contains("hunter2"));
    let help = inkstream(folder.path(), &environment, &["serve", "--help"]);
    assert!(!format!("{help:?}").contains("hunter2"));
}

#[test]
fn help_shows_every_setting_with_its_default() {
    let folder = tempfile::tempdir().unwrap();
    let output = inkstream(folder.path(), &[], &["serve", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    for (name, default) in [
        ("HOST", "127.0.0.1"),
        ("PORT", "8000"),
        ("DATA_DIR", "./data"),
        ("MAX_UPLOAD_BYTES", "50MiB"),
        ("MAX_PAGES", "1000"),
        ("DOCUMENT_TTL", "24h"),
        ("OCR_LANGUAGES", "eng"),
        ("AUTH_ENABLED", "false"),
    ] {
        assert!(help.contains(&format!("[env: {name}=]")) && help.contains(&format!("[default: {default}]")), "{name}");
    }
    for name in ["DATABASE_URL", "LLM_BASE_URL", "LLM_API_KEY", "METRICS_TOKEN", "PDFIUM_LIBRARY", "TESSDATA_DIR"] {
        assert!(help.contains(name), "{name}");
    }
}

/// `.env.example` promises defaults; this keeps the promise.
#[test]
fn the_example_of_dotenv_shows_the_defaults() {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let help = String::from_utf8(inkstream(folder.path(), &[], &["serve", "--help"]).stdout).unwrap();
    let of_the_server = example.split("# --- docker compose").next().unwrap();
    let set = of_the_server.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    for (name, value) in set {
        // A secret's line shows no value, not even an empty one.
        let shown = [format!("[env: {name}=]"), format!("[env: {name}]")];
        let rest = shown.iter().find_map(|shown| help.split_once(shown.as_str()));
        let Some((_, rest)) = rest else { panic!("{name} is no setting") };
        let rest = rest.trim_start();
        let default =
            rest.strip_prefix("[default: ").and_then(|rest| rest.split_once(']')).map_or("", |(text, _)| text);
        assert_eq!(value, default.trim_matches('"'), "{name}");
    }
}

#[test]
fn migrations_go_up_and_down_and_show_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = inkstream(folder.path(), &[], arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&["migrate", "status"]).starts_with("pending"));
    assert!(run(&["migrate", "up"]).lines().all(|line| line.starts_with("applied")));
    assert!(run(&["migrate", "down"]).lines().last().unwrap().starts_with("pending"));
}

#[test]
fn the_description_is_written_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let output = inkstream(folder.path(), &[], &["openapi"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["paths"]["/api/ocr/image"]["post"].is_object());
}

#[test]
fn a_wrong_command_line_and_a_missing_file_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["dance"][..], &["ocr"], &["ocr", "missing.png"], &["ocr", "."], &["worker-like"]] {
        let output = inkstream(folder.path(), &[], arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty());
    }
}

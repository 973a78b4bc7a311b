//! The binary itself: settings, exit codes, migrations, accounts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use inkstream_core::ports::{AuditTrail as _, PasswordStore as _};
use inkstream_wire::AuditKind;

/// The binary with an empty environment, in a folder of its own.
fn command(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inkstream"));
    command.current_dir(folder).env_clear().envs(environment.iter().copied()).args(arguments);
    command
}

/// Runs it to its end, and returns its output.
fn inkstream(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(folder, environment, arguments).stdin(Stdio::null()).output().unwrap()
}

/// The same with this on its stdin.
fn inkstream_with_stdin(folder: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut command = command(folder, &[], arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// A running server; dropping this kills it.
struct Server {
    child: Child,
    address: String,
    /// Its log until it listened.
    log: Vec<String>,
}

impl Server {
    fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = command(folder, environment, &["serve"]);
        let child = command.env("PORT", "0").stderr(Stdio::piped()).spawn().unwrap();
        let mut server = Self { child, address: String::new(), log: Vec::new() };
        // Keep the pipe open, so that the server can write its log.
        let mut stderr = BufReader::new(server.child.stderr.as_mut().unwrap());
        while server.address.is_empty() {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it did not start: {:#?}", server.log);
            if let Some((_, rest)) = line.split_once("listening on http://") {
                rest.split_whitespace().next().unwrap().clone_into(&mut server.address);
            }
            server.log.push(line);
        }
        server
    }

    /// The status of the answer to a request, and all of the answer.
    fn status(&self, head: &str, body: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        let head = format!("{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn errors(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect()
}

#[test]
fn every_wrong_setting_is_reported_on_its_own_line() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        ("HOST", "example.org"),
        ("PORT", "eighty"),
        ("DATABASE_URL", "mysql://db/x"),
        ("LOG_LEVEL", "zzz"),
        ("QUEUE_MAX", "-1"),
        ("MAX_UPLOAD_BYTES", "much"),
        ("DOCUMENT_TTL", "a day"),
        ("CORS_ORIGINS", "a.example"),
        ("BASE_PATH", "/a//b"),
        ("LOG_FORMAT", "xml"),
        ("LLM_BASE_URL", "gpu:8000"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("ALLOWED_HOSTS", "https://ocr.example"),
        ("ANON_USERNAME", "any one"),
        ("ALGORITHM", "none"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "0"),
        ("SESSION_LIFETIME", "9000years"),
        ("QUOTA_PAGES", "-1"),
        ("RATE_LIMIT_USER", "many"),
        ("MAX_RUNS_ANONYMOUS", "0"),
        ("ENGINES_FILE", "missing.toml"),
        ("LLM_PROFILE", "gpt"),
    ];
    let output = inkstream(folder.path(), &wrong, &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert_eq!(errors.len(), wrong.len(), "{errors:#?}");
    for (name, _) in wrong {
        let named = |line: &&String| {
            let rest = line.strip_prefix("inkstream: ").and_then(|line| line.strip_prefix(name));
            // A secret's value is not shown after its name.
            rest.is_some_and(|rest| rest.starts_with([' ', ':']))
        };
        assert_eq!(errors.iter().filter(named).count(), 1, "{name}: {errors:#?}");
    }
}

#[test]
fn contradicting_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [("BOOTSTRAP_USER", "ada"), ("MAX_RUNS", "2"), ("MAX_RUNS_PER_CLIENT", "3")];
    let output = inkstream(folder.path(), &wrong, &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert!(
        errors[0].starts_with("inkstream: BOOTSTRAP_USER: ")
            && errors[1].starts_with("inkstream: MAX_RUNS_PER_CLIENT: ")
    );
}

#[test]
fn invalid_secrets_are_refused_on_a_line_each_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        ("SECRET_KEY", "seven77"),
        ("SECRET_KEY_PREVIOUS", "long enough,six666"),
        ("BOOTSTRAP_USER", "ada"),
        ("BOOTSTRAP_PASS", "password1"),
    ];
    let output = inkstream(folder.path(), &wrong, &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert_eq!(errors.len(), 3, "{errors:#?}");
    for (line, name) in errors.iter().zip(["SECRET_KEY", "SECRET_KEY_PREVIOUS", "BOOTSTRAP_PASS"]) {
        assert!(line.starts_with(&format!("inkstream: {name}: ")), "{errors:#?}");
    }
    assert!(!wrong.iter().any(|(_, value)| errors.iter().any(|line| line.contains(value))), "{errors:#?}");
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

#[test]
fn a_wrong_engines_file_is_refused_with_its_name_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = "currency = \"EUR\"\n[[engine]]\nmodel = \"m\"\n[engine.price]\nthousand_pages = -1\n";
    fs::write(folder.path().join("prices.toml"), text).unwrap();
    for arguments in [&["serve"][..], &["ocr", "page.png"], &["engines"]] {
        let output = inkstream(folder.path(), &[("ENGINES_FILE", "prices.toml")], arguments);
        assert_eq!(output.status.code(), Some(2));
        let errors = errors(&output);
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert!(errors[0].starts_with("inkstream: ENGINES_FILE (\"prices.toml\"): line 5: "), "{errors:?}");
    }
}

#[test]
fn contradicting_engines_are_refused_with_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[engine]]\nname = \"nobody\"\nfallback = \"tesseract\"\n\n[[engine]]\nname = \"a\"\n\
                base_url = \"http://gpu/v1\"\nfallback = \"a\"\n";
    fs::write(folder.path().join("engines.toml"), text).unwrap();
    for arguments in [&["serve"][..], &["ocr", "page.png"], &["engines"]] {
        let output = inkstream(folder.path(), &[("ENGINES_FILE", "engines.toml")], arguments);
        assert_eq!(output.status.code(), Some(2));
        let errors = errors(&output);
        let expected = ["inkstream: ENGINES_FILE: line 2: no engine", "inkstream: ENGINES_FILE: line 6: the fallbacks"];
        assert!(
            errors.len() == 2 && errors.iter().zip(expected).all(|(line, begin)| line.starts_with(begin)),
            "{errors:?}"
        );
    }
}

#[test]
fn settings_come_from_dotenv_if_the_environment_has_none() {
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
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).iter().any(|line| line.contains("DATABASE_URL")));
    assert!(!format!("{output:?}").contains("hunter2"));
    let output = inkstream(folder.path(), &[("LLM_BASE_URL", "http://me:hunter2@gpu/v1")], &["serve"]);
    assert!(errors(&output)[0].starts_with("inkstream: LLM_BASE_URL: ") && !format!("{output:?}").contains("hunter2"));
    let secrets = [
        ("DATABASE_URL", "postgres://me:hunter2@db/x"),
        ("SECRET_KEY", "hunter2"),
        ("SECRET_KEY_PREVIOUS", "hunter2,hunter2"),
        ("BOOTSTRAP_USER", "hunter2"),
        ("BOOTSTRAP_PASS", "hunter2"),
        ("LLM_BASE_URL", "http://me:hunter2@gpu/v1"),
        ("LLM_API_KEY", "hunter2"),
        ("METRICS_TOKEN", "hunter2"),
        ("SHARED_TOKEN", "hunter2"),
    ];
    let help = inkstream(folder.path(), &secrets, &["serve", "--help"]);
    assert!(help.status.success() && !format!("{help:?}").contains("hunter2"));
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
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "60"),
        ("SESSION_LIFETIME", "30d"),
        ("RATE_LIMIT_ADDRESS", "1200"),
        ("MAX_RUNS_PER_ADDRESS", "32"),
        ("ALLOW_URL_FETCH", "false"),
        ("URL_FETCH_TIMEOUT", "20s"),
    ] {
        assert!(help.contains(&format!("[env: {name}=]")) && help.contains(&format!("[default: {default}]")), "{name}");
    }
    for name in [
        "DATABASE_URL",
        "LLM_BASE_URL",
        "LLM_API_KEY",
        "METRICS_TOKEN",
        "SHARED_TOKEN",
        "PDFIUM_LIBRARY",
        "TESSDATA_DIR",
        "SECRET_KEY",
        "BOOTSTRAP_PASS",
        "QUOTA_PAGES",
        "ENGINES_FILE",
        "LLM_PROFILE",
        "LLM_FALLBACK",
        "TRUSTED_PROXIES",
    ] {
        assert!(help.contains(name), "{name}");
    }
}

/// `.env.example` says that it shows the defaults.
#[test]
fn the_dotenv_example_shows_the_defaults() {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let help = String::from_utf8(inkstream(folder.path(), &[], &["serve", "--help"]).stdout).unwrap();
    let of_the_server = example.split("# --- Only for docker compose").next().unwrap();
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
fn migrations_go_up_and_down_and_show_their_state() {
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
fn migrate_status_creates_no_database() {
    let folder = tempfile::tempdir().unwrap();
    for environment in [&[][..], &[("DATABASE_URL", "sqlite+aiosqlite:///./other/data.db")]] {
        let status = inkstream(folder.path(), environment, &["migrate", "status"]);
        assert!(status.status.success() && status.stdout.starts_with(b"pending"), "{status:?}");
        assert!(errors(&status)[0].contains("no database yet"), "{status:?}");
        let list = inkstream(folder.path(), environment, &["user", "list"]);
        assert!(list.status.code() == Some(1) && errors(&list)[0].contains("inkstream migrate up"), "{list:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let folder = migrated();
    let page = folder.path().join("page.png");
    fs::write(&page, inkstream_testkit::fixtures::page::IMAGE).unwrap();
    for arguments in [&["openapi"][..], &["migrate", "status"], &["user", "list"], &["ocr", "page.png"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(folder.path(), &[], arguments).stdout(writer).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("inkstream:"), "{arguments:?}: {output:?}");
    }
}

#[test]
fn the_api_description_is_written_as_json() {
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

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    refused(&inkstream(folder.path(), &[], &["ocr", "no such/page.png"]), "no such/page.png: ");
}

#[test]
fn the_help_of_ocr_shows_no_server_settings() {
    let folder = tempfile::tempdir().unwrap();
    let help = String::from_utf8(inkstream(folder.path(), &[], &["ocr", "--help"]).stdout).unwrap();
    for shown in ["MAX_PIXELS", "OCR_LANGUAGES", "READ_DEADLINE", "PAGE_DEADLINE", "ENGINES_FILE"] {
        assert!(help.contains(shown), "{shown}");
    }
    for hidden in ["MAX_RUNS", "QUEUE_MAX", "DOCUMENT_TTL", "STREAM_STALL_TIMEOUT", "STREAM_MIN_RATE"] {
        assert!(!help.contains(hidden), "{hidden}");
    }
}

/// A folder with a database that is up to date.
fn migrated() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(inkstream(folder.path(), &[], &["migrate", "up"]).status.success());
    folder
}

/// Makes an account with the password "correct horse".
fn add(folder: &Path, arguments: &[&str]) -> Output {
    inkstream_with_stdin(folder, &[&["user", "add", "--password-stdin"], arguments].concat(), "correct horse\n")
}

/// A command that must succeed, and its output.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = inkstream(folder, &[], arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `user list` says of everyone: name, role, state.
fn listed(folder: &Path) -> Vec<[String; 3]> {
    let text = said(folder, &["user", "list"]);
    let row = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        [(); 3].map(|()| words.next().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

/// Asserts that a command was refused as wrong usage, in one line.
fn refused(output: &Output, expected: &str) {
    let errors = errors(output);
    assert_eq!((output.status.code(), errors.len()), (Some(2), 1), "{output:?}");
    assert!(errors[0].starts_with("inkstream: ") && errors[0].contains(expected), "{errors:?}");
}

#[test]
fn accounts_are_created_listed_and_changed_from_the_command_line() {
    let folder = migrated();
    let folder = folder.path();
    assert!(add(folder, &["Ada", "--admin"]).status.success());
    assert!(add(folder, &["zoë"]).status.success());
    let row = |name: &str, role: &str, state: &str| [name, role, state].map(str::to_owned);
    assert_eq!(listed(folder), [row("ada", "admin", "enabled"), row("zoë", "user", "enabled")]);

    said(folder, &["user", "role", "zoë", "admin"]);
    said(folder, &["user", "disable", "ADA"]);
    assert_eq!(listed(folder), [row("ada", "admin", "disabled"), row("zoë", "admin", "enabled")]);
    said(folder, &["user", "enable", "ada"]);
    said(folder, &["user", "role", "zoë", "user"]);
    assert_eq!(listed(folder), [row("ada", "admin", "enabled"), row("zoë", "user", "enabled")]);
}

#[test]
fn invalid_names_and_passwords_are_refused() {
    let folder = migrated();
    let folder = folder.path();
    assert!(add(folder, &["ada", "--admin"]).status.success());
    refused(&add(folder, &["ADA"]), "taken");
    refused(&add(folder, &["a/b"]), "username");
    for (name, password) in [("eve", "password1\n"), ("eve", "short\n"), ("eveadams", "EveAdams\n"), ("eve", "")] {
        refused(&inkstream_with_stdin(folder, &["user", "add", name, "--password-stdin"], password), "password");
    }
    refused(&inkstream_with_stdin(folder, &["user", "passwd", "ada", "--password-stdin"], "password1\n"), "commonest");
    for arguments in [&["passwd", "eve", "--password-stdin"][..], &["disable", "eve"], &["role", "a/b", "admin"]] {
        refused(
            &inkstream_with_stdin(folder, &[&["user"], arguments].concat(), "correct horse\n"),
            "nobody has this name",
        );
    }
    for arguments in [&["user", "disable", "ada"][..], &["user", "role", "ada", "user"]] {
        refused(&inkstream(folder, &[], arguments), "admin");
    }
    assert_eq!(listed(folder).len(), 1);
}

#[test]
fn a_password_is_not_an_argument_and_is_not_prompted_for_without_a_terminal() {
    let folder = migrated();
    let output = inkstream(folder.path(), &[], &["user", "add", "ada", "--password", "correct horse"]);
    assert_eq!(output.status.code(), Some(2));
    // A session of its own has no terminal, wherever the test runs.
    let mut alone = Command::new("setsid");
    let output = alone
        .args(["--wait", env!("CARGO_BIN_EXE_inkstream"), "user", "add", "ada"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    refused(&output, "--password-stdin");
}

#[test]
fn accounts_need_a_migrated_database() {
    let folder = tempfile::tempdir().unwrap();
    let output = inkstream(folder.path(), &[], &["user", "list"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(errors(&output).len(), 1);
    assert!(errors(&output)[0].contains("inkstream migrate up"), "{output:?}");
}

#[tokio::test]
async fn actions_of_the_command_line_are_on_the_audit_trail_without_an_actor() {
    let folder = migrated();
    let data = folder.path().join("data");
    add(folder.path(), &["ada", "--admin"]);
    add(folder.path(), &["eve"]);
    let hash = async || {
        let database = inkstream_store::connect("sqlite://inkstream.db", &data).await.unwrap();
        let hash = database.credentials(&"eve".parse().unwrap()).await.unwrap().unwrap().password_hash.unwrap();
        database.close().await;
        hash
    };
    let before = hash().await;
    let changed =
        inkstream_with_stdin(folder.path(), &["user", "passwd", "eve", "--password-stdin"], "battery staple\n");
    assert!(changed.status.success(), "{changed:?}");
    assert_ne!(hash().await, before);
    said(folder.path(), &["user", "role", "eve", "admin"]);
    said(folder.path(), &["user", "disable", "eve"]);
    said(folder.path(), &["user", "enable", "eve"]);

    let database = inkstream_store::connect("sqlite://inkstream.db", &data).await.unwrap();
    let trail = database.audit(None, 4).await.unwrap();
    let events: Vec<_> = trail.iter().map(|row| (row.event, row.detail.as_deref())).collect();
    assert_eq!(
        events,
        [
            (AuditKind::UserEnabled, None),
            (AuditKind::UserDisabled, None),
            (AuditKind::RoleChanged, Some("admin")),
            (AuditKind::PasswordChanged, None),
        ]
    );
    for row in trail {
        assert_eq!((row.actor, row.subject.as_deref(), row.address), (None, Some("eve"), None));
    }
}

#[test]
fn a_secret_key_is_created_once_and_only_its_owner_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/secret_key");
    drop(Server::start(folder.path(), &[]));
    let key = fs::read_to_string(&path).unwrap();
    assert_eq!(key.trim().len(), 44, "32 bytes in Base64");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = Server::start(folder.path(), &[]);
    assert_eq!(fs::read_to_string(&path).unwrap(), key);
    assert!(!again.log.iter().any(|line| line.contains(key.trim()) || line.contains("SECRET_KEY")), "{:#?}", again.log);
    drop(again);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let output = inkstream(folder.path(), &[("PORT", "0")], &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    let refusal: Vec<_> = errors(&output).into_iter().filter(|line| line.starts_with("inkstream: ")).collect();
    assert!(refusal.len() == 1 && refusal[0].contains("secret_key: ") && refusal[0].contains("chmod 600"));
}

#[test]
fn a_weak_secret_key_is_logged_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[("SECRET_KEY", "eight888")]);
    assert!(server.log.iter().any(|line| line.contains("WARN") && line.contains("SECRET_KEY")), "{:#?}", server.log);
    assert!(!server.log.iter().any(|line| line.contains("eight888")));
    assert!(!folder.path().join("data/secret_key").exists());
}

#[test]
fn the_first_admin_is_created_once_and_not_named_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &'static str| [("BOOTSTRAP_USER", name), ("BOOTSTRAP_PASS", "correct horse")];
    let first = Server::start(folder.path(), &named("grace.hopper"));
    let told = |server: &Server| server.log.iter().filter(|line| line.contains("first admin")).count();
    assert_eq!(told(&first), 1);
    assert!(!first.log.iter().any(|line| line.contains("grace.hopper") || line.contains("correct horse")));
    drop(first);
    assert_eq!(told(&Server::start(folder.path(), &named("another"))), 0);
    let admins: Vec<_> = listed(folder.path()).into_iter().filter(|[_, role, _]| role == "admin").collect();
    assert_eq!(admins, [["grace.hopper", "admin", "enabled"].map(str::to_owned)]);
}

#[test]
fn the_anonymous_users_name_cannot_be_an_accounts() {
    let folder = migrated();
    add(folder.path(), &["ada"]);
    let output = inkstream(folder.path(), &[("PORT", "0"), ("ANON_USERNAME", "ada")], &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).iter().any(|line| line == "inkstream: ANON_USERNAME: an account has this name"));
}

#[test]
fn a_running_server_applies_a_change_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[("AUTH_ENABLED", "true")]);
    assert!(add(folder.path(), &["ada"]).status.success());
    let sign_in = |password: &str| {
        let head = "POST /api/auth/token HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded";
        server.status(head, &format!("username=ada&password={password}"))
    };
    let (status, answer) = sign_in("correct+horse");
    assert_eq!(status, 200, "{answer}");
    let token = answer.split("\"access_token\":\"").nth(1).unwrap().split('"').next().unwrap();
    let me = || server.status(&format!("GET /api/users/me HTTP/1.1\r\nauthorization: Bearer {token}"), "").0;
    assert_eq!(me(), 200);
    assert_eq!(server.status("GET /api/users/me HTTP/1.1", "").0, 401);

    let changed =
        inkstream_with_stdin(folder.path(), &["user", "passwd", "ada", "--password-stdin"], "battery staple\n");
    assert!(changed.status.success(), "{changed:?}");
    assert_eq!((me(), sign_in("correct+horse").0, sign_in("battery+staple").0), (401, 401, 200));
    said(folder.path(), &["user", "disable", "ada"]);
    assert_eq!(sign_in("battery+staple").0, 401);
    said(folder.path(), &["user", "enable", "ada"]);
    assert_eq!(sign_in("battery+staple").0, 200);
    let refusal = inkstream(folder.path(), &[], &["user", "passwd", "anonymous", "--password-stdin"]);
    refused(&refusal, "without an account");
}

#[test]
fn a_value_in_dotenv_is_taken_literally() {
    for line in ["BOOTSTRAP_PASS=Harbour2026$Light!", "export BOOTSTRAP_PASS='Harbour2026$Light!' # the first admin's"]
    {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("\u{feff}AUTH_ENABLED=true # for all\r\nBOOTSTRAP_USER=\"ada\"\r\n{line}\r\n");
        fs::write(folder.path().join(".env"), text).unwrap();
        let server = Server::start(folder.path(), &[]);
        let form = "content-type: application/x-www-form-urlencoded";
        let sign_in = |password: &str| {
            let body = format!("username=ada&password={password}");
            server.status(&format!("POST /api/auth/token HTTP/1.1\r\n{form}"), &body).0
        };
        assert_eq!((sign_in("Harbour2026%24Light!"), sign_in("Harbour2026!")), (200, 401), "{line}");
    }
}

#[test]
fn an_ambiguous_value_in_dotenv_stops_the_start_and_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let text = "PORT=0\nBOOTSTRAP_PASS=hunter2${Light}\nSECRET_KEY=hunter2\\n\nhunter2 hunter2\nPORT=1\n";
    fs::write(folder.path().join(".env"), text).unwrap();
    let output = inkstream(folder.path(), &[], &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    let begins = ["line 3: SECRET_KEY: ", "line 4: NAME=value", "line 5: PORT: ", "line 2: BOOTSTRAP_PASS: "];
    assert_eq!(errors.len(), begins.len(), "{errors:#?}");
    for begin in begins {
        assert!(
            errors.iter().any(|line| line.starts_with(&format!("inkstream: .env: {begin}"))),
            "{begin}: {errors:#?}"
        );
    }
    assert!(!format!("{output:?}").contains("hunter2"));
}

#[test]
fn a_password_may_be_typed_in_another_unicode_composition() {
    let folder = tempfile::tempdir().unwrap();
    let bootstrap = [("BOOTSTRAP_USER", " ada "), ("BOOTSTRAP_PASS", "e\u{301}te\u{301} a\u{300} la mer ")];
    let server = Server::start(folder.path(), &[&bootstrap[..], &[("AUTH_ENABLED", "true")]].concat());
    let made =
        inkstream_with_stdin(folder.path(), &["user", "add", " Eve ", "--password-stdin"], "noe\u{308}l au balcon\n");
    assert!(made.status.success(), "{made:?}");
    let head = "POST /api/auth/token HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded";
    for (name, password) in [("ada+", "%C3%A9t%C3%A9+%C3%A0+la+mer+"), ("eve", "no%C3%ABl+au+balcon")] {
        let (status, answer) = server.status(head, &format!("username={name}&password={password}"));
        assert_eq!(status, 200, "{name}: {answer}");
    }
}

#[test]
fn a_server_on_loopback_answers_to_its_own_names_and_allowed_ones() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |server: &Server, host: &str| {
        let mut connection = TcpStream::connect(&server.address).unwrap();
        let head = format!("GET /api/users/me HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        connection.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    let server = Server::start(folder.path(), &[]);
    let address = server.address.clone();
    assert_eq!(
        [asked(&server, &address), asked(&server, "localhost"), asked(&server, "evil.example")],
        [200, 200, 403]
    );
    drop(server);
    let server = Server::start(folder.path(), &[("ALLOWED_HOSTS", "ocr.example")]);
    assert_eq!(
        [asked(&server, "ocr.example"), asked(&server, "localhost"), asked(&server, "evil.example")],
        [200, 200, 403]
    );
    drop(server);
    for open in [("ALLOWED_HOSTS", "*"), ("TRUSTED_PROXIES", "127.0.0.1"), ("AUTH_ENABLED", "true")] {
        let server = Server::start(folder.path(), &[open]);
        let expected = if open.0 == "AUTH_ENABLED" { 401 } else { 200 };
        assert_eq!(asked(&server, "ocr.example"), expected, "{open:?}");
    }
}

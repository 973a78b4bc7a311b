//! `inkstream ocr` and `inkstream engines`: what they write where, and how they exit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
};

use inkstream_testkit::fixtures::{page, pdf, png};
use serde_json::Value;

/// Runs the binary to its end, with only this environment, in a folder of its own.
fn inkstream(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inkstream"));
    command.current_dir(folder).env_clear().envs(environment.iter().copied()).args(arguments);
    command.stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn errors(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect()
}

/// A port on which nothing listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn engines_are_listed_with_their_hosts_and_one_that_is_down_fails() {
    let folder = tempfile::tempdir().unwrap();
    let alone = inkstream(folder.path(), &[], &["engines"]);
    assert!(alone.status.success(), "{alone:?}");
    let rows: Vec<Vec<&str>> = stdout(&alone).lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["name", "profile", "host", "tasks", "state", "seconds"]);
    assert_eq!(rows[1][..4], ["embedded", "(default)", "embedded", "embedded"]);
    assert_eq!((rows[2][0], rows[3][0]), ("ppocr", "tesseract"));
    assert!(rows.len() == 4 && rows[1..].iter().all(|row| row[row.len() - 2] == "ready"), "{rows:?}");

    let host = format!("127.0.0.1:{}", closed_port());
    let text = format!(
        "[[engine]]\nname = \"far\"\nmodel = \"olmOCR\"\nbase_url = \"http://{host}/v1/secret-path\"\nkey = \"sk-hidden\"\n"
    );
    fs::write(folder.path().join("engines.toml"), text).unwrap();
    let environment = [("ENGINES_FILE", "engines.toml")];
    let output = inkstream(folder.path(), &environment, &["engines", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let engines: Vec<Value> = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!((engines.len(), &engines[0]["name"], &engines[1]["name"]), (4, &"far".into(), &"embedded".into()));
    assert_eq!((&engines[0]["profile"], &engines[0]["host"]), (&"olmocr".into(), &host.clone().into()));
    assert_eq!(
        (&engines[0]["default"], &engines[0]["ready"], &engines[1]["ready"]),
        (&true.into(), &false.into(), &true.into())
    );
    assert!(!engines[0]["problem"].as_str().unwrap().is_empty() && engines[0]["seconds"].is_f64());
    let table = inkstream(folder.path(), &environment, &["engines"]);
    assert!(table.status.code() == Some(1) && stdout(&table).contains("down: "), "{table:?}");
    for output in [&output, &table] {
        assert!(!format!("{output:?}").contains("sk-hidden") && !format!("{output:?}").contains("secret-path"));
    }
}

#[test]
fn unknown_choices_are_refused_with_the_valid_ones() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (["ocr", "page.png", "--task", "dance"], "markdown, text, layout, locate, figure, describe"),
        (["ocr", "page.png", "--size", "huge"], "tiny, small, base, large, gundam"),
        (["ocr", "page.png", "--text-layer", "perhaps"], "ignore, prefer"),
    ] {
        let output = inkstream(folder.path(), &[], &arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(expected), "{output:?}");
    }
    let both = inkstream(folder.path(), &[], &["ocr", "page.png", "--task", "text", "--locate", "ink"]);
    assert_eq!(both.status.code(), Some(2), "{both:?}");
}

#[test]
fn warnings_of_a_page_go_to_stderr() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("page.png"), png::mirrored(page::IMAGE)).unwrap();
    let output = inkstream(folder.path(), &[], &["ocr", "page.png", "--model", "tesseract"]);
    assert!(output.status.success() && !output.stdout.is_empty(), "{output:?}");
    let errors = errors(&output);
    assert!(errors.len() == 1 && errors[0].contains("page 1: The engine is unsure"), "{errors:?}");
}

#[test]
fn annotate_writes_an_image_beside_the_text() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("page.png"), page::IMAGE).unwrap();
    let output = inkstream(folder.path(), &[], &["ocr", "page.png", "--annotate", "out.png"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        stdout(&output).split_whitespace().collect::<Vec<_>>(),
        page::TEXT.split_whitespace().collect::<Vec<_>>()
    );
    let png = fs::read(folder.path().join("out.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n"));
    assert_ne!(png, page::IMAGE);
    let nowhere = inkstream(folder.path(), &[], &["ocr", "page.png", "--annotate", "no/such/out.png"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(nowhere.stdout.is_empty() && errors(&nowhere)[0].contains("no/such/out.png"), "{nowhere:?}");
}

#[test]
fn each_of_several_pages_has_an_annotated_image_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.pdf"), pdf::numbered(3)).unwrap();
    let output = inkstream(folder.path(), &[], &["ocr", "a.pdf", "--pages", "2-3", "--annotate", "out.png"]);
    assert!(output.status.success(), "{output:?}");
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["a.pdf", "out-2.png", "out-3.png"]);
}

#[test]
fn locate_prints_the_page_and_box_of_each_match() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.pdf"), pdf::numbered(2)).unwrap();
    let output = inkstream(folder.path(), &[], &["ocr", "a.pdf", "--locate", "the report"]);
    assert!(output.status.success(), "{output:?}");
    let lines: Vec<Vec<&str>> = stdout(&output).lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.iter().map(|line| line[0]).collect::<Vec<_>>(), ["1", "2"], "{output:?}");
    for line in &lines {
        let [x, y, width, height] = [1, 2, 3, 4].map(|at| line[at].parse::<u32>().unwrap());
        assert!(x > 0 && y > 0 && width > height && line[5].starts_with("the report"), "{line:?}");
    }
    let nowhere = inkstream(folder.path(), &[], &["ocr", "a.pdf", "--locate", "zebra"]);
    assert!(nowhere.status.success() && nowhere.stdout.is_empty(), "{nowhere:?}");
    assert!(errors(&nowhere)[0].contains("none of the pages"), "{nowhere:?}");
}

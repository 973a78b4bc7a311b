//! Rules that no lint checks: short files with meaningful names, and unsafe code in one crate only.

#![expect(clippy::expect_used, reason = "a test's own functions may fail it")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Beyond this a file does more than one thing. Tests may be longer: they are read one by one.
const LINES: usize = 450;
/// Names that do not say what is inside.
const MEANINGLESS_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "shared"];
const CODE: &[&str] = &["wire", "backend", "frontend", "bench", "e2e", "scripts"];
const SKIPPED: &[&str] = &["target", "node_modules", "dist", "results", "__pycache__"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace's folder exists")
}

/// Every file under the folders with code, relative to the workspace.
fn files() -> Vec<PathBuf> {
    let root = root();
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = CODE.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().expect("the file's type is known").is_dir() {
                if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                    folders.push(entry.path());
                }
            } else {
                files.push(entry.path().strip_prefix(&root).expect("it is below").to_owned());
            }
        }
    }
    files
}

fn rust_files() -> impl Iterator<Item = (PathBuf, String)> {
    files().into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")).map(|file| {
        let text = fs::read_to_string(root().join(&file)).expect("a Rust file is text");
        (file, text)
    })
}

fn is_test(file: &Path) -> bool {
    file.iter().any(|part| part == "tests" || part == "benches") || file.ends_with("tests.rs")
}

/// The lines before a file's own `mod tests { … }`.
fn code_lines(text: &str) -> usize {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().lines().count()
}

#[test]
fn no_file_has_a_meaningless_name() {
    let wrong: Vec<_> = files()
        .into_iter()
        .filter(|file| {
            let stem = file.file_stem().unwrap_or_default();
            let folders = file.iter();
            MEANINGLESS_NAMES.iter().any(|name| stem == *name || folders.clone().any(|folder| folder == *name))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_short() {
    let wrong: Vec<_> = rust_files()
        .filter(|(file, _)| !is_test(file))
        .map(|(file, text)| (file, code_lines(&text)))
        .filter(|(_, lines)| *lines > LINES)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_native_has_unsafe_code() {
    let uses_unsafe = |text: &str| {
        text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")).any(|line| {
            ["unsafe {", "unsafe fn ", "unsafe impl ", "unsafe extern "].iter().any(|form| line.contains(form))
        })
    };
    let wrong: Vec<_> = rust_files()
        .filter(|(file, _)| !file.starts_with("backend/native") && !file.ends_with("server/tests/tidy.rs"))
        .filter(|(_, text)| uses_unsafe(text))
        .map(|(file, _)| file)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files().filter(|(file, _)| file.starts_with("backend/native")) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (number, line) in lines.iter().enumerate() {
            let is_block = line.contains("unsafe {") && !line.starts_with("//");
            let is_impl = line.starts_with("unsafe impl ");
            let above = &lines[number.saturating_sub(8)..number];
            if (is_block || is_impl) && !above.iter().any(|line| line.contains("SAFETY:")) {
                wrong.push(format!("{}:{}", file.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

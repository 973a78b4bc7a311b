//! Rules that no lint checks: short files with meaningful names, and unsafe code in one crate only.

#![expect(clippy::expect_used, reason = "a test's own functions may fail it")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Beyond this a file does more than one thing. Tests may be longer: they are read one by one.
const LINES: usize = 450;
/// Names that do not say what is inside.
const MEANINGLESS_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "shared"];
const CODE: &[&str] = &["wire", "backend", "frontend", "bench", "e2e", "scripts"];
const SKIPPED: &[&str] = &["target", "node_modules", "dist", "results", "__pycache__"];

/// The modules of the domain, the lowest first. Each may use those before it, so that there is no circle between them.
const CORE_MODULES: &[&str] = &[
    "error",
    "owner",
    "network",
    "username",
    "image",
    "locate",
    "page_range",
    "prices",
    "metrics",
    "lifecycle",
    "live_runs",
    "quota",
    "ports",
    "text_layer",
    "engines",
    "page_reader",
    "accounts",
    "documents",
    "echo",
    "runs",
    "sweep",
];

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

#[test]
fn modules_of_the_domain_use_only_those_below_them() {
    let place = |module: &str| CORE_MODULES.iter().position(|known| *known == module);
    let mut wrong = Vec::new();
    for (file, text) in rust_files() {
        let Ok(inside) = file.strip_prefix("backend/core/src") else { continue };
        let module = inside.iter().next().unwrap_or_default().to_string_lossy().trim_end_matches(".rs").to_owned();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for used in modules_used(code) {
            if module != "lib"
                && used != module
                && place(&module).is_none_or(|own| place(&used).is_none_or(|at| at > own))
            {
                wrong.push(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The modules that a file of the crate names as `crate::module`, alone or in a group.
fn modules_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for path in code.split("crate::").skip(1) {
        let names = path.strip_prefix('{').map_or_else(|| vec![path], top_level_names);
        let first =
            |name: &str| name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
        used.extend(names.into_iter().filter_map(first).filter(|name| name.starts_with(char::is_lowercase)));
    }
    used
}

/// The parts of a group in braces, whose opening brace is gone: `a::{b, c}, d}` has `a::{b, c}` and `d`.
fn top_level_names(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut names) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(&group[begin..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn modules_are_found_alone_and_in_groups() {
    let code =
        "use crate::{\n    Error, Result,\n    a::{B, c::D},\n    e,\n};\nuse crate::f::G;\nlet x = crate::h::i();";
    assert_eq!(modules_used(code).into_iter().collect::<Vec<_>>(), ["a", "e", "f", "h"]);
}

//! The borders of docs/architecture.md, read from `cargo metadata`: which crate may know which, and where other people's
//! code may come from and under which licences.

#![expect(clippy::expect_used, clippy::panic, reason = "a test's own functions may fail it")]

use std::{collections::BTreeSet, path::Path};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use spdx::{Expression, ParseMode};

/// Each crate of the workspace with those it may depend on. Siblings never know each other.
const ARROWS: &[(&str, &[&str])] = &[
    ("inkstream-content", &[]),
    ("inkstream-wire", &["inkstream-content"]),
    ("inkstream-core", &["inkstream-content", "inkstream-wire"]),
    ("inkstream-native", &["inkstream-content", "inkstream-core", "inkstream-wire"]),
    ("inkstream-engines", &["inkstream-content", "inkstream-core", "inkstream-wire"]),
    ("inkstream-store", &["inkstream-content", "inkstream-core", "inkstream-wire"]),
    ("inkstream-export", &["inkstream-content"]),
    (
        "inkstream",
        &[
            "inkstream-content",
            "inkstream-core",
            "inkstream-wire",
            "inkstream-native",
            "inkstream-engines",
            "inkstream-store",
            "inkstream-export",
        ],
    ),
    ("inkstream-frontend", &["inkstream-content", "inkstream-wire"]),
    ("inkstream-testkit", &[]),
    ("inkstream-bench", &["inkstream-content", "inkstream-wire"]),
];

/// For tests alone, and for the backend's tests alone.
const TESTKIT: &str = "inkstream-testkit";

/// What a crate must never meet, by crate: the domain has no web framework, no SQL and no C++; wire runs in browsers.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("inkstream-content", &["tokio", "axum", "sqlx", "reqwest"]),
    ("inkstream-wire", &["tokio", "axum", "sqlx", "reqwest", "pulldown-cmark", "html5ever"]),
    ("inkstream-core", &["axum", "hyper", "sqlx", "reqwest", "async-openai", "pdfium-render", "libloading"]),
    ("inkstream-engines", &["axum", "sqlx", "libloading"]),
    ("inkstream-store", &["axum", "reqwest", "libloading"]),
    ("inkstream-native", &["axum", "sqlx", "reqwest"]),
    ("inkstream", &["sqlx", "pdfium-render", "async-openai", "libloading"]),
];

/// Licences that ask for no more than a notice, or (MPL) for changes to the licensed files themselves.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "MPL-2.0",
    "CC0-1.0",
    "BSL-1.0",
    "0BSD",
    "Unlicense",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "IJG",
];

/// The whole dependency tree on the two platforms that are built for.
fn metadata() -> Metadata {
    let platforms = ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"];
    let options = platforms.iter().flat_map(|platform| ["--filter-platform".to_owned(), (*platform).to_owned()]);
    MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"))
        .other_options(options.chain(["--locked".to_owned()]).collect::<Vec<_>>())
        .exec()
        .expect("cargo metadata reads the workspace")
}

fn may_depend(package: &str, dependency: &str, kind: DependencyKind) -> bool {
    let (_, allowed) =
        ARROWS.iter().find(|(name, _)| *name == package).unwrap_or_else(|| panic!("{package} has no place in ARROWS"));
    let for_tests = kind == DependencyKind::Development && dependency == TESTKIT;
    allowed.contains(&dependency) || (for_tests && allowed.contains(&"inkstream-core"))
}

fn ours(metadata: &Metadata) -> Vec<&Package> {
    metadata.workspace_packages()
}

fn theirs(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    let ours: BTreeSet<_> = metadata.workspace_members.iter().collect();
    metadata.packages.iter().filter(move |package| !ours.contains(&package.id))
}

#[test]
fn crates_depend_on_each_other_in_one_direction_only() {
    let metadata = metadata();
    let packages = ours(&metadata);
    let names: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let wrong: Vec<String> = packages
        .iter()
        .flat_map(|package| package.dependencies.iter().map(move |dependency| (package.name.as_str(), dependency)))
        .filter(|(_, dependency)| names.contains(dependency.name.as_str()))
        .filter(|(package, dependency)| !may_depend(package, &dependency.name, dependency.kind))
        .map(|(package, dependency)| format!("{package} -> {} ({})", dependency.name, dependency.kind))
        .collect();
    assert!(wrong.is_empty(), "arrows that the design does not have: {wrong:#?}");
}

#[test]
fn no_crate_depends_on_a_library_that_belongs_to_another() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for (name, forbidden) in FORBIDDEN {
        let package = ours(&metadata).into_iter().find(|package| package.name == *name).expect("the crate exists");
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            if forbidden.contains(&dependency.name.as_str()) {
                wrong.push(format!("{name} -> {}", dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn dependencies_come_only_from_crates_io() {
    let metadata = metadata();
    let wrong: Vec<_> = theirs(&metadata)
        .filter(|package| !package.source.as_ref().is_some_and(cargo_metadata::Source::is_crates_io))
        .map(|package| format!("{} from {:?}", package.name, package.source))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_licence_is_one_of_those_allowed() {
    let metadata = metadata();
    let wrong: Vec<_> = theirs(&metadata)
        .filter(|package| !package.license.as_deref().is_some_and(is_allowed))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a licence expression can be fulfilled with allowed licences alone. Cargo once took `A/B` for `A OR B`.
fn is_allowed(expression: &str) -> bool {
    let lax = ParseMode { allow_slash_as_or_operator: true, ..ParseMode::LAX };
    Expression::parse_mode(expression, lax).is_ok_and(|parsed| {
        parsed.evaluate(|requirement| requirement.license.id().is_some_and(|id| LICENCES.contains(&id.name)))
    })
}

#[test]
fn a_licence_expression_needs_all_of_and_but_one_of_or() {
    assert!(is_allowed("MIT OR GPL-3.0-only"));
    assert!(is_allowed("MIT/Apache-2.0"));
    assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR MIT"));
    assert!(!is_allowed("MIT AND GPL-3.0-only"));
    assert!(!is_allowed("AGPL-3.0-or-later"));
    assert!(!is_allowed("Proprietary"));
}

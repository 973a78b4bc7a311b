//! The pages that are read, with their truth: the fixtures and the samples.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::cells::{Cell, Table};

/// Where a page is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Set {
    /// Made by `bench/reading/fixtures`.
    Fixtures,
    /// Real pages and tables in `../shared/samples`, if present.
    Samples,
}

/// What is known of a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Truth {
    /// Its text in reading order.
    Text(String),
    /// Its tables. The text around them is not compared.
    Tables(Vec<Table>),
}

/// A page that is read.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) set: Set,
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Tesseract's codes joined by `+`, if known.
    pub(crate) language: Option<String>,
    /// Whether the page is turned, or is there to remain upright.
    pub(crate) tests_orientation: bool,
    pub(crate) truth: Truth,
}

/// The JSON beside a fixture's image.
#[derive(Debug, Deserialize)]
struct Description {
    group: String,
    language: String,
    text: Option<String>,
    tables: Option<Vec<Table>>,
    turned: Option<u16>,
}

/// The JSON beside a sample's image of a table.
#[derive(Debug, Deserialize)]
struct SampleTable {
    cells: Vec<Cell>,
}

/// The fixtures in a folder, by name.
pub(crate) fn fixtures(folder: &Path) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    for path in files(folder)?.into_iter().filter(|path| has_extension(path, "json")) {
        let description: Description = serde_json::from_slice(&fs::read(&path)?).with_context(|| show(&path))?;
        let truth = match (description.tables, description.text) {
            (Some(tables), _) => Truth::Tables(tables),
            (None, text) => Truth::Text(text.with_context(|| format!("{} has no truth", path.display()))?),
        };
        pages.push(Page {
            set: Set::Fixtures,
            group: description.group,
            name: stem(&path),
            path: path.with_extension("png"),
            language: Some(description.language),
            tests_orientation: description.turned.is_some(),
            truth,
        });
    }
    Ok(pages)
}

/// The samples in a folder with `pages`, `tables` and a README.md that lists their languages.
pub(crate) fn samples(folder: &Path) -> Result<Vec<Page>> {
    let languages = languages(&fs::read_to_string(folder.join("README.md"))?);
    let mut pages = Vec::new();
    for path in files(&folder.join("pages"))?.into_iter().filter(|path| !has_extension(path, "txt")) {
        let text = fs::read_to_string(path.with_extension("txt")).with_context(|| show(&path))?;
        let file = path.strip_prefix(folder)?.display().to_string();
        pages.push(Page {
            language: languages.get(&file).cloned(),
            truth: Truth::Text(text),
            ..sample(page_group(&stem(&path)), &path)
        });
    }
    for path in files(&folder.join("tables"))?.into_iter().filter(|path| has_extension(path, "json")) {
        let table: SampleTable = serde_json::from_slice(&fs::read(&path)?).with_context(|| show(&path))?;
        let group = if stem(&path).starts_with("PMC") { "tables, PubTabNet" } else { "tables, ICDAR 2013" };
        pages.push(Page { truth: Truth::Tables(vec![table.cells]), ..sample(group, &path.with_extension("png")) });
    }
    Ok(pages)
}

fn sample(group: &str, path: &Path) -> Page {
    Page {
        set: Set::Samples,
        group: group.to_owned(),
        name: stem(path),
        path: path.to_owned(),
        language: None,
        tests_orientation: group == "turned",
        truth: Truth::Tables(Vec::new()),
    }
}

fn page_group(name: &str) -> &'static str {
    match name {
        name if name.starts_with("IMG_") => "photos",
        name if name.contains("rotated") || name.contains("orientation") => "turned",
        _ => "pages",
    }
}

/// The second column of the README's table, by the first.
fn languages(readme: &str) -> HashMap<String, String> {
    let cells = |line: &str| -> Option<(String, String)> {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let (file, language) = (cells.next()?, cells.next()?);
        (!language.is_empty()).then(|| (file.to_owned(), language.to_owned()))
    };
    readme.lines().filter_map(cells).collect()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| show(folder))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_the_language_of_the_readme_and_the_truth_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "README.md",
            "| file | language |\n|---|---|\n| pages/a-rotated.png | eng+deu | x:y |\n| tables/PMC1.png |  | z |",
        );
        write("pages/a-rotated.png", "");
        write("pages/a-rotated.txt", "text");
        write("tables/PMC1.png", "");
        write("tables/PMC1.json", r#"{"cells": [{"r": 0, "c": 1, "rs": 2, "cs": 1, "t": "x"}], "nrows": 2}"#);
        let pages = samples(folder.path()).unwrap();
        assert_eq!(pages.len(), 2);
        assert_eq!(pages[0].language.as_deref(), Some("eng+deu"));
        assert_eq!(pages[0].truth, Truth::Text("text".to_owned()));
        assert!(pages[0].tests_orientation);
        assert_eq!((pages[1].group.as_str(), pages[1].language.as_deref()), ("tables, PubTabNet", None));
        assert!(matches!(&pages[1].truth, Truth::Tables(tables) if tables[0][0].row_span == 2));
    }

    #[test]
    fn a_fixture_without_truth_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.json"), r#"{"group": "books", "language": "eng"}"#).unwrap();
        assert!(fixtures(folder.path()).unwrap_err().to_string().contains("no truth"));
    }
}

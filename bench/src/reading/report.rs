//! The files with all values of the section `reading`: `reading.json`, `reading.txt`, `reliability.csv`, `reliability.svg`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::Result;
use serde::Serialize;

use super::{
    Reading,
    confidence::{self, Diagram, Reliability},
    score::{Score, Summary},
    text,
    truth::{Page, Set, Truth},
};

/// What a program made of all pages that it can read.
pub(crate) struct Outcome {
    /// The program, or the engine of Inkstream.
    pub(crate) reader: String,
    pub(crate) is_ours: bool,
    /// The maximum of the resident memory of the process that reads, in MB.
    pub(crate) peak_mb: Option<f64>,
    pub(crate) pages: Vec<PageOutcome>,
}

/// What a program made of a page.
pub(crate) struct PageOutcome {
    pub(crate) page: Page,
    pub(crate) reading: Reading,
    pub(crate) score: Score,
}

impl Outcome {
    /// The means over the pages that `wanted` selects.
    pub(crate) fn summary(&self, wanted: impl Fn(&Page) -> bool) -> Summary {
        let selected = self.pages.iter().filter(|outcome| wanted(&outcome.page));
        Summary::aggregate(&selected.map(|outcome| (outcome.score, outcome.reading.seconds)).collect::<Vec<_>>())
    }

    /// The reliability of words and of pages. A page without a confidence of its own has the mean of its words'.
    fn reliability(&self) -> (Reliability, Reliability) {
        let (mut words, mut pages) = (Reliability::default(), Reliability::default());
        for PageOutcome { page, reading, score } in &self.pages {
            let Truth::Text(truth) = &page.truth else { continue };
            let right = text::right_words(truth, reading.words.iter().map(|(word, _)| word.as_str()));
            for ((_, confidence), right) in reading.words.iter().zip(right) {
                words.add(*confidence, f64::from(u8::from(right)));
            }
            let sum: f64 = reading.words.iter().map(|(_, confidence)| confidence).sum();
            let mean = (!reading.words.is_empty()).then(|| sum / reading.words.len() as f64);
            if let (Some(confidence), Some(error)) = (reading.confidence.or(mean), score.bag_of_words_wer) {
                pages.add(confidence, 1.0 - error.min(1.0));
            }
        }
        (words, pages)
    }
}

#[derive(Serialize)]
struct Report<'a> {
    readers: Vec<ReaderEntry<'a>>,
    summary: Vec<SummaryEntry<'a>>,
    /// By reader, the worst first.
    pages: Vec<PageEntry<'a>>,
}

#[derive(Serialize)]
struct ReaderEntry<'a> {
    reader: &'a str,
    is_ours: bool,
    peak_mb: Option<f64>,
    word_calibration_error: Option<f64>,
    page_calibration_error: Option<f64>,
}

#[derive(Serialize)]
struct SummaryEntry<'a> {
    set: Set,
    group: &'a str,
    reader: &'a str,
    #[serde(flatten)]
    summary: Summary,
}

#[derive(Serialize)]
struct PageEntry<'a> {
    reader: &'a str,
    set: Set,
    group: &'a str,
    name: &'a str,
    file: &'a Path,
    #[serde(flatten)]
    score: Score,
    seconds: f64,
    confidence: Option<f64>,
    rotation: Option<u16>,
    error: Option<&'a str>,
    text: &'a str,
    tables: &'a [super::cells::Table],
}

/// Writes the files into the folder of the results.
pub(crate) fn write(folder: &Path, outcomes: &[Outcome]) -> Result<()> {
    let reliabilities: Vec<(Reliability, Reliability)> = outcomes.iter().map(Outcome::reliability).collect();
    let summary = summary(outcomes);
    let readers = outcomes.iter().zip(&reliabilities).map(|(outcome, (words, pages))| ReaderEntry {
        reader: &outcome.reader,
        is_ours: outcome.is_ours,
        peak_mb: outcome.peak_mb,
        word_calibration_error: words.expected_calibration_error(),
        page_calibration_error: pages.expected_calibration_error(),
    });
    let readers: Vec<_> = readers.collect();
    let diagrams: Vec<Diagram<'_>> = outcomes
        .iter()
        .zip(&reliabilities)
        .flat_map(|(outcome, (words, pages))| {
            let of = |unit, reliability| Diagram { reader: &outcome.reader, unit, reliability };
            [of("words", words), of("pages", pages)]
        })
        .filter(|diagram| diagram.reliability.expected_calibration_error().is_some())
        .collect();
    fs::write(folder.join("reading.txt"), table(&summary, &readers))?;
    fs::write(folder.join("reliability.csv"), confidence::csv(&diagrams))?;
    fs::write(folder.join("reliability.svg"), confidence::svg(&diagrams))?;
    let report = Report { readers, summary, pages: outcomes.iter().flat_map(pages).collect() };
    fs::write(folder.join("reading.json"), serde_json::to_vec_pretty(&report)?)?;
    Ok(())
}

/// The means of each group of pages, each reader below the other.
fn summary(outcomes: &[Outcome]) -> Vec<SummaryEntry<'_>> {
    let mut entries = BTreeMap::new();
    for (number, outcome) in outcomes.iter().enumerate() {
        for PageOutcome { page, .. } in &outcome.pages {
            entries.entry((page.set, page.group.as_str(), number)).or_insert_with(|| SummaryEntry {
                set: page.set,
                group: &page.group,
                reader: &outcome.reader,
                summary: outcome.summary(|other| other.set == page.set && other.group == page.group),
            });
        }
    }
    entries.into_values().collect()
}

fn pages(outcome: &Outcome) -> Vec<PageEntry<'_>> {
    let badness = |score: &Score| score.cer.unwrap_or_default().max(1.0 - score.cell_f1.unwrap_or(1.0));
    let mut pages: Vec<&PageOutcome> = outcome.pages.iter().collect();
    pages.sort_by(|a, b| badness(&b.score).total_cmp(&badness(&a.score)));
    pages.into_iter().map(|page| entry(outcome, page)).collect()
}

fn entry<'a>(outcome: &'a Outcome, PageOutcome { page, reading, score }: &'a PageOutcome) -> PageEntry<'a> {
    PageEntry {
        reader: &outcome.reader,
        set: page.set,
        group: &page.group,
        name: &page.name,
        file: &page.path,
        score: *score,
        seconds: reading.seconds,
        confidence: reading.confidence,
        rotation: reading.rotation,
        error: reading.error.as_deref(),
        text: &reading.text,
        tables: &reading.tables,
    }
}

fn table(summary: &[SummaryEntry<'_>], readers: &[ReaderEntry<'_>]) -> String {
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", value * 100.0));
    let mut text = format!(
        "{:<9} {:<20} {:<22} {:>5} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6}\n",
        "set", "group", "reader", "pages", "CER", "BoW WER", "order", "upright", "cell F1", "s/page"
    );
    for SummaryEntry { set, group, reader, summary } in summary {
        let set = if *set == Set::Fixtures { "fixtures" } else { "samples" };
        let upright = summary.upright.map_or_else(|| "–".to_owned(), |(right, all)| format!("{right}/{all}"));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{set:<9} {group:<20} {reader:<22} {:>5} {:>8} {:>8} {:>8} {upright:>8} {:>8} {:>6.2}",
            summary.pages,
            percent(summary.cer),
            percent(summary.bag_of_words_wer),
            percent(summary.order),
            percent(summary.cell_f1),
            summary.seconds.unwrap_or_default(),
        );
    }
    text.push('\n');
    for reader in readers {
        let peak = reader.peak_mb.map_or_else(|| "–".to_owned(), |peak| format!("{peak:.0} MB"));
        let _ = writeln!(
            text,
            "{:<22} peak memory {peak}, expected calibration error of words {}, of pages {}",
            reader.reader,
            percent(reader.word_calibration_error),
            percent(reader.page_calibration_error)
        );
    }
    text
}

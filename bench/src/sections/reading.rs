//! Measures how well the embedded engines read, beside other programs.

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::{
    Bench,
    reading::{
        Reading,
        others::{Program, Runner},
        ours::{self, installed},
        report::{self, Outcome, PageOutcome},
        score::{Score, Summary},
        truth::{self, Page, Set, Truth},
    },
    services::{self, Service},
    table::{Bar, Row},
};

/// The engine `embedded` reads with it every page whose language it knows.
const PPOCR: &str = "ppocr";
/// The role of the children that decode images. All others read.
const DECODE: &str = "decode";

/// Text, orientation, reading order, tables, time and memory of each embedded engine.
pub(crate) async fn run(bench: &Bench) -> Result<Vec<Row>> {
    let pages = pages(bench).await?;
    let mut outcomes = Vec::new();
    let engines = ours::engines(&services::inkstream(bench, None).await?).await?;
    for engine in engines.iter().filter(|engine| *engine != PPOCR) {
        eprintln!("reading {} pages with {engine}", pages.len());
        outcomes.push(read_with_engine(bench, engine, &pages).await?);
    }
    for program in Program::ALL {
        match read_with_program(bench, program, &pages).await {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => eprintln!("{} is left out: {error:#}", program.name()),
        }
    }
    report::write(&bench.results, &outcomes)?;
    eprintln!("every group and page: {}", bench.results.join("reading.txt").display());
    Ok(outcomes.iter().filter(|outcome| outcome.is_ours).flat_map(|ours| rows(ours, &outcomes)).collect())
}

/// Makes the fixtures, and takes the samples if there are any.
async fn pages(bench: &Bench) -> Result<Vec<Page>> {
    let folder = bench.results.join("fixtures");
    let mut make = Command::new(&bench.reading_python);
    make.arg(bench.reading.join("fixtures/make.py")).arg(&folder);
    let output = make.output().await.context("Python cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the fixtures cannot be made: {}", said.lines().last().unwrap_or_default());
    let mut pages = truth::fixtures(&folder)?;
    match &bench.samples {
        Some(folder) => pages.extend(truth::samples(folder)?),
        None => eprintln!("without samples: there is no folder of that name"),
    }
    Ok(pages)
}

/// Reads with a service of its own, so that its children are those of this engine.
async fn read_with_engine(bench: &Bench, engine: &str, pages: &[Page]) -> Result<Outcome> {
    let service = services::inkstream(bench, None).await?;
    let languages = ours::languages(&service, engine).await?;
    let read = async |page: &Page| {
        let language = installed(page.language.as_deref(), &languages);
        ours::read(&service, engine, page, language.as_deref()).await
    };
    // The first page also warms the children up, for which a user waits once.
    read(pages.first().context("there are pages")?).await;
    let (mut outcome, mut peak) = (Vec::new(), 0.0);
    for page in pages {
        let reading = read(page).await;
        peak = f64::max(peak, peak_of_readers(&service)?);
        outcome.push(compared(engine, page, reading));
    }
    Ok(Outcome { reader: format!("Inkstream {engine}"), is_ours: true, peak_mb: Some(peak), pages: outcome })
}

fn peak_of_readers(service: &Service) -> Result<f64> {
    let readers = service.children()?.into_iter().filter(|child| child.role != DECODE);
    Ok(readers.map(|child| child.memory.peak).fold(0.0, f64::max))
}

async fn read_with_program(bench: &Bench, program: Program, pages: &[Page]) -> Result<Outcome> {
    let pages = pages.iter().filter(|page| matches!(page.truth, Truth::Tables(_)) == program.reads_tables());
    let mut runner = Runner::start(bench, program).await?;
    eprintln!("reading {} pages with {}", pages.clone().count(), program.name());
    let mut outcome = Vec::new();
    for page in pages {
        outcome.push(compared(program.name(), page, runner.read(page).await?));
    }
    let peak_mb = Some(runner.finish().await?);
    Ok(Outcome { reader: program.name().to_owned(), is_ours: false, peak_mb, pages: outcome })
}

fn compared(reader: &str, page: &Page, reading: Reading) -> PageOutcome {
    if let Some(error) = &reading.error {
        eprintln!("{reader} fails on {}: {error}", page.name);
    }
    PageOutcome { score: Score::compute(page, &reading), page: page.clone(), reading }
}

/// A measure in percent.
type Measure = fn(&Summary) -> Option<f64>;
const CER: Measure = |summary| summary.cer;
const CELL_F1: Measure = |summary| summary.cell_f1;
const UPRIGHT: Measure = |summary| summary.upright.map(|(right, all)| right as f64 / all as f64);

/// The rows of one engine, with the same measures of the others as figures.
fn rows(ours: &Outcome, all: &[Outcome]) -> Vec<Row> {
    let is_text = |page: &Page| matches!(page.truth, Truth::Text(_));
    let percent = |what: &str, measure: Measure, bar: Bar, wanted: &dyn Fn(&Page) -> bool| {
        compare(ours, all, what, "%", bar, &|outcome| {
            let summary = outcome.summary(wanted);
            measure(&summary).map(|value| (value * 100.0, summary.pages))
        })
    };
    let samples = |page: &Page| page.set == Set::Samples;
    let fixtures = |page: &Page| page.set == Set::Fixtures;
    let rows = vec![
        percent("CER, all samples", CER, Bar::AtMost(8.3), &|page| is_text(page) && samples(page)),
        percent("CER, all fixtures", CER, Bar::AtMost(8.3), &|page| is_text(page) && fixtures(page)),
        percent("CER, books (fixtures)", CER, Bar::AtMost(0.6), &|page| fixtures(page) && page.group == "books"),
        percent("CER, receipts (fixtures)", CER, Bar::AtMost(4.0), &|page| fixtures(page) && page.group == "receipts"),
        percent("CER, photos (samples)", CER, Bar::AtMost(8.0), &|page| samples(page) && page.group == "photos"),
        percent("bag-of-words WER", |summary| summary.bag_of_words_wer, Bar::None, &is_text),
        percent("words in order", |summary| summary.order, Bar::None, &is_text),
        percent("pages right way up", UPRIGHT, Bar::Aim(100.0), &|page| page.tests_orientation),
        percent("cell F1, all samples", CELL_F1, Bar::AtLeast(90.0), &|page| !is_text(page) && samples(page)),
        percent("cell F1, ICDAR 2013 (samples)", CELL_F1, Bar::AtLeast(91.0), &|page| {
            page.group == "tables, ICDAR 2013"
        }),
        percent("cell F1, small tables", CELL_F1, Bar::AtLeast(90.0), &|page| {
            page.group == "small tables" || page.group == "tables, PubTabNet"
        }),
        percent("cell F1, all fixtures", CELL_F1, Bar::AtLeast(90.0), &|page| !is_text(page) && fixtures(page)),
        compare(ours, all, "time of a page of text", "s", Bar::None, &|outcome| {
            let summary = outcome.summary(is_text);
            Some((summary.seconds?, summary.pages))
        }),
        compare(ours, all, "time of a table", "s", Bar::None, &|outcome| {
            let summary = outcome.summary(|page| !is_text(page));
            Some((summary.seconds?, summary.pages))
        }),
        compare(ours, all, "peak memory of the child that reads", "MB", Bar::None, &|outcome| {
            Some((outcome.peak_mb?, outcome.pages.len()))
        }),
    ];
    rows.into_iter().flatten().collect()
}

/// A row for a value over a number of pages, or none where ours has no such pages.
fn compare(
    ours: &Outcome,
    all: &[Outcome],
    what: &str,
    unit: &'static str,
    bar: Bar,
    value: &dyn Fn(&Outcome) -> Option<(f64, usize)>,
) -> Option<Row> {
    let (measured, pages) = value(ours)?;
    let others = all.iter().filter(|outcome| !outcome.is_ours);
    let mut figures: Vec<String> =
        others.filter_map(|outcome| Some(format!("{} {:.1}", outcome.reader, value(outcome)?.0))).collect();
    figures.insert(0, format!("{pages} pages"));
    Some(Row::new(format!("{}: {what}", ours.reader), measured, unit, bar, figures.join(", ")))
}

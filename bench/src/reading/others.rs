//! Reads pages with the programs of the comparison, each in a Python process of its own (`bench/reading/read.py`).

use std::{process::Stdio, time::Duration};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{Reading, cells::Table, ours::installed, truth::Page};
use crate::Bench;

/// The maximum time for one page, or for loading a program's models.
const PATIENCE: Duration = Duration::from_mins(2);

/// A program of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Tesseract,
    RapidOcr,
    Img2Table,
}

impl Program {
    pub(crate) const ALL: [Self; 3] = [Self::Tesseract, Self::RapidOcr, Self::Img2Table];

    /// The name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tesseract => "tesseract CLI",
            Self::RapidOcr => "RapidOCR",
            Self::Img2Table => "img2table",
        }
    }

    const fn argument(self) -> &'static str {
        match self {
            Self::Tesseract => "tesseract",
            Self::RapidOcr => "rapidocr",
            Self::Img2Table => "img2table",
        }
    }

    /// Whether the program is for pages with this kind of truth: img2table reads tables, the others text.
    pub(crate) fn reads_tables(self) -> bool {
        self == Self::Img2Table
    }
}

/// A running program.
pub(crate) struct Runner {
    /// Dropping it kills the process.
    child: Child,
    jobs: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    languages: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    words: Vec<(String, f64)>,
    #[serde(default)]
    tables: Vec<Table>,
    seconds: f64,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Farewell {
    peak_mb: f64,
}

impl Runner {
    /// Starts the program and waits until its models are loaded. Fails if it is not installed.
    pub(crate) async fn start(bench: &Bench, program: Program) -> Result<Self> {
        let languages = tesseract_languages().await?;
        let log = std::fs::File::create(bench.results.join(format!("{}.log", program.argument())))?;
        let mut command = Command::new(&bench.reading_python);
        command.arg(bench.reading.join("read.py")).arg(program.argument()).env("OMP_THREAD_LIMIT", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().context("Python cannot be started")?;
        let jobs = child.stdin.take().context("stdin is piped")?;
        let answers = BufReader::new(child.stdout.take().context("stdout is piped")?).lines();
        let mut runner = Self { child, jobs, answers, languages };
        runner.line().await.with_context(|| format!("see {}.log", program.argument()))?;
        Ok(runner)
    }

    /// Reads a page.
    pub(crate) async fn read(&mut self, page: &Page) -> Result<Reading> {
        let language = installed(page.language.as_deref(), &self.languages);
        let job = serde_json::json!({"path": page.path, "language": language});
        self.jobs.write_all(format!("{job}\n").as_bytes()).await?;
        let Answer { text, words, tables, seconds, error } = serde_json::from_str(&self.line().await?)?;
        Ok(Reading { text, words, tables, seconds, error, confidence: None, rotation: None })
    }

    /// Ends the program. Returns the maximum of its resident memory in MB.
    pub(crate) async fn finish(self) -> Result<f64> {
        let Self { mut child, jobs, mut answers, .. } = self;
        drop(jobs);
        let line = answers.next_line().await?.context("it ended without its memory")?;
        child.wait().await?;
        Ok(serde_json::from_str::<Farewell>(&line)?.peak_mb)
    }

    async fn line(&mut self) -> Result<String> {
        // A program may print to stdout what is not an answer.
        loop {
            let line = tokio::time::timeout(PATIENCE, self.answers.next_line()).await.context("it took too long")??;
            match line {
                Some(line) if line.starts_with('{') => return Ok(line),
                Some(_) => {}
                None => bail!("it ended ({})", self.child.wait().await?),
            }
        }
    }
}

/// The languages of the Tesseract on PATH.
async fn tesseract_languages() -> Result<Vec<String>> {
    let output = Command::new("tesseract").arg("--list-langs").output().await.context("tesseract cannot be started")?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().skip(1).map(str::to_owned).collect())
}

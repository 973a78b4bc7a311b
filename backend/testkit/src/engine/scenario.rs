//! Engines for tests in a browser. The program `scripted-engine` runs one of them.

use std::{
    fmt, io,
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::{Recorded, Script, ScriptedEngine};
use crate::fixtures::page;

/// The behaviour of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// DeepSeek-OCR on the fixtures' page. The prompt selects Markdown, layout or located boxes.
    DeepseekGrounding,
    /// The first answer repeats a sentence endlessly; the others are complete.
    Repetition,
    /// Every answer is cut at the token limit.
    Length,
    /// One line of the page every 300 ms.
    Slow,
    /// A page with text that would run a script if it were used as HTML.
    ScriptTag,
    /// A page with every kind of block that Markdown with HTML has.
    EveryBlock,
    /// olmOCR on a rotated page: every first answer reports the rotation, every second one reads the page.
    Turned,
    /// Two pages are read. During the third the engine cuts its connections and stops.
    Dies,
}

/// The scenarios by their names on the command line.
const NAMES: &[(&str, Scenario)] = &[
    ("deepseek-grounding", Scenario::DeepseekGrounding),
    ("repetition", Scenario::Repetition),
    ("length", Scenario::Length),
    ("slow", Scenario::Slow),
    ("script-tag", Scenario::ScriptTag),
    ("every-block", Scenario::EveryBlock),
    ("turned", Scenario::Turned),
    ("dies", Scenario::Dies),
];

/// The sentence that [`Scenario::Repetition`] repeats.
pub const LOOP: &str = "All eleven came home. ";

/// The text of [`Scenario::ScriptTag`]. If it were executed, it would set `window.hacked`.
pub const HOSTILE: &[&str] = &[
    "Before the <script>window.hacked = 'script'</script> tag\n\n",
    "<img src=\"x:\" onerror=\"window.hacked = 'img'\">\n\n",
    "<svg onload=\"window.hacked = 'svg'\"></svg> [a link](javascript:window.hacked='link')\n\n",
    "<table><tr><td onmouseover=\"window.hacked = 'cell'\">a cell</td></tr></table>\n",
];

/// What [`Scenario::EveryBlock`] reads.
const EVERY_BLOCK: &str = include_str!("../../fixtures/every-block.md");

impl Scenario {
    /// Starts an engine with this scenario.
    pub async fn start(self) -> io::Result<ScriptedEngine> {
        let asked = AtomicUsize::new(0);
        let model = if self == Self::DeepseekGrounding { "deepseek-ai/DeepSeek-OCR" } else { "scripted" };
        let engine =
            ScriptedEngine::start_with(move |request| self.answer(request, asked.fetch_add(1, Ordering::Relaxed)))
                .await?;
        engine.serve(&[model]);
        Ok(engine)
    }

    /// The answer to a request after `before` others.
    fn answer(self, request: &Recorded, before: usize) -> Script {
        match self {
            Self::DeepseekGrounding => Script::recorded(grounding(&request.prompt())),
            Self::Repetition if before == 0 => {
                // More than any token limit, so that the reader has to stop.
                Script::stream()
                    .role()
                    .deltas(["# Eleven boats\n\n"])
                    .deltas(std::iter::repeat_n(LOOP, 20_000))
                    .finish("length")
            }
            Self::Repetition => whole_page(),
            Self::Length => Script::recorded("length"),
            Self::Slow => whole_page().paced(Duration::from_millis(300)),
            Self::ScriptTag => Script::text(HOSTILE.iter().copied()),
            Self::EveryBlock => Script::text(EVERY_BLOCK.split_inclusive('\n')),
            Self::Turned if before.is_multiple_of(2) => Script::recorded("olmocr-turned"),
            Self::Turned => Script::recorded("olmocr"),
            Self::Dies if before < 2 => whole_page(),
            Self::Dies => Script::stream().role().deltas(page::TEXT.split_inclusive('\n').take(6)).die(),
        }
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, scenario)| *scenario).ok_or_else(|| {
            let known: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("there is no scenario {name}; there are {}", known.join(", "))
        })
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, known)| known == self).map_or("?", |(name, _)| *name);
        f.write_str(name)
    }
}

fn whole_page() -> Script {
    Script::text(page::TEXT.split_inclusive('\n'))
}

/// The recording for a prompt of DeepSeek-OCR's.
fn grounding(prompt: &str) -> &'static str {
    if prompt.contains("<|ref|>") {
        "deepseek-locate"
    } else if prompt.contains("OCR this image") {
        "deepseek-layout"
    } else {
        "deepseek-markdown"
    }
}

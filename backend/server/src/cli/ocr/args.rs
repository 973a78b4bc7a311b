use std::path::PathBuf;

use inkstream_engines::size_names;
use inkstream_wire::{RunOptions, SizeMode, Task, TextLayer};

/// The options of a run.
#[derive(Debug, clap::Args)]
pub(super) struct OcrArgs {
    /// Pages to read, such as 1-3,7
    #[arg(long)]
    pages: Option<String>,
    /// Model that reads the pages; unset: the default engine's
    #[arg(long)]
    model: Option<String>,
    /// Task: markdown, text, layout, locate, figure or describe; unset: the engine's default task
    #[arg(long, value_parser = task)]
    task: Option<Task>,
    /// Size mode
    #[arg(long, value_parser = size, help = size_help())]
    size: Option<SizeMode>,
    /// Locate this text. Writes a line for each match: page, x, y, width, height (pixels from the top left) and the text there
    #[arg(long, value_name = "TEXT", conflicts_with = "task")]
    locate: Option<String>,
    /// Write each page as an image with its boxes drawn. With several pages, each file name has the page's number: OUT-1.png
    #[arg(long, value_name = "OUT.png")]
    pub(super) annotate: Option<PathBuf>,
    /// Languages of the pages, such as en or eng+deu, or auto: found on each page
    #[arg(long)]
    language: Option<String>,
    /// Prompt for the model
    #[arg(long)]
    prompt: Option<String>,
    /// Resolution of rendered PDF pages, in dots per inch
    #[arg(long)]
    dpi: Option<f32>,
    /// How to use the text that a PDF contains itself: ignore, or prefer it where it is sound
    #[arg(long, value_parser = text_layer)]
    text_layer: Option<TextLayer>,
    /// Join words that are hyphenated at line ends
    #[arg(long)]
    dehyphenate: bool,
    /// The PDF's password. The environment is safer than the command line, which other users can see
    #[arg(long, env = "INKSTREAM_PASSWORD", hide_env_values = true)]
    pub(super) password: Option<String>,
}

impl OcrArgs {
    /// Whether the output is bounding boxes instead of text.
    pub(super) fn locates(&self) -> bool {
        self.locate.is_some()
    }

    /// Converts the arguments to a run's options.
    pub(super) fn options(&self) -> RunOptions {
        RunOptions {
            pages: self.pages.clone(),
            model: self.model.clone(),
            task: self.task.or(self.locate.as_ref().map(|_| Task::Locate)),
            size: self.size.clone(),
            reference: self.locate.clone(),
            language: self.language.clone(),
            prompt: self.prompt.clone(),
            dpi: self.dpi,
            text_layer: self.text_layer,
            dehyphenate: self.dehyphenate,
            password: self.password.clone(),
            boxes: self.locates() || self.annotate.is_some(),
            ..RunOptions::default()
        }
    }
}

fn task(text: &str) -> Result<Task, String> {
    let tasks = || Task::ALL.into_iter();
    tasks().find(|task| task.as_str() == text).ok_or_else(|| one_of(tasks().map(Task::as_str)))
}

fn size_help() -> String {
    format!("Size mode, for models that have such: {}", size_names().join(", "))
}

fn size(text: &str) -> Result<SizeMode, String> {
    let names = size_names();
    names.contains(&text).then(|| SizeMode::new(text)).ok_or_else(|| one_of(names.into_iter()))
}

fn text_layer(text: &str) -> Result<TextLayer, String> {
    match text {
        "ignore" => Ok(TextLayer::Ignore),
        "prefer" => Ok(TextLayer::Prefer),
        _ => Err(one_of(["ignore", "prefer"].into_iter())),
    }
}

fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    format!("one of {} was expected", words.collect::<Vec<_>>().join(", "))
}

//! The lines of a page on their way from the engine to the sink.

use inkstream_content::{ends_in_hyphen, mend};
use inkstream_wire::{PixelBox, Task};

use crate::ports::PageStructure;

/// A line with its line feed, and with one before it where a paragraph begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) bounds: PixelBox,
}

/// Holds lines back until it is known what is sent of them.
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    /// Whether hyphenated words are joined.
    dehyphenate: bool,
    /// A line that ends in what may be a part of a word.
    held: Option<Line>,
    /// The lines that were completed.
    mended: Vec<String>,
    has_lines: bool,
    /// All lines, if the page's text is the Markdown that is written from them: what is a list, a table or a heading is known at the page's end.
    collected: Option<String>,
}

/// What is left when the page ends.
#[derive(Debug)]
pub(super) enum Rest {
    /// The last line, if it was held back.
    Line(Option<Line>),
    /// The lines from which Markdown is to be written.
    Markdown(String),
}

impl LineBuffer {
    pub(super) fn new(task: Task, dehyphenate: bool) -> Self {
        Self { dehyphenate, collected: (task == Task::Markdown).then(String::new), ..Self::default() }
    }

    /// Takes a line, and returns those that can be sent.
    pub(super) fn push(&mut self, line: Line) -> Vec<Line> {
        self.has_lines = true;
        let mut ready = if self.dehyphenate { self.dehyphenated(line) } else { vec![line] };
        if let Some(collected) = &mut self.collected {
            ready.drain(..).for_each(|line| collected.push_str(&line.text));
        }
        ready
    }

    /// Completes the held line, and holds this one if it ends in a part of a word, too.
    fn dehyphenated(&mut self, mut line: Line) -> Vec<Line> {
        let mut ready = Vec::new();
        if let Some(mut held) = self.held.take() {
            let is_continued = !line.text.starts_with('\n');
            let mended = mend((&held.text, held.bounds), (&line.text, line.bounds)).filter(|_| is_continued);
            if let Some(mended) = mended {
                let before = if held.text.starts_with('\n') { "\n" } else { "" };
                held.text = format!("{before}{}\n", mended.line.trim_start_matches('\n'));
                self.mended.push(mended.line);
                line.text = if mended.next.is_empty() { String::new() } else { format!("{}\n", mended.next) };
            }
            ready.push(held);
        }
        if ends_in_hyphen(&line.text) {
            self.held = Some(line);
        } else if !line.text.is_empty() {
            ready.push(line);
        }
        ready
    }

    /// The page ends with this structure, which is changed as its lines were.
    pub(super) fn finish(mut self, structure: &mut PageStructure) -> Rest {
        if let PageStructure::Layout(layout) = structure
            && !self.mended.is_empty()
        {
            inkstream_content::dehyphenate(layout, &self.mended);
        }
        let held = self.held.take();
        match self.collected.filter(|_| self.has_lines) {
            Some(lines) => Rest::Markdown(lines + held.as_ref().map_or("", |line| &line.text)),
            None => Rest::Line(held),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent at each line, and at the page's end.
    fn sent(task: Task, lines: &[&str]) -> Vec<String> {
        let mut buffer = LineBuffer::new(task, true);
        let line = |text: &&str| {
            let bounds = PixelBox { x: 0, y: 0, width: text.chars().count() as u32 * 9, height: 20 };
            Line { text: (*text).to_owned(), bounds }
        };
        let text = |lines: Vec<Line>| lines.into_iter().map(|line| line.text).collect::<String>();
        let mut sent: Vec<String> = lines.iter().map(|written| text(buffer.push(line(written)))).collect();
        sent.push(match buffer.finish(&mut PageStructure::default()) {
            Rest::Line(line) => text(line.into_iter().collect()),
            Rest::Markdown(lines) => lines,
        });
        sent
    }

    #[test]
    fn a_line_that_ends_in_a_hyphen_waits_for_the_next_one() {
        assert_eq!(
            sent(Task::Text, &["\nan exam-\n", "ple of\n", "more exam-\n", "ples-\n"]),
            ["", "\nan example\nof\n", "", "more exam-\n", "ples-\n"]
        );
        assert_eq!(sent(Task::Text, &["an exam-\n", "ple.\n", "More\n"]), ["", "an example.\n", "More\n", ""]);
        assert_eq!(sent(Task::Text, &["an exam-\n", "\nple\n"]), ["", "an exam-\n\nple\n", ""]);
        assert_eq!(sent(Task::Text, &["Nord-\n", "Süd\n"]), ["", "Nord-\nSüd\n", ""]);
    }

    #[test]
    fn lines_for_markdown_are_kept_to_the_end() {
        assert_eq!(sent(Task::Markdown, &["an exam-\n", "ple\n", "a-\n"]), ["", "", "", "an example\na-\n"]);
    }
}

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, Write},
};

/// Writes pages in order although they are recognized concurrently: the first unfinished page as it arrives, later pages when
/// those before them have ended.
pub(super) struct Printer<W> {
    out: W,
    /// The text separator two pages.
    separator: &'static str,
    /// The pages that were not written completely; the first is being written.
    pages: VecDeque<u32>,
    /// Text of later pages, and whether they have ended.
    buffered: BTreeMap<u32, (String, bool)>,
    at_line_start: bool,
}

impl<W: Write> Printer<W> {
    /// Writes the pages' texts, with a form feed between two pages.
    pub(super) fn pages(out: W) -> Self {
        Self { out, separator: "\u{c}", pages: VecDeque::new(), buffered: BTreeMap::new(), at_line_start: true }
    }

    /// Writes lines, without a separator between pages.
    pub(super) fn lines(out: W) -> Self {
        Self { separator: "", ..Self::pages(out) }
    }

    /// Sets the pages to expect, in order.
    pub(super) fn expect(&mut self, pages: impl IntoIterator<Item = u32>) {
        self.pages = pages.into_iter().collect();
    }

    /// Writes text of the first unfinished page, or buffers that of a later one.
    pub(super) fn text(&mut self, page: u32, text: &str) -> io::Result<()> {
        if self.pages.front() == Some(&page) {
            return self.write(text);
        }
        self.buffered.entry(page).or_default().0.push_str(text);
        Ok(())
    }

    /// Ends a page, whether it was recognized or failed.
    pub(super) fn end(&mut self, page: u32) -> io::Result<()> {
        self.buffered.entry(page).or_default().1 = true;
        while let Some(&first) = self.pages.front() {
            let Some((text, ended)) = self.buffered.remove(&first) else { break };
            self.write(&text)?;
            if !ended {
                break;
            }
            self.pages.pop_front();
            self.end_line()?;
            if !self.pages.is_empty() {
                self.out.write_all(self.separator.as_bytes())?;
            }
        }
        self.out.flush()
    }

    /// Ends the last line, if it has not ended.
    fn end_line(&mut self) -> io::Result<()> {
        if !self.at_line_start {
            self.write("\n")?;
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if let Some(last) = text.chars().next_back() {
            self.at_line_start = last == '\n';
            self.out.write_all(text.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(write: impl FnOnce(&mut Printer<&mut Vec<u8>>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Printer::pages(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn interleaved_pages_are_written_in_order() {
        let text = printed(|printer| {
            printer.expect([2, 3, 5]);
            printer.text(3, "three")?;
            printer.text(2, "tw")?;
            printer.end(3)?;
            printer.text(5, "fi")?;
            printer.text(2, "o\n")?;
            printer.end(2)?;
            printer.text(5, "ve")?;
            printer.end(5)
        });
        assert_eq!(text, "two\n\x0cthree\n\x0cfive\n");
    }

    #[test]
    fn the_first_unfinished_page_is_written_at_once() {
        let text = printed(|printer| {
            printer.expect([1, 2]);
            printer.text(2, "buffered")?;
            printer.text(1, "written")
        });
        assert_eq!(text, "written");
    }

    #[test]
    fn a_single_image_ends_with_a_newline() {
        let text = printed(|printer| {
            printer.expect([1]);
            printer.text(1, "a\n")?;
            printer.text(1, "b")?;
            printer.end(1)
        });
        assert_eq!(text, "a\nb\n");
    }
}

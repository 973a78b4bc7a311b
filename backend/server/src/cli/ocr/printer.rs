use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, Write},
};

/// Writes pages in order although they are read at once: the first unfinished page as it comes, later ones when their
/// turn is there.
pub(super) struct Printer<W> {
    out: W,
    /// What is written between two pages.
    between: &'static str,
    /// The pages to come, the one being written first.
    pages: VecDeque<u32>,
    /// What came of pages before their turn, and whether they are over.
    kept: BTreeMap<u32, (String, bool)>,
    at_line_start: bool,
}

impl<W: Write> Printer<W> {
    /// Writes texts, a form feed between two pages.
    pub(super) fn pages(out: W) -> Self {
        Self { out, between: "\u{c}", pages: VecDeque::new(), kept: BTreeMap::new(), at_line_start: true }
    }

    /// Writes lines, whichever page they are from.
    pub(super) fn lines(out: W) -> Self {
        Self { between: "", ..Self::pages(out) }
    }

    /// Names the pages that will come, in order.
    pub(super) fn expect(&mut self, pages: impl IntoIterator<Item = u32>) {
        self.pages = pages.into_iter().collect();
    }

    /// Text of a page.
    pub(super) fn text(&mut self, page: u32, text: &str) -> io::Result<()> {
        if self.pages.front() == Some(&page) {
            return self.write(text);
        }
        self.kept.entry(page).or_default().0.push_str(text);
        Ok(())
    }

    /// A page is over, read or not.
    pub(super) fn end(&mut self, page: u32) -> io::Result<()> {
        self.kept.entry(page).or_default().1 = true;
        while let Some(&first) = self.pages.front() {
            let Some((text, over)) = self.kept.remove(&first) else { break };
            self.write(&text)?;
            if !over {
                break;
            }
            self.pages.pop_front();
            self.finish()?;
            if !self.pages.is_empty() {
                self.out.write_all(self.between.as_bytes())?;
            }
        }
        self.out.flush()
    }

    /// Ends the last line.
    fn finish(&mut self) -> io::Result<()> {
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

    fn printed(play: impl FnOnce(&mut Printer<&mut Vec<u8>>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        play(&mut Printer::pages(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn pages_that_come_mixed_are_written_in_order() {
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
    fn the_page_whose_turn_it_is_flows_at_once() {
        let text = printed(|printer| {
            printer.expect([1, 2]);
            printer.text(2, "kept")?;
            printer.text(1, "flows")
        });
        assert_eq!(text, "flows");
    }

    #[test]
    fn a_single_picture_ends_with_a_newline() {
        let text = printed(|printer| {
            printer.expect([1]);
            printer.text(1, "a\n")?;
            printer.text(1, "b")?;
            printer.end(1)
        });
        assert_eq!(text, "a\nb\n");
    }
}

//! Recognised text as blocks to set in type: headings, paragraphs, list items and rules.
//!
//! No word is lost: engines that write no Markdown come out as paragraphs with their lines kept,
//! but that the lines of a paragraph of prose are set as one: all of them, or none.

/// Only where the longest line has so many characters are lines broken for want of room.
const WIDE: usize = 30;

/// A piece of text that stands by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading, level 1 to 6.
    Heading(u8, String),
    /// Lines that belong together.
    Paragraph(String),
    /// An item of a list.
    Item(String),
    /// Lines of a table, kept in columns.
    Table(String),
    /// A rule.
    Rule,
}

impl Block {
    /// What is written in it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Heading(_, text) | Self::Paragraph(text) | Self::Item(text) | Self::Table(text) => text,
            Self::Rule => "",
        }
    }
}

/// Splits `text` into blocks.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.trim_end();
        let trimmed = line.trim_start();
        if trimmed.is_empty() {
            open = false;
        } else if let Some(block) = single(trimmed) {
            blocks.push(block);
            open = false;
        } else {
            let table = trimmed.starts_with('|');
            match blocks.last_mut() {
                Some(Block::Table(lines)) if open && table => extend(lines, trimmed),
                Some(Block::Paragraph(lines)) if open && !table => extend(lines, line),
                _ if table => blocks.push(Block::Table(trimmed.to_owned())),
                _ => blocks.push(Block::Paragraph(line.to_owned())),
            }
            open = true;
        }
    }
    for block in &mut blocks {
        if let Block::Paragraph(lines) = block {
            *lines = flowing(lines);
        }
    }
    blocks
}

/// Lines between two empty ones, those of each paragraph of prose among them as one.
fn flowing(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    // A sentence's end on a line with room left is the end of a paragraph.
    let mut paragraphs: Vec<String> = Vec::new();
    for paragraph in lines.split_inclusive(|line| ends_sentence(line) && !full(line, longest)) {
        let prose = longest >= WIDE && is_prose(paragraph, longest);
        paragraphs.push(paragraph.join(if prose { " " } else { "\n" }));
    }
    paragraphs.join("\n")
}

/// Whether lines are sentences that were broken for want of room: each but the last is full and ends in a word or a
/// sentence, and at least one goes on in the middle of a sentence.
fn is_prose(lines: &[&str], longest: usize) -> bool {
    let word = |line: &str| line.ends_with(|end: char| end.is_alphabetic() || matches!(end, ',' | ';'));
    let mut breaks = lines.iter().zip(lines.iter().skip(1));
    let broken = |(line, _): (&&str, &&str)| full(line, longest) && (word(line) || ends_sentence(line));
    let goes_on = |(line, next): (&&str, &&str)| word(line) && next.starts_with(char::is_lowercase);
    breaks.clone().all(broken) && breaks.any(goes_on)
}

/// Whether a line is so long that the next word may have had no room on it.
fn full(line: &str, longest: usize) -> bool {
    line.chars().count() * 5 >= longest * 3
}

fn ends_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '\'', '”', '’', '»', ')']).ends_with(['.', '!', '?', ':', '…'])
}

fn extend(lines: &mut String, line: &str) {
    lines.push('\n');
    lines.push_str(line);
}

/// A block of one line: heading, item or rule.
fn single(line: &str) -> Option<Block> {
    let level = line.bytes().take_while(|&byte| byte == b'#').count();
    if (1..=6).contains(&level)
        && let Some(heading) = line[level..].strip_prefix(' ')
    {
        return Some(Block::Heading(level as u8, heading.trim().to_owned()));
    }
    if matches!(line, "---" | "***" | "___") {
        return Some(Block::Rule);
    }
    let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).or_else(|| line.strip_prefix("• "))?;
    Some(Block::Item(item.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Block, blocks};

    #[test]
    fn plain_lines_stay_together_until_an_empty_one() {
        assert_eq!(
            blocks("Dear Ada,\nthank you.\n\nYours"),
            [Block::Paragraph("Dear Ada,\nthank you.".into()), Block::Paragraph("Yours".into())]
        );
    }

    #[test]
    fn a_sentence_broken_for_want_of_room_is_set_as_one() {
        let prose = "The rag paper you chose was cut for you last week and\nleft the yard.\nEdda Halden\nvon Voss";
        assert_eq!(
            blocks(prose),
            [Block::Paragraph(
                "The rag paper you chose was cut for you last week and left the yard.\nEdda Halden\nvon Voss".into()
            )]
        );
    }

    #[test]
    fn every_paragraph_of_a_page_of_prose_is_joined_whatever_its_width() {
        let page = "This is a lot of 12 point text to test the\nocr code and see if it works on all types\n\
                    of file format.\nThe quick brown dog jumped over the\nlazy fox. The quick brown dog jumped\n\
                    over the lazy fox. The quick brown dog\njumped over the lazy fox. The quick\n\
                    brown dog jumped over the lazy fox.";
        assert_eq!(
            blocks(page),
            [Block::Paragraph(
                "This is a lot of 12 point text to test the ocr code and see if it works on all types of file format.\n\
                 The quick brown dog jumped over the lazy fox. The quick brown dog jumped over the lazy fox. \
                 The quick brown dog jumped over the lazy fox. The quick brown dog jumped over the lazy fox."
                    .into()
            )]
        );
    }

    #[test]
    fn one_line_that_is_no_prose_keeps_all_lines_of_its_paragraph() {
        for lines in [
            "Deliver the paper that was ordered to\nthe yard behind the mill before 12\nSigned in Leipzig",
            "Deliver the paper that was ordered to\nthe yard\nbehind the mill before it rains again",
            "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate",
        ] {
            assert_eq!(blocks(lines), [Block::Paragraph(lines.into())]);
        }
    }

    #[test]
    fn a_row_that_ends_in_a_number_keeps_its_line() {
        let rows = "Rag paper, 120 gsm, cream 12 reams 18.50 222.00\nlron gall ink 6 bottles 9.75 58.50";
        assert_eq!(blocks(rows), [Block::Paragraph(rows.into())]);
    }

    #[test]
    fn headings_items_rules_and_tables_are_told_apart() {
        assert_eq!(
            blocks("## Invoice\n- ink\n---\n| a | b |\n| 1 | 2 |\nend"),
            [
                Block::Heading(2, "Invoice".into()),
                Block::Item("ink".into()),
                Block::Rule,
                Block::Table("| a | b |\n| 1 | 2 |".into()),
                Block::Paragraph("end".into()),
            ]
        );
    }

    #[test]
    fn a_models_html_is_text_like_any_other() {
        let hostile = "<script>alert(1)</script>\n\n# <img src=x onerror=alert(1)>\n\n| <b>x</b> |";
        assert_eq!(
            blocks(hostile),
            [
                Block::Paragraph("<script>alert(1)</script>".into()),
                Block::Heading(1, "<img src=x onerror=alert(1)>".into()),
                Block::Table("| <b>x</b> |".into()),
            ]
        );
    }

    #[test]
    fn a_number_sign_without_a_space_is_text() {
        assert_eq!(blocks("#2041"), [Block::Paragraph("#2041".into())]);
    }
}

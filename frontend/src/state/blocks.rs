//! Recognised text as blocks to set in type: headings, paragraphs, list items and rules.
//!
//! No word is lost: engines that write no Markdown come out as paragraphs with their lines kept,
//! but that a line which goes on in the middle of a sentence is set as one with the line before.

/// A line at least this long, in characters, may have been broken for want of room.
const FULL: usize = 40;

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
                Some(Block::Paragraph(lines)) if open && !table && goes_on(lines, line) => {
                    lines.push(' ');
                    lines.push_str(line);
                }
                Some(Block::Paragraph(lines)) if open && !table => extend(lines, line),
                _ if table => blocks.push(Block::Table(trimmed.to_owned())),
                _ => blocks.push(Block::Paragraph(line.to_owned())),
            }
            open = true;
        }
    }
    blocks
}

/// Whether `line` begins in the middle of a sentence that the last of `lines` had no room for.
fn goes_on(lines: &str, line: &str) -> bool {
    let last = lines.rsplit('\n').next().unwrap_or_default();
    let unfinished = last.ends_with(|end: char| end.is_alphabetic() || end == ',');
    unfinished && line.starts_with(char::is_lowercase) && last.chars().count() >= FULL
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
    fn a_number_sign_without_a_space_is_text() {
        assert_eq!(blocks("#2041"), [Block::Paragraph("#2041".into())]);
    }
}

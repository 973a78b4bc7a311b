//! Joins the lines of prose that were broken only because the page is not wider.

use crate::{
    RichText,
    hyphenation::{Joint, is_spaceless, joint},
};

/// The minimum number of characters in the longest line of prose that is broken at the page's width.
const WIDE: usize = 30;
/// The same for scripts without spaces, whose characters are twice as wide.
const WIDE_SPACELESS: usize = 12;
/// What replaces a line break where neither a space nor anything else belongs: ranges count characters, so that none may vanish.
const NOTHING: char = '\u{200b}';

impl RichText {
    /// The text to show, in which the line breaks within paragraphs of prose are spaces, or zero-width spaces where words have none between
    /// them. Every character keeps its position, so that ranges of the text are valid for the result.
    pub fn reflowed(&self) -> String {
        reflow(&self.text)
    }
}

/// [`RichText::reflowed`] of this text.
pub(crate) fn reflow(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    for joint in joints(text) {
        let Some((line, next)) = rest.split_once('\n') else { break };
        out.push_str(line);
        out.push(match joint {
            None => '\n',
            Some(Joint::Space) => ' ',
            Some(Joint::Tight | Joint::Mended) => NOTHING,
        });
        rest = next;
    }
    out + rest
}

/// How each line break is joined; `None` for those that stay.
pub(crate) fn joints(text: &str) -> Vec<Option<Joint>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let wide = if text.chars().filter(|letter| is_spaceless(*letter)).count() * 2 > text.chars().count() {
        WIDE_SPACELESS
    } else {
        WIDE
    };
    // A sentence that ends on a line with space left ends its paragraph.
    let mut joints = Vec::new();
    for paragraph in lines.split_inclusive(|line| ends_sentence(line) && !is_full(line, longest)) {
        let prose = longest >= wide && is_prose(paragraph, longest);
        joints.extend(paragraph.windows(2).map(|pair| prose.then(|| joint(pair[0], pair[1]))));
        joints.push(None);
    }
    joints.truncate(lines.len() - 1);
    joints
}

/// Whether lines are prose that was broken at the page's width: each line except the last one is full and ends with a word or a sentence,
/// and at least one ends in the middle of a sentence.
fn is_prose(lines: &[&str], longest: usize) -> bool {
    let mut breaks = lines.iter().zip(lines.iter().skip(1));
    let broken = |(line, _): (&&str, &&str)| is_full(line, longest) && (ends_in_word(line) || ends_sentence(line));
    let goes_on = |(line, next): (&&str, &&str)| {
        ends_in_word(line) && next.starts_with(|letter: char| letter.is_lowercase() || is_spaceless(letter))
    };
    breaks.clone().all(broken) && breaks.any(goes_on)
}

/// Whether a line ends within a sentence: with a word, a part of one, or a comma.
fn ends_in_word(line: &str) -> bool {
    let before_hyphen = line.trim_end_matches(['-', '\u{2010}', '\u{ad}', '¬', '⸗']);
    let is_word = |text: &str| text.ends_with(char::is_alphabetic);
    is_word(line)
        || line.ends_with([',', ';', '，', '、', '；'])
        || (before_hyphen.len() < line.len() && is_word(before_hyphen))
}

/// Whether a line is so long that the next word may not have fitted on it.
fn is_full(line: &str, longest: usize) -> bool {
    line.chars().count() * 5 >= longest * 3
}

fn ends_sentence(line: &str) -> bool {
    let closing = ['"', '\'', '”', '’', '»', ')', '」', '』', '）'];
    line.trim_end_matches(closing).ends_with(['.', '!', '?', ':', '…', '。', '！', '？', '：'])
}

#[cfg(test)]
mod tests {
    use super::reflow;

    #[test]
    fn lines_of_a_broken_sentence_are_joined() {
        let prose = "The rag paper you chose was cut for you last week and\nleft the yard.\nEdda Halden\nvon Voss";
        assert_eq!(
            reflow(prose),
            "The rag paper you chose was cut for you last week and left the yard.\nEdda Halden\nvon Voss"
        );
    }

    #[test]
    fn every_paragraph_of_a_page_of_prose_is_joined_whatever_its_width() {
        let page = "This is a lot of 12 point text to test the\nocr code and see if it works on all types\n\
                    of file format.\nThe quick brown dog jumped over the\nlazy fox. The quick brown dog jumped\n\
                    over the lazy fox. The quick brown dog\njumped over the lazy fox. The quick\n\
                    brown dog jumped over the lazy fox.";
        assert_eq!(
            reflow(page),
            "This is a lot of 12 point text to test the ocr code and see if it works on all types of file format.\n\
             The quick brown dog jumped over the lazy fox. The quick brown dog jumped over the lazy fox. \
             The quick brown dog jumped over the lazy fox. The quick brown dog jumped over the lazy fox."
        );
    }

    #[test]
    fn one_line_that_is_no_prose_keeps_all_lines_of_its_paragraph() {
        for lines in [
            "Dear Ada,\nthank you.",
            "Deliver the paper that was ordered to\nthe yard behind the mill before 12\nSigned in Leipzig",
            "Deliver the paper that was ordered to\nthe yard\nbehind the mill before it rains again",
            "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate",
            "Rag paper, 120 gsm, cream 12 reams 18.50 222.00\nlron gall ink 6 bottles 9.75 58.50",
        ] {
            assert_eq!(reflow(lines), lines);
        }
    }

    #[test]
    fn words_and_characters_without_a_space_between_them_are_joined_without_one() {
        let tight = |text: &str| reflow(text).replace('\u{200b}', "");
        assert_eq!(
            tight("The paper for the exam-\nple was cut for you last week, and\nleft the yard."),
            "The paper for the exam-ple was cut for you last week, and left the yard."
        );
        assert_eq!(
            tight("盐是海岸的第一种贸易品人们在沙丘后面挖掘\n盐田，灌满海水，等待它们慢慢变干。"),
            "盐是海岸的第一种贸易品人们在沙丘后面挖掘盐田，灌满海水，等待它们慢慢变干。"
        );
    }

    #[test]
    fn every_character_keeps_its_position() {
        for text in ["", "\n", "a\n\nb\n", "Größe und so weiter, bis die Zeile voll ist\nund weiter geht.\n\n"] {
            assert_eq!(reflow(text).chars().count(), text.chars().count());
        }
    }
}

//! Joins the lines of prose that were broken only because the page is not wider.

/// The minimum number of characters in the longest line of prose that is broken at the page's width.
const WIDE: usize = 30;

/// Replaces line breaks within paragraphs of prose by spaces. Every character keeps its position, so that ranges of `text` are valid for
/// the result.
pub(crate) fn reflow(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    // A sentence that ends on a line with space left ends its paragraph.
    let mut paragraphs: Vec<String> = Vec::new();
    for paragraph in lines.split_inclusive(|line| ends_sentence(line) && !is_full(line, longest)) {
        let prose = longest >= WIDE && is_prose(paragraph, longest);
        paragraphs.push(paragraph.join(if prose { " " } else { "\n" }));
    }
    paragraphs.join("\n")
}

/// Whether lines are prose that was broken at the page's width: each line except the last one is full and ends with a word or a sentence,
/// and at least one ends in the middle of a sentence.
fn is_prose(lines: &[&str], longest: usize) -> bool {
    let word = |line: &str| line.ends_with(|end: char| end.is_alphabetic() || matches!(end, ',' | ';'));
    let mut breaks = lines.iter().zip(lines.iter().skip(1));
    let broken = |(line, _): (&&str, &&str)| is_full(line, longest) && (word(line) || ends_sentence(line));
    let goes_on = |(line, next): (&&str, &&str)| word(line) && next.starts_with(char::is_lowercase);
    breaks.clone().all(broken) && breaks.any(goes_on)
}

/// Whether a line is so long that the next word may not have fitted on it.
fn is_full(line: &str, longest: usize) -> bool {
    line.chars().count() * 5 >= longest * 3
}

fn ends_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '\'', '”', '’', '»', ')']).ends_with(['.', '!', '?', ':', '…'])
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
    fn every_character_keeps_its_position() {
        for text in ["", "\n", "a\n\nb\n", "Größe und so weiter, bis die Zeile voll ist\nund weiter geht.\n\n"] {
            assert_eq!(reflow(text).chars().count(), text.chars().count());
        }
    }
}

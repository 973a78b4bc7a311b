//! Which way a paragraph is written, by the rules of Tesseract's `ResultIterator::CurrentParagraphIsLtr`.

use unicode_bidi::BidiClass;

/// Which way a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    LeftToRight,
    RightToLeft,
    /// Both, or neither: digits, punctuation.
    Neutral,
}

/// Whether a character is written from right to left.
pub(super) fn is_right_to_left(character: char) -> bool {
    matches!(unicode_bidi::bidi_class(character), BidiClass::R | BidiClass::AL)
}

/// Tesseract counts Arabic digits among what is written from left to right.
fn is_left_to_right(character: char) -> bool {
    matches!(unicode_bidi::bidi_class(character), BidiClass::L | BidiClass::AN)
}

/// Whether a paragraph's first line alone tells its direction: its leftmost word is written from right to left, or its
/// rightmost one from left to right. Else the majority of the paragraph's words does. The words come from left to right.
pub(super) fn is_told_by<'a>(words: impl DoubleEndedIterator<Item = &'a str> + Clone) -> bool {
    words.clone().next().map(of) == Some(Direction::RightToLeft)
        || words.map(of).next_back() == Some(Direction::LeftToRight)
}

fn of(word: &str) -> Direction {
    // The marks are not of the word: Tesseract adds them where the direction changes.
    let characters = || word.chars().filter(|character| !matches!(character, '\u{200e}' | '\u{200f}'));
    match (characters().any(is_right_to_left), characters().any(is_left_to_right)) {
        (true, false) => Direction::RightToLeft,
        (false, true) => Direction::LeftToRight,
        _ => Direction::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &[&str]) -> bool {
        is_told_by(line.iter().copied())
    }

    #[test]
    fn a_first_line_tells_its_paragraphs_direction_at_its_edges() {
        assert!(told(&["شارع", "4711"]), "Arabic on the left");
        assert!(told(&["28", "the", "harbour"]), "Latin on the right");
        assert!(!told(&["4711", "شارع", "28"]), "numbers at both edges");
        assert!(!told(&["Harbour", "שלום"]), "each at its own start");
        assert!(!told(&[]));
    }

    #[test]
    fn marks_of_direction_are_not_of_a_word() {
        assert!(!told(&["\u{200f}28", "28\u{200e}"]));
        assert!(told(&["\u{200e}שלום", "28"]));
    }

    #[test]
    fn arabic_digits_count_as_tesseract_counts_them() {
        assert!(told(&["شارع", "٤٧"]));
        assert!(told(&["28", "٤٧"]), "Arabic ones are written from left to right");
        assert!(!told(&["۴۷", "۲۸"]), "Persian ones say nothing");
    }
}

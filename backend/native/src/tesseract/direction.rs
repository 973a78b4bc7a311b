//! The direction of a paragraph, by the rules of Tesseract's `ResultIterator::CurrentParagraphIsLtr`.

use unicode_bidi::BidiClass;

/// The direction of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    LeftToRight,
    RightToLeft,
    /// Mixed or neutral: digits, punctuation.
    Neutral,
}

/// Whether a character is written from right to left.
pub(super) fn is_right_to_left(character: char) -> bool {
    matches!(unicode_bidi::bidi_class(character), BidiClass::R | BidiClass::AL)
}

/// Tesseract counts Arabic digits as written from left to right.
fn is_left_to_right(character: char) -> bool {
    matches!(unicode_bidi::bidi_class(character), BidiClass::L | BidiClass::AN)
}

/// Whether the first line alone shows the direction of its paragraph: its leftmost word is written from right to left, or its
/// rightmost word from left to right. Otherwise the majority of the paragraph's words decides. The words are ordered from left to
/// right.
pub(super) fn is_clear<'a>(words: impl DoubleEndedIterator<Item = &'a str> + Clone) -> bool {
    words.clone().next().map(word_direction) == Some(Direction::RightToLeft)
        || words.map(word_direction).next_back() == Some(Direction::LeftToRight)
}

fn word_direction(word: &str) -> Direction {
    // Direction marks are not part of the word: Tesseract adds them where the direction changes.
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

    fn clear_direction(line: &[&str]) -> bool {
        is_clear(line.iter().copied())
    }

    #[test]
    fn a_first_line_shows_its_paragraphs_direction_at_its_edges() {
        assert!(clear_direction(&["شارع", "4711"]), "Arabic on the left");
        assert!(clear_direction(&["28", "the", "harbour"]), "Latin on the right");
        assert!(!clear_direction(&["4711", "شارع", "28"]), "numbers at both edges");
        assert!(!clear_direction(&["Harbour", "שלום"]), "each at its own start");
        assert!(!clear_direction(&[]));
    }

    #[test]
    fn direction_marks_are_not_part_of_a_word() {
        assert!(!clear_direction(&["\u{200f}28", "28\u{200e}"]));
        assert!(clear_direction(&["\u{200e}שלום", "28"]));
    }

    #[test]
    fn arabic_digits_count_as_tesseract_counts_them() {
        assert!(clear_direction(&["شارع", "٤٧"]));
        assert!(clear_direction(&["28", "٤٧"]), "Arabic ones are written from left to right");
        assert!(!clear_direction(&["۴۷", "۲۸"]), "Persian ones say nothing");
    }
}

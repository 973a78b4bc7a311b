//! Text without what no format can hold.

use std::borrow::Cow;

/// The text without carriage returns and without the characters that XML 1.0 forbids (<https://www.w3.org/TR/xml/#charsets>): NUL and most
/// other control characters, U+FFFE, U+FFFF. Escaping would not help: XML forbids references to them, too.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    // The end of a line is one character, whatever wrote it.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(text.chars().filter(|letter| is_printable(*letter)).collect())
}

fn is_printable(letter: char) -> bool {
    match letter {
        '\t' | '\n' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        letter => letter >= ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_left_out_and_the_rest_stays() {
        assert_eq!(printable("a\0b\u{1b}[31m\u{FFFE}c\t😀]]>"), "ab[31mc\t😀]]>");
        assert_eq!(printable("1\r\n2\r3"), "1\n2\n3");
        assert!(matches!(printable("naïve ☐ 文\n"), Cow::Borrowed(_)));
    }
}

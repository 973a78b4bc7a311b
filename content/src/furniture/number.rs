//! Page numbers as they are printed.

use crate::lists::roman;

/// Marks around a page number.
const DECORATION: [char; 12] = [' ', '-', '–', '—', '|', '[', ']', '(', ')', '·', '•', '~'];
/// Words before a page number, in small letters.
const PAGE: [&str; 17] = [
    "page", "seite", "pagina", "página", "pág", "pag", "side", "sida", "strona", "str", "sivu", "oldal", "p", "pg",
    "s", "strana", "blatt",
];
/// Words before the number of all pages.
const OF: [&str; 12] = ["of", "von", "de", "di", "van", "sur", "af", "av", "z", "ze", "/", "out"];
/// The maximum number of digits.
const MAX_DIGITS: usize = 4;

/// A page's number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageNumber {
    pub(super) value: u32,
    /// Whether a word says that it is one.
    pub(super) is_named: bool,
}

/// The number that is this whole text: `12`, `- 12 -`, `xii`, `Page 3 of 9`, `3 / 9`, `第3页`.
pub(super) fn whole(text: &str) -> Option<PageNumber> {
    let text = text.trim().trim_matches(DECORATION);
    if let Some(value) = digits(text).or_else(|| roman(text).filter(|_| text.len() > 1)) {
        return Some(PageNumber { value, is_named: false });
    }
    let chinese = text.strip_prefix('第').unwrap_or(text).strip_suffix(['页', '頁']);
    if let Some(value) = chinese.and_then(|number| digits(number.trim())) {
        return Some(PageNumber { value, is_named: true });
    }
    let spaced = text.to_lowercase().replace('/', " / ");
    let tokens: Vec<&str> = spaced.split_whitespace().map(|token| token.trim_end_matches(['.', ':'])).collect();
    let (is_named, tokens) = match tokens.split_first() {
        Some((first, rest)) if PAGE.contains(first) => (true, rest),
        _ => (false, tokens.as_slice()),
    };
    let value = match tokens {
        [number] if is_named => digits(number)?,
        [number, of, all] if OF.contains(of) => digits(number).filter(|number| Some(*number) <= digits(all))?,
        _ => return None,
    };
    Some(PageNumber { value, is_named })
}

/// Whether a text has `page 3 of 9` in it.
pub(super) fn is_within(text: &str) -> bool {
    let spaced = text.to_lowercase().replace('/', " / ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    tokens.windows(4).any(|tokens| whole(&tokens.join(" ")).is_some_and(|number| number.is_named))
}

fn digits(text: &str) -> Option<u32> {
    let is_number = (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_told_from_other_numbers() {
        let number = |value, is_named| Some(PageNumber { value, is_named });
        for (text, expected) in [
            ("12", number(12, false)),
            ("- 12 -", number(12, false)),
            ("[7]", number(7, false)),
            ("xiv", number(14, false)),
            ("Page 3 of 9", number(3, true)),
            ("Seite 3/9", number(3, true)),
            ("S. 3", number(3, true)),
            ("3 / 9", number(3, false)),
            ("第3页", number(3, true)),
            ("9 / 3", None),
            ("12345", None),
            ("12.50", None),
            ("i", None),
            ("mix", None),
            ("3 May", None),
            ("Page", None),
            ("", None),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
        assert!(is_within("Acme Ltd, Leipzig  Page 3 of 9"));
        assert!(!is_within("turn the page of 9 May"));
    }
}

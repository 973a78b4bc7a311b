//! Rescues elements of a layout that are no JSON, or were cut.

use super::boxes;
use crate::surrogates;

/// An element of a layout; what is missing or not as it should be is empty.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Element {
    pub(super) bbox: Option<[f64; 4]>,
    pub(super) category: String,
    pub(super) text: String,
}

/// The JSON with the mistakes of models in its strings mended: backslashes that begin no escape, as in LaTeX, line feeds, and halves of
/// surrogate pairs.
pub(super) fn repaired(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut in_string = false;
    let mut letters = json.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if in_string => {
                let rest = &json[at + 1..];
                let is_unicode = rest.strip_prefix('u').and_then(|rest| rest.get(..4)).is_some_and(is_hex);
                if is_unicode || rest.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']) {
                    out.push('\\');
                    out.extend(letters.next().map(|(_, escaped)| escaped));
                } else {
                    out.push_str("\\\\");
                }
            }
            '\n' if in_string => out.push_str("\\n"),
            '\t' if in_string => out.push_str("\\t"),
            _ if in_string && letter.is_ascii_control() => {}
            _ => {
                in_string ^= letter == '"';
                out.push(letter);
            }
        }
    }
    surrogates::replace_lone(&out).unwrap_or(out)
}

fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// What an element says that is no JSON or is cut. Its text is last, as the prompt asks; it may have quotation marks that are not escaped.
pub(super) fn rescued(json: &str) -> Element {
    let corners = value(json, "bbox").and_then(|rest| rest.strip_prefix('[')?.split_once(']'));
    let category = value(json, "category").and_then(|rest| rest.strip_prefix('"')?.split_once('"'));
    let text = value(json, "text").and_then(|rest| rest.strip_prefix('"'));
    let words = json.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '{' | '}' | '"'));
    let is_key = ["bbox", "category", "text"].iter().any(|key| key.starts_with(words) || value(json, key).is_some());
    Element {
        bbox: corners.and_then(|(corners, _)| boxes::four(corners.split(','))),
        category: category.map(|(category, _)| category.to_owned()).unwrap_or_default(),
        text: match text {
            Some(text) => unescaped(text),
            // Words in braces, which are no element at all.
            None if !is_key => json.to_owned(),
            None => String::new(),
        },
    }
}

/// What follows this key and its colon.
fn value<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{key}\""))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// The string that begins here, up to the element's end or to where it was cut.
fn unescaped(text: &str) -> String {
    let text = text.trim_end();
    let text = text.strip_suffix('}').map_or(text, str::trim_end);
    let text = text.strip_suffix('"').filter(|text| !is_escaped(text)).unwrap_or(text);
    let text = without_cut_escape(text);
    // Quotation marks that are not escaped are text.
    let mut quoted = String::from('"');
    let mut escaped = false;
    for letter in text.chars() {
        if letter == '"' && !escaped {
            quoted.push('\\');
        }
        escaped = letter == '\\' && !escaped;
        quoted.push(letter);
    }
    quoted.push('"');
    serde_json::from_str(&repaired(&quoted)).unwrap_or_else(|_| text.to_owned())
}

/// Whether the text ends with a backslash that escapes what follows.
fn is_escaped(text: &str) -> bool {
    (text.len() - text.trim_end_matches('\\').len()) % 2 == 1
}

/// The text without the escape that its end cuts: `\`, `\u00`.
fn without_cut_escape(text: &str) -> &str {
    let Some(at) = text.rfind('\\') else { return text };
    let digits = text[at + 1..].strip_prefix('u');
    let is_cut = text.len() == at + 1 || digits.is_some_and(|digits| digits.len() < 4 && is_hex(digits));
    if is_cut && is_escaped(&text[..=at]) { &text[..at] } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(bbox: Option<[f64; 4]>, category: &str, text: &str) -> Element {
        Element { bbox, category: category.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn backslashes_and_line_feeds_in_strings_are_mended() {
        let mended = repaired("{\"text\": \"\\(x\\) \\\\ \\n \\u00e9 \\u12 \\ud83d\n\"}");
        let text = serde_json::from_str::<serde_json::Value>(&mended).unwrap()["text"].clone();
        assert_eq!(text, "\\(x\\) \\ \n é \\u12 \u{fffd}\n");
    }

    #[test]
    fn a_cut_element_keeps_what_it_says() {
        let bbox = Some([1.0, 2.0, 3.0, 4.0]);
        let whole = r#"{"bbox": [1, 2, 3, 4], "category": "Text", "text": "a \"b\" é"#;
        assert_eq!(rescued(whole), element(bbox, "Text", "a \"b\" é"));
        for (cut, text) in [(r"\", ""), (r"\u00", ""), (r"\\", "\\"), (r"\u00e9", "é"), ("\"", ""), ("\"}", "")] {
            assert_eq!(rescued(&format!("{whole}{cut}")).text, format!("a \"b\" é{text}"), "{cut}");
        }
        assert_eq!(rescued(r#"{"bbox": [1, 2, 3, 4], "category": "Te"#), element(bbox, "", ""));
        assert_eq!(rescued(r#"{"bbox": [1, 2"#), Element::default());
        assert_eq!((rescued("{"), rescued("{\"bb")), (Element::default(), Element::default()));
    }

    #[test]
    fn quotation_marks_that_are_not_escaped_are_text() {
        let broken = r#"{"bbox": [1, 2, 3], "category": "Text", "text": "He said "no" twice"}"#;
        assert_eq!(rescued(broken), element(None, "Text", "He said \"no\" twice"));
        assert_eq!(rescued("{just words}"), element(None, "", "{just words}"));
    }
}

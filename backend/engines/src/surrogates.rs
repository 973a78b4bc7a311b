//! Repairs JSON text whose `\u` escapes hold half of a surrogate pair.
//!
//! Servers that cut a model's text into deltas by UTF-16 units send them. JSON has no such character, and a strict parser rejects
//! the whole event, with all of its text.

/// Replaces each lone surrogate's escape by that of U+FFFD. `None` if there is no such escape.
pub(crate) fn replace_lone(json: &str) -> Option<String> {
    const REPLACEMENT: &str = "\\ufffd";
    let mut repaired = String::new();
    // The end of what is in `repaired`, and the start of what was not examined yet.
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = json[at..].find('\\') {
        let escape = at + found;
        let Some(unit) = unit(&json[escape..]) else {
            // Skip the escaped character, which may be a backslash. It may also be any other: a broken escape is left to the parser.
            at = escape + 1 + json[escape + 1..].chars().next().map_or(0, char::len_utf8);
            continue;
        };
        at = escape + ESCAPE;
        if is_high(unit) && json.get(at..).and_then(self::unit).is_some_and(is_low) {
            at += ESCAPE;
        } else if is_high(unit) || is_low(unit) {
            repaired.push_str(&json[copied..escape]);
            repaired.push_str(REPLACEMENT);
            copied = at;
        }
    }
    (copied > 0).then(|| repaired + &json[copied..])
}

/// The length of an escape in bytes.
const ESCAPE: usize = r"\uffff".len();

/// The UTF-16 unit of the escape at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

const fn is_high(unit: u16) -> bool {
    matches!(unit, 0xD800..=0xDBFF)
}

const fn is_low(unit: u16) -> bool {
    matches!(unit, 0xDC00..=0xDFFF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_pair_becomes_a_replacement_character_and_all_else_stays() {
        for (json, repaired) in [
            (r#""a\ud83db""#, Some(r#""a\ufffdb""#)),
            (r#""\uDE00""#, Some(r#""\ufffd""#)),
            (r#""\ud83d\ud83d\ude00\n""#, Some(r#""\ufffd\ud83d\ude00\n""#)),
            (r#""\ude00\ud83d""#, Some(r#""\ufffd\ufffd""#)),
            (r#""\\ud83d \\\ud83d""#, Some(r#""\\ud83d \\\ufffd""#)),
            (r#""\ud83d\ude00 \u00e9 \" é""#, None),
            (r#""\ud8""#, None),
            (r#""\u+123""#, None),
            ("\\", None),
            ("\\é", None),
            ("", None),
        ] {
            assert_eq!(replace_lone(json).as_deref(), repaired, "{json}");
        }
    }

    proptest! {
        #[test]
        fn strings_of_any_escapes_can_be_parsed_afterwards(units in prop::collection::vec(prop_oneof![any::<u16>(), 0xD800_u16..0xE000], 0..20)) {
            let escapes: Vec<String> = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{}\"", escapes.concat());
            let repaired = replace_lone(&json).unwrap_or_else(|| json.clone());
            prop_assert_eq!(serde_json::from_str::<String>(&repaired).unwrap(), String::from_utf16_lossy(&units));
        }
    }
}

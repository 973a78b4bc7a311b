//! Usernames: the one form in which a name is stored and compared.

use std::{fmt, str::FromStr};

use inkstream_wire::ErrorCode;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::{GeneralSecurityProfile as _, RestrictionLevel, RestrictionLevelDetection as _, skeleton};

use crate::{Error, Result};

/// The maximum number of characters of a username.
const MAX_CHARS: usize = 64;
/// The maximum number of bytes before normalization. No text of 64 characters is longer, however it is composed.
const MAX_BYTES: usize = 1_024;

/// A username in its canonical form: NFKC, lower case; letters and digits of scripts in common use (UTS 39, "highly
/// restrictive") and `. _ - @ +`, which cannot be first. Thus names that differ only in case, composition or alphabet are
/// the same or refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The skeleton (UTS 39, section 4), which is the same for names that look alike. It is unique among users.
    pub fn skeleton(&self) -> String {
        // The skeletons of letters that differ only in case may differ in case.
        skeleton(&self.0).collect::<String>().to_lowercase()
    }

    /// A name from the database.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Username {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            let detail = format!(
                "A username has 1 to {MAX_CHARS} letters of one alphabet, digits or . _ - @ +, and begins with one of the first two."
            );
            Error::new(ErrorCode::InvalidCredentials, detail)
        };
        // Completions and pastes often add invisible spaces.
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(wrong());
        }
        let name: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
        // Remove a dot above from letters that have a dot: the Turkish İ is lowered to such a pair.
        let name = name.replace("i\u{307}", "i").replace("j\u{307}", "j");
        let mark = |c: char| matches!(c, '.' | '_' | '-' | '@' | '+');
        let fine = |c: char| c.is_ascii_alphanumeric() || mark(c) || (!c.is_ascii() && c.identifier_allowed());
        // Marks belong to no script, and some of them are not allowed in identifiers.
        let letters: String = name.chars().filter(|&c| !mark(c)).collect();
        if name.is_empty()
            || name.chars().count() > MAX_CHARS
            || !name.starts_with(char::is_alphanumeric)
            || !name.chars().all(fine)
            || letters.as_str().detect_restriction_level() > RestrictionLevel::HighlyRestrictive
        {
            return Err(wrong());
        }
        Ok(Self(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        text.parse::<Username>().ok().map(|name| name.0)
    }

    #[test]
    fn names_that_differ_in_case_or_composition_are_the_same() {
        for same in ["Zoë", "zoe\u{308}", "ＺＯË", "ZOË"] {
            assert_eq!(name(same).as_deref(), Some("zoë"), "{same}");
        }
        assert_eq!(name("Ada.Lovelace+ocr@example.org").as_deref(), Some("ada.lovelace+ocr@example.org"));
        assert_eq!(name("ADM\u{130}N").as_deref(), Some("admin"));
        assert_eq!(name("ali\u{307}ce").as_deref(), Some("alice"));
        for same in ["ada ", " ada", "\tAda\r\n", "\u{a0}ada\u{3000}"] {
            assert_eq!(name(same).as_deref(), Some("ada"), "{same:?}");
        }
        assert_eq!(name("王小明").as_deref(), Some("王小明"));
    }

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        let skeleton = |text: &str| text.parse::<Username>().unwrap().skeleton();
        // Latin against Cyrillic, all letters of one script each.
        assert_eq!(skeleton("scope"), skeleton("ѕсоре"));
        assert_eq!(skeleton("paypa1"), skeleton("paypal"));
        assert_ne!(skeleton("ada"), skeleton("eve"));
    }

    #[test]
    fn invalid_names_are_refused() {
        let long = "a".repeat(65);
        let huge = "a".repeat(1 << 20);
        for wrong in [
            "",
            " ",
            "ada lovelace",
            "ada\neve",
            "ada\0",
            "a\r\nset-cookie: x",
            "x'; DROP TABLE users; --",
            "a\"b",
            "a/b",
            "<b>",
            "\u{202e}ada",
            "a\u{200b}da",
            "a\0",
            "аdmin",
            &long,
            &huge,
            "👍",
            "+1",
            "@ada",
            "-x",
            ".",
        ] {
            assert_eq!(name(wrong), None, "{wrong:.80}");
        }
        assert!(name(&"a".repeat(64)).is_some());
    }
}

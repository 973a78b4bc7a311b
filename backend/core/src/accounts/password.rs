use std::{collections::HashSet, sync::LazyLock};

use inkstream_wire::{ErrorCode, Secret};
use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;

use super::Username;
use crate::{Error, Result};

/// Characters of a password: from the minimum of NIST SP 800-63B (5.1.1.2) to twice the maximum length that it requires to be
/// accepted.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;
/// Bytes of the longest password.
const MAX_BYTES: usize = 128 * 4;
/// Bytes of the longest text that is prepared. A decomposed text has at most three times as many bytes (UAX 15, section 12), and a
/// syllable of Hangul, one character, can come as three characters of three bytes.
const MAX_RAW_BYTES: usize = 128 * 12;

/// The passwords of at least 8 characters among the 20,000 commonest, as Django ships them (5.2.19, BSD-3-Clause,
/// `django/contrib/auth/common-passwords.txt.gz`, compiled by Royce Williams), in lower case.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// A password, new or to be verified. It is prepared so that keyboards that compose letters in different ways give the same
/// password. It is never shown, and wiped from memory when it is dropped.
#[derive(Debug, Clone)]
pub struct Password {
    prepared: SecretString,
    /// The text as typed, if it differs. Old hashes were made of it.
    raw: Option<SecretString>,
}

impl Password {
    /// A new password. It must have a valid length and be neither common nor the username.
    pub fn chosen(text: Secret, username: &Username) -> Result<Self> {
        let refuse = |detail: &str| Err(Error::new(ErrorCode::InvalidCredentials, detail));
        // Other programs end a text at a zero byte, and a form's field holds no line end.
        if text.0.contains(char::is_control) {
            return refuse("A password cannot hold control characters, such as a line end or a zero byte.");
        }
        let prepared = prepared(&text.0.into()).filter(|text| LENGTH.contains(&text.expose_secret().chars().count()));
        let Some(prepared) = prepared else { return refuse("A password has 8 to 128 characters.") };
        // Attackers also try variants that look the same.
        let plain = prepared.expose_secret().nfkc().collect::<String>().to_lowercase();
        if COMMON.contains(plain.as_str()) {
            return refuse("This password is one of the commonest: choose another.");
        }
        if plain == username.as_str() {
            return refuse("The password cannot be the username.");
        }
        Ok(Self { prepared, raw: None })
    }

    /// A password to be verified. `None` if it is too long.
    pub fn tried(text: Secret) -> Option<Self> {
        let raw = SecretString::from(text.0);
        let prepared = prepared(&raw)?;
        let differs = raw.expose_secret() != prepared.expose_secret() && raw.expose_secret().len() <= MAX_BYTES;
        Some(Self { prepared, raw: differs.then_some(raw) })
    }

    /// The bytes to hash.
    pub(super) fn bytes(&self) -> &[u8] {
        self.prepared.expose_secret().as_bytes()
    }

    /// The password as typed, if it differs from the prepared one.
    pub(super) fn as_typed(&self) -> Option<Self> {
        self.raw.clone().map(|raw| Self { prepared: raw, raw: None })
    }
}

/// Maps the text as the profile `OpaqueString` does (RFC 8265, section 4.2): other spaces become U+0020, and letters with marks
/// are composed (NFC). Unassigned characters and joiners of emoji, which the profile forbids, are accepted, because
/// they are typed the same everywhere; so are control characters, which old passwords may have. `None` if the text is too long.
fn prepared(text: &SecretString) -> Option<SecretString> {
    let text = text.expose_secret();
    if text.len() > MAX_RAW_BYTES {
        return None;
    }
    let mapped: String = text.chars().map(|c| if is_space_separator(c) { ' ' } else { c }).nfc().collect();
    (mapped.len() <= MAX_BYTES).then(|| mapped.into())
}

/// Unicode's category Zs: white space except controls and separators of lines and paragraphs.
fn is_space_separator(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Password> {
        Password::chosen(Secret(text.to_owned()), &"adalovelace".parse().unwrap())
    }

    #[test]
    fn short_long_and_common_passwords_are_refused_and_their_text_is_not_repeated() {
        let long = "é".repeat(129);
        for wrong in ["", "seven77", "password", "PASSWORD1", "iloveyou", "AdaLovelace", &long] {
            let error = choose(wrong).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidCredentials, "{wrong}");
            assert!(wrong.is_empty() || wrong == "password" || !error.detail.contains(wrong));
        }
        // Composed there are 7 characters, and of Hangul 129.
        for wrong in ["e\u{301}".repeat(7), "\u{1112}\u{1161}\u{11ab}".repeat(129), "ｐａｓｓｗｏｒｄ".to_owned()]
        {
            assert!(choose(&wrong).is_err(), "{wrong}");
        }
        assert!(choose(&"\u{1112}\u{1161}\u{11ab}".repeat(128)).is_ok());
        assert!(choose("𝐀𝐝𝐚𝐋𝐨𝐯𝐞𝐥𝐚𝐜𝐞").is_err(), "the username in other letters");
        for good in ["correct horse battery", "é".repeat(128).as_str(), "pässwörd"] {
            assert!(choose(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_new_password_with_control_characters_is_refused_and_an_old_one_works() {
        for wrong in
            ["correct\0horse", "correct horse\n", "correct\thorse", "correct\u{85}horse", "\u{7f}correct horse"]
        {
            let error = choose(wrong).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidCredentials, "{wrong:?}");
            assert!(error.detail.contains("control characters"), "{}", error.detail);
            assert!(Password::tried(Secret(wrong.to_owned())).is_some());
        }
        assert!(choose("two\u{3000}words").is_ok(), "a space is no control character");
    }

    #[test]
    fn a_password_is_not_shown() {
        let password = choose("correct horse battery").unwrap();
        assert!(!format!("{password:?}").contains("horse"));
        assert!(Password::tried(Secret("x".repeat(1 << 20))).is_none());
    }

    #[test]
    fn differently_typed_texts_are_one_password() {
        let tried = |text: &str| Password::tried(Secret(text.to_owned())).unwrap();
        for (typed, same) in [
            ("e\u{301}te\u{301}", "été"),
            ("\u{c5}ngstro\u{308}m", "\u{212b}ngström"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("a\u{323}\u{307}", "a\u{307}\u{323}"),
            ("two\u{a0}words", "two words"),
            ("two\u{3000}words", "two\u{2003}words"),
        ] {
            assert_eq!(tried(typed).bytes(), tried(same).bytes(), "{typed} and {same}");
        }
        for (one, other) in
            [("Été", "été"), ("ａｄａ", "ada"), ("ﬁ", "fi"), ("a b", "a\tb"), (" a", "a"), ("a\u{2028}", "a ")]
        {
            assert_ne!(tried(one).bytes(), tried(other).bytes(), "{one} and {other}");
        }
    }

    #[test]
    fn the_typed_text_is_kept_only_if_it_differs() {
        let typed = |text: &str| Password::tried(Secret(text.to_owned())).unwrap().as_typed();
        assert!(typed("été").is_none() && typed("plain").is_none());
        assert_eq!(typed("e\u{301}te\u{301}").unwrap().bytes(), "e\u{301}te\u{301}".as_bytes());
        assert!(typed(&"e\u{301}".repeat(171)).is_none(), "no old password was as long");
        assert!(Password::tried(Secret("e\u{301}".repeat(257))).is_none());
    }
}

use std::{collections::HashSet, sync::LazyLock};

use inkstream_wire::{ErrorCode, Secret};
use secrecy::{ExposeSecret as _, SecretString};

use super::Username;
use crate::{Error, Result};

/// Characters of a password: the least that NIST SP 800-63B (5.1.1.2) takes, and twice the most it asks for.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;
/// Bytes of the longest one.
const MAX_BYTES: usize = 128 * 4;

/// The passwords of at least 8 characters among the 20,000 commonest, as Django ships them (5.2.19, BSD-3-Clause,
/// `django/contrib/auth/common-passwords.txt.gz`, compiled by Royce Williams), in lower case.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// A password, chosen or tried. It is never shown, and wiped from memory when it goes.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// One that someone wants to have from now on: of good length, not common, and not the user's name.
    pub fn chosen(text: Secret, username: &Username) -> Result<Self> {
        let refuse = |detail: &str| Err(Error::new(ErrorCode::InvalidCredentials, detail));
        if text.0.len() > MAX_BYTES || !LENGTH.contains(&text.0.chars().count()) {
            return refuse("A password has 8 to 128 characters.");
        }
        let lower = text.0.to_lowercase();
        if COMMON.contains(lower.as_str()) {
            return refuse("This password is one of the commonest: choose another.");
        }
        if lower == username.as_str() {
            return refuse("The password cannot be the username.");
        }
        Ok(Self(text.0.into()))
    }

    /// One that someone says is theirs; `None` for what is too long to be anyone's.
    pub fn tried(text: Secret) -> Option<Self> {
        (text.0.len() <= MAX_BYTES).then(|| Self(text.0.into()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
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
        for good in ["correct horse battery", "é".repeat(128).as_str(), "pässwörd"] {
            assert!(choose(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let password = choose("correct horse battery").unwrap();
        assert!(!format!("{password:?}").contains("horse"));
        assert!(Password::tried(Secret("x".repeat(1 << 20))).is_none());
    }
}

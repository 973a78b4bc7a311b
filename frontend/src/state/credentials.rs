//! Checks of names and passwords before they are sent.

/// The maximum length of a name in characters.
pub(crate) const NAME_MAX: usize = 64;
/// The minimum length of a password in characters.
pub(crate) const PASSWORD_MIN: usize = 8;
/// The maximum length of a password in characters.
pub(crate) const PASSWORD_MAX: usize = 128;

/// The error of a new name.
pub(crate) fn wrong_name(name: &str) -> Option<&'static str> {
    let name = name.trim();
    if name.is_empty() {
        return Some("Choose a name");
    }
    if name.chars().count() > NAME_MAX {
        return Some("A name has at most 64 characters");
    }
    let fits = |letter: char| letter.is_alphanumeric() || "._-@+".contains(letter);
    (!name.chars().all(fits)).then_some("A name is made of letters, digits and . _ - @ +")
}

/// The error of a new password.
pub(crate) fn wrong_password(password: &str) -> Option<&'static str> {
    match password.chars().count() {
        0 => Some("Choose a password"),
        1..PASSWORD_MIN => Some("A password has at least 8 characters"),
        PASSWORD_MIN..=PASSWORD_MAX => None,
        _ => Some("A password has at most 128 characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_consists_of_letters_digits_and_a_few_signs() {
        for good in ["ada", " ada ", "ada.lovelace@example.org", "Ada_1-2+3", "köhler"] {
            assert_eq!(wrong_name(good), None, "{good}");
        }
        for wrong in ["", "  ", "ada lovelace", "ada\u{0}", "<b>", &"a".repeat(65)] {
            assert!(wrong_name(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_passwords_length_is_counted_in_characters() {
        assert_eq!(wrong_password("pässwörd"), None);
        assert!(wrong_password("pässwör").is_some());
        assert_eq!(wrong_password(&"ä".repeat(128)), None);
        assert!(wrong_password(&"ä".repeat(129)).is_some());
    }
}

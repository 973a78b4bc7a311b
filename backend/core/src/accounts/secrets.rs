//! Secrets that the server generates: refresh tokens and API keys. The database stores only their hashes.

use inkstream_wire::Secret;
use sha2::{Digest as _, Sha256};

use crate::ports::SecretHash;

/// The prefix of API keys, by which people and secret scanners recognize them.
pub const KEY_PREFIX: &str = "ink_";
/// Characters of a key that its owner sees later: enough to distinguish twenty keys.
const SHOWN_LENGTH: usize = KEY_PREFIX.len() + 6;
/// The maximum length of a refresh token or key in bytes.
const MAX_LENGTH: usize = 128;

/// A new secret with its hash.
pub(super) struct NewSecret {
    pub(super) secret: Secret,
    pub(super) hash: SecretHash,
}

/// A new refresh token: 256 random bits in Base58Check.
pub(super) fn refresh_token() -> NewSecret {
    with_hash(super::random_text())
}

/// A new API key: `ink_` and 256 random bits in Base58Check, whose last four bytes are a checksum, so that a mistyped key
/// is refused without a query.
pub(super) fn api_key() -> NewSecret {
    with_hash(format!("{KEY_PREFIX}{}", super::random_text()))
}

/// The beginning of a key, for lists.
pub(super) fn shown(key: &Secret) -> String {
    format!("{}…", key.0.chars().take(SHOWN_LENGTH).collect::<String>())
}

/// The hash of an API key; `None` if the text does not have the form of one.
pub(super) fn api_key_hash(text: &str) -> Option<SecretHash> {
    hash_of(text, text.strip_prefix(KEY_PREFIX)?)
}

/// The hash of a refresh token; `None` if the text does not have the form of one.
pub(super) fn refresh_token_hash(text: &str) -> Option<SecretHash> {
    hash_of(text, text)
}

fn hash_of(text: &str, encoded: &str) -> Option<SecretHash> {
    let fits = text.len() <= MAX_LENGTH
        && bs58::decode(encoded).with_check(None).into_vec().is_ok_and(|bytes| bytes.len() == 32);
    fits.then(|| hash(text))
}

fn with_hash(text: String) -> NewSecret {
    NewSecret { hash: hash(&text), secret: Secret(text) }
}

fn hash(text: &str) -> SecretHash {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_matches_its_hash_and_a_mistyped_key_fails_its_checksum() {
        let NewSecret { secret, hash } = api_key();
        assert!(secret.0.starts_with("ink_"));
        assert_eq!(api_key_hash(&secret.0), Some(hash));
        assert!(secret.0.starts_with(shown(&secret).trim_end_matches('…')));
        assert_eq!(shown(&secret).chars().count(), SHOWN_LENGTH + 1);
        let last = secret.0.chars().last().unwrap();
        let mistyped = format!("{}{}", &secret.0[..secret.0.len() - 1], if last == 'x' { 'y' } else { 'x' });
        for wrong in [mistyped.as_str(), "ink_", "ink_abc", &secret.0[4..], "", &"ink_1".repeat(1 << 16)] {
            assert_eq!(api_key_hash(wrong), None);
        }
        assert_ne!(api_key().hash, hash);
    }

    #[test]
    fn a_refresh_token_is_not_an_api_key() {
        let token = refresh_token();
        assert_eq!(refresh_token_hash(&token.secret.0), Some(token.hash));
        assert_eq!(api_key_hash(&token.secret.0), None);
    }
}

//! Secrets that the server makes up: refresh tokens and API keys. The database has their hashes alone.

use inkstream_wire::Secret;
use sha2::{Digest as _, Sha256};

use crate::ports::SecretHash;

/// How every API key begins, so that people and secret scanners know one when they see it.
pub const KEY_PREFIX: &str = "ink_";
/// Characters of a key that its owner sees again: enough to tell twenty keys apart.
const SHOWN: usize = KEY_PREFIX.len() + 6;
/// Longest text that may be a refresh token or key.
const MAX: usize = 128;

/// A fresh secret with its hash.
pub(super) struct NewSecret {
    pub(super) secret: Secret,
    pub(super) hash: SecretHash,
}

/// A new refresh token: 256 random bits in Base58Check.
pub(super) fn refresh_token() -> NewSecret {
    fresh(super::random_text())
}

/// A new API key: `ink_` and 256 random bits in Base58Check, whose last four bytes are a checksum, so that a mistyped key
/// needs no look into the database.
pub(super) fn api_key() -> NewSecret {
    fresh(format!("{KEY_PREFIX}{}", super::random_text()))
}

/// How a key begins.
pub(super) fn shown(key: &Secret) -> String {
    format!("{}…", key.0.chars().take(SHOWN).collect::<String>())
}

/// The hash of what may be a key; `None` for what cannot be one.
pub(super) fn api_key_hash(text: &str) -> Option<SecretHash> {
    hash_of(text, text.strip_prefix(KEY_PREFIX)?)
}

/// The hash of what may be a refresh token; `None` for what cannot be one.
pub(super) fn refresh_token_hash(text: &str) -> Option<SecretHash> {
    hash_of(text, text)
}

fn hash_of(text: &str, encoded: &str) -> Option<SecretHash> {
    let fits =
        text.len() <= MAX && bs58::decode(encoded).with_check(None).into_vec().is_ok_and(|bytes| bytes.len() == 32);
    fits.then(|| hash(text))
}

fn fresh(text: String) -> NewSecret {
    NewSecret { hash: hash(&text), secret: Secret(text) }
}

fn hash(text: &str) -> SecretHash {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_and_a_mistyped_one_by_its_checksum() {
        let NewSecret { secret, hash } = api_key();
        assert!(secret.0.starts_with("ink_"));
        assert_eq!(api_key_hash(&secret.0), Some(hash));
        assert!(secret.0.starts_with(shown(&secret).trim_end_matches('…')));
        assert_eq!(shown(&secret).chars().count(), SHOWN + 1);
        let last = secret.0.chars().last().unwrap();
        let mistyped = format!("{}{}", &secret.0[..secret.0.len() - 1], if last == 'x' { 'y' } else { 'x' });
        for wrong in [mistyped.as_str(), "ink_", "ink_abc", &secret.0[4..], "", &"ink_1".repeat(1 << 16)] {
            assert_eq!(api_key_hash(wrong), None);
        }
        assert_ne!(api_key().hash, hash);
    }

    #[test]
    fn a_refresh_token_is_no_api_key() {
        let token = refresh_token();
        assert_eq!(refresh_token_hash(&token.secret.0), Some(token.hash));
        assert_eq!(api_key_hash(&token.secret.0), None);
    }
}

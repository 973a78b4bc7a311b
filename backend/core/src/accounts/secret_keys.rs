use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// The minimum length of a key in bytes.
const MIN_LENGTH: usize = 8;
/// The length in bytes below which a key of HMAC with SHA-256 is weaker than its hash (RFC 7518, section 3.2).
const STRONG_LENGTH: usize = 32;

/// The operator's secret key and the previous ones, whose signatures are still accepted.
#[derive(Debug, Clone)]
pub struct SecretKeys {
    current: SecretString,
    previous: Vec<SecretString>,
}

/// A key has fewer than 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key needs at least {MIN_LENGTH} characters; 32 or more make it strong")]
pub struct KeyTooShort;

impl SecretKeys {
    /// The current key and the previous ones.
    pub fn new(current: SecretString, previous: Vec<SecretString>) -> Result<Self, KeyTooShort> {
        let fits = |key: &SecretString| key.expose_secret().len() >= MIN_LENGTH;
        if fits(&current) && previous.iter().all(fits) { Ok(Self { current, previous }) } else { Err(KeyTooShort) }
    }

    /// Whether the current key is shorter than recommended.
    pub fn weak(&self) -> bool {
        self.current.expose_secret().len() < STRONG_LENGTH
    }

    pub(super) fn current(&self) -> &[u8] {
        self.current.expose_secret().as_bytes()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.current).chain(&self.previous).map(|key| key.expose_secret().as_bytes())
    }

    /// Keys derived for a purpose, the current one first. A signature for one purpose is invalid for another.
    pub(super) fn for_purpose(&self, purpose: &'static str) -> Vec<[u8; 32]> {
        self.all().filter_map(|key| mac(key, purpose.as_bytes())).collect()
    }
}

/// HMAC with SHA-256, for keys of any length.
pub(super) fn mac(key: &[u8], message: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_keys_are_refused_and_weak_keys_are_detected() {
        let keys = |current: &str, previous: &[&str]| {
            SecretKeys::new(current.into(), previous.iter().map(|&key| key.into()).collect())
        };
        assert_eq!(keys("seven77", &[]).err(), Some(KeyTooShort));
        assert_eq!(keys("eight888", &["seven77"]).err(), Some(KeyTooShort));
        assert!(keys("eight888", &[]).unwrap().weak());
        assert!(!keys(&"x".repeat(32), &[]).unwrap().weak());
        assert!(!format!("{:?}", keys("eight888", &[]).unwrap()).contains("eight888"));
    }
}

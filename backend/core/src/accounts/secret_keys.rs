use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// Bytes of the shortest key that is taken.
const LEAST: usize = 8;
/// Bytes below which a key of HMAC with SHA-256 is weaker than its hash (RFC 7518, section 3.2).
const STRONG: usize = 32;

/// The operator's secret key, and those it replaced: what was signed with them is still read.
#[derive(Debug, Clone)]
pub struct SecretKeys {
    current: SecretString,
    previous: Vec<SecretString>,
}

/// A key of fewer than 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key needs at least {LEAST} characters; 32 or more make it strong")]
pub struct KeyTooShort;

impl SecretKeys {
    /// Today's key, and the ones before it.
    pub fn new(current: SecretString, previous: Vec<SecretString>) -> Result<Self, KeyTooShort> {
        let fits = |key: &SecretString| key.expose_secret().len() >= LEAST;
        if fits(&current) && previous.iter().all(fits) { Ok(Self { current, previous }) } else { Err(KeyTooShort) }
    }

    /// Whether today's key is shorter than it should be.
    pub fn weak(&self) -> bool {
        self.current.expose_secret().len() < STRONG
    }

    pub(super) fn current(&self) -> &[u8] {
        self.current.expose_secret().as_bytes()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.current).chain(&self.previous).map(|key| key.expose_secret().as_bytes())
    }

    /// Keys for another purpose, today's first: what is signed for one purpose means nothing for another.
    pub(super) fn for_purpose(&self, purpose: &'static str) -> Vec<[u8; 32]> {
        self.all().filter_map(|key| mac(key, purpose.as_bytes())).collect()
    }
}

/// HMAC with SHA-256; it takes keys of every length.
pub(super) fn mac(key: &[u8], message: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_keys_are_refused_and_weak_ones_known() {
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

//! Signed URLs: what a browser loads by itself, such as images, is requested without a token, so the URL carries the permission.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use super::{SecretKeys, secret_keys::mac};
use crate::owner::Owner;

/// URLs expire on the hour, one to two hours from now. So a page that is loaded again within the hour gets the same URL, and the
/// browser can use its cached image.
const HOUR: i64 = 3_600;

/// Signs URLs. A signature covers the path, the owner and the expiry, but not the query, which only selects size or format.
pub struct SignedUrls {
    keys: Vec<[u8; 32]>,
    /// The path prefix of issued URLs, which is not signed.
    base: String,
}

/// The signature of a URL.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The expiry, in seconds since 1970.
    pub exp: i64,
    /// HMAC with SHA-256, Base64 for URLs.
    pub sig: String,
}

impl SignedUrls {
    /// Signs with keys derived from the operator's.
    pub fn new(keys: &SecretKeys) -> Self {
        Self { keys: keys.for_purpose("inkstream signed URL"), base: String::new() }
    }

    /// Prefixes URLs with the path beneath which the server is reached.
    #[must_use]
    pub fn beneath(self, base: impl Into<String>) -> Self {
        Self { base: base.into(), ..self }
    }

    /// `path` with its signature as query.
    pub(crate) fn sign(&self, path: &str, owner: &Owner, now: Timestamp) -> Option<String> {
        let exp = (now.as_second() / HOUR + 2) * HOUR;
        let mac = mac(self.keys.first()?, message(path, owner, exp).as_bytes())?;
        Some(format!("{}{path}?exp={exp}&sig={}", self.base, BASE64_URL_SAFE_NO_PAD.encode(mac)))
    }

    /// Whether a signature is valid for this path and owner, and has not expired.
    pub fn verify(&self, path: &str, owner: &Owner, signature: &Signature, now: Timestamp) -> bool {
        if signature.exp <= now.as_second() {
            return false;
        }
        let Ok(given) = BASE64_URL_SAFE_NO_PAD.decode(&signature.sig) else { return false };
        let message = message(path, owner, signature.exp);
        self.keys.iter().filter_map(|key| mac(key, message.as_bytes())).any(|mac| bool::from(mac.ct_eq(&given)))
    }
}

fn message(path: &str, owner: &Owner, exp: i64) -> String {
    let session = owner.session.map(|session| session.to_string()).unwrap_or_default();
    format!("{path}\n{}\n{session}\n{exp}", owner.user)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use uuid::Uuid;

    use super::*;

    fn links(keys: &[&str]) -> SignedUrls {
        let mut keys = keys.iter().map(|&key| SecretString::from(key));
        SignedUrls::new(&SecretKeys::new(keys.next().unwrap(), keys.collect()).unwrap())
    }

    fn owner() -> Owner {
        Owner { user: Uuid::new_v4(), session: None, anonymous: false, key: None }
    }

    fn signature(link: &str) -> Signature {
        let query = link.split_once("?exp=").unwrap().1;
        let (exp, sig) = query.split_once("&sig=").unwrap();
        Signature { exp: exp.parse().unwrap(), sig: sig.to_owned() }
    }

    #[test]
    fn a_signature_is_valid_for_its_path_and_owner_until_it_expires() {
        let (links, owner, now) = (links(&["the first key"]), owner(), "2026-11-21T12:10:00Z".parse().unwrap());
        let link = links.sign("/a", &owner, now).unwrap();
        let signed = signature(&link);
        assert!(links.verify("/a", &owner, &signed, now));
        assert!(!links.verify("/b", &owner, &signed, now));
        assert!(!links.verify("/a", &Owner { user: Uuid::new_v4(), ..owner.clone() }, &signed, now));
        assert!(!links.verify("/a", &Owner { session: Some(Uuid::new_v4()), ..owner.clone() }, &signed, now));
        let longer = Signature { exp: signed.exp + 1, ..signed.clone() };
        assert!(!links.verify("/a", &owner, &longer, now));
        assert!(!links.verify("/a", &owner, &Signature { sig: "é".to_owned(), ..signed.clone() }, now));
        let end: Timestamp = "2026-11-21T14:00:00Z".parse().unwrap();
        assert_eq!(signed.exp, end.as_second());
        assert!(!links.verify("/a", &owner, &signed, end));
    }

    #[test]
    fn a_signature_of_the_previous_key_is_still_valid() {
        let (owner, now) = (owner(), "2026-11-21T12:10:00Z".parse().unwrap());
        let old = signature(&links(&["the first key"]).sign("/a", &owner, now).unwrap());
        assert!(links(&["the second key", "the first key"]).verify("/a", &owner, &old, now));
        assert!(!links(&["the second key"]).verify("/a", &owner, &old, now));
    }
}

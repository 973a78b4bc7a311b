//! Password hashes with argon2id, with bounded concurrency.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use inkstream_wire::ErrorCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Password;
use crate::{Error, Result, metrics};

/// OWASP's first choice (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane.
const OWASP: (u32, u32, u32) = (19 * 1024, 2, 1);
/// The maximum number of waiting requests. A hash takes 25 ms, so with few slots they wait for some seconds.
const MAX_WAITING: usize = 256;

/// Computes and verifies password hashes on blocking threads. At most `slots` are computed at once, each in 19 MiB of memory
/// that is reused; at most 256 requests wait, and the next one is `Unavailable`. Thus a flood of sign-ins starves the
/// streams neither of memory nor of the event loop.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    params: Params,
    slots: Semaphore,
    waiting: AtomicUsize,
    /// The memory of free slots. The allocator would keep some for each of the runtime's threads.
    free_memory: Mutex<Vec<Vec<Block>>>,
    /// The hash that a password is compared with if the user has none, so that the check takes the same time.
    dummy: String,
}

/// The result of comparing a password with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PasswordMatch {
    Prepared,
    /// The hash was made of the password as it was typed, before passwords were prepared, and must be replaced.
    AsTyped,
    Wrong,
}

/// The right to compute hashes, one after the other.
pub(super) struct HashPermit<'a> {
    hasher: &'a Hasher,
    _slot: SemaphorePermit<'a>,
}

impl Hasher {
    /// A hasher with OWASP's parameters.
    pub fn new(slots: usize) -> Result<Self> {
        let (memory, passes, lanes) = OWASP;
        let params = Params::new(memory, passes, lanes, None).map_err(|error| Error::internal(error.to_string()))?;
        Self::with(params, slots)
    }

    fn with(params: Params, slots: usize) -> Result<Self> {
        let zeros = (Salt::new(&[0; 16]).map_err(unusable)?, Output::new(&[0; 32]).map_err(unusable)?);
        let dummy = phc(Algorithm::Argon2id, Version::V0x13, &params, zeros)?;
        let slots = Semaphore::new(slots.max(1));
        Ok(Self(Arc::new(Inner { params, slots, waiting: AtomicUsize::new(0), free_memory: Mutex::default(), dummy })))
    }

    /// Waits for a free slot.
    pub(super) async fn acquire(&self) -> Result<HashPermit<'_>> {
        let waiting = Waiting::new(&self.0.waiting);
        if waiting.before >= MAX_WAITING {
            let detail = "Too many people sign in right now. Try again in a moment.";
            return Err(Error::new(ErrorCode::Unavailable, detail).retry_after(5));
        }
        let slot = self.0.slots.acquire().await.map_err(Error::internal)?;
        Ok(HashPermit { hasher: self, _slot: slot })
    }
}

impl HashPermit<'_> {
    /// Hashes a new password into a PHC string.
    pub(super) async fn hash(&self, password: &Password) -> Result<String> {
        let (inner, password) = (Arc::clone(&self.hasher.0), password.clone());
        blocking(move || inner.hash(&password)).await
    }

    /// Compares a password with `hash`. If there is no hash, the comparison takes the same time and fails.
    pub(super) async fn verify(&self, password: Option<&Password>, hash: Option<&str>) -> Result<PasswordMatch> {
        let Some(password) = password.cloned() else { return Ok(PasswordMatch::Wrong) };
        let hash = hash.map(str::to_owned);
        let inner = Arc::clone(&self.hasher.0);
        blocking(move || {
            let expected = PasswordHash::new(hash.as_deref().unwrap_or(&inner.dummy))
                .map_err(|_| Error::internal("a stored password hash cannot be read"))?;
            let outcome = if inner.matches(&expected, &password)? {
                PasswordMatch::Prepared
            } else if let Some(typed) = password.as_typed()
                && inner.matches(&expected, &typed)?
            {
                PasswordMatch::AsTyped
            } else {
                PasswordMatch::Wrong
            };
            Ok(if hash.is_some() { outcome } else { PasswordMatch::Wrong })
        })
        .await
    }

    /// Whether a hash was made with other parameters than the current ones.
    pub(super) fn outdated(&self, hash: &str) -> bool {
        PasswordHash::new(hash)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok().map(|params| (hash, params)))
            .is_none_or(|(hash, params)| {
                let current = &self.hasher.0.params;
                let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
                hash.algorithm.as_str() != "argon2id" || cost(&params) != cost(current)
            })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let begun = std::time::Instant::now();
    let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    metrics::password_hashed(begun.elapsed());
    done
}

impl Inner {
    /// Hashes a password with a new salt.
    fn hash(&self, password: &Password) -> Result<String> {
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let salt = Salt::generate();
        let output = self.derive(algorithm, version, &self.params, &salt, password)?;
        phc(algorithm, version, &self.params, (salt, output))
    }

    /// Whether the hash is of this password, in constant time.
    fn matches(&self, expected: &PasswordHash, password: &Password) -> Result<bool> {
        let (Some(salt), Some(output)) = (&expected.salt, &expected.hash) else {
            return Err(unusable("it lacks its salt or its output"));
        };
        let algorithm = Algorithm::try_from(expected.algorithm.as_str()).map_err(unusable)?;
        let version = expected.version.map_or(Ok(Version::default()), Version::try_from).map_err(unusable)?;
        let params = Params::try_from(expected).map_err(unusable)?;
        Ok(self.derive(algorithm, version, &params, salt, password)? == *output)
    }

    fn derive(
        &self,
        algorithm: Algorithm,
        version: Version,
        params: &Params,
        salt: &Salt,
        password: &Password,
    ) -> Result<Output> {
        let memory = || self.free_memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blocks = memory().pop().unwrap_or_default();
        blocks.resize(params.block_count(), Block::default());
        let argon2 = Argon2::new(algorithm, version, params.clone());
        let mut bytes = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        let filled = argon2.hash_password_into_with_memory(password.bytes(), salt, &mut bytes, &mut blocks);
        memory().push(blocks);
        filled.map_err(unusable)?;
        Output::new(&bytes).map_err(unusable)
    }
}

/// The hash in the PHC string format, which the database stores.
fn phc(algorithm: Algorithm, version: Version, params: &Params, (salt, output): (Salt, Output)) -> Result<String> {
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(params).map_err(unusable)?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn unusable(cause: impl std::fmt::Display) -> Error {
    Error::internal(format!("a password hash cannot be made or compared: {cause}"))
}

/// Counts a waiting request while it exists.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { before: count.fetch_add(1, SeqCst), count }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use inkstream_wire::Secret;

    use super::*;

    fn password(text: &str) -> Password {
        Password::tried(Secret(text.to_owned())).unwrap()
    }

    fn quick(memory: u32) -> Hasher {
        Hasher::with(Params::new(memory, 1, 1, None).unwrap(), 1).unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_owasps_parameters_and_matches_its_password() {
        let hasher = Hasher::new(1).unwrap();
        let permit = hasher.acquire().await.unwrap();
        let hash = permit.hash(&password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(
            permit.verify(Some(&password("correct horse")), Some(&hash)).await.unwrap(),
            PasswordMatch::Prepared
        );
        assert_eq!(permit.verify(Some(&password("wrong horse")), Some(&hash)).await.unwrap(), PasswordMatch::Wrong);
        assert!(!permit.outdated(&hash));
    }

    #[tokio::test]
    async fn no_password_matches_a_missing_hash() {
        let hasher = quick(64);
        let permit = hasher.acquire().await.unwrap();
        assert_eq!(permit.verify(Some(&password("anything")), None).await.unwrap(), PasswordMatch::Wrong);
        assert_eq!(permit.verify(None, Some("$argon2id$")).await.unwrap(), PasswordMatch::Wrong);
    }

    #[tokio::test]
    async fn a_hash_with_old_parameters_is_outdated() {
        let (yesterday, today) = (quick(64), quick(128));
        let hash = yesterday.acquire().await.unwrap().hash(&password("correct horse")).await.unwrap();
        let permit = today.acquire().await.unwrap();
        assert!(permit.outdated(&hash));
        assert!(permit.outdated(&hash.replace("argon2id", "argon2i")));
        assert_eq!(
            permit.verify(Some(&password("correct horse")), Some(&hash)).await.unwrap(),
            PasswordMatch::Prepared
        );
    }

    #[tokio::test]
    async fn a_hash_of_a_password_as_typed_still_matches() {
        let hasher = quick(64);
        let permit = hasher.acquire().await.unwrap();
        let decomposed = password("e\u{301}te\u{301} a\u{300} la mer");
        let old = permit.hash(&decomposed.as_typed().unwrap()).await.unwrap();
        assert_eq!(permit.verify(Some(&decomposed), Some(&old)).await.unwrap(), PasswordMatch::AsTyped);
        assert_eq!(permit.verify(Some(&decomposed), None).await.unwrap(), PasswordMatch::Wrong);
        let new = permit.hash(&decomposed).await.unwrap();
        for same in ["été à la mer", "e\u{301}te\u{301} a\u{300} la mer"] {
            assert_eq!(
                permit.verify(Some(&password(same)), Some(&new)).await.unwrap(),
                PasswordMatch::Prepared,
                "{same}"
            );
        }
    }

    #[tokio::test]
    async fn requests_beyond_the_waiting_limit_are_refused() {
        let hasher = quick(64);
        let held = hasher.acquire().await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..MAX_WAITING {
            let mut permit = Box::pin(hasher.acquire());
            assert!(futures::poll!(&mut permit).is_pending());
            waiting.push(permit);
        }
        let refused = hasher.acquire().await.err().unwrap();
        assert_eq!((refused.code, refused.retry_after), (ErrorCode::Unavailable, Some(5)));
        drop((waiting, held));
        assert!(hasher.acquire().await.is_ok());
    }
}

//! Password hashes: argon2id, a few at a time.

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
/// Hashes that may wait for a permit: at 25 ms each, a second or so for every slot.
const WAITING: usize = 256;

/// Makes and compares password hashes. At most `slots` are computed at once, in 19 MiB of memory each that are kept for the
/// next, on threads that may block; at most 256 wait, and the next is `Unavailable`. So a flood of sign-ins takes neither the memory nor the event
/// loop from the streams.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    params: Params,
    slots: Semaphore,
    waiting: AtomicUsize,
    /// Memory of slots that are free. Given back to the allocator, each of the runtime's threads would keep some for itself.
    memory: Mutex<Vec<Vec<Block>>>,
    /// What a password is compared with where there is none, so that it takes the same time.
    dummy: String,
}

/// Whether a password is the one of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is.
    Right,
    /// The hash is one of the password as it was typed: it is to be made anew.
    RightAsTyped,
    /// It is not.
    Wrong,
}

/// A permit to compute hashes, one after the other.
pub(super) struct HashPermit<'a> {
    hasher: &'a Hasher,
    _slot: SemaphorePermit<'a>,
}

impl Hasher {
    /// With OWASP's parameters.
    pub fn new(slots: usize) -> Result<Self> {
        let (memory, passes, lanes) = OWASP;
        let params = Params::new(memory, passes, lanes, None).map_err(|error| Error::internal(error.to_string()))?;
        Self::with(params, slots)
    }

    fn with(params: Params, slots: usize) -> Result<Self> {
        let zeros = (Salt::new(&[0; 16]).map_err(unusable)?, Output::new(&[0; 32]).map_err(unusable)?);
        let dummy = phc(Algorithm::Argon2id, Version::V0x13, &params, zeros)?;
        let slots = Semaphore::new(slots.max(1));
        Ok(Self(Arc::new(Inner { params, slots, waiting: AtomicUsize::new(0), memory: Mutex::default(), dummy })))
    }

    /// Waits for a free slot.
    pub(super) async fn acquire(&self) -> Result<HashPermit<'_>> {
        let waiting = Waiting::new(&self.0.waiting);
        if waiting.before >= WAITING {
            let detail = "Too many people sign in right now. Try again in a moment.";
            return Err(Error::new(ErrorCode::Unavailable, detail).retry_after(5));
        }
        let slot = self.0.slots.acquire().await.map_err(Error::internal)?;
        Ok(HashPermit { hasher: self, _slot: slot })
    }
}

impl HashPermit<'_> {
    /// The PHC string of a new password.
    pub(super) async fn hash(&self, password: &Password) -> Result<String> {
        let (inner, password) = (Arc::clone(&self.hasher.0), password.clone());
        blocking(move || inner.hash(&password)).await
    }

    /// Whether a password is the one of `hash`; a missing hash takes as long to be wrong. A hash from before passwords were
    /// prepared is one of what was typed.
    pub(super) async fn verify(&self, password: Option<&Password>, hash: Option<&str>) -> Result<Verdict> {
        let Some(password) = password.cloned() else { return Ok(Verdict::Wrong) };
        let hash = hash.map(str::to_owned);
        let inner = Arc::clone(&self.hasher.0);
        blocking(move || {
            let expected = PasswordHash::new(hash.as_deref().unwrap_or(&inner.dummy))
                .map_err(|_| Error::internal("a stored password hash cannot be read"))?;
            let right = if inner.is_of(&expected, &password)? {
                Verdict::Right
            } else if let Some(typed) = password.as_typed()
                && inner.is_of(&expected, &typed)?
            {
                Verdict::RightAsTyped
            } else {
                Verdict::Wrong
            };
            Ok(if hash.is_some() { right } else { Verdict::Wrong })
        })
        .await
    }

    /// Whether a hash was made with other parameters than today's.
    pub(super) fn outdated(&self, hash: &str) -> bool {
        PasswordHash::new(hash)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok().map(|params| (hash, params)))
            .is_none_or(|(hash, params)| {
                let today = &self.hasher.0.params;
                let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
                hash.algorithm.as_str() != "argon2id" || cost(&params) != cost(today)
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
    /// The PHC string of a password, with a salt of its own.
    fn hash(&self, password: &Password) -> Result<String> {
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let salt = Salt::generate();
        let output = self.derive(algorithm, version, &self.params, &salt, password)?;
        phc(algorithm, version, &self.params, (salt, output))
    }

    /// Whether a password gives this hash; comparing takes the same time for every wrong one.
    fn is_of(&self, expected: &PasswordHash, password: &Password) -> Result<bool> {
        let (Some(salt), Some(output)) = (&expected.salt, &expected.hash) else {
            return Err(unusable("it lacks its salt or its end"));
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
        let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
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

/// A hash as the database holds it (the PHC string format).
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

/// Counts one who waits.
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
    async fn a_hash_is_argon2id_with_owasps_parameters_and_knows_its_password() {
        let hasher = Hasher::new(1).unwrap();
        let permit = hasher.acquire().await.unwrap();
        let hash = permit.hash(&password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(permit.verify(Some(&password("correct horse")), Some(&hash)).await.unwrap(), Verdict::Right);
        assert_eq!(permit.verify(Some(&password("wrong horse")), Some(&hash)).await.unwrap(), Verdict::Wrong);
        assert!(!permit.outdated(&hash));
    }

    #[tokio::test]
    async fn where_there_is_no_hash_no_password_is_right() {
        let hasher = quick(64);
        let permit = hasher.acquire().await.unwrap();
        assert_eq!(permit.verify(Some(&password("anything")), None).await.unwrap(), Verdict::Wrong);
        assert_eq!(permit.verify(None, Some("$argon2id$")).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_yesterdays_parameters_is_outdated() {
        let (yesterday, today) = (quick(64), quick(128));
        let hash = yesterday.acquire().await.unwrap().hash(&password("correct horse")).await.unwrap();
        let permit = today.acquire().await.unwrap();
        assert!(permit.outdated(&hash));
        assert!(permit.outdated(&hash.replace("argon2id", "argon2i")));
        assert_eq!(permit.verify(Some(&password("correct horse")), Some(&hash)).await.unwrap(), Verdict::Right);
    }

    #[tokio::test]
    async fn a_hash_of_a_password_as_it_was_typed_knows_it_still() {
        let hasher = quick(64);
        let permit = hasher.acquire().await.unwrap();
        let decomposed = password("e\u{301}te\u{301} a\u{300} la mer");
        let old = permit.hash(&decomposed.as_typed().unwrap()).await.unwrap();
        assert_eq!(permit.verify(Some(&decomposed), Some(&old)).await.unwrap(), Verdict::RightAsTyped);
        assert_eq!(permit.verify(Some(&decomposed), None).await.unwrap(), Verdict::Wrong);
        let new = permit.hash(&decomposed).await.unwrap();
        for same in ["été à la mer", "e\u{301}te\u{301} a\u{300} la mer"] {
            assert_eq!(permit.verify(Some(&password(same)), Some(&new)).await.unwrap(), Verdict::Right, "{same}");
        }
    }

    #[tokio::test]
    async fn too_many_who_wait_are_sent_away() {
        let hasher = quick(64);
        let held = hasher.acquire().await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..WAITING {
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

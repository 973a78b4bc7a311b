use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use inkstream_core::metrics;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use super::{Cause, ChildError, Role, Session, Spawner};
use crate::protocol::Setup;

/// The maximum number of operations of a child. It is replaced then, because the C++ libraries leak memory.
const MAX_USES: u32 = 500;
/// The maximum number of idle light children for each child that works. A light child holds next to no memory.
const LIGHT_PER_CHILD: usize = 8;

/// The children of one role. At most `size` work at once, in the order of the requests; some more are kept while idle.
///
/// A child belongs to a key (a document, a set of languages) for as long as it lives.
#[derive(Debug)]
pub(crate) struct Pool<K> {
    role: Role,
    spawner: Spawner,
    permits: Arc<Semaphore>,
    /// The maximum number of children, busy or idle, light ones aside.
    max: usize,
    /// The maximum number of idle light children.
    max_light: usize,
    idle: Mutex<VecDeque<(K, Session)>>,
    /// Children that were started ahead and belong to no key yet.
    unclaimed: OnceLock<Vec<Unclaimed>>,
    busy: AtomicUsize,
    waiting: AtomicUsize,
}

/// Children of one setup that belong to no key yet, so that a caller need not wait for a child's start.
#[derive(Debug)]
struct Unclaimed {
    setup: Setup,
    /// The number of children to keep ready.
    target: usize,
    ready: Mutex<Vec<Session>>,
    starting: AtomicUsize,
    tasks: TaskTracker,
}

impl<K: Clone + PartialEq + Send + 'static> Pool<K> {
    /// `size` children work at once; `spare` more are kept for their keys while idle.
    pub(crate) fn new(role: Role, spawner: Spawner, size: usize, spare: usize) -> Arc<Self> {
        let size = size.max(1);
        Arc::new(Self {
            role,
            spawner,
            permits: Arc::new(Semaphore::new(size)),
            max: size + spare,
            max_light: size * LIGHT_PER_CHILD,
            idle: Mutex::new(VecDeque::new()),
            unclaimed: OnceLock::new(),
            busy: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        })
    }

    /// Waits for a permit, then takes the key's idle child or starts a new one.
    pub(crate) async fn lease(self: &Arc<Self>, key: &K, setup: &Setup) -> Result<Lease<K>, ChildError> {
        let permit = {
            let _waiting = Waiting::new(self);
            Arc::clone(&self.permits).acquire_owned().await
        };
        let permit = permit.map_err(|_| ChildError::Unready("the server is stopping".into()))?;
        let mut lease = Lease::new(Arc::clone(self), key.clone(), permit);
        lease.session = self.take(key).or_else(|| self.claim(setup));
        self.report();
        if lease.session.is_none() {
            match Session::start(&self.spawner, self.role, setup).await {
                Ok(session) => lease.session = Some(session),
                Err(error) => {
                    metrics::child_restarted(self.role.as_str(), Cause::Unready.as_str());
                    return Err(error);
                }
            }
        }
        Ok(lease)
    }

    /// From now on, keeps the given number of children of each setup ready.
    pub(crate) fn start_ahead(self: &Arc<Self>, setups: impl IntoIterator<Item = (Setup, usize)>, tasks: &TaskTracker) {
        let unclaimed = setups.into_iter().map(|(setup, target)| Unclaimed {
            setup,
            target,
            ready: Mutex::default(),
            starting: AtomicUsize::new(0),
            tasks: tasks.clone(),
        });
        if self.unclaimed.set(unclaimed.collect()).is_ok() {
            (0..self.unclaimed().len()).for_each(|kind| self.refill(kind));
        }
    }

    /// Takes a child that was started ahead with this setup, and starts another one in its place.
    fn claim(self: &Arc<Self>, setup: &Setup) -> Option<Session> {
        let kind = self.unclaimed().iter().position(|unclaimed| unclaimed.setup == *setup)?;
        let mut session = self.unclaimed()[kind].ready().pop();
        self.refill(kind);
        session.take_if(Session::is_alive)
    }

    fn refill(self: &Arc<Self>, kind: usize) {
        let unclaimed = &self.unclaimed()[kind];
        let ready = unclaimed.ready().len();
        while ready + unclaimed.starting.fetch_add(1, Ordering::Relaxed) < unclaimed.target {
            let pool = Arc::clone(self);
            unclaimed.tasks.spawn(async move {
                let unclaimed = &pool.unclaimed()[kind];
                // A failed start is not reported here: the next caller starts a child itself and gets the error.
                let session = Session::start(&pool.spawner, pool.role, &unclaimed.setup).await;
                unclaimed.ready().extend(session.ok().filter(|_| !pool.permits.is_closed()));
                unclaimed.starting.fetch_sub(1, Ordering::Relaxed);
            });
        }
        unclaimed.starting.fetch_sub(1, Ordering::Relaxed);
    }

    fn unclaimed(&self) -> &[Unclaimed] {
        self.unclaimed.get().map_or(&[], Vec::as_slice)
    }

    /// Ends the idle children of a key that is no longer used.
    pub(crate) fn forget(&self, key: &K) {
        self.idle().retain(|(owner, _)| owner != key);
        self.report();
    }

    /// Refuses new work and ends the idle children. Busy children end with their operation.
    pub(crate) async fn close(&self) {
        self.permits.close();
        let mut idle: Vec<_> = self.idle().drain(..).map(|(_, session)| session).collect();
        self.unclaimed().iter().for_each(|unclaimed| idle.append(&mut unclaimed.ready()));
        for session in idle {
            session.retire().await;
        }
        self.report();
    }

    /// Takes the key's idle child. If there is none, makes room for a new one.
    fn take(&self, key: &K) -> Option<Session> {
        let mut idle = self.idle();
        idle.retain_mut(|(_, session)| {
            let alive = session.is_alive();
            if !alive {
                metrics::child_restarted(self.role.as_str(), Cause::Crashed.as_str());
            }
            alive
        });
        let own = idle.iter().rposition(|(owner, _)| owner == key);
        if let Some(own) = own {
            return idle.remove(own).map(|(_, session)| session);
        }
        self.trim(&mut idle, self.busy.load(Ordering::Relaxed));
        None
    }

    /// Gives a child back. Ends the children that have been idle longest if there are too many.
    fn put(&self, key: K, session: Session) {
        if session.uses >= MAX_USES {
            metrics::child_restarted(self.role.as_str(), Cause::MaxUses.as_str());
        } else if !self.permits.is_closed() {
            let mut idle = self.idle();
            idle.push_back((key, session));
            // The lease that gives the child back is still counted as busy.
            self.trim(&mut idle, self.busy.load(Ordering::Relaxed).saturating_sub(1));
        }
    }

    fn trim(&self, idle: &mut VecDeque<(K, Session)>, busy: usize) {
        for (is_light, max) in [(true, self.max_light), (false, self.max.saturating_sub(busy))] {
            let of_weight = |(_, session): &(K, Session)| session.is_light == is_light;
            while idle.iter().filter(|entry| of_weight(entry)).count() > max {
                let Some(oldest) = idle.iter().position(of_weight) else { break };
                idle.remove(oldest);
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(K, Session)>> {
        // No code panics while it holds the lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) {
        metrics::children_set(self.role.as_str(), self.busy.load(Ordering::Relaxed), self.idle().len());
    }
}

impl Unclaimed {
    fn ready(&self) -> MutexGuard<'_, Vec<Session>> {
        // No code panics while it holds the lock.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a waiting request until it is dropped.
struct Waiting<'a, K>(&'a Pool<K>);

impl<'a, K> Waiting<'a, K> {
    fn new(pool: &'a Pool<K>) -> Self {
        metrics::children_waiting(pool.role.as_str(), pool.waiting.fetch_add(1, Ordering::Relaxed) + 1);
        Self(pool)
    }
}

impl<K> Drop for Waiting<'_, K> {
    fn drop(&mut self) {
        metrics::children_waiting(self.0.role.as_str(), self.0.waiting.fetch_sub(1, Ordering::Relaxed) - 1);
    }
}

/// The right to one child. Dropping it in the middle of an operation kills the child.
#[derive(Debug)]
pub(crate) struct Lease<K: Clone + PartialEq + Send + 'static> {
    pool: Arc<Pool<K>>,
    key: K,
    session: Option<Session>,
    // This field is last, so that the permit is dropped after the child has ended.
    _permit: OwnedSemaphorePermit,
}

impl<K: Clone + PartialEq + Send + 'static> Lease<K> {
    fn new(pool: Arc<Pool<K>>, key: K, permit: OwnedSemaphorePermit) -> Self {
        pool.busy.fetch_add(1, Ordering::Relaxed);
        Self { pool, key, session: None, _permit: permit }
    }

    /// The child. There is none after `fail`.
    pub(crate) fn session(&mut self) -> Result<&mut Session, ChildError> {
        self.session.as_mut().ok_or(ChildError::InvalidAnswer("it was ended before"))
    }

    /// Ends the operation and keeps the child for further ones.
    pub(crate) fn give_back(mut self) {
        if let Some(mut session) = self.session.take() {
            session.uses += 1;
            self.pool.put(self.key.clone(), session);
        }
    }

    /// Ends the operation and the child.
    pub(crate) fn retire(mut self) {
        drop(self.session.take());
    }

    /// Ends the child because of an error, and returns the cause.
    pub(crate) async fn fail(mut self, error: &ChildError) -> Cause {
        let Some(session) = self.session.take() else { return Cause::Unready };
        let cause = session.fail(error).await;
        metrics::child_restarted(self.pool.role.as_str(), cause.as_str());
        cause
    }
}

impl<K: Clone + PartialEq + Send + 'static> Drop for Lease<K> {
    fn drop(&mut self) {
        if self.session.take().is_some() {
            metrics::child_restarted(self.pool.role.as_str(), Cause::Cancelled.as_str());
        }
        self.pool.busy.fetch_sub(1, Ordering::Relaxed);
        self.pool.report();
    }
}

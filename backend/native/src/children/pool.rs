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

use super::{Cause, Fault, Role, Session, Spawner};
use crate::protocol::Setup;

/// Operations after which a child is replaced: C++ that reads strangers' files leaks.
const WORN: u32 = 500;
/// Idle children that weigh nothing, for each that works.
const LIGHT: usize = 8;

/// The children of one role: so many work at once, first come, first served, and so many are kept.
///
/// A child belongs to a key (a document, a set of languages) for as long as it lives.
#[derive(Debug)]
pub(crate) struct Pool<K> {
    role: Role,
    spawner: Spawner,
    permits: Arc<Semaphore>,
    /// Children at most, busy and idle ones, those aside that weigh nothing.
    max: usize,
    /// Idle children at most that weigh nothing.
    max_light: usize,
    idle: Mutex<VecDeque<(K, Session)>>,
    /// Children that were started ahead.
    unclaimed: OnceLock<Vec<Unclaimed>>,
    busy: AtomicUsize,
    waiting: AtomicUsize,
}

/// Children that belong to no key yet, so that the first one who needs such a child need not wait for its start.
#[derive(Debug)]
struct Unclaimed {
    setup: Setup,
    /// How many there should be.
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
            max_light: size * LIGHT,
            idle: Mutex::new(VecDeque::new()),
            unclaimed: OnceLock::new(),
            busy: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        })
    }

    /// Waits for this role's turn, then takes this key's idle child or starts one.
    pub(crate) async fn lease(self: &Arc<Self>, key: &K, setup: &Setup) -> Result<Lease<K>, Fault> {
        let permit = {
            let _waiting = Waiting::new(self);
            Arc::clone(&self.permits).acquire_owned().await
        };
        let permit = permit.map_err(|_| Fault::Unready("the server is stopping".into()))?;
        let mut lease = Lease::new(Arc::clone(self), key.clone(), permit);
        lease.session = self.take(key).or_else(|| self.claim(setup));
        self.report();
        if lease.session.is_none() {
            match Session::start(&self.spawner, self.role, setup).await {
                Ok(session) => lease.session = Some(session),
                Err(fault) => {
                    metrics::child_restarted(self.role.as_str(), Cause::Unready.as_str());
                    return Err(fault);
                }
            }
        }
        Ok(lease)
    }

    /// Starts so many children of each setup ahead, from now on.
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

    /// A child that was started ahead with this setup; another is started in its place.
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
                // Where none can be started, those who need one are told.
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

    /// Ends the idle children of a key that is gone.
    pub(crate) fn forget(&self, key: &K) {
        self.idle().retain(|(owner, _)| owner != key);
        self.report();
    }

    /// Takes no work any more, and ends the idle children; the busy ones end with their work.
    pub(crate) async fn close(&self) {
        self.permits.close();
        let mut idle: Vec<_> = self.idle().drain(..).map(|(_, session)| session).collect();
        self.unclaimed().iter().for_each(|unclaimed| idle.append(&mut unclaimed.ready()));
        for session in idle {
            session.retire().await;
        }
        self.report();
    }

    /// This key's idle child; where it has none, room is made for another one.
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

    /// Gives a child back. Longest idle ones go where there are too many.
    fn put(&self, key: K, session: Session) {
        if session.uses >= WORN {
            metrics::child_restarted(self.role.as_str(), Cause::Worn.as_str());
        } else if !self.permits.is_closed() {
            let mut idle = self.idle();
            idle.push_back((key, session));
            // The lease that gives it back still counts.
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
        // Nothing panics while it is held.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) {
        metrics::children_set(self.role.as_str(), self.busy.load(Ordering::Relaxed), self.idle().len());
    }
}

impl Unclaimed {
    fn ready(&self) -> MutexGuard<'_, Vec<Session>> {
        // Nothing panics while it is held.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a waiting request while it lives.
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
    // Last: the next one's turn comes when this child is gone.
    _permit: OwnedSemaphorePermit,
}

impl<K: Clone + PartialEq + Send + 'static> Lease<K> {
    fn new(pool: Arc<Pool<K>>, key: K, permit: OwnedSemaphorePermit) -> Self {
        pool.busy.fetch_add(1, Ordering::Relaxed);
        Self { pool, key, session: None, _permit: permit }
    }

    /// The child; none only after `fail`.
    pub(crate) fn session(&mut self) -> Result<&mut Session, Fault> {
        self.session.as_mut().ok_or(Fault::Nonsense("it was ended before"))
    }

    /// The operation is over; the child may be used again.
    pub(crate) fn give_back(mut self) {
        if let Some(mut session) = self.session.take() {
            session.uses += 1;
            self.pool.put(self.key.clone(), session);
        }
    }

    /// The operation is over, and the child is not needed any more.
    pub(crate) fn retire(mut self) {
        drop(self.session.take());
    }

    /// Ends the child for a fault, and tells the cause.
    pub(crate) async fn fail(mut self, fault: &Fault) -> Cause {
        let Some(session) = self.session.take() else { return Cause::Unready };
        let cause = session.fail(fault).await;
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

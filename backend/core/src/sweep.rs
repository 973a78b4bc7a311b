//! The sweeper: renews leases, and clears what has expired or what a crash left behind.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{Interval, MissedTickBehavior, interval};
use uuid::Uuid;

use crate::{Result, accounts::Accounts, documents, metrics, runs::Runs};

/// Age at which a blob without a row is an orphan: longer than any upload takes to become a document.
const ORPHAN_AGE: Duration = Duration::from_hours(1);
/// Every how many sweeps (one each third of a lease) a thorough one runs.
const THOROUGH_INTERVAL: u32 = 30;
/// The maximum number of runs whose pages one thorough sweep deletes, and of rows that it removes from the ledger.
const PRUNE_BATCH: u32 = 1_000;

/// Recovers at the start of the server: settles runs of dead processes, and deletes their transient documents. `exclusive`: no other
/// server uses this database, so that every running run of another process is dead. Returns how many runs were settled.
pub async fn recover(runs: &Runs, exclusive: bool) -> Result<u64> {
    let now = runs.clock.now();
    let settled = settle_lapsed(runs, now, exclusive.then_some(runs.boot)).await?;
    metrics::swept("runs", settled);
    if exclusive {
        runs.documents.store.expire_transient(now).await?;
    }
    report("documents", documents::expire(&runs.documents).await);
    Ok(settled)
}

/// Renews leases, settles lapsed runs, deletes expired documents and blobs without a row, until the server stops.
/// Errors are logged, and the work is retried at the next tick.
pub async fn sweep_forever(runs: Arc<Runs>, accounts: Arc<Accounts>) {
    // Run both concurrently: a slow disk must not delay the renewal of leases.
    tokio::join!(keep_leases_forever(&runs), clear_forever(&runs, &accounts));
}

async fn keep_leases_forever(runs: &Runs) {
    let mut ticks = ticks(runs);
    while next_tick(runs, &mut ticks).await {
        keep_leases(runs).await;
    }
}

async fn clear_forever(runs: &Runs, accounts: &Accounts) {
    let mut ticks = ticks(runs);
    for count in 0_u32.. {
        if !next_tick(runs, &mut ticks).await {
            return;
        }
        clear(runs, accounts, count % THOROUGH_INTERVAL == 0).await;
    }
}

fn ticks(runs: &Runs) -> Interval {
    let mut ticks = interval(runs.limits.lease / 3);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for the next tick. Returns false when the server stops.
async fn next_tick(runs: &Runs, ticks: &mut Interval) -> bool {
    tokio::select! {
        () = runs.lifecycle.stopping.cancelled() => false,
        _ = ticks.tick() => true,
    }
}

/// Makes one sweep. A thorough one also clears what does no harm meanwhile: old accounts' data, orphaned blobs, old ledger rows.
pub async fn sweep(runs: &Runs, accounts: &Accounts, thorough: bool) {
    keep_leases(runs).await;
    clear(runs, accounts, thorough).await;
}

/// Renews the leases of this process's runs and settles runs of dead processes. Settles nothing while leases cannot be renewed: a
/// lease that expires then does so because the database was unavailable, and its task may be alive.
async fn keep_leases(runs: &Runs) {
    let now = runs.clock.now();
    let live = runs.live_runs.now();
    if !live.is_empty()
        && let Err(error) = runs.store.extend_leases(&live, now + runs.limits.lease).await
    {
        report("leases", Err(error));
        return;
    }
    report("runs", settle_lapsed(runs, now, None).await);
}

/// Settles runs of dead processes, but none whose task is alive in this process. Logs a row that cannot be settled only once.
async fn settle_lapsed(runs: &Runs, now: Timestamp, but_boot: Option<Uuid>) -> Result<u64> {
    let mut settled = 0;
    for run in runs.store.lapsed_runs(now, but_boot).await? {
        if runs.live_runs.must_keep(run) {
            continue;
        }
        match runs.store.settle_lapsed(run, now, but_boot).await {
            Ok(still) => settled += u64::from(still),
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                runs.live_runs.give_up(run);
                metrics::ledger_write_lost("run");
                let error = &error as &dyn std::error::Error;
                tracing::error!(%run, error, "a run of a dead process cannot be settled, and is left as it is");
            }
        }
    }
    Ok(settled)
}

async fn clear(runs: &Runs, accounts: &Accounts, thorough: bool) {
    let now = runs.clock.now();
    runs.documents.open.close_idle(now);
    report("documents", documents::expire(&runs.documents).await);
    match runs.documents.store.stuck_documents().await {
        Ok(stuck) => metrics::stuck("documents", stuck),
        Err(error) => report("documents", Err(error)),
    }
    if thorough {
        report("sessions", accounts.store.delete_ended_sessions(now).await);
        report("audit", accounts.store.prune_audit(now - accounts.auth.policy.audit_kept).await);
        report("blobs", documents::clear_orphans(&runs.documents, ORPHAN_AGE).await);
        report("run_pages", runs.store.prune_run_pages(PRUNE_BATCH).await);
        if let Some(kept) = runs.limits.usage_kept {
            report("usage", runs.store.prune_usage(now - kept, PRUNE_BATCH).await);
        }
    }
}

fn report(kind: &'static str, outcome: Result<u64>) {
    match outcome {
        Ok(0) => {}
        Ok(count) => {
            metrics::swept(kind, count);
            tracing::info!(kind, count, "swept");
        }
        Err(error) => tracing::error!(kind, error = &error as &dyn std::error::Error, "sweeping failed"),
    }
}

//! The sweeper: what time or a crash left behind is cleared.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{Interval, MissedTickBehavior, interval};
use uuid::Uuid;

use crate::{Result, app::App, documents, metrics};

/// Age at which a blob without a row is an orphan: longer than any upload takes to become a document.
const ORPHAN_AGE: Duration = Duration::from_hours(1);
/// Turns (of a third of a lease each) between two thorough ones.
const THOROUGH_TURNS: u32 = 30;
/// Runs whose pages one thorough turn deletes, and rows that it takes off the ledger.
const PRUNED_AT_ONCE: u32 = 1_000;

/// Settles what dead processes left, once, at the start, and deletes the documents that were to end with their runs.
/// `sole` says that no other server uses this database, so that every running run of another process is dead. Returns how
/// many runs were settled.
pub async fn recover(app: &App, sole: bool) -> Result<u64> {
    let now = app.clock.now();
    let settled = settle_lapsed(app, now, sole.then_some(app.boot)).await?;
    metrics::swept("runs", settled);
    if sole {
        app.store.expire_transient(now).await?;
    }
    report("documents", documents::expire(app).await);
    Ok(settled)
}

/// Renews leases, settles lapsed runs, deletes expired documents and blobs without a row, until the server stops.
/// An error is logged, and the work is tried again at the next turn.
pub async fn sweep_forever(app: Arc<App>) {
    // Side by side: a slow disk must not cost a run its lease.
    tokio::join!(keep_leases_forever(&app), clear_forever(&app));
}

async fn keep_leases_forever(app: &App) {
    let mut turns = turns(app);
    while next(app, &mut turns).await {
        keep_leases(app).await;
    }
}

async fn clear_forever(app: &App) {
    let mut turns = turns(app);
    for turn in 0_u32.. {
        if !next(app, &mut turns).await {
            return;
        }
        clear(app, turn % THOROUGH_TURNS == 0).await;
    }
}

fn turns(app: &App) -> Interval {
    let mut turns = interval(app.limits.lease / 3);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turns
}

/// Waits for the next turn; there is none when the server stops.
async fn next(app: &App, turns: &mut Interval) -> bool {
    tokio::select! {
        () = app.stopping.cancelled() => false,
        _ = turns.tick() => true,
    }
}

/// One turn; a thorough one also clears what harms nobody while it lies there.
pub async fn sweep(app: &App, thorough: bool) {
    keep_leases(app).await;
    clear(app, thorough).await;
}

/// Renews the leases of this process and settles the runs of dead ones. While leases cannot be renewed nothing is settled:
/// what lapses then has lapsed because the database was away, and its task may live.
async fn keep_leases(app: &App) {
    let now = app.clock.now();
    let live = app.live.now();
    if !live.is_empty()
        && let Err(error) = app.store.extend_leases(&live, now + app.limits.lease).await
    {
        report("leases", Err(error));
        return;
    }
    report("runs", settle_lapsed(app, now, None).await);
}

/// Settles runs whose process is dead, and none whose task lives in this one. A row that can never be closed is told once.
async fn settle_lapsed(app: &App, now: Timestamp, but_boot: Option<Uuid>) -> Result<u64> {
    let mut settled = 0;
    for run in app.store.lapsed_runs(now, but_boot).await? {
        if app.live.spares(run) {
            continue;
        }
        match app.store.settle_lapsed(run, now, but_boot).await {
            Ok(still) => settled += u64::from(still),
            Err(error) if error.passes() => return Err(error),
            Err(error) => {
                app.live.give_up(run);
                metrics::ledger_write_lost("run");
                let error = &error as &dyn std::error::Error;
                tracing::error!(%run, error, "a run of a dead process cannot be settled, and is left as it is");
            }
        }
    }
    Ok(settled)
}

async fn clear(app: &App, thorough: bool) {
    let now = app.clock.now();
    report("documents", documents::expire(app).await);
    match app.store.stuck_documents().await {
        Ok(stuck) => metrics::stuck("documents", stuck),
        Err(error) => report("documents", Err(error)),
    }
    if thorough {
        report("accounts", app.accounts.sweep_accounts(now, now - app.auth.policy.audit_kept).await);
        report("blobs", documents::clear_orphans(app, ORPHAN_AGE).await);
        report("run_pages", app.store.prune_run_pages(PRUNED_AT_ONCE).await);
        if let Some(kept) = app.limits.usage_kept {
            report("usage", app.store.prune_usage(now - kept, PRUNED_AT_ONCE).await);
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

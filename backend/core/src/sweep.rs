//! The sweeper: what time or a crash left behind is cleared.

use std::{sync::Arc, time::Duration};

use crate::{Result, app::App, documents, metrics};

/// Age at which a blob without a row is an orphan: longer than any upload takes to become a document.
const ORPHAN_AGE: Duration = Duration::from_hours(1);
/// Turns (of a third of a lease each) between two thorough ones.
const THOROUGH_TURNS: u32 = 30;

/// Settles what dead processes left, once, at the start. `sole` says that no other server uses this database, so that
/// every running run of another process is dead. Returns how many runs were settled.
pub async fn recover(app: &App, sole: bool) -> Result<u64> {
    let settled = app.store.settle_lapsed(app.clock.now(), sole.then_some(app.boot)).await?;
    metrics::swept("runs", settled);
    Ok(settled)
}

/// Renews leases, settles lapsed runs, deletes expired documents and blobs without a row, until the server stops.
/// An error is logged, and the work is tried again at the next turn.
pub async fn sweep_forever(app: Arc<App>) {
    let mut turns = tokio::time::interval(app.limits.lease / 3);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for turn in 0_u32.. {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = turns.tick() => sweep(&app, turn % THOROUGH_TURNS == 0).await,
        }
    }
}

/// One turn; a thorough one also clears what harms nobody while it lies there.
pub async fn sweep(app: &App, thorough: bool) {
    let now = app.clock.now();
    let live = app.live.now();
    if !live.is_empty() {
        report("leases", app.store.extend_leases(&live, now + app.limits.lease).await.map(|_| 0));
    }
    report("runs", app.store.settle_lapsed(now, None).await);
    report("documents", documents::expire(app).await);
    if thorough {
        report("accounts", app.accounts.sweep_accounts(now, now - app.auth.policy.audit_kept).await);
        report("blobs", documents::clear_orphans(app, ORPHAN_AGE).await);
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

//! The sweeper: what time or a crash left behind is cleared.

use std::sync::Arc;

use crate::app::App;

/// Settles what dead processes left, once, at the start. `sole` says that no other server uses this database.
pub async fn recover(app: &App, sole: bool) -> crate::Result<u64> {
    let _ = (app, sole);
    todo!()
}

/// Renews leases, settles lapsed runs, deletes expired documents and blobs without a row, until the server stops.
/// Errors are logged and tried again at the next turn.
pub async fn sweep_forever(app: Arc<App>) {
    let _ = app;
    todo!()
}

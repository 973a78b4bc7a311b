//! What admins see and change.

use inkstream_wire::{Account, Accounts, AuditEvent, EngineState, UserId, UserPatch, routes};

use super::{
    answer::{get, json},
    call::Call,
    usage::paged,
};
use crate::state::Failure;

/// Rows of the trail that come at once; fewer are the last.
const ROWS: usize = 200;

/// Users by name, and where the others begin.
pub(crate) async fn users(after: Option<String>) -> Result<(Vec<Account>, Option<String>), Failure> {
    let answer: Accounts = get(&paged(routes::ADMIN_USERS, "after", after.as_deref())).await?;
    Ok((answer.users, answer.next))
}

/// Changes a user.
pub(crate) async fn change_user(id: UserId, patch: &UserPatch) -> Result<Account, Failure> {
    json(Call::new("PATCH", &routes::admin_user(id)).json(patch).send().await?).await
}

/// Engines and their state.
pub(crate) async fn engines() -> Result<Vec<EngineState>, Failure> {
    get(routes::ADMIN_ENGINES).await
}

/// The trail of security events, latest first, and where the older ones begin.
pub(crate) async fn audit(before: Option<String>) -> Result<(Vec<AuditEvent>, Option<String>), Failure> {
    let rows: Vec<AuditEvent> = get(&paged(routes::ADMIN_AUDIT, "before", before.as_deref())).await?;
    let next = rows.last().filter(|_| rows.len() >= ROWS).map(|row| row.id.to_string());
    Ok((rows, next))
}

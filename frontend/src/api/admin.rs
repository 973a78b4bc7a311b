//! Requests of admins.

use inkstream_wire::{Account, Accounts, AuditEvent, EngineState, UserId, UserPatch, routes};

use super::{
    call::{Call, get, json},
    usage::paged,
};
use crate::state::Failure;

/// The number of audit rows in a part. A part with fewer rows is the last.
const ROWS: usize = 200;

/// A part of the users, sorted by name, and the start of the next part.
pub(crate) async fn users(after: Option<String>) -> Result<(Vec<Account>, Option<String>), Failure> {
    let answer: Accounts = get(&paged(routes::ADMIN_USERS, "after", after.as_deref())).await?;
    Ok((answer.users, answer.next))
}

pub(crate) async fn change_user(id: UserId, patch: &UserPatch) -> Result<Account, Failure> {
    json(Call::new("PATCH", &routes::admin_user(id)).json(patch).send().await?).await
}

pub(crate) async fn engines() -> Result<Vec<EngineState>, Failure> {
    get(routes::ADMIN_ENGINES).await
}

/// A part of the audit trail, newest first, and the start of the next part.
pub(crate) async fn audit(before: Option<String>) -> Result<(Vec<AuditEvent>, Option<String>), Failure> {
    let rows: Vec<AuditEvent> = get(&paged(routes::ADMIN_AUDIT, "before", before.as_deref())).await?;
    let next = rows.last().filter(|_| rows.len() >= ROWS).map(|row| row.id.to_string());
    Ok((rows, next))
}

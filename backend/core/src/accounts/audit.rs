use std::net::IpAddr;

use inkstream_wire::{AuditId, AuditKind, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::ports::NewAudit;

/// An audit row of a user who acted on the own account.
pub(super) fn own(event: AuditKind, user: Option<UserId>, address: Option<IpAddr>, now: Timestamp) -> NewAudit {
    about(event, user, user, address, now)
}

/// An audit row of `actor`, who acted on `subject`.
pub(super) fn about(
    event: AuditKind,
    actor: Option<UserId>,
    subject: Option<UserId>,
    address: Option<IpAddr>,
    now: Timestamp,
) -> NewAudit {
    NewAudit {
        id: AuditId(Uuid::new_v4()),
        at: now,
        event,
        actor,
        subject,
        address: address.map(|address| address.to_canonical().to_string()),
        detail: None,
    }
}

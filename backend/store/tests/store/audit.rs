//! The audit trail.

use inkstream_core::ports::{AuditRecord, AuditTrail as _, NewAudit};
use inkstream_wire::{AuditId, AuditKind, ErrorCode, UserId};
use uuid::Uuid;

use crate::database::{TestDatabase, at, audit, on_both_databases};

on_both_databases! {
    an_audit_row_says_what_happened_to_whom;
    pages_of_the_audit_trail_neither_repeat_nor_lose_rows_of_one_instant;
}

async fn an_audit_row_says_what_happened_to_whom(t: TestDatabase) {
    let (ada, eve) = (t.user("ada").await, t.user("eve").await);
    let row = NewAudit {
        actor: Some(ada),
        subject: Some(eve),
        address: Some("2001:db8::1".to_owned()),
        detail: Some("admin\0".to_owned()),
        at: at(20),
        ..audit(AuditKind::RoleChanged)
    };
    t.db.add_audit(row.clone()).await.unwrap();
    let gone = UserId(Uuid::new_v4());
    let deleted = NewAudit { actor: Some(gone), subject: Some(gone), at: at(30), ..audit(AuditKind::AccountDeleted) };
    t.db.add_audit(deleted).await.unwrap();
    let trail = t.db.audit(None, 2).await.unwrap();
    let id = Some(gone.to_string());
    assert_eq!((trail[0].event, &trail[0].actor, &trail[0].subject), (AuditKind::AccountDeleted, &id, &id));
    let expected = AuditRecord {
        id: row.id,
        at: at(20),
        event: AuditKind::RoleChanged,
        actor: Some("ada".to_owned()),
        subject: Some("eve".to_owned()),
        address: Some("2001:db8::1".to_owned()),
        detail: Some("admin\u{fffd}".to_owned()),
    };
    assert_eq!(trail[1], expected);
}

async fn pages_of_the_audit_trail_neither_repeat_nor_lose_rows_of_one_instant(t: TestDatabase) {
    let mut expected = Vec::new();
    for n in 0..10 {
        let row = NewAudit { at: at(n / 6), ..audit(AuditKind::SignedIn) };
        expected.push((row.at, row.id));
        t.db.add_audit(row).await.unwrap();
    }
    expected.sort_by_key(|row| std::cmp::Reverse(*row));
    let mut seen: Vec<AuditId> = Vec::new();
    for _ in 0..5 {
        let rows = t.db.audit(seen.last().copied(), 3).await.unwrap();
        seen.extend(rows.iter().map(|row| row.id));
    }
    assert_eq!(seen, expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    let unknown = t.db.audit(Some(AuditId(Uuid::new_v4())), 3).await;
    assert_eq!(unknown.unwrap_err().code, ErrorCode::NotFound);
}

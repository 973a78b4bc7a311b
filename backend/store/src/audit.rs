//! The audit trail.

use inkstream_core::ports::NewAudit;
use inkstream_wire::{AuditEvent, AuditId, AuditKind};
use jiff::Timestamp;
use sqlx::QueryBuilder;

use crate::{
    columns::{self, SqlEnum},
    database::{Database, read, transaction},
    error::StoreError,
};

pub(crate) const INSERT: &str = "INSERT INTO audit_events (id, at, event, actor, subject, address, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Inserts an audit event within a transaction.
macro_rules! record {
    ($tx:ident, $audit:expr) => {{
        let audit: &inkstream_core::ports::NewAudit = $audit;
        sqlx::query($crate::audit::INSERT)
            .bind(audit.id.to_string())
            .bind(audit.at.as_millisecond())
            .bind($crate::columns::SqlEnum::as_sql(audit.event))
            .bind(audit.actor.map(|user| user.to_string()))
            .bind(audit.subject.map(|user| user.to_string()))
            .bind(audit.address.as_deref().map($crate::columns::storable))
            .bind(audit.detail.as_deref().map($crate::columns::storable))
            .execute(&mut *$tx)
            .await?;
    }};
}
pub(crate) use record;

pub(crate) async fn add(db: &Database, audit: NewAudit) -> Result<(), StoreError> {
    transaction!(db, |tx| record!(tx, &audit));
    Ok(())
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    id: String,
    at: i64,
    event: String,
    actor: Option<String>,
    subject: Option<String>,
    address: Option<String>,
    detail: Option<String>,
}

impl AuditRow {
    fn parse(self) -> Result<AuditEvent, StoreError> {
        Ok(AuditEvent {
            id: AuditId(columns::id(&self.id, "audit_events.id")?),
            at: columns::rfc3339(self.at, "audit_events.at")?,
            event: AuditKind::parse(&self.event, "audit_events.event")?,
            actor: self.actor,
            subject: self.subject,
            address: self.address,
            detail: self.detail,
        })
    }
}

pub(crate) async fn latest(db: &Database, before: Option<AuditId>, limit: u32) -> Result<Vec<AuditEvent>, StoreError> {
    let before = before.map(|before| before.to_string());
    let rows: Vec<AuditRow> = read!(db, |pool| {
        let mut query = QueryBuilder::new(
            "SELECT e.id, e.at, e.event, COALESCE(a.username, e.actor) AS actor,
                    COALESCE(s.username, e.subject) AS subject, e.address, e.detail
             FROM audit_events e LEFT JOIN users a ON a.id = e.actor LEFT JOIN users s ON s.id = e.subject",
        );
        if let Some(before) = &before {
            let at: Option<i64> = sqlx::query_scalar("SELECT at FROM audit_events WHERE id = $1")
                .bind(before)
                .fetch_optional(pool)
                .await?;
            let Some(at) = at else { return Err(StoreError::not_found("row of the audit trail")) };
            query.push(" WHERE (e.at, e.id) < (").push_bind(at).push(", ").push_bind(before).push(")");
        }
        query.push(" ORDER BY e.at DESC, e.id DESC LIMIT ").push_bind(i64::from(limit));
        query.build_query_as().fetch_all(pool).await?
    });
    rows.into_iter().map(AuditRow::parse).collect()
}

/// Deletes sessions that are over, expired tokens, and audit events from before `audit_before`.
pub(crate) async fn sweep(db: &Database, now: Timestamp, audit_before: Timestamp) -> Result<u64, StoreError> {
    let now = now.as_millisecond();
    Ok(transaction!(db, |tx| {
        let sessions = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR revoked")
            .bind(now)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        // Deleting a session deletes its tokens. These are the used ones of sessions that go on.
        sqlx::query("DELETE FROM refresh_tokens WHERE expires_at <= $1").bind(now).execute(&mut *tx).await?;
        let audits = sqlx::query("DELETE FROM audit_events WHERE at < $1")
            .bind(audit_before.as_millisecond())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        sessions + audits
    }))
}

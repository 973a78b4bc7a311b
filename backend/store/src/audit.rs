//! The audit trail.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    ports::{AuditRecord, AuditTrail, NewAudit},
};
use inkstream_wire::{AuditId, AuditKind};
use jiff::Timestamp;
use sqlx::QueryBuilder;

use crate::{
    columns::{self, SqlEnum},
    database::{Database, read, transaction},
    error::StoreError,
};

/// Inserts an audit event within a transaction.
macro_rules! record {
    ($tx:ident, $audit:expr) => {{
        let audit: &inkstream_core::ports::NewAudit = $audit;
        $crate::database::insert!($tx, "audit_events", {
            id: audit.id.to_string(),
            at: audit.at.as_millisecond(),
            event: $crate::columns::SqlEnum::as_sql(audit.event),
            actor: audit.actor.map(|user| user.to_string()),
            subject: audit.subject.map(|user| user.to_string()),
            address: audit.address.as_deref().map($crate::columns::storable),
            detail: audit.detail.as_deref().map($crate::columns::storable),
        });
    }};
}
pub(crate) use record;

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
    fn parse(self) -> Result<AuditRecord, StoreError> {
        Ok(AuditRecord {
            id: AuditId(columns::id(&self.id, "audit_events.id")?),
            at: columns::time(self.at, "audit_events.at")?,
            event: AuditKind::parse(&self.event, "audit_events.event")?,
            actor: self.actor,
            subject: self.subject,
            address: self.address,
            detail: self.detail,
        })
    }
}

#[async_trait]
impl AuditTrail for Database {
    async fn add_audit(&self, audit: NewAudit) -> Result<()> {
        transaction!(self, |tx| record!(tx, &audit));
        Ok(())
    }

    async fn audit(&self, before: Option<AuditId>, limit: u32) -> Result<Vec<AuditRecord>> {
        let before = before.map(|before| before.to_string());
        let rows: Vec<AuditRow> = read!(self, |pool| {
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
        rows.into_iter().map(|row| Ok(row.parse()?)).collect()
    }

    async fn prune_audit(&self, before: Timestamp) -> Result<u64> {
        Ok(transaction!(self, |tx| {
            sqlx::query("DELETE FROM audit_events WHERE at < $1")
                .bind(before.as_millisecond())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        }))
    }
}

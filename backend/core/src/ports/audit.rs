use async_trait::async_trait;
use inkstream_wire::{AuditId, AuditKind, UserId};
use jiff::Timestamp;

use crate::Result;

/// A row for the audit trail. Methods that take one write it in their transaction.
#[derive(Debug, Clone)]
pub struct NewAudit {
    /// Its id.
    pub id: AuditId,
    /// Now.
    pub at: Timestamp,
    /// What happened.
    pub event: AuditKind,
    /// Who did it.
    pub actor: Option<UserId>,
    /// Whom it was about.
    pub subject: Option<UserId>,
    /// The caller's address.
    pub address: Option<String>,
    /// Further details; never a secret.
    pub detail: Option<String>,
}

/// A row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: AuditKind,
    /// Who did it: the name, or the id of a deleted user; `None` for an unknown caller, and for the command line.
    pub actor: Option<String>,
    /// Whom it was about: the name, or the id of a deleted user.
    pub subject: Option<String>,
    /// The caller's address.
    pub address: Option<String>,
    /// Further details.
    pub detail: Option<String>,
}

/// The audit trail. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Adds a row.
    async fn add_audit(&self, audit: NewAudit) -> Result<()>;
    /// Rows, latest first, those before the row `before`.
    async fn audit(&self, before: Option<AuditId>, limit: u32) -> Result<Vec<AuditRecord>>;
    /// Deletes rows from before `before`. Returns how many.
    async fn prune_audit(&self, before: Timestamp) -> Result<u64>;
}

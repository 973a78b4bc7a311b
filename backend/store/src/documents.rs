//! Documents: adding, finding, expiring and deleting them.

use std::collections::HashSet;

use async_trait::async_trait;
use inkstream_core::{
    Result,
    owner::Owner,
    ports::{BlobKey, DocumentRecord, DocumentStore, ExpiredDocument, NewDocument},
};
use inkstream_wire::{DocumentId, DocumentKind};
use jiff::Timestamp;
use sqlx::QueryBuilder;

use crate::{
    columns::{self, SqlEnum},
    database::{Database, insert, read, transaction},
    error::StoreError,
};

/// Keys per statement: databases bound a statement's parameters.
const KEYS_PER_STATEMENT: usize = 500;

#[derive(sqlx::FromRow)]
struct DocumentRow {
    id: String,
    filename: String,
    kind: String,
    bytes: i64,
    pages: i64,
    blob: String,
    created_at: i64,
    expires_at: i64,
    pages_done: i64,
}

/// Selects documents. The argument is the rest of the statement, from `WHERE` on.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.filename, d.kind, d.bytes, d.pages, d.blob, d.created_at, d.expires_at,
                    (SELECT COUNT(*) FROM pages p WHERE p.document_id = d.id AND p.status = 'done') AS pages_done
             FROM documents d WHERE ",
            $rest
        )
    };
}

impl DocumentRow {
    fn parse(self) -> Result<DocumentRecord, StoreError> {
        Ok(DocumentRecord {
            id: DocumentId(columns::id(&self.id, "documents.id")?),
            filename: self.filename,
            kind: DocumentKind::parse(&self.kind, "documents.kind")?,
            bytes: columns::uncount(self.bytes),
            pages: columns::small(self.pages, "documents.pages")?,
            pages_done: columns::small(self.pages_done, "pages_done")?,
            blob: BlobKey::stored(self.blob),
            created_at: columns::time(self.created_at, "documents.created_at")?,
            expires_at: columns::time(self.expires_at, "documents.expires_at")?,
        })
    }
}

#[async_trait]
impl DocumentStore for Database {
    async fn add_document(&self, document: NewDocument) -> Result<()> {
        let id = document.id.to_string();
        let owner = document.owner.user.to_string();
        let session = columns::session(&document.owner);
        let filename = columns::storable(&document.filename);
        transaction!(self, |tx| {
            insert!(tx, "documents", {
                id: &id,
                user_id: &owner,
                session: &session,
                filename: &*filename,
                kind: document.kind.as_sql(),
                bytes: columns::count(document.bytes),
                pages: i64::from(document.pages),
                blob: document.blob.as_str(),
                created_at: document.created_at.as_millisecond(),
                expires_at: document.expires_at.as_millisecond(),
                transient: document.transient,
            });
            sqlx::query(
                "WITH RECURSIVE numbers (page) AS (
                     SELECT CAST(1 AS BIGINT) UNION ALL SELECT page + 1 FROM numbers WHERE page < $2
                 )
                 INSERT INTO pages (document_id, page, status) SELECT $1, page, 'pending' FROM numbers",
            )
            .bind(&id)
            .bind(i64::from(document.pages))
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    async fn document(&self, owner: &Owner, id: DocumentId, now: Timestamp) -> Result<DocumentRecord> {
        let row: Option<DocumentRow> = read!(self, |pool| {
            sqlx::query_as(select!(
                "d.id = $1 AND d.user_id = $2 AND COALESCE(d.session, '') = $3 AND d.expires_at > $4"
            ))
            .bind(id.to_string())
            .bind(owner.user.to_string())
            .bind(columns::session(owner).unwrap_or_default())
            .bind(now.as_millisecond())
            .fetch_optional(pool)
            .await?
        });
        Ok(row.ok_or_else(|| StoreError::not_found("document"))?.parse()?)
    }

    async fn owner_of(&self, id: DocumentId, now: Timestamp) -> Result<Owner> {
        let row: Option<(String, Option<String>, bool)> = read!(self, |pool| {
            sqlx::query_as(
                "SELECT d.user_id, d.session, u.anonymous FROM documents d JOIN users u ON u.id = d.user_id
                 WHERE d.id = $1 AND d.expires_at > $2 AND NOT u.disabled",
            )
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .fetch_optional(pool)
            .await?
        });
        let (user, session, anonymous) = row.ok_or_else(|| StoreError::not_found("document"))?;
        Ok(Owner {
            user: columns::id(&user, "documents.user_id")?,
            session: session.map(|session| columns::id(&session, "documents.session")).transpose()?,
            anonymous,
            key: None,
        })
    }

    async fn documents(
        &self,
        owner: &Owner,
        now: Timestamp,
        before: Option<DocumentId>,
        limit: u32,
    ) -> Result<Vec<DocumentRecord>> {
        if !owner.has_lists() {
            return Ok(Vec::new());
        }
        let user = owner.user.to_string();
        let session = columns::session(owner).unwrap_or_default();
        let now = now.as_millisecond();
        let before = before.map(|before| before.to_string());
        let rows: Vec<DocumentRow> = read!(self, |pool| {
            let mut query = QueryBuilder::new(select!("d.user_id = "));
            query.push_bind(&user).push(" AND COALESCE(d.session, '') = ").push_bind(&session);
            query.push(" AND d.expires_at > ").push_bind(now);
            if let Some(before) = &before {
                // A document's time never changes, so that looking it up first needs no snapshot.
                let created_at: Option<i64> = sqlx::query_scalar(
                    "SELECT created_at FROM documents WHERE id = $1 AND user_id = $2 AND COALESCE(session, '') = $3",
                )
                .bind(before)
                .bind(&user)
                .bind(&session)
                .fetch_optional(pool)
                .await?;
                let Some(created_at) = created_at else { return Err(StoreError::not_found("document")) };
                query
                    .push(" AND (d.created_at, d.id) < (")
                    .push_bind(created_at)
                    .push(", ")
                    .push_bind(before)
                    .push(")");
            }
            query.push(" ORDER BY d.created_at DESC, d.id DESC LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await?
        });
        rows.into_iter().map(|row| Ok(row.parse()?)).collect()
    }

    async fn delete_document(&self, id: DocumentId) -> Result<BlobKey> {
        let blob: Option<String> = transaction!(self, |tx| {
            sqlx::query_scalar("DELETE FROM documents WHERE id = $1 RETURNING blob")
                .bind(id.to_string())
                .fetch_optional(&mut *tx)
                .await?
        });
        Ok(blob.map(BlobKey::stored).ok_or_else(|| StoreError::not_found("document"))?)
    }

    async fn expired_documents(&self, now: Timestamp, limit: u32) -> Result<Vec<ExpiredDocument>> {
        let rows: Vec<(String, String, i64)> = read!(self, |pool| {
            sqlx::query_as(
                "SELECT d.id, d.blob, d.delete_failures FROM documents d
                 WHERE COALESCE(d.retry_at, d.expires_at) <= $1
                   AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.document_id = d.id AND r.status = 'running')
                 ORDER BY COALESCE(d.retry_at, d.expires_at)
                 LIMIT $2",
            )
            .bind(now.as_millisecond())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
        });
        rows.into_iter()
            .map(|(id, blob, failures)| {
                Ok(ExpiredDocument {
                    id: DocumentId(columns::id(&id, "documents.id")?),
                    blob: BlobKey::stored(blob),
                    failures: columns::small(failures, "documents.delete_failures")?,
                })
            })
            .collect()
    }

    async fn postpone_deletion(&self, id: DocumentId, retry_at: Timestamp) -> Result<()> {
        transaction!(self, |tx| {
            sqlx::query("UPDATE documents SET delete_failures = delete_failures + 1, retry_at = $2 WHERE id = $1")
                .bind(id.to_string())
                .bind(retry_at.as_millisecond())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    async fn stuck_documents(&self) -> Result<u64> {
        let stuck: i64 = read!(self, |pool| {
            sqlx::query_scalar("SELECT COUNT(*) FROM documents WHERE retry_at IS NOT NULL").fetch_one(pool).await?
        });
        Ok(columns::uncount(stuck))
    }

    async fn expire_transient(&self, now: Timestamp) -> Result<u64> {
        Ok(transaction!(self, |tx| {
            sqlx::query("UPDATE documents SET expires_at = $1 WHERE transient AND expires_at > $1")
                .bind(now.as_millisecond())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        }))
    }

    async fn unknown_blobs(&self, keys: &[BlobKey]) -> Result<Vec<BlobKey>> {
        let mut known: HashSet<String> = HashSet::new();
        for chunk in keys.chunks(KEYS_PER_STATEMENT) {
            let found: Vec<String> = read!(self, |pool| {
                let mut query = QueryBuilder::new("SELECT blob FROM documents WHERE blob IN (");
                let mut list = query.separated(", ");
                for key in chunk {
                    list.push_bind(key.as_str());
                }
                query.push(")");
                query.build_query_scalar().persistent(false).fetch_all(pool).await?
            });
            known.extend(found);
        }
        Ok(keys.iter().filter(|key| !known.contains(key.as_str())).cloned().collect())
    }
}

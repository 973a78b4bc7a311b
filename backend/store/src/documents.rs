//! Documents: adding, finding, expiring and deleting them.

use std::collections::HashSet;

use inkstream_core::{
    owner::Owner,
    ports::{BlobKey, ExpiredDocument, NewDocument, StoredDocument},
};
use inkstream_wire::{Document, DocumentId, DocumentKind};
use jiff::Timestamp;
use sqlx::QueryBuilder;

use crate::{
    columns::{self, SqlEnum},
    database::{Database, read, transaction},
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

impl DocumentRow {
    fn parse(self) -> Result<StoredDocument, StoreError> {
        let document = Document {
            document_id: DocumentId(columns::id(&self.id, "documents.id")?),
            filename: self.filename,
            kind: DocumentKind::parse(&self.kind, "documents.kind")?,
            bytes: columns::uncount(self.bytes),
            pages: columns::small(self.pages, "documents.pages")?,
            pages_done: columns::small(self.pages_done, "pages_done")?,
            created_at: columns::rfc3339(self.created_at, "documents.created_at")?,
            expires_at: columns::rfc3339(self.expires_at, "documents.expires_at")?,
            result_url: None,
        };
        Ok(StoredDocument { document, blob: BlobKey::stored(self.blob) })
    }
}

pub(crate) async fn add(db: &Database, document: NewDocument) -> Result<(), StoreError> {
    let id = document.id.to_string();
    let owner = document.owner.user.to_string();
    let session = columns::session(&document.owner);
    let filename = columns::storable(&document.filename);
    transaction!(db, |tx| {
        sqlx::query(
            "INSERT INTO documents (id, user_id, session, filename, kind, bytes, pages, blob, created_at, expires_at,
                                    transient)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&id)
        .bind(&owner)
        .bind(&session)
        .bind(&*filename)
        .bind(document.kind.as_sql())
        .bind(columns::count(document.bytes))
        .bind(i64::from(document.pages))
        .bind(document.blob.as_str())
        .bind(document.created_at.as_millisecond())
        .bind(document.expires_at.as_millisecond())
        .bind(document.transient)
        .execute(&mut *tx)
        .await?;
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

pub(crate) async fn one(
    db: &Database,
    owner: &Owner,
    id: DocumentId,
    now: Timestamp,
) -> Result<StoredDocument, StoreError> {
    let row: Option<DocumentRow> = read!(db, |pool| {
        sqlx::query_as(
            "SELECT d.id, d.filename, d.kind, d.bytes, d.pages, d.blob, d.created_at, d.expires_at,
                    (SELECT COUNT(*) FROM pages p WHERE p.document_id = d.id AND p.status = 'done') AS pages_done
             FROM documents d
             WHERE d.id = $1 AND d.user_id = $2 AND COALESCE(d.session, '') = $3 AND d.expires_at > $4",
        )
        .bind(id.to_string())
        .bind(owner.user.to_string())
        .bind(columns::session(owner).unwrap_or_default())
        .bind(now.as_millisecond())
        .fetch_optional(pool)
        .await?
    });
    row.ok_or_else(|| StoreError::not_found("document"))?.parse()
}

pub(crate) async fn owner_of(db: &Database, id: DocumentId, now: Timestamp) -> Result<Owner, StoreError> {
    let row: Option<(String, Option<String>, bool)> = read!(db, |pool| {
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

pub(crate) async fn latest(
    db: &Database,
    owner: &Owner,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Document>, StoreError> {
    if !owner.has_lists() {
        return Ok(Vec::new());
    }
    let rows: Vec<DocumentRow> = read!(db, |pool| {
        sqlx::query_as(
            "SELECT d.id, d.filename, d.kind, d.bytes, d.pages, d.blob, d.created_at, d.expires_at,
                    (SELECT COUNT(*) FROM pages p WHERE p.document_id = d.id AND p.status = 'done') AS pages_done
             FROM documents d
             WHERE d.user_id = $1 AND COALESCE(d.session, '') = $2 AND d.expires_at > $3
             ORDER BY d.created_at DESC, d.id DESC
             LIMIT $4",
        )
        .bind(owner.user.to_string())
        .bind(columns::session(owner).unwrap_or_default())
        .bind(now.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?
    });
    rows.into_iter().map(|row| Ok(row.parse()?.document)).collect()
}

pub(crate) async fn delete(db: &Database, id: DocumentId) -> Result<BlobKey, StoreError> {
    let blob: Option<String> = transaction!(db, |tx| {
        sqlx::query_scalar("DELETE FROM documents WHERE id = $1 RETURNING blob")
            .bind(id.to_string())
            .fetch_optional(&mut *tx)
            .await?
    });
    blob.map(BlobKey::stored).ok_or_else(|| StoreError::not_found("document"))
}

pub(crate) async fn expired(db: &Database, now: Timestamp, limit: u32) -> Result<Vec<ExpiredDocument>, StoreError> {
    let rows: Vec<(String, String, i64)> = read!(db, |pool| {
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

pub(crate) async fn postpone_deletion(db: &Database, id: DocumentId, retry_at: Timestamp) -> Result<(), StoreError> {
    transaction!(db, |tx| {
        sqlx::query("UPDATE documents SET delete_failures = delete_failures + 1, retry_at = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(retry_at.as_millisecond())
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

pub(crate) async fn stuck(db: &Database) -> Result<u64, StoreError> {
    let stuck: i64 = read!(db, |pool| {
        sqlx::query_scalar("SELECT COUNT(*) FROM documents WHERE retry_at IS NOT NULL").fetch_one(pool).await?
    });
    Ok(columns::uncount(stuck))
}

pub(crate) async fn expire_transient(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    Ok(transaction!(db, |tx| {
        sqlx::query("UPDATE documents SET expires_at = $1 WHERE transient AND expires_at > $1")
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?
            .rows_affected()
    }))
}

pub(crate) async fn unknown_blobs(db: &Database, keys: &[BlobKey]) -> Result<Vec<BlobKey>, StoreError> {
    let mut known: HashSet<String> = HashSet::new();
    for chunk in keys.chunks(KEYS_PER_STATEMENT) {
        let found: Vec<String> = read!(db, |pool| {
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

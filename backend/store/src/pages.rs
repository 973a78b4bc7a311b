//! Pages and their latest results, as they are read and corrected.

use async_trait::async_trait;
use inkstream_content::PageContent;
use inkstream_core::{
    Result,
    ports::{PageRecord, PageStore, PageSummary, PageWithContent},
};
use inkstream_wire::{BoxKind, DocumentId, ErrorCode, EventError, PageStatus, RunId, TextBox};
use jiff::Timestamp;
use sqlx::QueryBuilder;

use crate::{
    columns::{self, SqlEnum},
    counters::{self, Counters},
    database::{Database, read, transaction},
    error::StoreError,
    page_content,
};

/// The columns of [`SummaryRow`] but the counters. A page is running while an open run has it open.
const SUMMARY: &str =
    "p.page, p.run_id, p.model, p.width, p.height, p.dpi, p.confidence, p.finish_reason, p.error_code,
    p.error_message, p.estimated, p.rotation, p.warnings, a.attempts,
    CASE WHEN EXISTS (
        SELECT 1 FROM runs r JOIN run_pages w ON w.run_id = r.id
        WHERE r.document_id = p.document_id AND r.status = 'running' AND w.page = p.page AND w.status = 'running'
    ) THEN 'running' ELSE p.status END AS status";
/// The further columns of [`TextRow`].
const TEXT: &str = ", p.text, p.corrected, p.boxes, p.metadata, p.content, p.status AS stored_status";

#[derive(sqlx::FromRow)]
struct SummaryRow {
    page: i64,
    status: String,
    run_id: Option<String>,
    model: Option<String>,
    width: Option<i64>,
    height: Option<i64>,
    dpi: Option<f64>,
    confidence: Option<f64>,
    finish_reason: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    /// All zero where `estimated` is null: then the page was never read.
    #[sqlx(flatten)]
    counters: Counters,
    estimated: Option<bool>,
    rotation: Option<i64>,
    warnings: Option<String>,
    attempts: Option<String>,
}

#[derive(sqlx::FromRow)]
struct TextRow {
    #[sqlx(flatten)]
    summary: SummaryRow,
    text: String,
    corrected: Option<String>,
    /// The boxes of what was located. Of pages that were stored before boxes were a projection of the content: all boxes.
    boxes: Option<String>,
    metadata: Option<String>,
    content: Option<Vec<u8>>,
    /// As `status`, but not hidden by a run that is reading the page again.
    stored_status: String,
}

impl SummaryRow {
    fn parse(self) -> Result<PageSummary, StoreError> {
        let error = match (self.error_code, self.error_message) {
            (Some(code), Some(message)) => {
                Some(EventError { code: ErrorCode::parse(&code, "pages.error_code")?, message })
            }
            _ => None,
        };
        let size = match (self.width, self.height) {
            (Some(width), Some(height)) => {
                Some((columns::small(width, "pages.width")?, columns::small(height, "pages.height")?))
            }
            _ => None,
        };
        Ok(PageSummary {
            page: columns::small(self.page, "pages.page")?,
            status: PageStatus::parse(&self.status, "pages.status")?,
            size,
            dpi: self.dpi.map(|dpi| dpi as f32),
            confidence: self.confidence.map(|confidence| confidence as f32),
            finish_reason: self.finish_reason,
            usage: self.estimated.map(|estimated| self.counters.usage(estimated)),
            error,
            run: self.run_id.map(|id| columns::id(&id, "pages.run_id").map(RunId)).transpose()?,
            model: self.model,
            rotation: u16::try_from(self.rotation.unwrap_or(0)).map_err(|_| StoreError::corrupt("pages.rotation"))?,
            warnings: columns::json(self.warnings.as_deref(), "pages.warnings")?.unwrap_or_default(),
            attempts: columns::json(self.attempts.as_deref(), "run_pages.attempts")?.unwrap_or_default(),
        })
    }
}

impl TextRow {
    /// The page with its content. The content of a page that was stored without it is built from its text and boxes.
    fn parse(self) -> Result<PageWithContent, StoreError> {
        let status = PageStatus::parse(&self.stored_status, "pages.status")?;
        let stored: Vec<TextBox> = columns::json(self.boxes.as_deref(), "pages.boxes")?.unwrap_or_default();
        let content = self.content.as_deref().map(page_content::decode).transpose()?;
        let boxes = match &content {
            Some(content) if stored.iter().all(|text_box| text_box.kind == BoxKind::Reference) => {
                content.boxes(&self.text).into_iter().chain(stored).collect()
            }
            _ => stored,
        };
        let record = PageRecord {
            summary: self.summary.parse()?,
            text: self.text,
            corrected: self.corrected,
            boxes,
            metadata: columns::json(self.metadata.as_deref(), "pages.metadata")?,
        };
        let content = content.or_else(|| rebuilt_content(&record, status));
        Ok(PageWithContent { record, content })
    }
}

/// The content of a page that was stored before pages had one. A page that was only searched has none: its text is what was found.
fn rebuilt_content(page: &PageRecord, status: PageStatus) -> Option<PageContent> {
    let was_searched = !page.boxes.is_empty() && page.boxes.iter().all(|found| found.kind == BoxKind::Reference);
    if !status.has_result() || was_searched || page.text.trim().is_empty() {
        return None;
    }
    let PageSummary { size, rotation, .. } = page.summary;
    Some(PageContent {
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        rotation,
        ..inkstream_content::from_boxes(&page.text, &page.boxes)
    })
}

/// Begins a statement that selects [`SUMMARY`] and `further` columns of pages, up to its condition on the document.
fn select(further: &str) -> String {
    let counters = counters::each(|column| format!("COALESCE(p.{column}, 0) AS {column}"));
    format!(
        "SELECT {SUMMARY}, {counters}{further} FROM pages p
         LEFT JOIN run_pages a ON a.run_id = p.run_id AND a.page = p.page WHERE p.document_id = "
    )
}

#[async_trait]
impl PageStore for Database {
    async fn page_summaries(&self, id: DocumentId, after: u32, limit: u32) -> Result<Vec<PageSummary>> {
        let rows: Vec<SummaryRow> = read!(self, |pool| {
            let mut query = QueryBuilder::new(select(""));
            query.push_bind(id.to_string()).push(" AND p.page > ").push_bind(i64::from(after));
            query.push(" ORDER BY p.page LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await?
        });
        rows.into_iter().map(|row| Ok(row.parse()?)).collect()
    }

    async fn pages(&self, id: DocumentId, after: u32, limit: u32) -> Result<Vec<PageWithContent>> {
        let rows: Vec<TextRow> = read!(self, |pool| {
            let mut query = QueryBuilder::new(select(TEXT));
            query.push_bind(id.to_string()).push(" AND p.page > ").push_bind(i64::from(after));
            query.push(" ORDER BY p.page LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await?
        });
        let mut pages = Vec::with_capacity(rows.len());
        for row in rows {
            pages.push(row.parse()?);
            // The content of a dense page takes tens of milliseconds, during which the thread does nothing else.
            tokio::task::yield_now().await;
        }
        Ok(pages)
    }

    async fn missing_pages(&self, id: DocumentId) -> Result<Vec<u32>> {
        let pages: Vec<i64> = read!(self, |pool| {
            sqlx::query_scalar("SELECT page FROM pages WHERE document_id = $1 AND status <> 'done' ORDER BY page")
                .bind(id.to_string())
                .fetch_all(pool)
                .await?
        });
        pages.into_iter().map(|page| Ok(columns::small(page, "pages.page")?)).collect()
    }

    async fn page(&self, id: DocumentId, page: u32) -> Result<PageWithContent> {
        let row: Option<TextRow> = read!(self, |pool| {
            let mut query = QueryBuilder::new(select(TEXT));
            query.push_bind(id.to_string()).push(" AND p.page = ").push_bind(i64::from(page));
            query.build_query_as().fetch_optional(pool).await?
        });
        Ok(row.ok_or_else(|| StoreError::not_found("page"))?.parse()?)
    }

    async fn correct_page(&self, id: DocumentId, page: u32, text: Option<&str>, now: Timestamp) -> Result<()> {
        let text = text.map(columns::storable);
        let corrected = transaction!(self, |tx| {
            sqlx::query("UPDATE pages SET corrected = $3, corrected_at = $4 WHERE document_id = $1 AND page = $2")
                .bind(id.to_string())
                .bind(i64::from(page))
                .bind(text.as_deref())
                .bind(text.as_ref().map(|_| now.as_millisecond()))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        if corrected == 0 { Err(StoreError::not_found("page").into()) } else { Ok(()) }
    }
}

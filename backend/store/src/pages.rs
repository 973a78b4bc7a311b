//! Pages and their latest results.

use inkstream_core::{
    Error,
    ports::{PageOutcome, PageResult, Written},
};
use inkstream_wire::{BoxKind, DocumentId, ErrorCode, EventError, Page, PageStatus, PixelBox, RunId, TextBox, Usage};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    columns::{self, SqlEnum},
    database::{Database, read, transaction},
    error::StoreError,
    page_content, usage_meters,
};

/// Whether anyone can see the results of a document.
const SEEN: &str = "SELECT EXISTS (
         SELECT 1 FROM documents d JOIN users u ON u.id = d.user_id WHERE d.id = $1 AND NOT u.disabled
     )";

#[derive(sqlx::FromRow)]
struct PageRow {
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
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    prompt_chars: Option<i64>,
    completion_chars: Option<i64>,
    input_bytes: Option<i64>,
    estimated: Option<bool>,
    corrected: Option<String>,
    text: String,
    boxes: Option<String>,
    rotation: Option<i64>,
    metadata: Option<String>,
    warnings: Option<String>,
    attempts: Option<String>,
}

impl PageRow {
    fn parse(self) -> Result<Page, StoreError> {
        let error = match (self.error_code, self.error_message) {
            (Some(code), Some(message)) => {
                Some(EventError { code: ErrorCode::parse(&code, "pages.error_code")?, message })
            }
            _ => None,
        };
        let usage = self.prompt_tokens.map(|prompt_tokens| Usage {
            prompt_tokens: columns::uncount(prompt_tokens),
            completion_tokens: columns::uncount(self.completion_tokens.unwrap_or(0)),
            prompt_chars: columns::uncount(self.prompt_chars.unwrap_or(0)),
            completion_chars: columns::uncount(self.completion_chars.unwrap_or(0)),
            input_bytes: columns::uncount(self.input_bytes.unwrap_or(0)),
            pages: None,
            estimated: self.estimated.unwrap_or(false),
        });
        Ok(Page {
            page: columns::small(self.page, "pages.page")?,
            status: PageStatus::parse(&self.status, "pages.status")?,
            width: self.width.map(|width| columns::small(width, "pages.width")).transpose()?,
            height: self.height.map(|height| columns::small(height, "pages.height")).transpose()?,
            dpi: self.dpi.map(|dpi| dpi as f32),
            text: self.text,
            corrected: self.corrected,
            boxes: json(self.boxes.as_deref(), "pages.boxes")?.unwrap_or_default(),
            confidence: self.confidence.map(|confidence| confidence as f32),
            finish_reason: self.finish_reason,
            usage,
            error,
            run_id: self.run_id.map(|id| columns::id(&id, "pages.run_id").map(RunId)).transpose()?,
            model: self.model,
            rotation: self
                .rotation
                .map(|turn| u16::try_from(turn).map_err(|_| StoreError::corrupt("pages.rotation")))
                .transpose()?,
            metadata: json(self.metadata.as_deref(), "pages.metadata")?,
            warnings: json(self.warnings.as_deref(), "pages.warnings")?.unwrap_or_default(),
            attempts: json(self.attempts.as_deref(), "run_pages.attempts")?.unwrap_or_default(),
            image_url: None,
            annotated_url: None,
        })
    }
}

/// A page's good result, on which something else was looked for.
#[derive(sqlx::FromRow)]
struct Kept {
    width: Option<i64>,
    height: Option<i64>,
    rotation: Option<i64>,
    boxes: Option<String>,
}

impl Kept {
    /// Its boxes as JSON, with the places that were found now in the place of those found before; `None` where it is no
    /// reading of the page, or where the two pictures stand differently.
    fn with_places(self, found: &PageResult) -> Result<Option<String>, StoreError> {
        let mut boxes: Vec<TextBox> = json(self.boxes.as_deref(), "pages.boxes")?.unwrap_or_default();
        let only_places = !boxes.is_empty() && boxes.iter().all(|place| place.kind == BoxKind::Reference);
        let turned = self.rotation.unwrap_or(0) != i64::from(found.rotation);
        let (Some(width), Some(height), Some(size)) = (self.width, self.height, found.size) else { return Ok(None) };
        if only_places || turned {
            return Ok(None);
        }
        boxes.retain(|place| place.kind != BoxKind::Reference);
        let (across, down) = (width as f64 / f64::from(size.0.max(1)), height as f64 / f64::from(size.1.max(1)));
        let scaled = |length: u32, by: f64| (f64::from(length) * by).round() as u32;
        boxes.extend(found.boxes.iter().map(|place| {
            let PixelBox { x, y, width, height } = place.bounds;
            let bounds = PixelBox {
                x: scaled(x, across),
                y: scaled(y, down),
                width: scaled(width, across),
                height: scaled(height, down),
            };
            TextBox { bounds, ..place.clone() }
        }));
        to_json(&boxes).map(Some)
    }
}

pub(crate) fn json<T: DeserializeOwned>(text: Option<&str>, column: &'static str) -> Result<Option<T>, StoreError> {
    text.map(|text| serde_json::from_str(text).map_err(|_| StoreError::corrupt(column))).transpose()
}

fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Domain(Error::internal(error)))
}

pub(crate) async fn of_document(db: &Database, id: DocumentId) -> Result<Vec<Page>, StoreError> {
    let pages = select(db, id, None).await?;
    if pages.is_empty() { Err(StoreError::not_found("document")) } else { Ok(pages) }
}

pub(crate) async fn one(db: &Database, id: DocumentId, page: u32) -> Result<Page, StoreError> {
    select(db, id, Some(page)).await?.pop().ok_or_else(|| StoreError::not_found("page"))
}

/// All pages of a document, or one.
async fn select(db: &Database, id: DocumentId, page: Option<u32>) -> Result<Vec<Page>, StoreError> {
    let rows: Vec<PageRow> = read!(db, |pool| {
        sqlx::query_as(
            "SELECT p.page, p.run_id, p.model, p.width, p.height, p.dpi, p.confidence, p.finish_reason, p.error_code,
                    p.error_message, p.prompt_tokens, p.completion_tokens, p.prompt_chars, p.completion_chars,
                    p.input_bytes, p.estimated, p.corrected, p.text, p.boxes, p.rotation, p.metadata, p.warnings, a.attempts,
                    CASE WHEN EXISTS (
                        SELECT 1 FROM runs r JOIN run_pages w ON w.run_id = r.id
                        WHERE r.document_id = p.document_id AND r.status = 'running'
                          AND w.page = p.page AND w.status = 'running'
                    ) THEN 'running' ELSE p.status END AS status
             FROM pages p LEFT JOIN run_pages a ON a.run_id = p.run_id AND a.page = p.page
             WHERE p.document_id = $1 AND ($2 IS NULL OR p.page = $2)
             ORDER BY p.page",
        )
        .bind(id.to_string())
        .bind(page.map(i64::from))
        .fetch_all(pool)
        .await?
    });
    rows.into_iter().map(PageRow::parse).collect()
}

pub(crate) async fn correct(
    db: &Database,
    id: DocumentId,
    page: u32,
    text: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text = text.map(columns::storable);
    let corrected = transaction!(db, |tx| {
        sqlx::query("UPDATE pages SET corrected = $3, corrected_at = $4 WHERE document_id = $1 AND page = $2")
            .bind(id.to_string())
            .bind(i64::from(page))
            .bind(text.as_deref())
            .bind(text.as_ref().map(|_| now.as_millisecond()))
            .execute(&mut *tx)
            .await?
            .rows_affected()
    });
    if corrected == 0 { Err(StoreError::not_found("page")) } else { Ok(()) }
}

/// Writes a page's end: its usage to the run's row and the month's meter, its result to the document if there still is
/// one. What comes a second time changes nothing; what comes after the run was closed is an error.
pub(crate) async fn finish(db: &Database, page: PageResult) -> Result<Written, StoreError> {
    let run = page.run.to_string();
    let number = i64::from(page.page);
    let finished_at = page.finished_at.as_millisecond();
    let usage = page.usage;
    let (status, error) = match &page.outcome {
        PageOutcome::Done => (PageStatus::Done, None),
        PageOutcome::Partial => (PageStatus::Partial, None),
        PageOutcome::Failed(error) => (PageStatus::Failed, Some(error)),
        PageOutcome::Aborted => (PageStatus::Aborted, None),
    };
    let read = status.has_result();
    let text = columns::storable(&page.text);
    let finish_reason = page.finish_reason.as_deref().map(columns::storable);
    let error_message = error.map(|error| columns::storable(&error.message));
    let boxes = Some(&page.boxes).filter(|boxes| !boxes.is_empty()).map(to_json).transpose()?;
    let metadata = page.metadata.as_ref().map(to_json).transpose()?;
    let warnings = Some(&page.warnings).filter(|warnings| !warnings.is_empty()).map(to_json).transpose()?;
    let content = page.content.as_ref().map(page_content::encode).transpose()?;
    let attempts = Some(&page.attempts).filter(|attempts| !attempts.is_empty()).map(to_json).transpose()?;

    let written = transaction!(db, |tx| {
        // First the run's row: its lock lets the ends of one run's pages, and its settlement, come one after the other.
        let meter: Option<(String, i64)> = sqlx::query_as(
            "UPDATE runs
             SET pages_done = pages_done + $2, prompt_tokens = prompt_tokens + $3,
                 completion_tokens = completion_tokens + $4, prompt_chars = prompt_chars + $5,
                 completion_chars = completion_chars + $6, estimated = estimated OR $7,
                 cost = COALESCE(cost + $8, cost, $8)
             WHERE id = $1 AND status = 'running'
             RETURNING user_id, month",
        )
        .bind(&run)
        .bind(i64::from(read))
        .bind(columns::count(usage.prompt_tokens))
        .bind(columns::count(usage.completion_tokens))
        .bind(columns::count(usage.prompt_chars))
        .bind(columns::count(usage.completion_chars))
        .bind(usage.estimated)
        .bind(page.cost)
        .fetch_optional(&mut *tx)
        .await?;
        let reserved: Option<i64> = sqlx::query_scalar(
            "UPDATE run_pages SET status = $3, finished_at = $4, attempts = $5
             WHERE run_id = $1 AND page = $2 AND status = 'running'
             RETURNING reserved_tokens",
        )
        .bind(&run)
        .bind(number)
        .bind(status.as_sql())
        .bind(finished_at)
        .bind(&attempts)
        .fetch_optional(&mut *tx)
        .await?;
        let (Some((user, month)), Some(reserved)) = (meter, reserved) else {
            let as_sql: Option<String> =
                sqlx::query_scalar("SELECT status FROM run_pages WHERE run_id = $1 AND page = $2")
                    .bind(&run)
                    .bind(number)
                    .fetch_optional(&mut *tx)
                    .await?;
            // Leaving without a commit takes the usage back: it is on the ledger already, or has no place there.
            return match as_sql.as_deref() {
                None => Err(StoreError::not_found("page of a run")),
                Some("closed") => Err(StoreError::closed()),
                Some(_) => Ok(Written::Kept),
            };
        };
        let kept: Option<Kept> = if status == PageStatus::Done && page.locates {
            sqlx::query_as(
                "SELECT width, height, rotation, boxes FROM pages
                 WHERE document_id = $1 AND page = $2 AND status IN ('done', 'partial') AND text <> ''",
            )
            .bind(page.document.to_string())
            .bind(number)
            .fetch_optional(&mut *tx)
            .await?
        } else {
            None
        };
        let with_places = kept.map(|kept| kept.with_places(&page)).transpose()?.flatten();
        if let Some(boxes) = &with_places {
            sqlx::query("UPDATE pages SET boxes = $3 WHERE document_id = $1 AND page = $2")
                .bind(page.document.to_string())
                .bind(number)
                .bind(boxes)
                .execute(&mut *tx)
                .await?;
        } else {
            sqlx::query(
                "UPDATE pages
             SET status = $3, run_id = $4, model = $5, width = $6, height = $7, dpi = $8, confidence = $9,
                 finish_reason = $10, error_code = $11, error_message = $12, prompt_tokens = $13,
                 completion_tokens = $14, prompt_chars = $15, completion_chars = $16, input_bytes = $17,
                 estimated = $18, text = $19, boxes = $20, rotation = $21, metadata = $22, warnings = $23,
                 content = $24
             WHERE document_id = $1 AND page = $2 AND (status NOT IN ('done', 'partial') OR $25 OR ($26 AND status <> 'done'))",
            )
            .bind(page.document.to_string())
            .bind(number)
            .bind(status.as_sql())
            .bind(&run)
            .bind(&page.model)
            .bind(page.size.map(|(width, _)| i64::from(width)))
            .bind(page.size.map(|(_, height)| i64::from(height)))
            .bind(page.dpi.map(f64::from))
            .bind(page.confidence.map(f64::from))
            .bind(finish_reason.as_deref())
            .bind(error.map(|error| error.code.as_sql()))
            .bind(error_message.as_deref())
            .bind(columns::count(usage.prompt_tokens))
            .bind(columns::count(usage.completion_tokens))
            .bind(columns::count(usage.prompt_chars))
            .bind(columns::count(usage.completion_chars))
            .bind(columns::count(usage.input_bytes))
            .bind(usage.estimated)
            .bind(&*text)
            .bind(&boxes)
            .bind(Some(i64::from(page.rotation)).filter(|turn| *turn != 0))
            .bind(&metadata)
            .bind(&warnings)
            .bind(&content)
            .bind(status == PageStatus::Done)
            .bind(read)
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query(usage_meters::COUNT_PAGE)
            .bind(user)
            .bind(month)
            .bind(i64::from(page.counts))
            .bind(columns::count(usage.prompt_tokens) + columns::count(usage.completion_tokens))
            .bind(reserved)
            .execute(&mut *tx)
            .await?;
        let seen: bool = sqlx::query_scalar(SEEN).bind(page.document.to_string()).fetch_one(&mut *tx).await?;
        if seen { Written::Kept } else { Written::Unseen }
    });
    Ok(written)
}

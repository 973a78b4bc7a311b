//! The pages of runs: reserving tokens for them and writing their results.

use async_trait::async_trait;
use inkstream_content::Occurrence;
use inkstream_core::{
    Result,
    ports::{PageOutcome, PageResult, RunPageStore, Written},
    quota::QuotaLimits,
};
use inkstream_wire::{BoxKind, PageStatus, PixelBox, RunId, TextBox};
use sqlx::QueryBuilder;

use crate::{
    columns::{self, SqlEnum},
    counters::Counters,
    database::{Database, set, transaction},
    error::StoreError,
    page_content,
    usage_meters::{self, MeterRow, OwnQuotas},
};

/// Whether anyone can see the results of a document.
const SEEN: &str = "SELECT EXISTS (
         SELECT 1 FROM documents d JOIN users u ON u.id = d.user_id WHERE d.id = $1 AND NOT u.disabled
     )";

/// An earlier result of a page on which something was located now.
#[derive(sqlx::FromRow)]
struct EarlierResult {
    width: Option<i64>,
    height: Option<i64>,
    rotation: Option<i64>,
    boxes: Option<String>,
    has_content: bool,
}

impl EarlierResult {
    /// Its stored boxes as JSON, with those of what was located now in place of those located before. `None` if it is itself only a
    /// search, or if the two images are rotated differently: then the new result replaces it.
    fn with_located_boxes(self, located: &PageResult) -> Result<Option<String>, StoreError> {
        let mut boxes: Vec<TextBox> = columns::json(self.boxes.as_deref(), "pages.boxes")?.unwrap_or_default();
        let only_located =
            !self.has_content && !boxes.is_empty() && boxes.iter().all(|text_box| text_box.kind == BoxKind::Reference);
        let rotated = self.rotation.unwrap_or(0) != i64::from(located.rotation);
        let (Some(width), Some(height), Some(size)) = (self.width, self.height, located.size) else { return Ok(None) };
        if only_located || rotated {
            return Ok(None);
        }
        boxes.retain(|text_box| text_box.kind != BoxKind::Reference);
        // The boxes are in pixels of the image that was searched: scale them to the image that was read.
        let (across, down) = (width as f64 / f64::from(size.0.max(1)), height as f64 / f64::from(size.1.max(1)));
        let scaled = |length: u32, by: f64| (f64::from(length) * by).round() as u32;
        boxes.extend(located.occurrences.iter().map(|occurrence| {
            let PixelBox { x, y, width, height } = occurrence.bounds;
            let bounds = PixelBox {
                x: scaled(x, across),
                y: scaled(y, down),
                width: scaled(width, across),
                height: scaled(height, down),
            };
            TextBox { bounds, ..occurrence.to_box() }
        }));
        columns::to_json(&boxes).map(Some)
    }
}

#[async_trait]
impl RunPageStore for Database {
    /// A second reservation of a page replaces the first.
    async fn reserve_tokens(&self, run: RunId, page: u32, tokens: u64, operators: QuotaLimits) -> Result<()> {
        let run = run.to_string();
        let page = i64::from(page);
        let tokens = columns::count(tokens);
        transaction!(self, |tx| {
            // The update changes nothing. It locks the row, so that neither the page's end nor the settlement can intervene.
            let meter: Option<(String, i64)> = sqlx::query_as(
                "UPDATE runs SET status = status WHERE id = $1 AND status = 'running' RETURNING user_id, month",
            )
            .bind(&run)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((user, month)) = meter else {
                let closed: Option<String> =
                    sqlx::query_scalar("SELECT id FROM runs WHERE id = $1").bind(&run).fetch_optional(&mut *tx).await?;
                return Err(closed.map_or_else(|| StoreError::not_found("run"), |_| StoreError::closed()));
            };
            let reserved_before: Option<i64> = sqlx::query_scalar(
                "SELECT reserved_tokens FROM run_pages WHERE run_id = $1 AND page = $2 AND status = 'running'",
            )
            .bind(&run)
            .bind(page)
            .fetch_optional(&mut *tx)
            .await?;
            let additional = tokens - reserved_before.ok_or_else(|| StoreError::not_found("running page"))?;
            let own: Option<OwnQuotas> =
                sqlx::query_as(usage_meters::OWN_QUOTAS).bind(&user).fetch_optional(&mut *tx).await?;
            let limit = own.ok_or_else(|| StoreError::not_found("user"))?.limits(operators).tokens;
            sqlx::query("UPDATE run_pages SET reserved_tokens = $3 WHERE run_id = $1 AND page = $2")
                .bind(&run)
                .bind(page)
                .bind(tokens)
                .execute(&mut *tx)
                .await?;
            let reserved = sqlx::query(usage_meters::RESERVE_TOKENS)
                .bind(&user)
                .bind(month)
                .bind(additional)
                .bind(limit.map(columns::limit))
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if reserved == 0 {
                let meter: Option<MeterRow> =
                    sqlx::query_as(usage_meters::METER).bind(&user).bind(month).fetch_optional(&mut *tx).await?;
                let meter = meter.ok_or_else(|| StoreError::not_found("month of this user"))?;
                return Err(meter.tokens_error(limit.unwrap_or(0), tokens));
            }
        });
        Ok(())
    }

    /// Writes the usage to the run's row and the month's meter, and the result to the document if it still exists. A page that is
    /// written a second time changes nothing.
    async fn finish_page(&self, page: PageResult) -> Result<Written> {
        let run = page.run.to_string();
        let document = page.document.to_string();
        let number = i64::from(page.page);
        let finished_at = page.finished_at.as_millisecond();
        let counters = Counters::from_usage(&page.usage);
        let (status, error) = match &page.outcome {
            PageOutcome::Done => (PageStatus::Done, None),
            PageOutcome::Partial => (PageStatus::Partial, None),
            PageOutcome::Failed(error) => (PageStatus::Failed, Some(error)),
            PageOutcome::Aborted => (PageStatus::Aborted, None),
        };
        let text = columns::storable(&page.text);
        let finish_reason = page.finish_reason.as_deref().map(columns::storable);
        let error_message = error.map(|error| columns::storable(&error.message));
        // All other boxes are a projection of the content.
        let boxes: Vec<TextBox> = page.occurrences.iter().map(Occurrence::to_box).collect();
        let boxes = columns::list_to_json(&boxes)?;
        let metadata = page.metadata.as_ref().map(columns::to_json).transpose()?;
        let warnings = columns::list_to_json(&page.warnings)?;
        let content = page.content.as_ref().map(page_content::encode).transpose()?;
        let attempts = columns::list_to_json(&page.attempts)?;

        let written = transaction!(self, |tx| {
            // Update the run's row first: its lock puts the ends of the run's pages, and its settlement, in an order.
            let mut query = QueryBuilder::new("UPDATE runs SET pages_done = pages_done + ");
            query.push_bind(i64::from(status.has_result()));
            // A run's bytes are those of its upload, which its row has from the beginning.
            for (column, value) in (Counters { input_bytes: 0, ..counters }).columns() {
                query.push(format_args!(", {column} = {column} + ")).push_bind(value);
            }
            query.push(", estimated = estimated OR ").push_bind(page.usage.estimated);
            query.push(", cost = COALESCE(cost + ").push_bind(page.cost).push(", cost, ").push_bind(page.cost);
            query.push(") WHERE id = ").push_bind(&run).push(" AND status = 'running' RETURNING user_id, month");
            let meter: Option<(String, i64)> = query.build_query_as().fetch_optional(&mut *tx).await?;
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
                let page_status: Option<String> =
                    sqlx::query_scalar("SELECT status FROM run_pages WHERE run_id = $1 AND page = $2")
                        .bind(&run)
                        .bind(number)
                        .fetch_optional(&mut *tx)
                        .await?;
                // Returning without a commit rolls the usage back: it is on the ledger already, or has no place there.
                return match page_status.as_deref() {
                    None => Err(StoreError::not_found("page of a run")),
                    Some("closed") => Err(StoreError::closed()),
                    Some(_) => Ok(Written::Kept),
                };
            };
            let earlier: Option<EarlierResult> = if status == PageStatus::Done && page.locates {
                sqlx::query_as(
                    "SELECT width, height, rotation, boxes, content IS NOT NULL AS has_content FROM pages
                     WHERE document_id = $1 AND page = $2 AND status IN ('done', 'partial', 'aborted') AND text <> ''",
                )
                .bind(&document)
                .bind(number)
                .fetch_optional(&mut *tx)
                .await?
            } else {
                None
            };
            let with_located = earlier.map(|earlier| earlier.with_located_boxes(&page)).transpose()?.flatten();
            let mut query = QueryBuilder::new("UPDATE pages SET ");
            if let Some(boxes) = &with_located {
                set!(query, { boxes: boxes });
                query.push(" WHERE TRUE");
            } else {
                set!(query, {
                    status: status.as_sql(),
                    run_id: &run,
                    model: &page.model,
                    width: page.size.map(|(width, _)| i64::from(width)),
                    height: page.size.map(|(_, height)| i64::from(height)),
                    dpi: page.dpi.map(f64::from),
                    confidence: page.confidence.map(f64::from),
                    finish_reason: finish_reason.as_deref(),
                    error_code: error.map(|error| error.code.as_sql()),
                    error_message: error_message.as_deref(),
                    estimated: page.usage.estimated,
                    text: &*text,
                    boxes: &boxes,
                    rotation: Some(i64::from(page.rotation)).filter(|rotation| *rotation != 0),
                    metadata: &metadata,
                    warnings: &warnings,
                    content: &content,
                });
                for (column, value) in counters.columns() {
                    query.push(format_args!(", {column} = ")).push_bind(value);
                }
                // A complete result replaces any, a partial one all but a complete one, any other only what is no result.
                query.push(match status {
                    PageStatus::Done => " WHERE TRUE",
                    PageStatus::Partial => " WHERE status <> 'done'",
                    _ => " WHERE status NOT IN ('done', 'partial')",
                });
            }
            query.push(" AND document_id = ").push_bind(&document).push(" AND page = ").push_bind(number);
            query.build().execute(&mut *tx).await?;
            sqlx::query(usage_meters::COUNT_PAGE)
                .bind(user)
                .bind(month)
                .bind(i64::from(page.counts))
                .bind(counters.prompt_tokens + counters.completion_tokens)
                .bind(reserved)
                .execute(&mut *tx)
                .await?;
            let seen: bool = sqlx::query_scalar(SEEN).bind(&document).fetch_one(&mut *tx).await?;
            if seen { Written::Kept } else { Written::Unseen }
        });
        Ok(written)
    }
}

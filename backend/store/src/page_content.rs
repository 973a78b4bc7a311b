//! The content of pages: JSON of the content model, compressed where it is long.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use inkstream_content::{PageContent, VERSION, from_text};
use inkstream_core::Error;
use inkstream_wire::{DocumentId, TextBox};

use crate::{
    columns,
    database::{Database, read},
    error::StoreError,
    pages::json,
};

/// Longer JSON is compressed. Zlib's header never begins as JSON does (RFC 1950, section 2.2).
const MAX_PLAIN_BYTES: usize = 4 * 1024;
/// The most that a stored content may decompress to: some hundred times the largest page seen.
const MAX_BYTES: u64 = 256 << 20;

#[derive(sqlx::FromRow)]
struct Row {
    status: String,
    text: String,
    boxes: Option<String>,
    content: Option<Vec<u8>>,
    width: Option<i64>,
    height: Option<i64>,
    rotation: Option<i64>,
}

pub(crate) async fn of_page(db: &Database, id: DocumentId, page: u32) -> Result<Option<PageContent>, StoreError> {
    let row: Option<Row> = read!(db, |pool| {
        sqlx::query_as(
            "SELECT status, text, boxes, content, width, height, rotation FROM pages WHERE document_id = $1 AND page = $2",
        )
        .bind(id.to_string())
        .bind(i64::from(page))
        .fetch_optional(pool)
        .await?
    });
    let row = row.ok_or_else(|| StoreError::not_found("page"))?;
    match &row.content {
        Some(bytes) => decode(bytes).map(Some),
        None => row.rebuild(),
    }
}

impl Row {
    /// Content of a page that was stored before pages had one.
    fn rebuild(self) -> Result<Option<PageContent>, StoreError> {
        if !matches!(self.status.as_str(), "done" | "partial") || self.text.trim().is_empty() {
            return Ok(None);
        }
        let boxes: Vec<TextBox> = json(self.boxes.as_deref(), "pages.boxes")?.unwrap_or_default();
        let side = |side: Option<i64>, column| side.map(|side| columns::small(side, column)).transpose();
        let rotation = u16::try_from(self.rotation.unwrap_or(0)).map_err(|_| StoreError::corrupt("pages.rotation"))?;
        Ok(Some(PageContent {
            width: side(self.width, "pages.width")?,
            height: side(self.height, "pages.height")?,
            rotation,
            ..from_text(&self.text, &boxes)
        }))
    }
}

/// The stored form.
pub(crate) fn encode(content: &PageContent) -> Result<Vec<u8>, StoreError> {
    let internal = |error: std::io::Error| StoreError::Domain(Error::internal(error));
    let json = serde_json::to_vec(content).map_err(|error| StoreError::Domain(Error::internal(error)))?;
    if json.len() <= MAX_PLAIN_BYTES {
        return Ok(json);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&json).map_err(internal)?;
    encoder.finish().map_err(internal)
}

fn decode(bytes: &[u8]) -> Result<PageContent, StoreError> {
    let corrupt = || StoreError::corrupt("pages.content");
    let content: PageContent = if bytes.starts_with(b"{") {
        serde_json::from_slice(bytes).map_err(|_| corrupt())?
    } else {
        let mut json = Vec::new();
        ZlibDecoder::new(bytes).take(MAX_BYTES).read_to_end(&mut json).map_err(|_| corrupt())?;
        serde_json::from_slice(&json).map_err(|_| corrupt())?
    };
    // A newer server's content may say what this one does not understand.
    if content.version > VERSION { Err(corrupt()) } else { Ok(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_stored_plain_or_compressed_and_comes_back_whole() {
        for lines in [1, 5_000] {
            let content = from_text(&"A line of text.\n\n".repeat(lines), &[]);
            let stored = encode(&content).unwrap();
            assert!(stored.len() < 100_000, "{}", stored.len());
            assert_eq!(stored.starts_with(b"{"), lines == 1);
            assert_eq!(decode(&stored).unwrap(), content);
        }
    }

    #[test]
    fn content_that_is_damaged_or_newer_is_refused() {
        for bytes in [&b""[..], b"{", b"{}", b"\x78\x9cxx", br#"{"version":99,"blocks":[]}"#] {
            assert!(decode(bytes).is_err());
        }
    }
}

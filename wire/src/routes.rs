//! Paths. Constants are the server's route patterns; functions build the paths that match them.

use crate::{DocumentId, ResultFormat};

/// Read a picture live.
pub const OCR_IMAGE: &str = "/api/ocr/image";
/// Read a PDF live.
pub const OCR_PDF: &str = "/api/ocr/pdf";
/// Store a document; list documents.
pub const DOCUMENTS: &str = "/api/documents";
/// One document.
pub const DOCUMENT: &str = "/api/documents/{id}";
/// Read a stored document.
pub const DOCUMENT_RUNS: &str = "/api/documents/{id}/runs";
/// A page, to be corrected.
pub const PAGE: &str = "/api/documents/{id}/pages/{n}";
/// A page's picture.
pub const PAGE_IMAGE: &str = "/api/documents/{id}/pages/{n}/image";
/// A document's result.
pub const DOCUMENT_RESULT: &str = "/api/documents/{id}/result";
/// The caller.
pub const ME: &str = "/api/users/me";
/// The caller's ledger.
pub const USAGE: &str = "/api/users/me/usage";
/// The caller's totals.
pub const USAGE_SUMMARY: &str = "/api/users/me/usage/summary";
/// Health, for people and dashboards.
pub const HEALTH: &str = "/health";
/// The process lives.
pub const LIVEZ: &str = "/livez";
/// The process can take requests.
pub const READYZ: &str = "/readyz";
/// Prometheus' text.
pub const METRICS: &str = "/metrics";
/// The same text.
pub const API_METRICS: &str = "/api/metrics";

/// The path of one document.
pub fn document(id: DocumentId) -> String {
    format!("{DOCUMENTS}/{id}")
}

/// The path that reads a stored document.
pub fn document_runs(id: DocumentId) -> String {
    format!("{DOCUMENTS}/{id}/runs")
}

/// The path of one page.
pub fn page(id: DocumentId, page: u32) -> String {
    format!("{DOCUMENTS}/{id}/pages/{page}")
}

/// The path of a page's picture, at most `width` pixels wide.
pub fn page_image(id: DocumentId, page: u32, width: u32) -> String {
    format!("{DOCUMENTS}/{id}/pages/{page}/image?width={width}")
}

/// The path of a document's result.
pub fn document_result(id: DocumentId, format: ResultFormat) -> String {
    let format = match format {
        ResultFormat::Txt => "txt",
        ResultFormat::Md => "md",
        ResultFormat::Json => "json",
    };
    format!("{DOCUMENTS}/{id}/result?format={format}")
}

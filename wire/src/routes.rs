//! Paths. The constants are route patterns; the functions build paths that match them.

use std::fmt;

use crate::{ApiKeyId, DocumentId, UserId};

/// Read an image live.
pub const OCR_IMAGE: &str = "/api/ocr/image";
/// Read a PDF live.
pub const OCR_PDF: &str = "/api/ocr/pdf";
/// Store a document; list documents.
pub const DOCUMENTS: &str = "/api/documents";
/// One document.
pub const DOCUMENT: &str = "/api/documents/{id}";
/// Read a stored document.
pub const DOCUMENT_RUNS: &str = "/api/documents/{id}/runs";
/// A page: get it, correct it.
pub const PAGE: &str = "/api/documents/{id}/pages/{n}";
/// A page's image.
pub const PAGE_IMAGE: &str = "/api/documents/{id}/pages/{n}/image";
/// A page's image with its boxes drawn on it.
pub const PAGE_ANNOTATED: &str = "/api/documents/{id}/annotated/{n}";
/// A document's result.
pub const DOCUMENT_RESULT: &str = "/api/documents/{id}/result";
/// The caller.
pub const ME: &str = "/api/users/me";
/// The caller's ledger.
pub const USAGE: &str = "/api/users/me/usage";
/// The caller's totals.
pub const USAGE_SUMMARY: &str = "/api/users/me/usage/summary";
/// What a client must know before signing in.
pub const AUTH_SETTINGS: &str = "/api/auth/settings";
/// Create an account.
pub const REGISTER: &str = "/api/auth/register";
/// Sign in.
pub const TOKEN: &str = "/api/auth/token";
/// Refresh the tokens.
pub const REFRESH: &str = "/api/auth/refresh";
/// Sign out.
pub const LOGOUT: &str = "/api/auth/logout";
/// The caller's password.
pub const PASSWORD: &str = "/api/users/me/password";
/// The caller's API keys.
pub const API_KEYS: &str = "/api/users/me/api-keys";
/// One of them.
pub const API_KEY: &str = "/api/users/me/api-keys/{id}";
/// All users.
pub const ADMIN_USERS: &str = "/api/admin/users";
/// One of them.
pub const ADMIN_USER: &str = "/api/admin/users/{id}";
/// The ledger of all users.
pub const ADMIN_USAGE: &str = "/api/admin/usage";
/// Its totals.
pub const ADMIN_USAGE_SUMMARY: &str = "/api/admin/usage/summary";
/// The engines with their state.
pub const ADMIN_ENGINES: &str = "/api/admin/engines";
/// The audit trail.
pub const ADMIN_AUDIT: &str = "/api/admin/audit";
/// The micro-service API: read an image and answer when it is read. GET is the web app.
pub const MICRO_READ: &str = "/";
/// The micro-service API: return the same image.
pub const MICRO_ECHO: &str = "/img-echo/";
/// Read images with the `OpenAI` API.
pub const CHAT_COMPLETIONS: &str = "/v1/chat/completions";
/// The models in the same API.
pub const CHAT_MODELS: &str = "/v1/models";
/// One of them; its name may contain slashes.
pub const CHAT_MODEL: &str = "/v1/models/{*id}";
/// The same list, for clients whose base address has no `/v1`.
pub const MODELS: &str = "/models";
/// One of them.
pub const MODEL: &str = "/models/{*id}";
/// Health, for people and dashboards.
pub const HEALTH: &str = "/health";
/// Whether the process is alive.
pub const LIVEZ: &str = "/livez";
/// Whether the process can take requests.
pub const READYZ: &str = "/readyz";
/// Metrics in Prometheus' text format.
pub const METRICS: &str = "/metrics";
/// The same metrics.
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

/// The path of a page's image. `?width=` limits its width.
pub fn page_image(id: DocumentId, page: u32) -> String {
    format!("{DOCUMENTS}/{id}/pages/{page}/image")
}

/// The path of a page's annotated image. `?width=` limits its width.
pub fn page_annotated(id: DocumentId, page: u32) -> String {
    format!("{DOCUMENTS}/{id}/annotated/{page}")
}

/// The path of a document's result. `?format=` selects the format.
pub fn document_result(id: DocumentId) -> String {
    format!("{DOCUMENTS}/{id}/result")
}

/// `url` with one more parameter in its query.
pub fn with_parameter(url: &str, name: &str, value: impl fmt::Display) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{name}={value}")
}

/// The path of one API key.
pub fn api_key(id: ApiKeyId) -> String {
    format!("{API_KEYS}/{id}")
}

/// The path of one user.
pub fn admin_user(id: UserId) -> String {
    format!("{ADMIN_USERS}/{id}")
}

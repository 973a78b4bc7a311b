//! Errors in `OpenAI`'s format: <https://platform.openai.com/docs/guides/error-codes>.

use http::StatusCode;
use inkstream_core::Error;
use inkstream_wire::{ChatError, ChatErrorBody, ErrorCode, routes};

/// Whether `OpenAI`'s clients read the responses of this path.
pub(in crate::http) fn is_openai_route(path: &str) -> bool {
    let within = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    within(routes::MODELS) || within("/v1")
}

pub(in crate::http) fn body(error: &Error) -> ChatError {
    let kind = match error.code {
        ErrorCode::TooManyRequests => "rate_limit_error",
        ErrorCode::QuotaExceeded => "insufficient_quota",
        ErrorCode::Forbidden => "permission_error",
        code if code.status() >= 500 => "server_error",
        _ => "invalid_request_error",
    };
    let param = match error.code {
        ErrorCode::UnknownModel => Some("model"),
        ErrorCode::UnsupportedTask => Some("task"),
        ErrorCode::UnknownLanguage => Some("language"),
        ErrorCode::PagesOutOfRange => Some("pages"),
        ErrorCode::MissingFile => Some("messages"),
        _ => error.field.as_deref(),
    };
    let code = match error.code {
        ErrorCode::UnknownModel => "model_not_found",
        ErrorCode::Unauthorized => "invalid_api_key",
        ErrorCode::TooManyRequests => "rate_limit_exceeded",
        ErrorCode::QuotaExceeded => "insufficient_quota",
        code => code.as_str(),
    };
    let error = ChatErrorBody {
        message: error.detail.clone(),
        kind: kind.to_owned(),
        param: param.map(str::to_owned),
        code: Some(code.to_owned()),
    };
    ChatError { error }
}

/// The status, if `OpenAI`'s differs from the one that this server uses on its other routes.
pub(in crate::http) fn status(code: ErrorCode) -> Option<StatusCode> {
    (code == ErrorCode::UnknownModel).then_some(StatusCode::NOT_FOUND)
}

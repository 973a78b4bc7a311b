//! axum's extractors, with problem documents as rejections. A rejected value is named by its path in the request, such as
//! `scopes[1]`, and never repeated. serde's own messages name Rust types and repeat values.

use std::{error::Error as StdError, iter};

use axum::extract::{FromRequest, FromRequestParts, rejection};
use http::StatusCode;
use inkstream_core::{Error, ports::MAX_ROWS};
use inkstream_wire::ErrorCode;
use serde::{
    Deserialize,
    de::{DeserializeOwned, value},
};

use super::{MAX_JSON, body::BodyFailure, failure::Failure};

#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failure))]
pub(super) struct Path<T>(pub(super) T);

#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Failure))]
pub(super) struct Query<T>(pub(super) T);

#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Failure))]
pub(super) struct Json<T>(pub(super) T);

/// An `application/x-www-form-urlencoded` body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Form), rejection(Failure))]
pub(super) struct Form<T>(pub(super) T);

/// The parameter `limit` of a list: the maximum number of rows, by default [`MAX_ROWS`], which is also the maximum.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct RowLimit(u32);

impl RowLimit {
    pub(super) fn get(self) -> u32 {
        self.0
    }
}

impl Default for RowLimit {
    fn default() -> Self {
        Self(MAX_ROWS)
    }
}

impl TryFrom<u32> for RowLimit {
    type Error = String;

    fn try_from(limit: u32) -> Result<Self, String> {
        let range = 1..=MAX_ROWS;
        if range.contains(&limit) { Ok(Self(limit)) } else { Err(format!("not within {range:?}")) }
    }
}

/// Parses a JSON body that may be empty.
pub(super) fn optional_json<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    Ok(axum::Json::from_bytes(body)?.0)
}

impl From<rejection::PathRejection> for Failure {
    /// An id that cannot be parsed is reported as not found, like one that does not exist.
    fn from(_: rejection::PathRejection) -> Self {
        Self::new(ErrorCode::NotFound, "Nothing has this address.")
    }
}

impl From<rejection::QueryRejection> for Failure {
    fn from(rejection: rejection::QueryRejection) -> Self {
        match path_of(&rejection) {
            Some(path) => wrong_value(ErrorCode::InvalidOption, "address' query", path),
            // Every parameter is optional, and unknown ones are ignored.
            None => Self::new(ErrorCode::InvalidOption, "The address' query has a parameter twice."),
        }
    }
}

impl From<rejection::JsonRejection> for Failure {
    fn from(rejection: rejection::JsonRejection) -> Self {
        if let Some(failure) = BodyFailure::find(&rejection) {
            return failure.error().into();
        }
        let (detail, path) = match rejection {
            rejection::JsonRejection::BytesRejection(inner) => return inner.into(),
            rejection::JsonRejection::MissingJsonContentType(_) => {
                ("The body must be JSON, with content-type application/json.", None)
            }
            rejection => ("The body is not the JSON that this route takes.", path_of_data(&rejection)),
        };
        match path {
            Some(path) => wrong_value(ErrorCode::BadRequest, "body", path),
            None => Self::new(ErrorCode::BadRequest, detail),
        }
    }
}

impl From<rejection::FormRejection> for Failure {
    fn from(rejection: rejection::FormRejection) -> Self {
        if let Some(failure) = BodyFailure::find(&rejection) {
            return failure.error().into();
        }
        match rejection {
            rejection::FormRejection::InvalidFormContentType(_) => Self::new(
                ErrorCode::BadRequest,
                "The body must be a form, with content-type application/x-www-form-urlencoded.",
            ),
            rejection::FormRejection::BytesRejection(inner) => inner.into(),
            rejection => match path_of(&rejection) {
                Some(path) => wrong_value(ErrorCode::BadRequest, "body", path),
                None => Self::new(ErrorCode::BadRequest, "The body is not the form that this route takes."),
            },
        }
    }
}

impl From<rejection::BytesRejection> for Failure {
    fn from(rejection: rejection::BytesRejection) -> Self {
        match BodyFailure::find(&rejection) {
            Some(failure) => failure.error().into(),
            None if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(ErrorCode::TooLarge, format!("The body may have at most {MAX_JSON} bytes."))
            }
            None => Self::new(ErrorCode::BadRequest, "The body broke off."),
        }
    }
}

fn wrong_value(code: ErrorCode, place: &str, path: String) -> Failure {
    let detail = format!("{path} in the {place} cannot have this value; /docs shows which it can have.");
    Error::new(code, detail).of_field(path).into()
}

/// The path in JSON that is valid as such. Where JSON breaks, its path says nothing about the fault.
fn path_of_data(rejection: &rejection::JsonRejection) -> Option<String> {
    matches!(rejection, rejection::JsonRejection::JsonDataError(_)).then(|| path_of(rejection)).flatten()
}

/// The path of the value that could not be deserialized; `None` if it is the whole.
fn path_of(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut causes = iter::successors(Some(error), |&cause| cause.source());
    let path = causes.find_map(|cause| {
        let json =
            cause.downcast_ref::<serde_path_to_error::Error<serde_json::Error>>().map(serde_path_to_error::Error::path);
        json.or_else(|| Some(cause.downcast_ref::<serde_path_to_error::Error<value::Error>>()?.path()))
    })?;
    let is_whole = path.iter().next().is_none();
    Some(path.to_string()).filter(|path| !is_whole && is_plain(path))
}

/// A path may hold a map's keys, which are the caller's own text.
fn is_plain(path: &str) -> bool {
    path.len() <= 64 && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Request;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[expect(dead_code, reason = "only errors are looked at")]
    struct Body {
        #[serde(default)]
        dpi: f32,
        #[serde(default)]
        pages: Vec<u32>,
        #[serde(default)]
        nested: BTreeMap<String, u32>,
        #[serde(default)]
        options: Option<Box<Body>>,
    }

    #[test]
    fn a_wrong_value_in_json_is_named_by_its_path() {
        for (json, path) in [
            (r#"{"dpi": "s3cret"}"#, "dpi"),
            (r#"{"pages": [1, 2, "s3cret"]}"#, "pages[2]"),
            (r#"{"options": {"dpi": "s3cret"}}"#, "options.dpi"),
            (r#"{"nested": {"key": "s3cret"}}"#, "nested.key"),
        ] {
            let error = optional_json::<Body>(json.as_bytes()).unwrap_err().0;
            assert_eq!((error.code, error.field.as_deref()), (ErrorCode::BadRequest, Some(path)), "{json}");
            assert!(error.detail.starts_with(path) && !error.detail.contains("s3cret"), "{}", error.detail);
        }
    }

    #[test]
    fn what_is_no_json_or_has_a_path_of_the_callers_own_is_refused_without_it() {
        for json in [r#"{"dpi": 1"#, "7", r#"{"dpi": 1, "dpi": 2}"#, r#"{"nested": {"s3cret <b>": ""}}"#] {
            let error = optional_json::<Body>(json.as_bytes()).unwrap_err().0;
            assert_eq!(error.field, None, "{json}");
            assert_eq!(error.detail, "The body is not the JSON that this route takes.");
        }
        assert!(optional_json::<Body>(b" \n").is_ok());
    }

    #[tokio::test]
    async fn wrong_values_in_forms_and_queries_are_named() {
        let form = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        let form = form.body(axum::body::Body::from("dpi=s3cret")).unwrap();
        let error = Form::<Body>::from_request(form, &()).await.unwrap_err().0;
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::BadRequest, Some("dpi")));
        let (mut parts, ()) = Request::get("/?dpi=s3cret").body(()).unwrap().into_parts();
        let error = Query::<Body>::from_request_parts(&mut parts, &()).await.unwrap_err().0;
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidOption, Some("dpi")));
        assert!(!error.detail.contains("s3cret"), "{}", error.detail);
    }
}

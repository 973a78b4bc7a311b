//! axum's extractors, with problem documents as rejections.

use axum::extract::{FromRequest, FromRequestParts};
use http::{Uri, request::Parts};
use inkstream_wire::ErrorCode;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::failure::Failure;

#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failure))]
pub(super) struct Path<T>(pub(super) T);

#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parse_query(&parts.uri).map(Self).ok_or_else(|| {
            let query = parts.uri.query().unwrap_or_default();
            Failure::new(ErrorCode::InvalidOption, describe_problem::<T>(query))
        })
    }
}

fn parse_query<T: DeserializeOwned>(uri: &Uri) -> Option<T> {
    axum::extract::Query::try_from_uri(uri).ok().map(|axum::extract::Query(parts)| parts)
}

/// Says which parameter is wrong. serde's own messages name Rust types. Every parameter is optional and unknown ones are
/// ignored, so that parsing each parameter alone finds the wrong one, and its name is safe to repeat.
fn describe_problem<T: DeserializeOwned>(query: &str) -> String {
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let alone = form_urlencoded::Serializer::for_suffix("/?".to_owned(), 2).append_pair(&name, &value).finish();
        if Uri::try_from(alone).is_ok_and(|uri| parse_query::<T>(&uri).is_none()) {
            return format!("{name} in the address' query cannot have this value; /docs shows which it can have.");
        }
    }
    "The address' query has a parameter twice.".to_owned()
}

#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Failure))]
pub(super) struct Json<T>(pub(super) T);

/// An `application/x-www-form-urlencoded` body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Form), rejection(Failure))]
pub(super) struct Form<T>(pub(super) T);

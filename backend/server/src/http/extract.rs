//! axum's extractors with problems as rejections.

use axum::extract::{FromRequest, FromRequestParts};
use http::{Uri, request::Parts};
use inkstream_wire::ErrorCode;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::failure::Failure;

/// Parts of the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failure))]
pub(super) struct Path<T>(pub(super) T);

/// Parts of the query.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        read(&parts.uri).map(Self).ok_or_else(|| {
            let query = parts.uri.query().unwrap_or_default();
            Failure::new(ErrorCode::InvalidOption, wrong::<T>(query))
        })
    }
}

fn read<T: DeserializeOwned>(uri: &Uri) -> Option<T> {
    axum::extract::Query::try_from_uri(uri).ok().map(|axum::extract::Query(parts)| parts)
}

/// What is wrong with a query, in words of ours: serde's are about our types. No parameter is a must, so the one that
/// is wrong is wrong by itself, too; what is unknown never is, so the name that is repeated is one of ours.
fn wrong<T: DeserializeOwned>(query: &str) -> String {
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let alone = form_urlencoded::Serializer::for_suffix("/?".to_owned(), 2).append_pair(&name, &value).finish();
        if Uri::try_from(alone).is_ok_and(|uri| read::<T>(&uri).is_none()) {
            return format!("{name} in the address' query cannot have this value; /docs shows which it can have.");
        }
    }
    "The address' query has a parameter twice.".to_owned()
}

/// A JSON body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Failure))]
pub(super) struct Json<T>(pub(super) T);

/// A form without files.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Form), rejection(Failure))]
pub(super) struct Form<T>(pub(super) T);

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use inkstream_core::{accounts::Signature, documents, owner::Owner};
use inkstream_wire::{DocumentId, ErrorCode};
use serde::Deserialize;

use super::{
    Service,
    caller::{Caller, RequireReadScope},
    extract::Query,
    failure::Failure,
    request_origin::RequestOrigin,
};

/// The owner of the document that is viewed. The caller is the owner, with a token, or anyone with a signed URL.
#[derive(Debug, Clone)]
pub(super) struct Viewer(pub(super) Owner);

#[derive(Debug, Deserialize)]
struct SignatureQuery {
    exp: Option<i64>,
    sig: Option<String>,
}

impl FromRequestParts<Arc<Service>> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let Query(SignatureQuery { exp, sig }) = Query::from_request_parts(parts, service).await?;
        let (Some(exp), Some(sig)) = (exp, sig) else {
            let RequireReadScope(Caller { owner, .. }) = RequireReadScope::from_request_parts(parts, service).await?;
            return Ok(Self(owner));
        };
        RequestOrigin::from_request_parts(parts, service).await?;
        let not_found = || Failure::new(ErrorCode::NotFound, "Nothing has this address.");
        let params = RawPathParams::from_request_parts(parts, service).await.map_err(|_| not_found())?;
        let id = params.iter().find(|(name, _)| *name == "id").and_then(|(_, id)| id.parse::<DocumentId>().ok());
        let path = parts.uri.path();
        let signature = Signature { exp, sig };
        Ok(Self(documents::owner_by_link(&service.app, id.ok_or_else(not_found)?, path, &signature).await?))
    }
}

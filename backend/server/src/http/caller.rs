use std::{net::SocketAddr, sync::Arc};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{header, request::Parts};
use inkstream_core::owner::Owner;
use inkstream_wire::ErrorCode;

use super::{Service, failure::Failure, session};

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Whose rows these are.
    pub(super) owner: Owner,
    /// What tells clients apart in the queue: the session, else the peer's address.
    pub(super) client: String,
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        if bearer(parts).is_some() {
            return Err(Failure::new(
                ErrorCode::Unauthorized,
                "This token is not known here: the server has no accounts. Leave the authorization header out.",
            ));
        }
        let session = session::of(&parts.headers);
        let client = match (session, parts.extensions.get::<ConnectInfo<SocketAddr>>()) {
            (Some(session), _) => session.to_string(),
            (None, Some(peer)) => peer.ip().to_canonical().to_string(),
            (None, None) => "unknown".to_owned(),
        };
        Ok(Self { owner: Owner { user: service.anonymous.0, session, anonymous: true }, client })
    }
}

/// The bearer token of a request, if it has one.
pub(super) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

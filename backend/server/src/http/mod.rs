//! HTTP: a thin face over the use-cases. One file an endpoint; a handler extracts, calls one use-case, maps, responds.

mod body;
mod caller;
mod docs;
mod documents;
mod extract;
mod failure;
mod ndjson;
mod observe;
mod ocr;
mod openapi;
mod operations;
mod options;
mod pages;
mod request_id;
mod security;
mod service;
mod session;
mod upload;
mod users;
mod web;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use body::BodyPolicy;
pub use openapi::document as openapi_document;
pub use service::{Exporter, Service};

/// Largest JSON body, in bytes: a corrected page.
const MAX_JSON: usize = 1 << 20;

/// Every route, with the layers around them.
///
/// From the outside in: the request's id, the log and metrics, problems for what failed, panics, headers that browsers
/// obey, other sites' pages, and bounds on the body.
pub fn router(service: Arc<Service>) -> Router {
    let (api, document) = api().split_for_parts();
    api.merge(docs::router(document))
        .fallback(web::serve)
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .layer(middleware::from_fn_with_state(service.clone(), body::guard))
        .layer(security::cors(&service.origins))
        .layer(middleware::from_fn(security::headers))
        .layer(CatchPanicLayer::custom(failure::panicked))
        .layer(middleware::from_fn(failure::answer))
        .layer(middleware::from_fn(observe::observe))
        .layer(middleware::from_fn(request_id::assign))
        .with_state(service)
}

fn api() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(ocr::image::read))
        .routes(routes!(ocr::pdf::read))
        .routes(routes!(documents::create::create, documents::list::list))
        .routes(routes!(documents::detail::detail, documents::delete::delete))
        .routes(routes!(documents::runs::run))
        .routes(routes!(documents::result::result))
        .routes(routes!(pages::correct::correct))
        .routes(routes!(pages::image::image))
        .routes(routes!(users::me::me))
        .routes(routes!(users::usage::usage))
        .routes(routes!(users::usage_summary::summary))
        .routes(routes!(operations::health::health))
        .routes(routes!(operations::livez::livez))
        .routes(routes!(operations::readyz::readyz))
        .routes(routes!(operations::metrics::metrics))
        .routes(routes!(operations::metrics::api_metrics))
}

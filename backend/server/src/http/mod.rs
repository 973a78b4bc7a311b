//! HTTP: a thin layer over the use-cases. Each noun of the API has a file; a handler extracts the arguments, calls one use-case and
//! maps the result.

mod admin;
mod auth;
mod base;
mod body;
mod caller;
mod cookies;
mod documents;
mod export_file;
mod extract;
mod failure;
mod forwarded;
mod hosts;
mod micro;
mod ndjson;
mod observe;
mod ocr;
mod openai;
mod openapi;
mod operations;
mod options;
mod page_stream;
mod pages;
mod rates;
mod request_origin;
mod security;
mod service;
mod to_wire;
mod upload;
mod usage;
mod users;
mod web;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};
use utoipa_axum::router::OpenApiRouter;

pub use body::BodyPolicy;
pub use caller::ClientLimits;
pub use export_file::WholeFiles;
pub use hosts::Hosts;
pub use openapi::document as openapi_document;
pub use rates::Rates;
pub use request_origin::Proxies;
pub use service::{Exporter, Service, SharedToken};

/// Largest JSON body, in bytes. The largest one is a corrected page.
const MAX_JSON: usize = 1 << 20;

/// Builds every route, with the layers around them.
///
/// From the outside in, the layers are: marks on secret headers, the request's id, log and metrics, problem bodies of failures,
/// panics, security headers, the check of the host, CORS, bounds on the body, rate-limit headers.
pub fn router(service: Arc<Service>) -> Router {
    let (api, document) = api().split_for_parts();
    let base = service.base_path.clone();
    let router = api
        .merge(openapi::router(openapi::with_base_path(document, &base), &base))
        // The micro-service's route is a POST at the web app's address, so that GET must be routed here, too.
        .route(inkstream_wire::routes::MICRO_READ, get(web::serve))
        .fallback(web::serve)
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .layer(middleware::from_fn(rates::add_headers))
        .layer(middleware::from_fn_with_state(service.clone(), body::apply_bounds))
        .layer(security::cors(&service.origins))
        .layer(middleware::from_fn_with_state(service.clone(), hosts::check_host))
        .layer(security::headers())
        .layer(CatchPanicLayer::custom(failure::on_panic))
        .layer(middleware::from_fn(failure::write_problems))
        .layer(middleware::from_fn(observe::observe))
        .layer(PropagateRequestIdLayer::new(observe::REQUEST_ID))
        .layer(SetRequestIdLayer::new(observe::REQUEST_ID, MakeRequestUuid))
        .layer(middleware::map_request(observe::drop_unsafe_id))
        .layer(security::secrets())
        .with_state(service);
    base::nest(&base, router)
}

fn api() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(ocr::routes())
        .merge(micro::routes())
        .merge(openai::routes())
        .merge(documents::routes())
        .merge(pages::routes())
        .merge(auth::routes())
        .merge(users::routes())
        .merge(usage::routes())
        .merge(admin::routes())
        .merge(operations::routes())
}

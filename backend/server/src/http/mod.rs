//! HTTP: a thin layer over the use-cases. Each endpoint has a file; its handler extracts the arguments, calls one use-case and maps
//! the result.

mod admin;
mod auth;
mod base;
mod body;
mod caller;
mod cookies;
mod docs;
mod documents;
mod extract;
mod failure;
mod forwarded;
mod hosts;
mod ledger;
mod micro;
mod ndjson;
mod observe;
mod ocr;
mod openai;
mod openapi;
mod operations;
mod options;
mod pages;
mod rates;
mod request_origin;
mod security;
mod service;
mod session;
mod upload;
mod users;
mod viewer;
mod web;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use body::BodyPolicy;
pub use caller::ClientLimits;
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
        .merge(docs::router(openapi::with_base_path(document, &base), &base))
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
        .routes(routes!(ocr::image::recognize))
        .routes(routes!(ocr::pdf::recognize))
        .routes(routes!(micro::read::recognize))
        .routes(routes!(micro::echo::echo))
        .routes(routes!(openai::completions::complete))
        .routes(routes!(openai::models::models))
        .routes(routes!(openai::models::plain_models))
        .routes(routes!(openai::models::model))
        .routes(routes!(openai::models::plain_model))
        .routes(routes!(documents::create::create, documents::list::list))
        .routes(routes!(documents::detail::detail, documents::delete::delete))
        .routes(routes!(documents::runs::run))
        .routes(routes!(documents::result::result))
        .routes(routes!(pages::detail::detail, pages::correct::correct))
        .routes(routes!(pages::image::image))
        .routes(routes!(pages::annotated::annotated))
        .routes(routes!(auth::settings::settings))
        .routes(routes!(auth::register::register))
        .routes(routes!(auth::token::sign_in))
        .routes(routes!(auth::refresh::refresh))
        .routes(routes!(auth::logout::sign_out))
        .routes(routes!(users::me::me, users::me::delete))
        .routes(routes!(users::me::change_password))
        .routes(routes!(users::api_keys::list, users::api_keys::create))
        .routes(routes!(users::api_keys::revoke))
        .routes(routes!(users::usage::usage))
        .routes(routes!(users::usage::summary))
        .routes(routes!(admin::users::list))
        .routes(routes!(admin::users::change))
        .routes(routes!(admin::usage::usage))
        .routes(routes!(admin::usage::summary))
        .routes(routes!(admin::engines::engines))
        .routes(routes!(admin::audit::audit))
        .routes(routes!(operations::health::health))
        .routes(routes!(operations::livez::livez))
        .routes(routes!(operations::readyz::readyz))
        .routes(routes!(operations::metrics::metrics))
        .routes(routes!(operations::metrics::api_metrics))
}

//! `/openapi.json`, and `/docs`, which renders it without resources from other hosts.

use std::sync::Arc;

use axum::{Json, Router, middleware, response::Response, routing::get};
use http::{HeaderValue, header};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::Service;
use crate::settings::BasePath;

const DESCRIPTION: &str = "/openapi.json";
/// Swagger UI loads everything from this server. The hash is that of the one inline style in its page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn router(document: OpenApi, base: &BasePath) -> Router<Arc<Service>> {
    let document = Arc::new(document);
    // Turn the validator off: it would send the description to swagger.io.
    let page = SwaggerUi::new("/docs").config(Config::new([format!("{base}{DESCRIPTION}")]).validator_url("none"));
    Router::from(page)
        .layer(middleware::map_response(with_policy))
        .route(DESCRIPTION, get(move || std::future::ready(Json(Arc::clone(&document)))))
}

async fn with_policy(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

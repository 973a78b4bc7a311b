//! The API's description, generated from the handlers, and the page that shows it.

use std::sync::Arc;

use axum::{Json, Router, middleware, response::Response, routing::get};
use http::{HeaderValue, header};
use inkstream_wire::{RunOptions, routes};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        Components, OpenApi as Document, SecurityRequirement, Server,
        security::{Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::Service;
use crate::settings::BasePath;

#[derive(OpenApi)]
#[openapi(
    info(title = "Inkstream", description = "Recognizes the text of images and PDFs, and streams it while pages are read.",
        license(name = "MIT", identifier = "MIT")),
    tags(
        (name = "Live recognition", description = "Upload a file and receive its text while it is read"),
        (name = "OpenAI's dialect", description = "The same service for clients of OpenAI's API"),
        (name = "Documents", description = "Uploaded documents, until they expire"),
        (name = "Micro-service", description = "One image in a request, one answer, nothing is stored"),
        (name = "Accounts", description = "Signing in, passwords, API keys"),
        (name = "Usage", description = "What the caller has used"),
        (name = "Administration", description = "For admins who have signed in"),
        (name = "Operations", description = "For those who run the server"),
    ),
    modifiers(&Tokens)
)]
struct Base;

/// The two kinds of tokens; where the operator allows it, none is needed.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut Document) {
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key (`ink_…`) or an access token."))
            .build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("password", password_flow(routes::TOKEN));
        components.add_security_scheme("bearer", SecurityScheme::Http(key));
        let requirement = |name: &str| SecurityRequirement::new(name, [""; 0]);
        document.security = Some(vec![requirement("password"), requirement("bearer"), SecurityRequirement::default()]);
    }
}

/// A form with a file; options may come before or after it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form, which is read field by field")]
pub(super) struct UploadForm {
    /// A PNG, JPEG, WebP, TIFF, BMP, GIF, PNM, HEIC, AVIF, JPEG 2000 or PDF.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    #[schema(inline)]
    #[serde(flatten)]
    options: RunOptions,
}

/// A form with an image.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form, which is read field by field")]
pub(super) struct ImageForm {
    /// A PNG, JPEG, WebP, TIFF, BMP, GIF, PNM, HEIC, AVIF or JPEG 2000.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The description without the routes.
pub(super) fn base() -> Document {
    Base::openapi()
}

/// The whole description, without a base path.
pub fn document() -> Document {
    with_base_path(super::api().into_openapi(), &BasePath::default())
}

/// Completes the description for a server beneath `base`.
pub(super) fn with_base_path(mut document: Document, base: &BasePath) -> Document {
    // OpenAPI does not distinguish axum's wildcard parameter (`{*id}`) from a plain one.
    for path in [routes::CHAT_MODEL, routes::MODEL] {
        if let Some(item) = document.paths.paths.remove(path) {
            document.paths.paths.insert(path.replace("{*", "{"), item);
        }
    }
    if !base.is_empty() {
        document.servers = Some(vec![Server::new(base.as_str())]);
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("password", password_flow(&format!("{base}{}", routes::TOKEN)));
    }
    document
}

fn password_flow(token_url: &str) -> SecurityScheme {
    SecurityScheme::OAuth2(OAuth2::new([Flow::Password(Password::new(token_url, Scopes::new()))]))
}

const DESCRIPTION: &str = "/openapi.json";
/// Swagger UI loads everything from this server. The hash is that of the one inline style in its page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn router(document: Document, base: &BasePath) -> Router<Arc<Service>> {
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

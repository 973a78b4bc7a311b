//! The API's description, generated from the handlers.

use inkstream_wire::{RunOptions, routes};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        Components, OpenApi as Document, SecurityRequirement, Server,
        security::{Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme},
    },
};

use crate::settings::BasePath;

#[derive(OpenApi)]
#[openapi(
    info(title = "Inkstream", description = "Text out of pictures and PDFs, streamed while it is read.",
        license(name = "MIT", identifier = "MIT")),
    tags(
        (name = "Live recognition", description = "A file goes in, its text comes out while it is read"),
        (name = "OpenAI's dialect", description = "The same for clients of OpenAI"),
        (name = "Documents", description = "What was uploaded, until it expires"),
        (name = "Micro-service", description = "One picture in, one answer out, nothing kept"),
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

/// A form with a picture.
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

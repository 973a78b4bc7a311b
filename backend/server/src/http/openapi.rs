//! The API's description, generated from the handlers.

use inkstream_wire::RunOptions;
use utoipa::{OpenApi, ToSchema, openapi::OpenApi as Document};

#[derive(OpenApi)]
#[openapi(
    info(title = "Inkstream", description = "Text out of pictures and PDFs, streamed while it is read.",
        license(name = "MIT", identifier = "MIT")),
    tags(
        (name = "Live recognition", description = "A file goes in, its text comes out while it is read"),
        (name = "Documents", description = "What was uploaded, until it expires"),
        (name = "Account", description = "The caller and what was used"),
        (name = "Operations", description = "For those who run the server"),
    )
)]
struct Base;

/// A form with a file; options may come before or after it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form, which is read field by field")]
pub(super) struct UploadForm {
    /// A PNG, JPEG, WebP, TIFF, BMP, GIF, PNM or PDF.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    #[schema(inline)]
    #[serde(flatten)]
    options: RunOptions,
}

/// What stands in the description beside the routes.
pub(super) fn base() -> Document {
    Base::openapi()
}

/// The whole description.
pub fn document() -> Document {
    super::api().into_openapi()
}

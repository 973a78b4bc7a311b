use std::process::ExitCode;

use super::output;
use crate::http::openapi_document;

/// Writes the API's description.
pub(super) fn openapi() -> ExitCode {
    match openapi_document().to_pretty_json() {
        Ok(json) => output::print(&format!("{json}\n")),
        Err(error) => {
            output::print_error(error);
            ExitCode::FAILURE
        }
    }
}

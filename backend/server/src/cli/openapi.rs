use std::process::ExitCode;

use crate::http::openapi_document;

/// Writes the API's description.
pub(super) fn openapi() -> ExitCode {
    match openapi_document().to_pretty_json() {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("inkstream: {error}");
            ExitCode::FAILURE
        }
    }
}

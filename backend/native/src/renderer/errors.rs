use inkstream_core::Error;
use inkstream_wire::ErrorCode;

use super::source::Failure;
use crate::{children::Cause, decode::DecodeError};

/// Why a document could not be opened.
pub(super) fn at_open(failure: Failure) -> Error {
    let said = match failure {
        Failure::Unready(cause) => return unavailable().because(cause),
        Failure::Said(said) => said,
        Failure::Died(cause) => {
            let detail = match cause {
                Cause::Deadline => "Opening the document takes longer than is allowed.",
                Cause::Memory => "Opening the document takes more memory than is allowed.",
                _ => "The document is broken in a way that stopped its reader.",
            };
            return Error::new(ErrorCode::BrokenDocument, detail);
        }
    };
    let (code, detail) = match said {
        DecodeError::Empty => (ErrorCode::EmptyFile, "The file has no bytes."),
        DecodeError::Unsupported => (
            ErrorCode::UnsupportedMediaType,
            "The file is neither a PDF nor a PNG, JPEG, WebP, TIFF, BMP, GIF or PNM picture.",
        ),
        DecodeError::Broken | DecodeError::PageUnreadable => {
            (ErrorCode::BrokenDocument, "The file is damaged beyond mending.")
        }
        DecodeError::NoPages => (ErrorCode::NoPages, "The document has no pages."),
        DecodeError::PasswordRequired => (ErrorCode::PasswordRequired, "The PDF is encrypted: send its password."),
        DecodeError::WrongPassword => (ErrorCode::WrongPassword, "This password does not open the PDF."),
        DecodeError::TooManyPages => (ErrorCode::TooManyPages, "The document has more pages than this server takes."),
        DecodeError::TooManyPixels => (ErrorCode::TooManyPixels, "The picture has more pixels than this server takes."),
    };
    Error::new(code, detail)
}

/// Why a page could not be rendered. The document has been opened once, so whatever it is costs this page.
pub(super) fn at_page(failure: Failure) -> Error {
    let (code, detail) = match failure {
        Failure::Unready(cause) => {
            return Error::new(ErrorCode::PageUnreadable, "No process could be started for the page.").because(cause);
        }
        Failure::Said(DecodeError::TooManyPixels) => {
            (ErrorCode::TooManyPixels, "The page has more pixels than this server takes.")
        }
        Failure::Said(_) => (ErrorCode::PageUnreadable, "The page is damaged."),
        Failure::Died(Cause::Deadline) => (ErrorCode::PageTooComplex, "Drawing the page takes longer than is allowed."),
        Failure::Died(Cause::Memory) => {
            (ErrorCode::PageTooComplex, "Drawing the page takes more memory than is allowed.")
        }
        Failure::Died(_) => (ErrorCode::PageUnreadable, "The page is broken in a way that stopped its reader."),
    };
    Error::new(code, detail)
}

/// A page that the document does not have.
pub(super) fn no_such_page() -> Error {
    Error::new(ErrorCode::PageUnreadable, "The document has no such page.")
}

fn unavailable() -> Error {
    Error::new(ErrorCode::Unavailable, "No process could be started for the document.").retry_after(5)
}

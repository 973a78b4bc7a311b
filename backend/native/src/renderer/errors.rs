use inkstream_core::Error;
use inkstream_wire::ErrorCode;

use super::source::Failure;
use crate::{
    children::Cause,
    decode::{DecodeError, DecodeLimits},
};

/// Why a document could not be opened.
pub(super) fn at_open(failure: Failure, limits: DecodeLimits) -> Error {
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
            "The file is neither a PDF nor a PNG, JPEG, WebP, TIFF, BMP, GIF, PNM, HEIC, AVIF or JPEG 2000 image.",
        ),
        DecodeError::UnsupportedCompression(_)
        | DecodeError::UnsupportedSamples
        | DecodeError::UnsupportedJpeg
        | DecodeError::MissingLibrary(_) => {
            return Error::new(ErrorCode::UnsupportedMediaType, unsupported(said));
        }
        DecodeError::Broken | DecodeError::PageUnreadable => {
            (ErrorCode::BrokenDocument, "The file is damaged beyond mending.")
        }
        DecodeError::NoPages => (ErrorCode::NoPages, "The document has no pages."),
        DecodeError::PasswordRequired => (ErrorCode::PasswordRequired, "The PDF is encrypted: send its password."),
        DecodeError::WrongPassword => (ErrorCode::WrongPassword, "This password does not open the PDF."),
        DecodeError::UnknownEncryption => (
            ErrorCode::WrongPassword,
            "No password opens this PDF: it is encrypted for certificates, or in a way that this server does not know.",
        ),
        DecodeError::TooManyPages => {
            let detail = format!("The document has too many pages: this server takes at most {}.", limits.max_pages);
            return Error::new(ErrorCode::TooManyPages, detail);
        }
        DecodeError::TooManyPixels => return too_many_pixels("image", limits),
    };
    Error::new(code, detail)
}

/// Why a page could not be rendered. The document was opened before, so only this page fails.
pub(super) fn at_page(failure: Failure, limits: DecodeLimits) -> Error {
    let (code, detail) = match failure {
        Failure::Unready(cause) => {
            return Error::new(ErrorCode::PageUnreadable, "No process could be started for the page.").because(cause);
        }
        Failure::Said(DecodeError::TooManyPixels) => return too_many_pixels("page", limits),
        Failure::Said(
            said @ (DecodeError::UnsupportedCompression(_)
            | DecodeError::UnsupportedSamples
            | DecodeError::UnsupportedJpeg
            | DecodeError::MissingLibrary(_)),
        ) => return Error::new(ErrorCode::PageUnreadable, unsupported(said)),
        Failure::Said(_) => (ErrorCode::PageUnreadable, "The page is damaged."),
        Failure::Died(Cause::Deadline) => (ErrorCode::PageTooComplex, "Drawing the page takes longer than is allowed."),
        Failure::Died(Cause::Memory) => {
            (ErrorCode::PageTooComplex, "Drawing the page takes more memory than is allowed.")
        }
        Failure::Died(_) => (ErrorCode::PageUnreadable, "The page is broken in a way that stopped its reader."),
    };
    Error::new(code, detail)
}

fn too_many_pixels(what: &str, limits: DecodeLimits) -> Error {
    let detail = format!("The {what} is too large: this server takes at most {} pixels.", limits.max_pixels);
    Error::new(ErrorCode::TooManyPixels, detail)
}

/// The message for a valid file that is not supported: its kind, and what to do about it.
fn unsupported(said: DecodeError) -> String {
    match said {
        DecodeError::UnsupportedCompression(number) => {
            let name = match number {
                2..=4 => "CCITT fax",
                6 => "old-style JPEG",
                9 | 10 => "JBIG (T.85 or T.43)",
                32_766 => "NeXT",
                32_771 => "CCITT RLE with word alignment",
                32_809 => "ThunderScan",
                34_661 => "JBIG",
                34_676 | 34_677 => "SGI Log",
                34_712 => "JPEG 2000",
                34_887 => "LERC",
                34_925 => "LZMA",
                50_000 => "Zstandard",
                50_001 => "WebP",
                50_002 | 52_546 => "JPEG XL",
                _ => "unknown",
            };
            format!(
                "The TIFF's compression {number} ({name}) is not supported: save it without compression or with LZW, or as PNG."
            )
        }
        DecodeError::UnsupportedJpeg => {
            "The JPEG is in a coding that is not supported (arithmetic, lossless, or with 12 bits a sample): save it as \
             baseline JPEG or as PNG."
                .into()
        }
        DecodeError::MissingLibrary(library) => {
            format!("This server lacks {library}, which reads such images: convert the image to JPEG or PNG.")
        }
        _ => "The TIFF's samples are of a kind that is not supported: save it with 8 bits a sample, or as PNG.".into(),
    }
}

/// A page that the document does not have.
pub(super) fn no_such_page() -> Error {
    Error::new(ErrorCode::PageUnreadable, "The document has no such page.")
}

fn unavailable() -> Error {
    Error::new(ErrorCode::Unavailable, "No process could be started for the document.").retry_after(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_size_names_the_maximum() {
        let limits = DecodeLimits { max_pixels: 1_234_567, max_pages: 89 };
        let pages = at_open(Failure::Said(DecodeError::TooManyPages), limits);
        assert_eq!((pages.code, pages.detail.contains(" 89")), (ErrorCode::TooManyPages, true), "{pages}");
        for judge in [at_open, at_page] {
            let pixels = judge(Failure::Said(DecodeError::TooManyPixels), limits);
            assert_eq!((pixels.code, pixels.detail.contains("1234567")), (ErrorCode::TooManyPixels, true), "{pixels}");
        }
    }

    #[test]
    fn an_unsupported_format_is_named_and_not_called_damaged() {
        use crate::decode::MissingLibrary;
        let limits = DecodeLimits { max_pixels: 1, max_pages: 1 };
        for (said, name) in [
            (DecodeError::UnsupportedCompression(34_925), "34925 (LZMA)"),
            (DecodeError::UnsupportedCompression(4), "CCITT fax"),
            (DecodeError::UnsupportedSamples, "samples"),
            (DecodeError::UnsupportedJpeg, "arithmetic"),
            (DecodeError::MissingLibrary(MissingLibrary::Libheif), "libheif"),
            (DecodeError::MissingLibrary(MissingLibrary::Libdav1d), "libdav1d"),
        ] {
            let (open, page) = (at_open(Failure::Said(said), limits), at_page(Failure::Said(said), limits));
            assert_eq!((open.code, page.code), (ErrorCode::UnsupportedMediaType, ErrorCode::PageUnreadable));
            assert!(open.detail.contains(name) && page.detail == open.detail, "{open}");
            assert!(!open.detail.contains("damaged"), "{open}");
        }
    }

    #[test]
    fn an_encryption_that_no_password_opens_asks_for_none() {
        let limits = DecodeLimits { max_pixels: 1, max_pages: 1 };
        let detail = |said| at_open(Failure::Said(said), limits).detail;
        assert!(detail(DecodeError::UnknownEncryption).starts_with("No password opens this PDF"));
        assert_ne!(detail(DecodeError::UnknownEncryption), detail(DecodeError::WrongPassword));
    }
}

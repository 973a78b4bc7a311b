//! The errors of the API: a closed set of codes, each with its HTTP status and title.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// The kind of error, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
            /// A code of a newer server.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl ErrorCode {
            /// Every code but [`ErrorCode::Unknown`].
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status of the answer, unless a stream has begun.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Unknown => 500 }
            }

            /// A short sentence for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* Self::Unknown => "Something went wrong" }
            }
        }
    };
}

codes! {
    /// The request cannot be understood.
    BadRequest = "bad_request", 400, "The request is malformed";
    /// The uploaded file has no bytes.
    EmptyFile = "empty_file", 400, "The file is empty";
    /// The form has no field `file`.
    MissingFile = "missing_file", 400, "The form has no file";
    /// An option has an invalid value.
    InvalidOption = "invalid_option", 400, "An option is invalid";
    /// The token is missing or invalid.
    Unauthorized = "unauthorized", 401, "Sign in first";
    /// The caller lacks the permission.
    Forbidden = "forbidden", 403, "This is not allowed";
    /// The resource does not exist or belongs to another user.
    NotFound = "not_found", 404, "Nothing is there";
    /// The route has no such method.
    MethodNotAllowed = "method_not_allowed", 405, "The route has no such method";
    /// The body arrived too slowly.
    BodyTimeout = "body_timeout", 408, "The upload is too slow";
    /// The state of the resource does not allow the request.
    Conflict = "conflict", 409, "The state does not allow it";
    /// The file has more bytes than allowed.
    TooLarge = "too_large", 413, "The file is too large";
    /// The document has more pages than allowed.
    TooManyPages = "too_many_pages", 413, "The document has too many pages";
    /// The image has more pixels than allowed.
    TooManyPixels = "too_many_pixels", 413, "The image is too large";
    /// The file is neither an image nor a PDF that the server reads.
    UnsupportedMediaType = "unsupported_media_type", 415, "The file is no image or PDF";
    /// A PDF sent to the image's route, or the other way round.
    WrongRoute = "wrong_route", 415, "The file belongs to another route";
    /// The document is too damaged to be opened.
    BrokenDocument = "broken_document", 422, "The document is broken";
    /// The document has no pages.
    NoPages = "no_pages", 422, "The document has no pages";
    /// The PDF is encrypted, and no password was given.
    PasswordRequired = "password_required", 422, "The PDF needs a password";
    /// The PDF is encrypted, and the password is wrong or the encryption unknown.
    WrongPassword = "wrong_password", 422, "The password does not open the PDF";
    /// The document has none of the requested pages.
    PagesOutOfRange = "pages_out_of_range", 422, "No such pages";
    /// No engine serves this model.
    UnknownModel = "unknown_model", 422, "The model is unknown";
    /// The username or password is not acceptable.
    InvalidCredentials = "invalid_credentials", 422, "The name or password cannot be used";
    /// The engine cannot do this task.
    UnsupportedTask = "unsupported_task", 422, "The engine cannot do this task";
    /// The language is not installed.
    UnknownLanguage = "unknown_language", 422, "The language is not installed";
    /// The page cannot be rendered or read.
    PageUnreadable = "page_unreadable", 422, "The page cannot be read";
    /// The page needs more time or memory than allowed.
    PageTooComplex = "page_too_complex", 422, "The page is too complex";
    /// The client sent too many requests.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// The month's pages or tokens are used up.
    QuotaExceeded = "quota_exceeded", 429, "The quota is used up";
    /// A defect of the server.
    Internal = "internal", 500, "The server failed";
    /// The engine refused the request, broke off, or gave an invalid answer.
    EngineFailed = "engine_failed", 502, "The engine failed";
    /// The engine cannot be reached.
    EngineUnreachable = "engine_unreachable", 502, "The engine cannot be reached";
    /// The server is busy, starting or stopping.
    Unavailable = "unavailable", 503, "The server is busy";
    /// The engine took too long.
    EngineTimeout = "engine_timeout", 504, "The engine is too slow";
    /// The disk is full.
    StorageFull = "storage_full", 507, "The server's disk is full";
    /// The run was stopped before its end.
    Aborted = "aborted", 499, "The run was stopped";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error in a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventError {
    /// The kind of error.
    pub code: ErrorCode,
    /// A sentence for people.
    pub message: String,
}

/// RFC 9457's problem body, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`; `code` tells the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong in this case, in a sentence.
    pub detail: String,
    /// The kind of error.
    pub code: ErrorCode,
    /// The request's id, for the operator.
    pub request_id: String,
}

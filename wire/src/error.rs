//! Errors, as callers see them: one closed set of codes, each with its HTTP status and title.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, in one word that programs can match on.
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

            /// The code as it stands in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status it is answered with, before a stream has begun.
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
    /// An option has a value it cannot have.
    InvalidOption = "invalid_option", 400, "An option is invalid";
    /// No or a wrong token.
    Unauthorized = "unauthorized", 401, "Sign in first";
    /// Not allowed to this user.
    Forbidden = "forbidden", 403, "This is not allowed";
    /// Nothing there, or another's.
    NotFound = "not_found", 404, "Nothing is there";
    /// The route has no such method.
    MethodNotAllowed = "method_not_allowed", 405, "The route has no such method";
    /// The body came too slowly.
    BodyTimeout = "body_timeout", 408, "The upload is too slow";
    /// The thing is not in a state that allows it.
    Conflict = "conflict", 409, "The state does not allow it";
    /// More bytes than the server takes.
    TooLarge = "too_large", 413, "The file is too large";
    /// More pages than the server takes.
    TooManyPages = "too_many_pages", 413, "The document has too many pages";
    /// More pixels than the server takes.
    TooManyPixels = "too_many_pixels", 413, "The picture is too large";
    /// Neither a picture nor a PDF that the server reads.
    UnsupportedMediaType = "unsupported_media_type", 415, "The file is no picture or PDF";
    /// A PDF sent to the picture's route, or the other way round.
    WrongRoute = "wrong_route", 415, "The file belongs to another route";
    /// A PDF or picture broken beyond mending.
    BrokenDocument = "broken_document", 422, "The document is broken";
    /// A document without pages.
    NoPages = "no_pages", 422, "The document has no pages";
    /// An encrypted PDF, and no password was given.
    PasswordRequired = "password_required", 422, "The PDF needs a password";
    /// An encrypted PDF, and the password is wrong or the encryption unknown.
    WrongPassword = "wrong_password", 422, "The password does not open the PDF";
    /// The page range holds none of the document's pages.
    PagesOutOfRange = "pages_out_of_range", 422, "No such pages";
    /// No engine serves this model.
    UnknownModel = "unknown_model", 422, "The model is unknown";
    /// A username or password that cannot be one.
    InvalidCredentials = "invalid_credentials", 422, "The name or password cannot be used";
    /// The engine cannot do this task.
    UnsupportedTask = "unsupported_task", 422, "The engine cannot do this task";
    /// The language is not installed.
    UnknownLanguage = "unknown_language", 422, "The language is not installed";
    /// The page cannot be rendered or read.
    PageUnreadable = "page_unreadable", 422, "The page cannot be read";
    /// The page took more time or memory than it may.
    PageTooComplex = "page_too_complex", 422, "The page is too complex";
    /// Too many requests of this client.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// The month's pages or tokens are used up.
    QuotaExceeded = "quota_exceeded", 429, "The quota is used up";
    /// A defect of the server.
    Internal = "internal", 500, "The server failed";
    /// The engine refused, broke off or answered nonsense.
    EngineFailed = "engine_failed", 502, "The engine failed";
    /// The engine cannot be reached.
    EngineUnreachable = "engine_unreachable", 502, "The engine cannot be reached";
    /// The server is full, starting or stopping.
    Unavailable = "unavailable", 503, "The server is busy";
    /// The engine took too long.
    EngineTimeout = "engine_timeout", 504, "The engine is too slow";
    /// The disk is full.
    StorageFull = "storage_full", 507, "The server's disk is full";
    /// The run was given up before its end.
    Aborted = "aborted", 499, "The run was stopped";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error within a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventError {
    /// What went wrong.
    pub code: ErrorCode,
    /// The same for people, in a sentence.
    pub message: String,
}

/// RFC 9457's problem body, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: the code says more than a URL would.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time, in a sentence.
    pub detail: String,
    /// What went wrong.
    pub code: ErrorCode,
    /// The request's id, to be quoted to the operator.
    pub request_id: String,
}

//! Failures in words: what happened, what is kept, and the remedy.

use inkstream_wire::{ErrorCode, EventError};

use crate::state::{Failure, failure::engines_fault, span};

/// What the user can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Read the pages that have no result.
    ReadMissing,
    /// Send the same file again.
    TryAgain,
    /// Choose another file or other options.
    StartOver,
    /// Choose pages that the document has.
    Pages,
    /// Read with another engine.
    Switch,
    /// See the recent documents.
    Recent,
    /// Type the PDF's password.
    Password,
    /// Sign in.
    SignIn,
    /// See the usage and wait.
    Usage,
}

/// A failure in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// What happened, in a few words.
    pub(crate) happened: String,
    /// The details, if there are any.
    pub(crate) detail: Option<String>,
    /// What is kept.
    pub(crate) kept: &'static str,
    /// The remedy.
    pub(crate) remedy: Remedy,
    /// Whether an engine failed, so that another one may succeed.
    pub(crate) engines: bool,
}

/// The state of a document when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// It was being opened.
    Opening,
    /// It was being uploaded; with whether it is among the documents now, if known.
    Upload(Option<bool>),
    /// The server has stored it.
    Stored,
    /// The server has stored it, and some of its text was received.
    Text,
}

/// Explains why a document could not be opened, sent or read.
pub(crate) fn explain(failure: &Failure, reached: Reached) -> Explanation {
    let detail = match failure {
        Failure::Problem(problem, seconds) => particulars(problem.code, &problem.detail, *seconds),
        Failure::Event(error) => particulars(error.code, &error.message, None),
        Failure::Unreachable => Some("Is this device online?".to_owned()),
        Failure::Broken | Failure::Answer(_) => None,
    };
    let kept = match reached {
        Reached::Opening if failure.code() == Some(ErrorCode::NotFound) => "Documents are deleted after a while.",
        Reached::Opening => "What is stored is kept.",
        Reached::Upload(listed) => kept_of_upload(failure, listed),
        Reached::Stored => "The document is kept.",
        Reached::Text => "The document and all text read so far are kept.",
    };
    let remedy = match failure.code() {
        Some(ErrorCode::NotFound) if reached == Reached::Opening => Remedy::Recent,
        Some(ErrorCode::PasswordRequired | ErrorCode::WrongPassword) => Remedy::Password,
        Some(ErrorCode::Unauthorized) => Remedy::SignIn,
        Some(ErrorCode::QuotaExceeded) => Remedy::Usage,
        Some(ErrorCode::UnsupportedTask) => Remedy::Switch,
        Some(ErrorCode::PagesOutOfRange) => Remedy::Pages,
        Some(code) if final_for_file(code) => Remedy::StartOver,
        _ => match reached {
            Reached::Stored | Reached::Text => Remedy::ReadMissing,
            Reached::Opening | Reached::Upload(_) => Remedy::TryAgain,
        },
    };
    let happened = happened(failure);
    let detail = detail.filter(|detail| !same(detail, &happened, failure.code()));
    Explanation { happened, detail, kept, remedy, engines: failure.is_engines() }
}

/// Explains that no password opens a PDF, because it was refused as wrong before one was given.
pub(crate) fn unopenable() -> Explanation {
    Explanation {
        happened: "No password opens this PDF".to_owned(),
        detail: Some("It is encrypted for certain people, or in a way that the server does not know.".to_owned()),
        kept: "Nothing was stored.",
        remedy: Remedy::StartOver,
        engines: false,
    }
}

/// What happened, in a few words.
pub(crate) fn happened(failure: &Failure) -> String {
    match failure {
        Failure::Problem(problem, _) => said(problem.code, &problem.detail),
        Failure::Event(error) => said(error.code, &error.message),
        Failure::Unreachable => "The server cannot be reached".to_owned(),
        Failure::Broken => "The connection broke off".to_owned(),
        Failure::Answer(status) => format!("The server answered with {status}"),
    }
}

/// Why a file was not stored, in a sentence or two, for a toast.
pub(crate) fn refusal(failure: &Failure) -> String {
    match failure.code() {
        Some(ErrorCode::PasswordRequired | ErrorCode::WrongPassword) => {
            "It is a PDF that asks for a password: read it by itself.".to_owned()
        }
        Some(ErrorCode::UnsupportedMediaType) => "It is neither an image nor a PDF.".to_owned(),
        _ => in_words(failure),
    }
}

/// Whether the server may have stored a file whose upload failed in this way. It stores a file before it reads it, and keeps nothing of
/// a file that it refuses.
pub(crate) fn may_be_stored(failure: &Failure) -> bool {
    matches!(
        failure.code(),
        None | Some(
            ErrorCode::PageUnreadable
                | ErrorCode::PageTooComplex
                | ErrorCode::EngineFailed
                | ErrorCode::EngineUnreachable
                | ErrorCode::EngineTimeout
                | ErrorCode::Internal
                | ErrorCode::Unavailable
                | ErrorCode::StorageFull
                | ErrorCode::QuotaExceeded
                | ErrorCode::Aborted
                | ErrorCode::Unknown
        )
    )
}

/// What is kept of a file whose upload failed. `listed`: whether it is among the documents, if known.
fn kept_of_upload(failure: &Failure, listed: Option<bool>) -> &'static str {
    match listed {
        _ if failure.asks_for_password() => "Nothing is stored yet.",
        _ if !may_be_stored(failure) => "Nothing was stored.",
        Some(true) => "The file is stored: it is listed under Recent.",
        Some(false) => "The file is not among your documents.",
        None => "If the file was stored, it is listed under Recent.",
    }
}

/// Explains why a page failed. `several`: whether the document has other pages.
pub(crate) fn explain_page(error: &EventError, several: bool) -> Explanation {
    let happened = said(error.code, &error.message);
    let detail = particulars(error.code, &error.message, None);
    Explanation {
        detail: detail.filter(|detail| !same(detail, &happened, Some(error.code))),
        happened,
        kept: if several { "The other pages are kept." } else { "The document is kept." },
        remedy: match error.code {
            ErrorCode::QuotaExceeded => Remedy::Usage,
            ErrorCode::UnsupportedTask => Remedy::Switch,
            // The page is damaged and would fail again.
            ErrorCode::PageUnreadable => Remedy::StartOver,
            _ => Remedy::ReadMissing,
        },
        engines: engines_fault(error.code, &error.message),
    }
}

/// A failure in a sentence or two, for a form.
pub(crate) fn in_words(failure: &Failure) -> String {
    if failure.code() == Some(ErrorCode::InvalidCredentials)
        && let Some(detail) = failure.detail()
    {
        return detail.to_owned();
    }
    let Explanation { happened, detail, .. } = explain(failure, Reached::Opening);
    match detail {
        Some(detail) => format!("{happened}. {detail}"),
        None => format!("{happened}."),
    }
}

/// Whether the same file with the same options would fail again.
fn final_for_file(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::EmptyFile
            | ErrorCode::InvalidOption
            | ErrorCode::Forbidden
            | ErrorCode::NotFound
            | ErrorCode::TooLarge
            | ErrorCode::TooManyPages
            | ErrorCode::TooManyPixels
            | ErrorCode::UnsupportedMediaType
            | ErrorCode::BrokenDocument
            | ErrorCode::NoPages
            | ErrorCode::PageUnreadable
            | ErrorCode::UnknownModel
            | ErrorCode::UnknownLanguage
    )
}

fn said(code: ErrorCode, detail: &str) -> String {
    match code {
        ErrorCode::Unavailable if engines_fault(code, detail) => "The engine cannot read this now",
        ErrorCode::PagesOutOfRange => "The document has no such pages",
        ErrorCode::UnsupportedMediaType => "This file is neither an image nor a PDF",
        ErrorCode::BrokenDocument => "This file is broken and cannot be opened",
        ErrorCode::NotFound => "This document is not here",
        ErrorCode::PasswordRequired => "This PDF asks for a password",
        ErrorCode::WrongPassword => "This password does not open the PDF",
        ErrorCode::TooManyRequests => "That was too much at once",
        ErrorCode::Unauthorized => "This asks for an account",
        ErrorCode::Forbidden => "Your account may not do this",
        ErrorCode::QuotaExceeded => "This month's quota is used up",
        ErrorCode::Conflict => "This cannot be done as things stand",
        ErrorCode::Unavailable => "The server is busy",
        ErrorCode::UnsupportedTask => "This engine cannot do that",
        ErrorCode::UnknownModel => "This engine is not here any more",
        ErrorCode::EngineTimeout => "The engine took too long",
        ErrorCode::PageTooComplex => "This page takes too much time or memory",
        ErrorCode::PageUnreadable => "This page cannot be read",
        ErrorCode::Aborted => "Reading was stopped",
        code => code.title(),
    }
    .to_owned()
}

/// The detail, with the time to wait if only waiting helps.
fn particulars(code: ErrorCode, detail: &str, seconds: Option<u32>) -> Option<String> {
    // The server's sentence is for programs, which send a password; users type it.
    let detail = if code == ErrorCode::PasswordRequired { "Type its password" } else { detail };
    let detail = filled(detail).map(|detail| if detail.ends_with('.') { detail } else { format!("{detail}.") });
    // The number of seconds is more precise.
    let vague =
        seconds.and_then(|_| detail.as_deref()?.strip_suffix("Try again in a moment.").map(|it| it.trim().to_owned()));
    let detail = vague.or(detail).filter(|detail| !detail.is_empty());
    let when = match (code, seconds) {
        (ErrorCode::QuotaExceeded, Some(seconds)) => Some(format!("It renews in {}.", span(f64::from(seconds)))),
        (ErrorCode::QuotaExceeded, None) => Some("It renews with the next month (UTC).".to_owned()),
        (ErrorCode::TooManyRequests | ErrorCode::Unavailable, Some(seconds)) => {
            Some(format!("Try again in {}.", span(f64::from(seconds))))
        }
        _ => None,
    };
    match (detail, when) {
        (Some(detail), Some(when)) => Some(format!("{detail} {when}")),
        (detail, when) => detail.or(when),
    }
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether the detail only repeats `happened` or the code's title.
fn same(detail: &str, happened: &str, code: Option<ErrorCode>) -> bool {
    let detail = detail.trim_end_matches('.');
    detail == happened || code.is_some_and(|code| detail == code.title())
}

#[cfg(test)]
mod tests;

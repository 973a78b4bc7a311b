//! Failures in plain words: what happened, what is kept, what to press.

use inkstream_wire::{ErrorCode, EventError};

use crate::state::{Failure, span};

/// What a person can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Read the pages that have no result.
    ReadMissing,
    /// Send the same file again.
    TryAgain,
    /// Take another file or other options.
    StartOver,
    /// See what documents there are.
    Recent,
    /// Type the PDF's password.
    Password,
    /// Sign in.
    SignIn,
    /// See what was used; the rest is waiting.
    Usage,
}

/// A failure in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// What happened, in a few words.
    pub(crate) happened: String,
    /// The same with its particulars, if there are any.
    pub(crate) detail: Option<String>,
    /// What is kept.
    pub(crate) kept: &'static str,
    /// What to press.
    pub(crate) remedy: Remedy,
}

/// How far a document had come when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// It was to be opened.
    Opening,
    /// It was on its way to the server; whether it is among the documents now, if that could be learnt.
    Upload(Option<bool>),
    /// The server has it.
    Stored,
    /// The server has it, and some of its text is here.
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
        Some(code) if final_for_file(code) => Remedy::StartOver,
        _ => match reached {
            Reached::Stored | Reached::Text => Remedy::ReadMissing,
            Reached::Opening | Reached::Upload(_) => Remedy::TryAgain,
        },
    };
    let happened = happened(failure);
    let detail = detail.filter(|detail| !same(detail, &happened, failure));
    Explanation { happened, detail, kept, remedy }
}

/// Explains that no password opens a PDF: it was refused as wrong before any was given.
pub(crate) fn unopenable() -> Explanation {
    Explanation {
        happened: "No password opens this PDF".to_owned(),
        detail: Some("It is encrypted for certain people, or in a way that the server does not know.".to_owned()),
        kept: "Nothing was stored.",
        remedy: Remedy::StartOver,
    }
}

/// What happened, in a few words.
pub(crate) fn happened(failure: &Failure) -> String {
    match failure {
        Failure::Problem(problem, _) => said(problem.code),
        Failure::Event(error) => said(error.code),
        Failure::Unreachable => "The server cannot be reached".to_owned(),
        Failure::Broken => "The connection broke off".to_owned(),
        Failure::Answer(status) => format!("The server answered with {status}"),
    }
}

/// Why a file was not stored, in a sentence or two, for a note.
pub(crate) fn refusal(failure: &Failure) -> String {
    match failure.code() {
        Some(ErrorCode::PasswordRequired | ErrorCode::WrongPassword) => {
            "It is a PDF that asks for a password: read it by itself.".to_owned()
        }
        Some(ErrorCode::UnsupportedMediaType) => "It is neither a picture nor a PDF.".to_owned(),
        _ => in_words(failure),
    }
}

/// Whether the server may have stored a file whose upload failed so. It stores before it reads, and what it refuses
/// before that leaves nothing behind.
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

/// What became of a file whose upload failed; `listed` is whether it is among the documents, if that could be learnt.
fn kept_of_upload(failure: &Failure, listed: Option<bool>) -> &'static str {
    match listed {
        _ if failure.asks_for_password() => "Nothing is stored yet.",
        _ if !may_be_stored(failure) => "Nothing was stored.",
        Some(true) => "The file is stored: it is listed under Recent.",
        Some(false) => "The file is not among your documents.",
        None => "If the file was stored, it is listed under Recent.",
    }
}

/// Explains why one page failed; the others, if there are several, went on.
pub(crate) fn explain_page(error: &EventError, several: bool) -> Explanation {
    Explanation {
        happened: said(error.code),
        detail: particulars(error.code, &error.message, None),
        kept: if several { "The other pages are kept." } else { "The document is kept." },
        remedy: match error.code {
            ErrorCode::QuotaExceeded => Remedy::Usage,
            // Damaged: it can only fail again.
            ErrorCode::PageUnreadable => Remedy::StartOver,
            _ => Remedy::ReadMissing,
        },
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

/// Whether the same file with the same options can only fail again.
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
            | ErrorCode::PagesOutOfRange
            | ErrorCode::UnknownModel
            | ErrorCode::UnsupportedTask
            | ErrorCode::UnknownLanguage
    )
}

fn said(code: ErrorCode) -> String {
    match code {
        ErrorCode::UnsupportedMediaType => "This file is neither a picture nor a PDF",
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
        ErrorCode::PageTooComplex => "This page takes too much time or memory",
        ErrorCode::PageUnreadable => "This page cannot be read",
        ErrorCode::Aborted => "Reading was stopped",
        code => code.title(),
    }
    .to_owned()
}

/// The detail, and what only time helps against also says how much of it.
fn particulars(code: ErrorCode, detail: &str, seconds: Option<u32>) -> Option<String> {
    // The server speaks to programs, too: they send a password, people type it.
    let detail = if code == ErrorCode::PasswordRequired { "Type its password" } else { detail };
    let detail = filled(detail).map(|detail| if detail.ends_with('.') { detail } else { format!("{detail}.") });
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

/// Whether the detail only repeats what happened, or the code's title.
fn same(detail: &str, happened: &str, failure: &Failure) -> bool {
    let detail = detail.trim_end_matches('.');
    detail == happened || failure.code().is_some_and(|code| detail == code.title())
}

#[cfg(test)]
mod tests {
    use inkstream_wire::Problem;

    use super::*;

    fn problem(code: ErrorCode, detail: &str) -> Failure {
        let problem = Box::new(Problem {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.to_owned(),
            code,
            request_id: "r-1".to_owned(),
        });
        Failure::Problem(problem, None)
    }

    #[test]
    fn every_code_is_explained_in_words_of_its_own() {
        for &code in ErrorCode::ALL {
            let explained = explain(&problem(code, "It is so."), Reached::Upload(None));
            assert!(explained.happened.len() > 8, "{code}");
            assert!(!explained.happened.contains('_'), "{code}");
        }
    }

    #[test]
    fn a_password_is_asked_for_and_a_wrong_file_is_not_tried_again() {
        assert_eq!(explain(&problem(ErrorCode::WrongPassword, ""), Reached::Upload(None)).remedy, Remedy::Password);
        assert_eq!(
            explain(&problem(ErrorCode::UnsupportedMediaType, ""), Reached::Upload(None)).remedy,
            Remedy::StartOver
        );
    }

    #[test]
    fn a_password_is_asked_for_in_words_for_people_and_a_wrong_one_is_said_once() {
        let asked = explain(
            &problem(ErrorCode::PasswordRequired, "The PDF is encrypted: send its password."),
            Reached::Upload(None),
        );
        assert_eq!(asked.happened, "This PDF asks for a password");
        assert_eq!(asked.detail.as_deref(), Some("Type its password."));
        assert_eq!(asked.kept, "Nothing is stored yet.");
        let wrong = problem(ErrorCode::WrongPassword, "This password does not open the PDF.");
        assert_eq!(explain(&wrong, Reached::Upload(None)).detail, None);
        assert_eq!(unopenable().remedy, Remedy::StartOver);
    }

    #[test]
    fn what_became_of_an_upload_is_told_as_it_is() {
        let kept = |failure: &Failure, listed| explain(failure, Reached::Upload(listed)).kept;
        assert_eq!(kept(&problem(ErrorCode::UnsupportedMediaType, ""), None), "Nothing was stored.");
        let damaged = problem(ErrorCode::PageUnreadable, "");
        assert!(kept(&damaged, Some(true)).starts_with("The file is stored"));
        assert!(kept(&damaged, Some(false)).contains("not among"));
        assert!(kept(&Failure::Unreachable, None).starts_with("If the file was stored"));
    }

    #[test]
    fn a_damaged_file_or_page_is_not_tried_again() {
        for reached in [Reached::Upload(None), Reached::Stored, Reached::Text] {
            assert_eq!(explain(&problem(ErrorCode::PageUnreadable, ""), reached).remedy, Remedy::StartOver);
        }
        let damaged = EventError { code: ErrorCode::PageUnreadable, message: String::new() };
        assert_eq!(explain_page(&damaged, true).remedy, Remedy::StartOver);
        assert_eq!(explain_page(&damaged, false).kept, "The document is kept.");
    }

    #[test]
    fn a_document_that_is_gone_is_called_so_and_leads_to_those_that_are_not() {
        let gone = problem(ErrorCode::NotFound, "There is no such document.");
        assert_eq!(happened(&gone), "This document is not here");
        assert_eq!(explain(&gone, Reached::Opening).remedy, Remedy::Recent);
    }

    #[test]
    fn a_file_that_was_not_stored_says_why() {
        assert_eq!(refusal(&problem(ErrorCode::UnsupportedMediaType, "x")), "It is neither a picture nor a PDF.");
        let large = problem(ErrorCode::TooLarge, "A file may have at most 50 MB");
        assert_eq!(refusal(&large), "The file is too large. A file may have at most 50 MB.");
    }

    #[test]
    fn a_used_up_quota_says_when_it_renews_and_is_not_tried_again() {
        let Failure::Problem(problem, _) = problem(ErrorCode::QuotaExceeded, "All 300 pages are used") else {
            unreachable!()
        };
        let explained = explain(&Failure::Problem(problem, Some(9 * 86_400)), Reached::Upload(None));
        assert_eq!(explained.detail.as_deref(), Some("All 300 pages are used. It renews in 9 days."));
        assert_eq!(explained.remedy, Remedy::Usage);
        let page = EventError { code: ErrorCode::QuotaExceeded, message: String::new() };
        assert_eq!(explain_page(&page, true).detail.as_deref(), Some("It renews with the next month (UTC)."));
    }

    #[test]
    fn a_form_says_what_the_server_said_and_when_to_try_again() {
        let failure = problem(ErrorCode::InvalidCredentials, "This password is one of the commonest");
        assert_eq!(in_words(&failure), "This password is one of the commonest");
        let Failure::Problem(throttled, _) = problem(ErrorCode::TooManyRequests, "") else { unreachable!() };
        let failure = Failure::Problem(throttled, Some(90));
        assert_eq!(in_words(&failure), "That was too much at once. Try again in 2 min.");
        assert_eq!(in_words(&Failure::Broken), "The connection broke off.");
    }

    #[test]
    fn who_is_not_signed_in_is_asked_to() {
        assert_eq!(explain(&problem(ErrorCode::Unauthorized, ""), Reached::Opening).remedy, Remedy::SignIn);
    }

    #[test]
    fn a_broken_stream_keeps_what_came_and_offers_the_rest() {
        let explained = explain(&Failure::Broken, Reached::Text);
        assert_eq!(explained.remedy, Remedy::ReadMissing);
        assert!(explained.kept.contains("all text"));
        assert_eq!(explain(&Failure::Unreachable, Reached::Upload(None)).remedy, Remedy::TryAgain);
    }

    #[test]
    fn a_detail_that_repeats_the_title_is_left_out() {
        assert_eq!(explain(&problem(ErrorCode::EmptyFile, "The file is empty."), Reached::Upload(None)).detail, None);
    }
}

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
    /// It was on its way to the server.
    Upload,
    /// The server has it.
    Stored,
    /// The server has it, and some of its text is here.
    Text,
}

/// Explains why a document could not be opened, sent or read.
pub(crate) fn explain(failure: &Failure, reached: Reached) -> Explanation {
    let (happened, detail) = match failure {
        Failure::Problem(problem, seconds) => {
            (said(problem.code), particulars(problem.code, &problem.detail, *seconds))
        }
        Failure::Event(error) => (said(error.code), particulars(error.code, &error.message, None)),
        Failure::Unreachable => ("The server cannot be reached".to_owned(), Some("Is this device online?".to_owned())),
        Failure::Broken => ("The connection broke off".to_owned(), None),
        Failure::Answer(status) => (format!("The server answered with {status}"), None),
    };
    let kept = match reached {
        Reached::Opening if failure.code() == Some(ErrorCode::NotFound) => "Documents are deleted after a while.",
        Reached::Opening => "What is stored is kept.",
        Reached::Upload => "Nothing was stored.",
        Reached::Stored => "The document is kept.",
        Reached::Text => "The document and all text read so far are kept.",
    };
    let remedy = match failure.code() {
        Some(ErrorCode::PasswordRequired | ErrorCode::WrongPassword) => Remedy::Password,
        Some(ErrorCode::Unauthorized) => Remedy::SignIn,
        Some(ErrorCode::QuotaExceeded) => Remedy::Usage,
        Some(code) if final_for_file(code) => Remedy::StartOver,
        _ => match reached {
            Reached::Stored | Reached::Text => Remedy::ReadMissing,
            Reached::Opening | Reached::Upload => Remedy::TryAgain,
        },
    };
    Explanation { happened, detail: detail.filter(|detail| !same(detail, failure)), kept, remedy }
}

/// Explains why one page failed; the others went on.
pub(crate) fn explain_page(error: &EventError) -> Explanation {
    Explanation {
        happened: said(error.code),
        detail: particulars(error.code, &error.message, None),
        kept: "The other pages are kept.",
        remedy: if error.code == ErrorCode::QuotaExceeded { Remedy::Usage } else { Remedy::ReadMissing },
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

/// Whether the detail only repeats the title.
fn same(detail: &str, failure: &Failure) -> bool {
    failure.code().is_some_and(|code| detail.trim_end_matches('.') == code.title())
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
            let explained = explain(&problem(code, "It is so."), Reached::Upload);
            assert!(explained.happened.len() > 8, "{code}");
            assert!(!explained.happened.contains('_'), "{code}");
        }
    }

    #[test]
    fn a_password_is_asked_for_and_a_wrong_file_is_not_tried_again() {
        assert_eq!(explain(&problem(ErrorCode::WrongPassword, ""), Reached::Upload).remedy, Remedy::Password);
        assert_eq!(explain(&problem(ErrorCode::UnsupportedMediaType, ""), Reached::Upload).remedy, Remedy::StartOver);
    }

    #[test]
    fn a_used_up_quota_says_when_it_renews_and_is_not_tried_again() {
        let Failure::Problem(problem, _) = problem(ErrorCode::QuotaExceeded, "All 300 pages are used") else {
            unreachable!()
        };
        let explained = explain(&Failure::Problem(problem, Some(9 * 86_400)), Reached::Upload);
        assert_eq!(explained.detail.as_deref(), Some("All 300 pages are used. It renews in 9 days."));
        assert_eq!(explained.remedy, Remedy::Usage);
        let page = EventError { code: ErrorCode::QuotaExceeded, message: String::new() };
        assert_eq!(explain_page(&page).detail.as_deref(), Some("It renews with the next month (UTC)."));
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
        assert_eq!(explain(&Failure::Unreachable, Reached::Upload).remedy, Remedy::TryAgain);
    }

    #[test]
    fn a_detail_that_repeats_the_title_is_left_out() {
        assert_eq!(explain(&problem(ErrorCode::EmptyFile, "The file is empty."), Reached::Upload).detail, None);
    }
}

//! Failures in plain words: what happened, what is kept, what to press.

use inkstream_wire::{ErrorCode, EventError};

use crate::state::Failure;

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
        Failure::Problem(problem) => (said(problem.code), filled(&problem.detail)),
        Failure::Event(error) => (said(error.code), filled(&error.message)),
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
        detail: filled(&error.message),
        kept: "The other pages are kept.",
        remedy: Remedy::ReadMissing,
    }
}

/// Whether the same file with the same options can only fail again.
fn final_for_file(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::EmptyFile
            | ErrorCode::InvalidOption
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
        ErrorCode::Unavailable => "The server is busy",
        ErrorCode::PageTooComplex => "This page takes too much time or memory",
        ErrorCode::PageUnreadable => "This page cannot be read",
        ErrorCode::Aborted => "Reading was stopped",
        code => code.title(),
    }
    .to_owned()
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
        Failure::Problem(Box::new(Problem {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.to_owned(),
            code,
            request_id: "r-1".to_owned(),
        }))
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

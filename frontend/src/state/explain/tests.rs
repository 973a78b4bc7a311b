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
fn every_code_has_its_own_explanation() {
    for &code in ErrorCode::ALL {
        let explained = explain(&problem(code, "It is so."), Reached::Upload(None));
        assert!(explained.happened.len() > 8, "{code}");
        assert!(!explained.happened.contains('_'), "{code}");
    }
}

#[test]
fn a_password_is_asked_for_and_a_wrong_file_is_not_tried_again() {
    assert_eq!(explain(&problem(ErrorCode::WrongPassword, ""), Reached::Upload(None)).remedy, Remedy::Password);
    assert_eq!(explain(&problem(ErrorCode::UnsupportedMediaType, ""), Reached::Upload(None)).remedy, Remedy::StartOver);
}

#[test]
fn a_missing_password_is_explained_for_users_and_a_wrong_one_once() {
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
fn the_outcome_of_an_upload_is_stated_as_far_as_it_is_known() {
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
fn a_deleted_document_is_called_so_and_leads_to_the_recent_ones() {
    let gone = problem(ErrorCode::NotFound, "There is no such document.");
    assert_eq!(happened(&gone), "This document is not here");
    assert_eq!(explain(&gone, Reached::Opening).remedy, Remedy::Recent);
}

#[test]
fn the_reason_why_a_file_was_not_stored_is_stated() {
    assert_eq!(refusal(&problem(ErrorCode::UnsupportedMediaType, "x")), "It is neither an image nor a PDF.");
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
fn a_form_shows_the_servers_message_and_when_to_retry() {
    let failure = problem(ErrorCode::InvalidCredentials, "This password is one of the commonest");
    assert_eq!(in_words(&failure), "This password is one of the commonest");
    let Failure::Problem(throttled, _) = problem(ErrorCode::TooManyRequests, "") else { unreachable!() };
    let failure = Failure::Problem(throttled, Some(90));
    assert_eq!(in_words(&failure), "That was too much at once. Try again in 2 min.");
    assert_eq!(in_words(&Failure::Broken), "The connection broke off.");
}

#[test]
fn users_who_are_not_signed_in_are_asked_to_sign_in() {
    assert_eq!(explain(&problem(ErrorCode::Unauthorized, ""), Reached::Opening).remedy, Remedy::SignIn);
}

#[test]
fn a_broken_stream_keeps_its_text_and_offers_the_missing_pages() {
    let explained = explain(&Failure::Broken, Reached::Text);
    assert_eq!(explained.remedy, Remedy::ReadMissing);
    assert!(explained.kept.contains("all text"));
    assert_eq!(explain(&Failure::Unreachable, Reached::Upload(None)).remedy, Remedy::TryAgain);
}

#[test]
fn an_unsupported_task_names_an_engine_that_supports_it_and_offers_it() {
    let detail = "tesseract cannot describe. These can: deepseek-ocr";
    for reached in [Reached::Upload(None), Reached::Text] {
        let explained = explain(&problem(ErrorCode::UnsupportedTask, detail), reached);
        assert_eq!((explained.happened.as_str(), explained.remedy), ("This engine cannot do that", Remedy::Switch));
        assert!(explained.detail.is_some_and(|detail| detail.contains("These can: deepseek-ocr.")));
    }
    assert_eq!(explain(&problem(ErrorCode::UnsupportedTask, ""), Reached::Upload(None)).kept, "Nothing was stored.");
}

#[test]
fn the_failure_of_an_engine_is_explained_and_the_page_can_be_read_again() {
    let error =
        EventError { code: ErrorCode::EngineFailed, message: "The engine repeated itself without end".to_owned() };
    let explained = explain_page(&error, true);
    assert_eq!(explained.happened, "The engine failed");
    assert_eq!(explained.detail.as_deref(), Some("The engine repeated itself without end."));
    assert_eq!(explained.remedy, Remedy::ReadMissing);
}

#[test]
fn a_detail_that_repeats_the_title_is_omitted() {
    assert_eq!(explain(&problem(ErrorCode::EmptyFile, "The file is empty."), Reached::Upload(None)).detail, None);
}

#[test]
fn an_engine_that_is_down_is_not_called_a_busy_server_and_another_is_offered() {
    let Failure::Problem(down, _) =
        problem(ErrorCode::Unavailable, "The engine is down: its last answers were failures. Try again in a moment.")
    else {
        unreachable!()
    };
    let explained = explain(&Failure::Problem(down, Some(37)), Reached::Upload(Some(true)));
    assert_eq!(explained.happened, "The engine cannot read this now");
    let detail = "The engine is down: its last answers were failures. Try again in 37 s.";
    assert_eq!(explained.detail.as_deref(), Some(detail), "when to try again is said once");
    assert!(explained.engines && explained.remedy == Remedy::TryAgain);
    let full = explain(&problem(ErrorCode::Unavailable, "The queue is full."), Reached::Upload(None));
    assert!(!full.engines && full.happened == "The server is busy");
}

#[test]
fn the_failure_of_a_page_is_stated_once_and_an_engines_fault_is_recognized() {
    let error = EventError { code: ErrorCode::EngineTimeout, message: "The engine took too long.".to_owned() };
    let explained = explain_page(&error, true);
    assert_eq!(
        (explained.happened.as_str(), explained.detail, explained.engines),
        ("The engine took too long", None, true)
    );
    let damaged = EventError { code: ErrorCode::PageUnreadable, message: String::new() };
    assert!(!explain_page(&damaged, true).engines);
}

#[test]
fn pages_that_the_document_does_not_have_are_asked_for_again() {
    for reached in [Reached::Upload(None), Reached::Text] {
        let explained = explain(&problem(ErrorCode::PagesOutOfRange, "The document has 3 pages."), reached);
        assert_eq!((explained.happened.as_str(), explained.remedy), ("The document has no such pages", Remedy::Pages));
    }
}

use inkstream_content::PageContent;

use super::*;
use crate::state::fixtures::{DOCUMENT, end, events, page_delta, page_end, page_end_with, page_start, start};

fn uploading(kind: DocumentKind) -> Workspace {
    Workspace::default().after(Action::Upload { name: "a.pdf".to_owned(), kind, range: None, sought: None })
}

fn told(workspace: Workspace, at: f64, lines: &[String]) -> Workspace {
    workspace.after(Action::Events { events: events(lines), at })
}

fn reading(pages: u32) -> Workspace {
    told(uploading(DocumentKind::Pdf), 0.0, &[start("pdf", &format!(r#""pages":{pages},"#))])
}

fn status(workspace: &Workspace, page: u32) -> PageStatus {
    workspace.pages[page as usize - 1].page.status
}

#[test]
fn an_image_is_one_page_whose_text_grows_and_settles() {
    let lines = [
        start("image", ""),
        r#"{"type":"delta","delta":"Hello ","box":[1,2,3,4],"seq":1}"#.to_owned(),
        r#"{"type":"delta","delta":"ink","seq":2}"#.to_owned(),
    ];
    let workspace = told(uploading(DocumentKind::Image), 0.0, &lines);
    assert_eq!(workspace.phase, Phase::Reading);
    assert_eq!(workspace.pages[0].text(), "Hello ink");
    assert_eq!(workspace.pages[0].lights.len(), 1);
    let workspace = told(workspace, 900.0, &[end("")]);
    assert_eq!(workspace.phase, Phase::Settled);
    assert_eq!(workspace.missing(), 0);
    assert_eq!(workspace.document, Some(DOCUMENT.parse().unwrap()));
}

#[test]
fn interleaved_pages_do_not_mix() {
    let lines = [page_start(1), page_start(2), page_delta(2, "two"), page_delta(1, "one"), page_end(2)];
    let workspace = told(reading(3), 10.0, &lines);
    assert_eq!(workspace.pages[0].text(), "one");
    assert_eq!(workspace.pages[1].text(), "two");
    assert_eq!(
        [1, 2, 3].map(|page| status(&workspace, page)),
        [PageStatus::Running, PageStatus::Done, PageStatus::Pending]
    );
    assert_eq!(workspace.pace.done, 1);
}

#[test]
fn an_unchanged_page_is_the_same_value() {
    let before = told(reading(2), 10.0, &[page_start(1), page_delta(1, "one"), page_end(1), page_start(2)]);
    let after = told(before.clone(), 20.0, &[page_delta(2, "two")]);
    assert!(before.pages[0] == after.pages[0]);
    assert!(before.pages[1] != after.pages[1]);
}

fn page_reset(page: u32) -> String {
    format!(
        r#"{{"type":"page_reset","page":{page},"reason":"repetition","model":"stand-in","width":200,"height":100,"rotation":90,"image_url":"/turned"}}"#
    )
}

#[test]
fn a_reset_voids_the_text_of_its_page_only_and_names_the_new_engine() {
    let lines = [page_start(1), page_start(2), page_delta(1, "bad"), page_delta(2, "good"), page_reset(1)];
    let workspace = told(reading(2), 1.0, &lines);
    let page = &workspace.pages[0];
    assert_eq!((page.text(), page.lights.len(), page.again.as_deref()), ("", 0, Some("repetition")));
    assert_eq!((page.page.width, page.page.height, page.page.rotation), (Some(200), Some(100), Some(90)));
    assert_eq!(page.page.model.as_deref(), Some("stand-in"));
    assert_eq!(page.page.image_url.as_deref(), Some("/turned"));
    assert_eq!(workspace.pages[1].text(), "good");
    let workspace = told(workspace, 2.0, &[page_delta(1, "new"), page_end(1)]);
    assert_eq!((workspace.pages[0].text(), &workspace.pages[0].again), ("new", &None));
}

#[test]
fn a_single_images_reset_is_taken_as_a_pages_is() {
    let reset = page_reset(1).replace("page_reset", "reset").replace(r#""page":1,"#, "");
    let lines = [start("image", ""), r#"{"type":"delta","delta":"twice twice","seq":1}"#.to_owned(), reset];
    let workspace = told(uploading(DocumentKind::Image), 0.0, &lines);
    assert_eq!((workspace.pages[0].text(), workspace.pages[0].page.rotation), ("", Some(90)));
    assert_eq!(workspace.phase, Phase::Reading);
}

#[test]
fn a_waiting_run_resumes_when_a_page_ends() {
    let queued = |ahead: u32| format!(r#"{{"type":"queued","ahead":{ahead}}}"#);
    let before = told(uploading(DocumentKind::Pdf), 0.0, &[queued(2)]);
    assert_eq!((&before.phase, before.queued), (&Phase::Waiting(Some(2)), None));
    let waiting = told(reading(2), 1.0, &[queued(5), r#"{"type":"heartbeat"}"#.to_owned()]);
    assert_eq!((&waiting.phase, waiting.queued), (&Phase::Reading, Some(5)));
    assert_eq!(told(waiting.clone(), 2.0, &[page_start(1)]).queued, None);
    assert_eq!(waiting.after(Action::Stop).queued, None);
}

#[test]
fn what_was_looked_for_is_found_or_not_on_each_page_and_the_first_with_it_is_shown() {
    let upload = Action::Upload {
        name: "a.pdf".to_owned(),
        kind: DocumentKind::Pdf,
        range: None,
        sought: Some("total".to_owned()),
    };
    let boxes = r#""boxes":[{"kind":"reference","box":[1,2,3,4],"text":"Total"}],"usage""#;
    let lines = [
        start("pdf", r#""pages":3,"#),
        page_start(1),
        page_end(1),
        page_start(2),
        page_end(2).replace(r#""usage""#, boxes),
        page_start(3),
        page_end(3),
        end(r#""pages":3,"#),
    ];
    let workspace = told(Workspace::default().after(upload), 0.0, &lines);
    assert_eq!([0, 1, 2].map(|page: usize| workspace.pages[page].found()), [Some(false), Some(true), Some(false)]);
    assert_eq!((workspace.selected, workspace.announcement.as_str()), (2, "“total” was found on 1 page"));
    let next = told(workspace.after(Action::Read { sought: None }), 1.0, &[page_start(1), page_end(1)]);
    assert_eq!(next.pages[0].found(), None, "the next run looks for nothing");
}

#[test]
fn a_pages_details_come_with_its_end_and_go_when_it_is_read_again() {
    let details = r#""size_applied":"tiny","attempts":[{"model":"a","outcome":"repetition","seconds":1.5,"prompt_tokens":1,"completion_tokens":2},
        {"model":"b","outcome":"ok","seconds":2.5,"prompt_tokens":1,"completion_tokens":2}],
        "metadata":{"primary_language":"de","is_rotation_valid":true,"rotation_correction":0,"is_table":true,"is_diagram":false},"usage""#;
    let details = details.replace('\n', " ");
    let workspace = told(reading(2), 1.0, &[page_start(1), page_end(1).replace(r#""usage""#, &details)]);
    let page = &workspace.pages[0];
    assert_eq!(
        (page.size_applied.as_ref(), page.page.attempts.len()),
        (Some(&inkstream_wire::SizeMode::new("tiny")), 2)
    );
    assert!(page.page.metadata.as_ref().unwrap().is_table);
    let workspace = told(workspace, 2.0, &[page_start(1)]);
    let page = &workspace.pages[0];
    assert!(page.size_applied.is_none() && page.page.attempts.is_empty() && page.page.metadata.is_none());
}

#[test]
fn a_failed_page_keeps_its_reason_and_the_others_go_on() {
    let error = r#"{"type":"page_error","page":1,"error":{"code":"page_too_complex","message":"Too long."}}"#;
    let workspace =
        told(reading(2), 1.0, &[page_start(1), error.to_owned(), page_start(2), page_end(2), end(r#""pages":1,"#)]);
    assert_eq!(workspace.pages[0].page.error.as_ref().unwrap().code, ErrorCode::PageTooComplex);
    assert_eq!(workspace.phase, Phase::Settled);
    assert_eq!(workspace.missing(), 1);
}

#[test]
fn a_stream_that_breaks_off_keeps_what_came() {
    let workspace = told(reading(2), 1.0, &[page_start(1), page_delta(1, "half")]).after(Action::StreamOver);
    assert_eq!(workspace.phase, Phase::Failed(Failure::Broken));
    assert_eq!(workspace.pages[0].text(), "half");
    assert_eq!(status(&workspace, 1), PageStatus::Aborted);
}

#[test]
fn a_stream_that_ends_after_its_end_event_is_no_failure() {
    let workspace =
        told(reading(1), 1.0, &[page_start(1), page_end(1), end(r#""pages":1,"#)]).after(Action::StreamOver);
    assert_eq!(workspace.phase, Phase::Settled);
}

#[test]
fn reading_the_missing_pages_leaves_the_good_ones_alone() {
    let lines = [page_start(1), page_delta(1, "one"), page_end(1), page_start(2), page_delta(2, "ha")];
    let workspace = told(reading(2), 1.0, &lines).after(Action::Stop).after(Action::Read { sought: None });
    assert_eq!(workspace.pages[0].text(), "one");
    assert_eq!(workspace.phase, Phase::Waiting(None));
    let workspace =
        told(workspace, 2.0, &[start("pdf", r#""pages":1,"#), page_start(2), page_delta(2, "two"), page_end(2)]);
    assert_eq!(workspace.pages.len(), 2);
    assert_eq!(workspace.pages[1].text(), "two");
    assert_eq!(workspace.missing(), 0);
}

#[test]
fn the_view_follows_the_reading_until_a_person_chooses_a_page() {
    let workspace = told(reading(3), 1000.0, &[page_start(1), page_end(1), page_start(2)]);
    assert_eq!(workspace.selected, 2);
    let workspace = workspace.after(Action::Select(1));
    let workspace = told(workspace, 3000.0, &[page_end(2), page_start(3)]);
    assert_eq!(workspace.selected, 1);
    assert_eq!(workspace.after(Action::Follow).selected, 3);
}

#[test]
fn a_range_names_the_pages_before_they_are_read() {
    let upload = Action::Upload {
        name: "a.pdf".to_owned(),
        kind: DocumentKind::Pdf,
        range: Some("2,5-6".to_owned()),
        sought: None,
    };
    let workspace = told(Workspace::default().after(upload), 0.0, &[start("pdf", r#""pages":3,"#)]);
    assert_eq!(workspace.pages.iter().map(|page| page.page.page).collect::<Vec<_>>(), [2, 5, 6]);
    assert_eq!(workspace.selected, 2);
}

#[test]
fn steps_stop_at_the_first_and_the_last_page() {
    let workspace = reading(2).after(Action::Step(-1));
    assert_eq!(workspace.selected, 1);
    assert_eq!(workspace.after(Action::Step(1)).after(Action::Step(1)).selected, 2);
}

#[test]
fn an_images_url_is_kept_while_valid_and_replaced_when_it_expires() {
    let signed = |page: u32, signature: &str| {
        let mut page = PageState::pending(page);
        page.edit().page.image_url = Some(format!("/image?sig={signature}"));
        page.page.clone()
    };
    let start = page_start(1).replace("\"model\"", "\"image_url\":\"/image?sig=a\",\"model\"");
    let lines = events(&[self::start("pdf", "\"pages\":2,"), start]);
    let workspace = uploading(DocumentKind::Pdf).after(Action::Events { events: lines, at: 0.0 });
    let workspace = workspace.after(Action::Outline(DOCUMENT.parse().unwrap(), vec![signed(1, "b"), signed(2, "b")]));
    let urls = |workspace: &Workspace| -> Vec<_> {
        workspace.pages.iter().map(|page| page.page.image_url.clone().unwrap_or_default()).collect()
    };
    assert_eq!(urls(&workspace), ["/image?sig=a", "/image?sig=b"]);
    let workspace = workspace.after(Action::Addresses(DOCUMENT.parse().unwrap(), vec![signed(1, "c"), signed(2, "c")]));
    assert_eq!(urls(&workspace), ["/image?sig=c", "/image?sig=c"]);
}

#[test]
fn late_pages_of_another_document_are_dropped() {
    let other = "7f8a4c1e-0000-4000-8000-000000000002".parse().unwrap();
    let late = vec![PageState::pending(7).page.clone()];
    let workspace = reading(2).after(Action::Outline(other, late.clone()));
    assert_eq!(workspace.pages.len(), 2);
    assert_eq!(workspace.after(Action::Outline(DOCUMENT.parse().unwrap(), late)).pages.len(), 3);
}

#[test]
fn text_on_the_screen_stays_when_the_missing_pages_cannot_be_asked_for() {
    let lines = [page_start(1), page_delta(1, "one"), page_start(2), page_delta(2, "ha")];
    let broken = told(reading(3), 1.0, &lines).after(Action::StreamOver);
    let tried = broken.clone().after(Action::Read { sought: None }).after(Action::Fail(Failure::Unreachable));
    assert_eq!(tried.pages, broken.pages);
    assert_eq!(tried.phase, Phase::Failed(Failure::Unreachable));
}

#[test]
fn stopped_pages_have_the_same_sign_before_and_after_a_reload() {
    let lines = [page_start(1), page_delta(1, "half"), page_start(2)];
    let stopped = told(reading(3), 1.0, &lines).after(Action::Stop);
    let signs = |workspace: &Workspace| [1, 2, 3].map(|page| status(workspace, page));
    assert_eq!(signs(&stopped), [PageStatus::Aborted, PageStatus::Pending, PageStatus::Pending]);
    let detail = format!(
        r#"{{"document_id":"{DOCUMENT}","filename":"a.pdf","kind":"pdf","bytes":1,"pages":3,"pages_done":0,
            "created_at":"","expires_at":"","page_list":[{{"page":1,"status":"aborted","text":"half"}},
            {{"page":2,"status":"aborted"}},{{"page":3,"status":"pending"}}]}}"#
    );
    let reloaded = Workspace::default()
        .after(Action::Load(DOCUMENT.parse().unwrap()))
        .after(Action::Loaded(serde_json::from_str(&detail).unwrap()));
    assert_eq!(signs(&reloaded), signs(&stopped));
}

fn refused(code: ErrorCode) -> Failure {
    Failure::Event(inkstream_wire::EventError { code, message: String::new() })
}

#[test]
fn a_locked_document_shows_no_images_until_its_password_is_known() {
    let id = DOCUMENT.parse().unwrap();
    let locked = reading(1).after(Action::Stop).after(Action::Read { sought: None });
    let locked = locked.after(Action::Fail(refused(ErrorCode::PasswordRequired)));
    assert_eq!(locked.lock, Lock::Locked(0));
    let wrong = locked.after(Action::Probed(id, Err(refused(ErrorCode::WrongPassword))));
    assert_eq!(wrong.lock, Lock::Locked(1));
    let other = "7f8a4c1e-0000-4000-8000-000000000009".parse().unwrap();
    let wrong = wrong.after(Action::Probed(other, Ok(())));
    assert_eq!(wrong.lock, Lock::Locked(1), "the answer about another document is nobody's");
    assert_eq!(wrong.clone().after(Action::Probed(id, Ok(()))).lock, Lock::Open);
    let read = told(wrong.after(Action::Read { sought: None }), 2.0, &[start("pdf", r#""pages":1,"#)]);
    assert_eq!(read.lock, Lock::Open, "the server took the password");
}

#[test]
fn a_failure_is_announced_as_what_it_is() {
    let gone = Workspace::default().after(Action::Load(DOCUMENT.parse().unwrap()));
    let gone = gone.after(Action::Fail(refused(ErrorCode::NotFound)));
    assert_eq!(gone.announcement, "This document is not here");
}

#[test]
fn whether_a_failed_upload_is_listed_is_forgotten_with_the_next() {
    let failed = uploading(DocumentKind::Image).after(Action::Listed(true)).after(Action::Fail(Failure::Broken));
    assert_eq!(failed.listed, Some(true));
    let next =
        failed.after(Action::Upload { name: "b.png".to_owned(), kind: DocumentKind::Image, range: None, sought: None });
    assert_eq!(next.listed, None);
}

#[test]
fn a_damaged_page_is_not_offered_to_be_read_again() {
    let error = r#"{"type":"page_error","page":1,"error":{"code":"page_unreadable","message":"Damaged."}}"#;
    let workspace = told(reading(2), 1.0, &[page_start(1), error.to_owned(), page_start(2)]).after(Action::Stop);
    assert!(workspace.readable(), "the other page is");
    assert!(!told(workspace, 2.0, &[page_start(2), page_end(2)]).readable());
}

#[test]
fn a_file_that_the_server_has_is_not_being_sent() {
    assert_eq!(uploading(DocumentKind::Pdf).after(Action::Sent).phase, Phase::Waiting(None));
    let heard = told(uploading(DocumentKind::Pdf), 1.0, &[r#"{"type":"heartbeat"}"#.to_owned()]);
    assert_eq!(heard.phase, Phase::Waiting(None));
    assert_eq!(reading(1).after(Action::Sent).phase, Phase::Reading);
}

#[test]
fn a_page_of_which_text_is_missing_is_partial_and_still_to_be_read() {
    let cut = page_end(2).replace("}}", r#"},"warnings":[{"code":"truncated_text","message":"It is cut."}]}"#);
    let workspace = told(reading(2), 1.0, &[page_start(1), page_end(1), page_start(2), page_delta(2, "half"), cut]);
    assert_eq!([1, 2].map(|page| status(&workspace, page)), [PageStatus::Done, PageStatus::Partial]);
    assert_eq!((workspace.missing(), workspace.partial(), workspace.readable()), (1, 1, true));
    assert_eq!(workspace.announcement, "Page 2 is read in part");
    assert_eq!(told(workspace, 2.0, &[end(r#""pages":2,"#)]).announcement, "Finished, 2 pages read, 1 in part");
}

#[test]
fn a_pages_content_arrives_with_its_end_and_is_removed_by_a_new_reading() {
    let content = PageContent::new(Vec::new());
    let read = told(reading(1), 1.0, &[page_start(1), page_delta(1, "one"), page_end_with(1, &content)]);
    assert_eq!(read.pages[0].content().map(|content| &**content), Some(&content));
    let again = told(read, 2.0, &[page_start(1)]);
    assert!(again.pages[0].content().is_none());
}

#[test]
fn contents_of_a_stored_document_are_wanted_of_the_page_on_the_screen_and_its_neighbours() {
    let id = DOCUMENT.parse().unwrap();
    let page = |number: u32, status: &str| format!(r#"{{"page":{number},"status":"{status}","text":"x"}}"#);
    let pages = [page(1, "done"), page(2, "aborted"), page(3, "failed"), page(4, "partial")].join(",");
    let detail = format!(
        r#"{{"document_id":"{DOCUMENT}","filename":"a.pdf","kind":"pdf","bytes":1,"pages":4,"pages_done":2,
            "created_at":"","expires_at":"","page_list":[{pages}]}}"#
    );
    let loaded =
        Workspace::default().after(Action::Load(id)).after(Action::Loaded(serde_json::from_str(&detail).unwrap()));
    assert_eq!(loaded.content_to_load(), [1, 2]);
    assert_eq!(loaded.without_content(), [1, 2, 4], "a page that failed has none");
    let loaded = loaded.after(Action::Content(id, 1, PageContent::default().into())).after(Action::Select(4));
    assert_eq!(loaded.content_to_load(), [4]);
    let other = "7f8a4c1e-0000-4000-8000-000000000002".parse().unwrap();
    let loaded = loaded.after(Action::Content(other, 4, PageContent::default().into()));
    assert_eq!(loaded.without_content(), [2, 4], "the answer about another document is nobody's");
    assert_eq!(loaded.after(Action::Content(id, 4, Content::Absent)).without_content(), [2]);
}

#[test]
fn content_that_arrives_after_a_reset_of_its_page_is_dropped() {
    let id = DOCUMENT.parse().unwrap();
    let again = told(reading(1), 1.0, &[page_start(1), page_delta(1, "one"), page_end(1), page_start(1)]);
    let late = again.after(Action::Content(id, 1, PageContent::default().into()));
    assert!(late.pages[0].content().is_none());
}

#[test]
fn a_model_that_the_engine_chose_is_no_fallback() {
    let fell_back = |start: &str| {
        let lines = [page_start(1).replace(r#""model":"tesseract""#, start)];
        told(reading(1), 0.0, &lines).pages[0].fell_back_from().is_some()
    };
    assert!(fell_back(r#""model":"other""#));
    assert!(!fell_back(r#""model":"other","engine":"tesseract""#));
    assert!(fell_back(r#""model":"ppocr","engine":"embedded""#), "the fallback chose a model");
}

//! Runs that overlap, are written twice, or outlive their document or their process.

use inkstream_core::ports::{
    DocumentStore as _, NewDocument, NewRun, PageResult, PageStore as _, RunPageStore as _, RunStore as _, Settlement,
    UsageLedger as _, UserChange, UserStore as _, Written,
};
use inkstream_wire::{AuditKind, ErrorCode, PageStatus, QuotasPatch, RunId, RunStatus, UserId};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::database::{
    TestDatabase, aborted, at, audit, done_page, failed, new_document, on_both_databases, partial, settle_lapsed,
};

on_both_databases! {
    a_page_that_is_finished_twice_is_billed_once;
    a_run_is_closed_once_and_late_pages_are_refused;
    a_page_written_before_its_run_was_closed_may_be_written_again;
    a_page_of_a_document_that_is_gone_is_reported_as_unseen;
    a_lapsed_run_that_was_renewed_meanwhile_is_left_alone;
    a_document_that_ends_with_its_run_lives_as_long_as_the_lease;
    pages_that_a_settled_run_left_open_keep_their_state;
    only_a_complete_page_replaces_a_partial_one;
    a_run_outlives_its_document;
    a_run_needs_pages_that_exist;
    a_page_read_by_two_runs_is_running_until_both_have_ended;
    runs_of_dead_processes_are_settled_with_their_pages;
    leases_are_renewed_only_for_the_named_runs;
    fifty_runs_in_parallel_lose_nothing;
    concurrent_page_ends_of_one_run_are_all_billed;
    two_processes_write_at_once;
    a_document_of_a_thousand_pages_is_stored_and_read;
}

async fn a_page_that_is_finished_twice_is_billed_once(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let run = t.begin(&browser, document, &[1]).await;
    let mut writes = JoinSet::new();
    for _ in 0..8 {
        let db = t.db.clone();
        writes.spawn(async move { db.finish_page(done_page(run, document, 1)).await });
    }
    assert!(writes.join_all().await.iter().all(Result::is_ok));
    t.db.finish_page(failed(run, document, 1, "late")).await.unwrap();
    let row = t.settle(run, RunStatus::Ok).await;
    assert_eq!((row.pages, row.usage.prompt_tokens, row.usage.completion_tokens), (1, 3, 5));
    assert_eq!(t.page(document, 1).await.summary.status, PageStatus::Done);
}

async fn a_run_is_closed_once_and_late_pages_are_refused(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let run = t.begin(&browser, document, &[1]).await;
    let row = t.settle(run, RunStatus::Aborted).await;
    let late_page = t.db.finish_page(done_page(run, document, 1)).await;
    assert_eq!(late_page.unwrap_err().code, ErrorCode::Aborted, "its text would be lost without a word");
    let late = Settlement { run, status: RunStatus::Ok, ended_at: at(99) };
    assert_eq!(t.db.settle_run(late).await.unwrap(), row);
    assert_eq!((row.status, row.pages, row.seconds()), (RunStatus::Aborted, 0, 10.0));
    assert_eq!(t.page(document, 1).await.summary.status, PageStatus::Pending);

    let unknown = RunId(Uuid::new_v4());
    assert_eq!(t.db.finish_page(done_page(unknown, document, 1)).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(t.db.finish_page(done_page(run, document, 2)).await.unwrap_err().code, ErrorCode::NotFound);
    let nothing = Settlement { run: unknown, status: RunStatus::Ok, ended_at: at(20) };
    assert_eq!(t.db.settle_run(nothing).await.unwrap_err().code, ErrorCode::NotFound);
}

async fn a_page_written_before_its_run_was_closed_may_be_written_again(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 2).await;
    let run = t.begin(&browser, document, &[1, 2]).await;
    let given_up = aborted(run, document, 2, "half");
    for page in [done_page(run, document, 1), given_up.clone()] {
        assert_eq!(t.db.finish_page(page).await.unwrap(), Written::Kept);
    }
    let row = t.settle(run, RunStatus::Aborted).await;
    for page in [done_page(run, document, 1), failed(run, document, 1, "late"), given_up] {
        assert_eq!(t.db.finish_page(page).await.unwrap(), Written::Kept, "its first answer was lost on the way");
    }
    assert_eq!(t.settle(run, RunStatus::Aborted).await, row);
}

async fn a_page_of_a_document_that_is_gone_is_reported_as_unseen(t: TestDatabase) {
    let (ada, eve) = (t.signed_in("ada").await, t.signed_in("eve").await);
    let (hers, of_eve) = (t.document(&ada, 3).await, t.document(&eve, 1).await);
    let run = t.begin(&ada, hers, &[1, 2, 3]).await;
    assert_eq!(t.db.finish_page(done_page(run, hers, 1)).await.unwrap(), Written::Kept);
    t.db.delete_document(hers).await.unwrap();
    assert_eq!(t.db.finish_page(done_page(run, hers, 2)).await.unwrap(), Written::Unseen);
    t.db.delete_user(UserId(ada.user), audit(AuditKind::AccountDeleted)).await.unwrap();
    assert_eq!(t.db.finish_page(failed(run, hers, 3, "")).await.unwrap(), Written::Unseen);
    assert_eq!(t.settle(run, RunStatus::Aborted).await.pages, 2, "what was used is on the ledger all the same");

    let run = t.begin(&eve, of_eve, &[1]).await;
    let disabled = UserChange { role: None, disabled: Some(true), quotas: QuotasPatch::default() };
    t.db.change_user(UserId(eve.user), disabled, crate::database::month(), Vec::new()).await.unwrap();
    assert_eq!(t.db.finish_page(done_page(run, of_eve, 1)).await.unwrap(), Written::Unseen);
}

async fn a_lapsed_run_that_was_renewed_meanwhile_is_left_alone(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let run = t.begin(&browser, document, &[1]).await;
    assert_eq!(t.db.lapsed_runs(at(41), None).await.unwrap(), [run]);
    t.db.extend_leases(&[run], at(100)).await.unwrap();
    assert!(!t.db.settle_lapsed(run, at(41), None).await.unwrap());
    assert_eq!(t.settle(run, RunStatus::Ok).await.status, RunStatus::Ok);
    assert!(!t.db.settle_lapsed(run, at(200), None).await.unwrap(), "it is closed");
}

async fn a_document_that_ends_with_its_run_lives_as_long_as_the_lease(t: TestDatabase) {
    let browser = t.browser();
    let fresh = NewDocument { transient: true, expires_at: at(40), ..new_document(&browser, 1, at(0)) };
    let (fresh_id, stored, other) = (fresh.id, t.document(&browser, 1).await, t.document(&browser, 1).await);
    t.db.add_document(fresh).await.unwrap();
    // A stored document whose owner asks that it end with the run.
    let mut runs = Vec::new();
    for document in [fresh_id, stored] {
        let run = NewRun { ends_document: true, ..t.new_run(&browser, document, &[1]) };
        runs.push(run.id);
        t.db.begin_run(run).await.unwrap();
    }
    let expired = async |seconds| {
        let expired = t.db.expired_documents(at(seconds), 10).await.unwrap();
        expired.into_iter().map(|document| document.id).collect::<Vec<_>>()
    };
    assert_eq!(t.db.extend_leases(&runs, at(60)).await.unwrap(), 2);
    assert!(t.db.document(&browser, stored, at(59)).await.is_ok());
    assert!(t.db.document(&browser, stored, at(60)).await.is_err());
    // It lives as long as the task, which may outlast the run's row.
    t.settle(runs[0], RunStatus::Ok).await;
    t.db.extend_leases(&runs, at(80)).await.unwrap();
    assert_eq!(expired(79).await, []);
    assert_eq!(expired(80).await, [fresh_id], "the other's run is still running");
    assert_eq!(settle_lapsed(&t.db, at(81), None).await, 1);
    assert_eq!(expired(81).await.len(), 2);
    assert!(t.db.document(&browser, other, at(81)).await.is_ok());

    // After a new start without other servers, none of the earlier runs lives.
    let left = NewDocument { transient: true, expires_at: at(140), ..new_document(&browser, 1, at(0)) };
    let id = left.id;
    t.db.add_document(left).await.unwrap();
    t.db.expire_transient(at(82)).await.unwrap();
    assert!(expired(82).await.contains(&id) && !expired(82).await.contains(&other));
}

async fn pages_that_a_settled_run_left_open_keep_their_state(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 4).await;
    let first = t.begin(&browser, document, &[1, 2]).await;
    t.db.finish_page(done_page(first, document, 1)).await.unwrap();
    t.db.finish_page(failed(first, document, 2, "what had come")).await.unwrap();
    t.settle(first, RunStatus::Partial).await;

    let second = t.begin(&browser, document, &[1, 2, 3]).await;
    t.db.finish_page(aborted(second, document, 1, "worse than before")).await.unwrap();
    t.settle(second, RunStatus::Aborted).await;
    let statuses = t.statuses(document).await;
    assert_eq!(statuses, [PageStatus::Done, PageStatus::Failed, PageStatus::Pending, PageStatus::Pending]);
    assert_eq!(t.page(document, 1).await.text, "Text of page 1");
    let second_page = t.page(document, 2).await;
    assert_eq!((second_page.text.as_str(), second_page.summary.error.is_some()), ("what had come", true));

    let third = t.begin(&browser, document, &[3, 4]).await;
    t.db.finish_page(aborted(third, document, 3, "half")).await.unwrap();
    t.settle(third, RunStatus::Aborted).await;
    let third_page = t.page(document, 3).await;
    assert_eq!((third_page.summary.status, third_page.text.as_str()), (PageStatus::Aborted, "half"));
    // A search on a page that was stopped keeps the text that came of it.
    let search = t.begin(&browser, document, &[3]).await;
    let found = PageResult { locates: true, text: "ha".to_owned(), ..done_page(search, document, 3) };
    t.db.finish_page(found).await.unwrap();
    t.settle(search, RunStatus::Ok).await;
    let searched = t.page(document, 3).await;
    assert_eq!((searched.summary.status, searched.text.as_str()), (PageStatus::Aborted, "half"));
    assert_eq!(t.page(document, 4).await.summary.status, PageStatus::Pending);
}

async fn only_a_complete_page_replaces_a_partial_one(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let found = |run| PageResult { locates: true, text: String::new(), ..done_page(run, document, 1) };
    let shown = async || {
        let page = t.page(document, 1).await;
        (page.summary.status, page.text, page.summary.finish_reason)
    };
    let one = async |record: &dyn Fn(RunId) -> PageResult| {
        let run = t.begin(&browser, document, &[1]).await;
        t.db.finish_page(record(run)).await.unwrap();
        t.settle(run, RunStatus::Partial).await.pages
    };
    let cut = |text: &str| (PageStatus::Partial, text.to_owned(), Some("length".to_owned()));
    assert_eq!(one(&|run| failed(run, document, 1, "worse")).await, 0);
    assert_eq!(one(&|run| partial(run, document, 1, "half")).await, 1, "what was read in part was read");
    assert_eq!(shown().await, cut("half"));
    assert_eq!(t.db.document(&browser, document, at(1)).await.unwrap().pages_done, 0);
    // A result that is worse, or that only located something, leaves the text.
    one(&|run| failed(run, document, 1, "worse")).await;
    one(&|run| aborted(run, document, 1, "worse")).await;
    one(&found).await;
    assert_eq!(shown().await, cut("half"));
    one(&|run| partial(run, document, 1, "another half")).await;
    assert_eq!(shown().await, cut("another half"));
    one(&|run| done_page(run, document, 1)).await;
    one(&|run| partial(run, document, 1, "half")).await;
    assert_eq!(shown().await, (PageStatus::Done, "Text of page 1".to_owned(), Some("stop".to_owned())));
    assert_eq!(t.db.document(&browser, document, at(1)).await.unwrap().pages_done, 1);
}

async fn a_run_outlives_its_document(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 2).await;
    let run = t.begin(&browser, document, &[1, 2]).await;
    t.db.delete_document(document).await.unwrap();
    t.db.finish_page(done_page(run, document, 1)).await.unwrap();
    let row = t.settle(run, RunStatus::Partial).await;
    assert_eq!((row.status, row.pages, row.usage.completion_tokens), (RunStatus::Partial, 1, 5));
    assert_eq!(t.db.usage(Some(t.user), None, 10).await.unwrap(), [row]);
    assert_eq!(t.db.pages(document, 0, 10).await.unwrap(), []);
}

async fn a_run_needs_pages_that_exist(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 2).await;
    let beyond = t.db.begin_run(t.new_run(&browser, document, &[2, 3])).await;
    assert_eq!(beyond.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(t.statuses(document).await, [PageStatus::Pending; 2], "nothing of the run has stayed");
    assert_eq!(t.db.usage(Some(t.user), None, 10).await.unwrap(), []);
    let expired = NewRun { created_at: at(1_000), ..t.new_run(&browser, document, &[1]) };
    assert_eq!(t.db.begin_run(expired).await.unwrap_err().code, ErrorCode::NotFound);
}

async fn a_page_read_by_two_runs_is_running_until_both_have_ended(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let (slow, quick) = (t.begin(&browser, document, &[1]).await, t.begin(&browser, document, &[1]).await);
    t.db.finish_page(done_page(quick, document, 1)).await.unwrap();
    t.settle(quick, RunStatus::Ok).await;
    assert_eq!(t.page(document, 1).await.summary.status, PageStatus::Running);
    t.settle(slow, RunStatus::Aborted).await;
    let page = t.page(document, 1).await;
    assert_eq!((page.summary.status, page.summary.run), (PageStatus::Done, Some(quick)));
}

async fn runs_of_dead_processes_are_settled_with_their_pages(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 3).await;
    let own = t.begin(&browser, document, &[1]).await;
    let dead = NewRun { boot: Uuid::new_v4(), ..t.new_run(&browser, document, &[2, 3]) };
    let dead_id = dead.id;
    t.db.begin_run(dead).await.unwrap();
    t.db.finish_page(done_page(dead_id, document, 2)).await.unwrap();

    // No lease has lapsed; but where there is one server, another process's run is dead.
    assert_eq!(settle_lapsed(&t.db, at(40), None).await, 0);
    assert_eq!(settle_lapsed(&t.db, at(30), Some(t.boot)).await, 1);
    assert_eq!(t.statuses(document).await, [PageStatus::Running, PageStatus::Done, PageStatus::Pending]);
    let row = t.db.usage(Some(t.user), None, 10).await.unwrap().into_iter().find(|row| row.run_id == dead_id).unwrap();
    assert_eq!((row.status, row.pages, row.usage.completion_tokens), (RunStatus::Aborted, 1, 5));
    assert!((row.seconds() - 20.0).abs() < f64::EPSILON);

    assert_eq!(settle_lapsed(&t.db, at(41), None).await, 1);
    assert_eq!(t.page(document, 1).await.summary.status, PageStatus::Pending);
    assert_eq!(t.settle(own, RunStatus::Ok).await.status, RunStatus::Aborted);
    assert_eq!(settle_lapsed(&t.db, at(99), Some(t.boot)).await, 0);
}

async fn leases_are_renewed_only_for_the_named_runs(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 2).await;
    let own = t.begin(&browser, document, &[1]).await;
    let settled = t.begin(&browser, document, &[1]).await;
    t.settle(settled, RunStatus::Ok).await;
    t.begin(&browser, document, &[2]).await;
    assert_eq!(t.db.extend_leases(&[], at(100)).await.unwrap(), 0);
    assert_eq!(t.db.extend_leases(&[own, settled], at(100)).await.unwrap(), 1);
    assert_eq!(settle_lapsed(&t.db, at(60), None).await, 1, "of the same process, but without a task");
    assert_eq!(t.statuses(document).await, [PageStatus::Running, PageStatus::Pending]);
    assert_eq!(t.settle(own, RunStatus::Ok).await.status, RunStatus::Ok);
}

async fn fifty_runs_in_parallel_lose_nothing(t: TestDatabase) {
    let mut lives = JoinSet::new();
    for _ in 0..50 {
        let browser = t.browser();
        let document = t.document(&browser, 2).await;
        let (run, db) = (t.new_run(&browser, document, &[1, 2]), t.db.clone());
        lives.spawn(async move {
            let id = run.id;
            db.begin_run(run).await?;
            db.finish_page(done_page(id, document, 1)).await?;
            db.document(&browser, document, at(5)).await?;
            db.finish_page(done_page(id, document, 2)).await?;
            db.settle_run(Settlement { run: id, status: RunStatus::Ok, ended_at: at(20) }).await
        });
    }
    for row in lives.join_all().await {
        assert_eq!(row.unwrap().pages, 2);
    }
    let total = t.db.usage_summary(Some(t.user), None).await.unwrap().total;
    assert_eq!((total.events, total.pages, total.usage.completion_tokens), (50, 100, 500));
}

async fn concurrent_page_ends_of_one_run_are_all_billed(t: TestDatabase) {
    let browser = t.browser();
    let numbers: Vec<u32> = (1..=50).collect();
    let document = t.document(&browser, 50).await;
    let run = t.begin(&browser, document, &numbers).await;
    let mut pages = JoinSet::new();
    for page in numbers {
        let db = t.db.clone();
        pages.spawn(async move { db.finish_page(done_page(run, document, page)).await });
    }
    // A concurrent settlement closes the run between two pages, and never within one.
    let db = t.db.clone();
    let settlement = Settlement { run, status: RunStatus::Aborted, ended_at: at(20) };
    let row = tokio::join!(db.settle_run(settlement), pages.join_all()).0.unwrap();
    let done = t.statuses(document).await.iter().filter(|status| **status == PageStatus::Done).count();
    assert_eq!((row.pages as usize, row.usage.completion_tokens as usize), (done, done * 5));
    assert!(t.statuses(document).await.iter().all(|status| matches!(status, PageStatus::Done | PageStatus::Pending)));
}

async fn two_processes_write_at_once(t: TestDatabase) {
    let second = t.second_connection().await;
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let mut runs = JoinSet::new();
    for n in 0..40 {
        let db = if n % 2 == 0 { t.db.clone() } else { second.clone() };
        let run = t.new_run(&browser, document, &[1]);
        runs.spawn(async move { db.begin_run(run).await });
    }
    assert!(runs.join_all().await.iter().all(Result::is_ok));
    assert_eq!(second.usage_summary(Some(t.user), None).await.unwrap().total.events, 40);
}

async fn a_document_of_a_thousand_pages_is_stored_and_read(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 2_500).await;
    let all: Vec<u32> = (1..=2_500).collect();
    let run = t.begin(&browser, document, &all).await;
    assert!(t.statuses(document).await.iter().all(|status| *status == PageStatus::Running));
    t.settle(run, RunStatus::Aborted).await;
    let pages = t.pages(document).await;
    assert_eq!(pages.iter().map(|page| page.summary.page).collect::<Vec<_>>(), all);
    assert!(pages.iter().all(|page| page.summary.status == PageStatus::Pending));
}

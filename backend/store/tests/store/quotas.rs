//! Monthly quotas: reserving, counting and releasing.

use inkstream_core::{
    Result,
    owner::Owner,
    ports::{
        Begun, NewRun, PageResult, RunPageStore as _, RunStore as _, Settlement, UsageLedger as _, UserChange,
        UserStore as _,
    },
    quota::{Month, MonthUsed, QuotaLimits},
};
use inkstream_wire::{DocumentId, ErrorCode, PageStatus, Quota, QuotaRule, QuotasPatch, RunStatus, Usage, UserId};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::database::{TestDatabase, aborted, at, done_page, failed, month, on_both_databases, settle_lapsed};

on_both_databases! {
    of_ten_concurrent_pages_three_fit_a_quota_of_three;
    fifty_concurrent_runs_do_not_exceed_the_page_quota;
    a_run_that_exceeds_the_quota_leaves_nothing_behind;
    a_page_counts_if_it_was_read_and_its_tokens_always_count;
    a_runs_reservations_are_released_once;
    a_lapsed_run_releases_its_reservations;
    tokens_are_reserved_per_page_and_never_exceed_the_quota;
    a_second_reservation_of_a_page_replaces_the_first;
    no_run_begins_without_tokens_left;
    a_users_own_quota_overrides_the_operators;
    a_run_counts_in_the_month_in_which_it_began;
    users_without_a_limit_have_a_meter_too;
}

const NO_LIMIT: QuotaLimits = QuotaLimits { pages: None, tokens: None };

fn pages(limit: u64) -> QuotaLimits {
    QuotaLimits { pages: Some(limit), tokens: None }
}

fn tokens(limit: u64) -> QuotaLimits {
    QuotaLimits { pages: None, tokens: Some(limit) }
}

fn meter(pages_used: u64, pages_reserved: u64, tokens_used: u64, tokens_reserved: u64) -> MonthUsed {
    MonthUsed { pages_used, pages_reserved, tokens_used, tokens_reserved }
}

impl TestDatabase {
    fn limited(&self, owner: &Owner, document: DocumentId, pages: &[u32], quota: QuotaLimits) -> NewRun {
        NewRun { quota, ..self.new_run(owner, document, pages) }
    }
}

async fn of_ten_concurrent_pages_three_fit_a_quota_of_three(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 1).await;
    let mut runs = JoinSet::new();
    for _ in 0..10 {
        let (db, run) = (t.db.clone(), t.limited(&ada, document, &[1], pages(3)));
        runs.spawn(async move {
            let id = run.id;
            db.begin_run(run).await?;
            db.finish_page(done_page(id, document, 1)).await
        });
    }
    let answers = runs.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code == ErrorCode::QuotaExceeded));
    assert_eq!(t.meter(&ada).await, meter(3, 0, 24, 0));
    assert_eq!(t.db.usage(Some(ada.user), None, 20).await.unwrap().len(), 3);
}

async fn fifty_concurrent_runs_do_not_exceed_the_page_quota(t: TestDatabase) {
    let second = t.second_connection().await;
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 3).await;
    let mut runs = JoinSet::new();
    for n in 0..50 {
        let db = if n % 2 == 0 { t.db.clone() } else { second.clone() };
        let run = t.limited(&ada, document, &[1, 2, 3], pages(50));
        runs.spawn(async move { db.begin_run(run).await });
    }
    let begun = runs.join_all().await.into_iter().flatten().count();
    assert_eq!(begun, 16, "the 17th would make it 51");
    assert_eq!(t.meter(&ada).await, meter(0, 48, 0, 0));
}

async fn a_run_that_exceeds_the_quota_leaves_nothing_behind(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 5).await;
    let error = t.db.begin_run(t.limited(&ada, document, &[1, 2, 3, 4, 5], pages(3))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::QuotaExceeded);
    assert_eq!(error.detail, "The month's quota of pages is 3, with 0 used and 0 reserved: 5 more do not fit.");
    assert_eq!(t.db.usage(Some(ada.user), None, 10).await.unwrap(), []);
    assert!(t.statuses(document).await.iter().all(|status| *status == PageStatus::Pending));
    assert_eq!(t.meter(&ada).await, MonthUsed::default());
    assert_eq!(
        t.db.begin_run(t.limited(&ada, document, &[1, 2, 3], pages(3))).await.unwrap(),
        Begun { reserves_tokens: false }
    );
    let full = t.db.begin_run(t.limited(&ada, document, &[1], pages(3))).await.unwrap_err();
    assert!(full.detail.contains("is 3, with 0 used and 3 reserved"), "{}", full.detail);
}

async fn a_page_counts_if_it_was_read_and_its_tokens_always_count(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 4).await;
    let run = t.begin(&ada, document, &[1, 2, 3, 4]).await;
    assert_eq!(t.meter(&ada).await, meter(0, 4, 0, 0));
    let priced = PageResult { cost: Some(0.25), ..done_page(run, document, 1) };
    t.db.finish_page(priced.clone()).await.unwrap();
    t.db.finish_page(priced).await.unwrap();
    assert_eq!(t.meter(&ada).await, meter(1, 3, 8, 0), "what comes twice counts once");
    t.db.finish_page(PageResult { cost: Some(0.5), ..failed(run, document, 2, "") }).await.unwrap();
    t.db.finish_page(aborted(run, document, 3, "")).await.unwrap();
    assert_eq!(t.meter(&ada).await, meter(1, 1, 24, 0));
    let row = t.settle(run, RunStatus::Partial).await;
    assert_eq!(row.cost, Some(0.75));
    assert_eq!(t.meter(&ada).await, meter(1, 0, 24, 0));
}

async fn a_runs_reservations_are_released_once(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 3).await;
    let (run, other) = (t.begin(&ada, document, &[1, 2, 3]).await, t.begin(&ada, document, &[1, 2]).await);
    t.db.reserve_tokens(run, 1, 100, NO_LIMIT).await.unwrap();
    t.db.reserve_tokens(run, 2, 100, NO_LIMIT).await.unwrap();
    t.db.reserve_tokens(other, 1, 7, NO_LIMIT).await.unwrap();
    t.db.finish_page(done_page(run, document, 1)).await.unwrap();
    assert_eq!(t.meter(&ada).await, meter(1, 4, 8, 107));

    let mut ends = JoinSet::new();
    for _ in 0..8 {
        let db = t.db.clone();
        let settlement = Settlement { run, status: RunStatus::Aborted, ended_at: at(20) };
        ends.spawn(async move {
            db.settle_run(settlement).await.unwrap();
            assert_eq!(db.finish_page(done_page(run, document, 2)).await.unwrap_err().code, ErrorCode::Aborted);
            settle_lapsed(&db, at(30), None).await;
        });
    }
    ends.join_all().await;
    assert_eq!(t.meter(&ada).await, meter(1, 2, 8, 7), "the other run holds its own");
    let late = t.db.reserve_tokens(run, 3, 100, NO_LIMIT).await;
    assert_eq!(late.unwrap_err().code, ErrorCode::Aborted, "its run is closed");
    t.settle(other, RunStatus::Aborted).await;
    assert_eq!(t.meter(&ada).await, meter(1, 0, 8, 0));
}

async fn a_lapsed_run_releases_its_reservations(t: TestDatabase) {
    let (ada, eve) = (t.signed_in("ada").await, t.signed_in("eve").await);
    let (hers, of_eve) = (t.document(&ada, 2).await, t.document(&eve, 2).await);
    for (owner, document) in [(&ada, hers), (&eve, of_eve), (&ada, hers)] {
        let run = NewRun { boot: Uuid::new_v4(), ..t.limited(owner, document, &[1, 2], pages(4)) };
        let id = run.id;
        t.db.begin_run(run).await.unwrap();
        t.db.reserve_tokens(id, 1, 50, NO_LIMIT).await.unwrap();
    }
    assert_eq!(t.meter(&ada).await, meter(0, 4, 0, 100));
    let full = t.db.begin_run(t.limited(&ada, hers, &[1], pages(4))).await;
    assert_eq!(full.unwrap_err().code, ErrorCode::QuotaExceeded);
    assert_eq!(settle_lapsed(&t.db, at(30), Some(t.boot)).await, 3);
    assert_eq!(t.meter(&ada).await, meter(0, 0, 0, 0));
    assert_eq!(t.meter(&eve).await, meter(0, 0, 0, 0));
    t.db.begin_run(t.limited(&ada, hers, &[1, 2], pages(2))).await.unwrap();
}

async fn tokens_are_reserved_per_page_and_never_exceed_the_quota(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let numbers: Vec<u32> = (1..=50).collect();
    let document = t.document(&ada, 50).await;
    let run = t.limited(&ada, document, &numbers, tokens(1_000));
    let id = run.id;
    assert_eq!(t.db.begin_run(run).await.unwrap(), Begun { reserves_tokens: true });
    let mut starts = JoinSet::new();
    for page in numbers {
        let db = t.db.clone();
        starts.spawn(async move { (page, db.reserve_tokens(id, page, 300, tokens(1_000)).await) });
    }
    let answers = starts.join_all().await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.is_ok());
    assert_eq!(good.len(), 3);
    let refused = |answer: &Result<()>| matches!(answer, Err(error) if error.code == ErrorCode::QuotaExceeded);
    assert!(bad.iter().all(|(_, answer)| refused(answer)));
    assert_eq!(t.meter(&ada).await, meter(0, 50, 0, 900));

    // A page that ends releases the tokens that it did not use: 8 of 300 were used, so that another 300 fit.
    t.db.finish_page(done_page(id, document, good[0].0)).await.unwrap();
    assert_eq!(t.meter(&ada).await, meter(1, 49, 8, 600));
    let mut waiting = bad.iter().map(|(page, _)| *page);
    t.db.reserve_tokens(id, waiting.next().unwrap(), 300, tokens(1_000)).await.unwrap();
    let error = t.db.reserve_tokens(id, waiting.next().unwrap(), 300, tokens(1_000)).await.unwrap_err();
    assert!(error.detail.contains("is 1000, with 8 used and 900 reserved: the 300"), "{}", error.detail);
    t.settle(id, RunStatus::Aborted).await;
    assert_eq!(t.meter(&ada).await, meter(1, 0, 8, 0));
}

async fn a_second_reservation_of_a_page_replaces_the_first(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 1).await;
    let run = t.begin(&ada, document, &[1]).await;
    for (wanted, fits) in [(60, true), (100, true), (101, false), (100, true), (40, true)] {
        assert_eq!(t.db.reserve_tokens(run, 1, wanted, tokens(100)).await.is_ok(), fits, "{wanted}");
    }
    assert_eq!(t.meter(&ada).await, meter(0, 1, 0, 40));
    let none = t.db.reserve_tokens(run, 2, 1, tokens(100)).await;
    assert_eq!(none.unwrap_err().code, ErrorCode::NotFound);
}

async fn no_run_begins_without_tokens_left(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 1).await;
    let run = t.begin(&ada, document, &[1]).await;
    // An engine may exceed the reservation: the actual use counts.
    let usage = Usage { prompt_tokens: 60, completion_tokens: 60, ..Usage::default() };
    t.db.reserve_tokens(run, 1, 50, tokens(100)).await.unwrap();
    t.db.finish_page(PageResult { usage, ..done_page(run, document, 1) }).await.unwrap();
    t.settle(run, RunStatus::Ok).await;
    assert_eq!(t.meter(&ada).await, meter(1, 0, 120, 0));
    let error = t.db.begin_run(t.limited(&ada, document, &[1], tokens(100))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::QuotaExceeded);
    assert_eq!(error.detail, "The month's quota of tokens is 100, with 120 used and 0 reserved: none are left.");
    let none_at_all = t.db.begin_run(t.limited(&t.client(), document, &[1], tokens(0))).await;
    assert_eq!(none_at_all.unwrap_err().code, ErrorCode::NotFound, "it is not theirs, whatever their quota");
    t.db.begin_run(t.limited(&ada, document, &[1], tokens(121))).await.unwrap();
}

async fn a_users_own_quota_overrides_the_operators(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 3).await;
    let set = async |pages, tokens| {
        let quotas = QuotasPatch { pages: Some(pages), tokens: Some(tokens) };
        let change = UserChange { quotas, ..UserChange::default() };
        t.db.change_user(UserId(ada.user), change, month(), Vec::new()).await.unwrap();
    };
    let operators = QuotaLimits { pages: Some(1), tokens: Some(10) };
    set(Quota::Rule(QuotaRule::Unlimited), Quota::Rule(QuotaRule::Unlimited)).await;
    let run = t.limited(&ada, document, &[1, 2, 3], operators);
    let id = run.id;
    assert_eq!(t.db.begin_run(run).await.unwrap(), Begun { reserves_tokens: false });
    t.db.reserve_tokens(id, 1, 1_000, operators).await.unwrap();
    t.settle(id, RunStatus::Aborted).await;

    set(Quota::Limit(2), Quota::Limit(20)).await;
    let error = t.db.begin_run(t.limited(&ada, document, &[1, 2, 3], operators)).await.unwrap_err();
    assert!(error.detail.contains("is 2,"), "{}", error.detail);
    let run = t.limited(&ada, document, &[1, 2], NO_LIMIT);
    let id = run.id;
    assert_eq!(t.db.begin_run(run).await.unwrap(), Begun { reserves_tokens: true });
    assert_eq!(t.db.reserve_tokens(id, 1, 21, NO_LIMIT).await.unwrap_err().code, ErrorCode::QuotaExceeded);
    t.settle(id, RunStatus::Aborted).await;

    set(Quota::default(), Quota::default()).await;
    t.db.begin_run(t.limited(&ada, document, &[1], operators)).await.unwrap();
    let error = t.db.begin_run(t.limited(&ada, document, &[1], operators)).await.unwrap_err();
    assert!(error.detail.contains("is 1,"), "{}", error.detail);
}

async fn a_run_counts_in_the_month_in_which_it_began(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 2).await;
    let december = Month::stored(month().number() + 1);
    let run = t.limited(&ada, document, &[1, 2], pages(2));
    let id = run.id;
    t.db.begin_run(run).await.unwrap();
    let next = NewRun { month: december, ..t.limited(&ada, document, &[1, 2], pages(2)) };
    let next_id = next.id;
    t.db.begin_run(next).await.unwrap();
    t.db.finish_page(done_page(id, document, 1)).await.unwrap();
    t.settle(id, RunStatus::Partial).await;
    assert_eq!(t.meter(&ada).await, meter(1, 0, 8, 0));
    let later = async || t.db.account(UserId(ada.user), december).await.unwrap().used;
    assert_eq!(later().await, meter(0, 2, 0, 0));
    t.settle(next_id, RunStatus::Aborted).await;
    assert_eq!(later().await, meter(0, 0, 0, 0));
}

async fn users_without_a_limit_have_a_meter_too(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 2).await;
    let run = t.begin(&browser, document, &[1, 2]).await;
    t.db.finish_page(done_page(run, document, 1)).await.unwrap();
    t.settle(run, RunStatus::Partial).await;
    assert_eq!(t.meter(&t.client()).await, meter(1, 0, 8, 0), "of all anonymous browsers together");
}

//! The usage ledger, page by page.

use inkstream_core::ports::{NewRun, PageResult, RunPageStore as _, RunStore as _, UsageLedger as _, UsageTotals};
use inkstream_wire::{ErrorCode, RunStatus, Usage, UsageId};
use uuid::Uuid;

use crate::database::{TestDatabase, at, done_page, on_both_databases};

on_both_databases! {
    pages_of_the_ledger_neither_repeat_nor_lose_rows_of_one_instant;
    a_user_sees_only_their_own_ledger;
    excessive_counts_of_an_engine_do_not_overflow_the_sums;
    a_running_run_is_on_the_ledger_with_its_usage_so_far;
}

async fn pages_of_the_ledger_neither_repeat_nor_lose_rows_of_one_instant(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let mut expected = Vec::new();
    for n in 0..10 {
        // Six of the ten in one instant.
        let created_at = at(10 + i64::from(n) / 6 * i64::from(n));
        let run = NewRun { created_at, ..t.new_run(&browser, document, &[1]) };
        expected.push((created_at, run.usage_id));
        t.db.begin_run(run).await.unwrap();
    }
    expected.sort_by_key(|(time, id)| std::cmp::Reverse((*time, *id)));

    let mut seen: Vec<UsageId> = Vec::new();
    for _ in 0..5 {
        let rows = t.db.usage(Some(t.user), seen.last().copied(), 3).await.unwrap();
        seen.extend(rows.iter().map(|row| row.id));
    }
    assert_eq!(seen, expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
}

async fn a_user_sees_only_their_own_ledger(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 1).await;
    let run = t.new_run(&ada, document, &[1]);
    let usage_id = run.usage_id;
    t.db.begin_run(run).await.unwrap();
    assert_eq!(t.db.usage(Some(ada.user), None, 10).await.unwrap().len(), 1);
    assert_eq!(t.db.usage(Some(t.user), None, 10).await.unwrap(), []);
    assert_eq!(t.db.usage(Some(t.user), Some(usage_id), 10).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(t.db.usage_summary(Some(t.user), None).await.unwrap(), UsageTotals::default());
    let nobody = UsageId(Uuid::new_v4());
    assert_eq!(t.db.usage(Some(ada.user), Some(nobody), 10).await.unwrap_err().code, ErrorCode::NotFound);
}

async fn excessive_counts_of_an_engine_do_not_overflow_the_sums(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 3).await;
    let run = t.begin(&browser, document, &[1, 2, 3]).await;
    let claimed = Usage { prompt_tokens: u64::MAX, completion_tokens: u64::MAX, ..Usage::default() };
    for page in 1..=3 {
        t.db.finish_page(PageResult { usage: claimed, ..done_page(run, document, page) }).await.unwrap();
    }
    t.settle(run, RunStatus::Ok).await;
    let total = t.db.usage_summary(Some(t.user), None).await.unwrap().total;
    assert_eq!((total.usage.prompt_tokens, total.usage.completion_tokens), (3 << 40, 3 << 40));
}

async fn a_running_run_is_on_the_ledger_with_its_usage_so_far(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 2).await;
    let run = t.begin(&browser, document, &[1, 2]).await;
    let mut page = done_page(run, document, 1);
    page.usage.estimated = true;
    t.db.finish_page(page).await.unwrap();
    let row = t.db.usage(Some(t.user), None, 1).await.unwrap().remove(0);
    assert_eq!((row.status, row.pages, row.usage.completion_tokens, row.seconds()), (RunStatus::Running, 1, 5, 0.0));
    assert!(row.usage.estimated);
}

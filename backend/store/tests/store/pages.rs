//! Pages in batches, without their texts, and those that are missing.

use inkstream_core::ports::{PageResult, PageStore as _, RunPageStore as _};
use inkstream_wire::{ErrorCode, RunStatus};
use uuid::Uuid;

use crate::database::{TestDatabase, done_page, failed, on_both_databases, partial};

on_both_databases! {
    pages_come_in_batches_in_order;
    a_summary_has_all_but_the_text;
    pages_without_a_complete_result_are_missing;
    a_page_that_is_read_again_shows_its_earlier_result;
}

async fn pages_come_in_batches_in_order(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 7).await;
    t.document(&browser, 9).await;
    let mut after = 0;
    let mut batches = Vec::new();
    loop {
        let batch = t.db.pages(document, after, 3).await.unwrap();
        let Some(last) = batch.last() else { break };
        after = last.record.summary.page;
        batches.push(batch.iter().map(|page| page.record.summary.page).collect::<Vec<_>>());
    }
    assert_eq!(batches, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
    let summaries = t.db.page_summaries(document, 5, 10).await.unwrap();
    assert_eq!(summaries.iter().map(|page| page.page).collect::<Vec<_>>(), [6, 7]);
    for none in [0, 8, u32::MAX] {
        assert_eq!(t.db.page(document, none).await.unwrap_err().code, ErrorCode::NotFound);
    }
}

async fn a_summary_has_all_but_the_text(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 3).await;
    let run = t.begin(&browser, document, &[1, 2]).await;
    t.db.finish_page(done_page(run, document, 1)).await.unwrap();
    t.db.finish_page(failed(run, document, 2, "half")).await.unwrap();
    t.settle(run, RunStatus::Partial).await;
    let summaries = t.db.page_summaries(document, 0, 10).await.unwrap();
    let pages = t.pages(document).await;
    assert_eq!(summaries, pages.iter().map(|page| page.summary.clone()).collect::<Vec<_>>());
    assert_eq!(summaries[0].usage, Some(done_page(run, document, 1).usage));
    assert_eq!(summaries[2].usage, None, "it was never read");
}

async fn pages_without_a_complete_result_are_missing(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 5).await;
    let run = t.begin(&browser, document, &[1, 2, 3, 4]).await;
    t.db.finish_page(done_page(run, document, 1)).await.unwrap();
    t.db.finish_page(partial(run, document, 2, "half")).await.unwrap();
    t.db.finish_page(failed(run, document, 3, "")).await.unwrap();
    assert_eq!(t.db.missing_pages(document).await.unwrap(), [2, 3, 4, 5]);
    t.settle(run, RunStatus::Partial).await;
    t.begin(&browser, document, &[1]).await;
    assert_eq!(
        t.db.missing_pages(document).await.unwrap(),
        [2, 3, 4, 5],
        "page 1 has its result while it is read again"
    );
    assert!(t.db.missing_pages(inkstream_wire::DocumentId(Uuid::new_v4())).await.unwrap().is_empty());
}

async fn a_page_that_is_read_again_shows_its_earlier_result(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    let run = t.begin(&browser, document, &[1]).await;
    // Stored without content, as before pages had one: it is rebuilt from the text, also while the page is running.
    t.db.finish_page(PageResult { content: None, ..done_page(run, document, 1) }).await.unwrap();
    t.settle(run, RunStatus::Ok).await;
    let content = t.db.page(document, 1).await.unwrap().content.unwrap();
    t.begin(&browser, document, &[1]).await;
    let page = t.db.page(document, 1).await.unwrap();
    assert_eq!(page.record.summary.status, inkstream_wire::PageStatus::Running);
    assert_eq!((page.record.text.as_str(), page.content), ("Text of page 1", Some(content)));
}

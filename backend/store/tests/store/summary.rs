//! The ledger of all users, and its totals by day, model, key and user.

use inkstream_core::{
    owner::Owner,
    ports::{
        ApiKeyStore as _, DocumentStore as _, GroupKey, MAX_GROUPS, NewRun, PageResult, Retention as _,
        RunPageStore as _, RunStore as _, UsageGroupRecord, UsageLedger as _, UsageSums, UserStore as _,
    },
};
use inkstream_wire::{ApiKeyId, AuditKind, ErrorCode, Grouping, RunStatus, Usage, UsageId, UserId};
use jiff::{Timestamp, civil::date};
use uuid::Uuid;

use crate::{
    api_keys::new_key,
    database::{TestDatabase, at, audit, done_page, on_both_databases},
};

on_both_databases! {
    an_admin_sees_the_rows_of_all_with_their_names;
    totals_are_grouped_by_day_latest_first;
    totals_are_grouped_by_model_with_the_most_pages_first;
    totals_are_grouped_by_key_with_its_name_even_if_it_is_revoked;
    totals_are_grouped_by_user_with_the_name;
    groups_are_bounded;
    totals_and_groups_stay_when_old_rows_are_pruned;
    rows_stay_on_the_ledger_while_their_document_or_run_lives;
    two_servers_prune_each_row_once;
}

/// A run of that many pages at a moment, through a model, read to its end.
async fn run(t: &TestDatabase, owner: &Owner, pages: u32, created_at: Timestamp, model: &str) -> UsageId {
    let document = t.document_at(owner, pages, created_at).await;
    let numbers: Vec<u32> = (1..=pages).collect();
    let run = NewRun { created_at, model: model.to_owned(), ..t.new_run(owner, document, &numbers) };
    let (id, usage_id) = (run.id, run.usage_id);
    t.db.begin_run(run).await.unwrap();
    for page in numbers {
        t.db.finish_page(PageResult { cost: Some(0.5), ..done_page(id, document, page) }).await.unwrap();
    }
    t.settle(id, RunStatus::Ok).await;
    usage_id
}

async fn groups(t: &TestDatabase, owner: Option<&Owner>, by: Grouping) -> Vec<UsageGroupRecord> {
    t.db.usage_summary(owner.map(|owner| owner.user), Some(by)).await.unwrap().groups.unwrap()
}

fn group(key: GroupKey, label: Option<&str>, events: u64, pages: u64) -> UsageGroupRecord {
    let usage = Usage {
        prompt_tokens: 3 * pages,
        completion_tokens: 5 * pages,
        prompt_chars: 7 * pages,
        completion_chars: 14 * pages,
        input_bytes: 12_345 * events,
        ..Usage::default()
    };
    let sums = UsageSums { events, pages, usage, cost: Some(0.5 * pages as f64) };
    UsageGroupRecord { key, label: label.map(str::to_owned), sums }
}

async fn an_admin_sees_the_rows_of_all_with_their_names(t: TestDatabase) {
    let ada = Owner { key: Some(ApiKeyId(Uuid::new_v4())), ..t.signed_in("ada").await };
    let first = run(&t, &t.browser(), 1, at(10), "m").await;
    let second = run(&t, &ada, 2, at(20), "m").await;
    let third = run(&t, &t.client(), 1, at(30), "m").await;
    let rows = t.db.usage(None, None, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [third, second, first]);
    let names: Vec<_> = rows.iter().map(|row| row.username.as_deref()).collect();
    assert_eq!(names, [Some("anonymous"), Some("ada"), Some("anonymous")]);
    assert_eq!(rows.iter().map(|row| row.key_id).collect::<Vec<_>>(), [None, ada.key, None]);
    let rest = t.db.usage(None, Some(second), 10).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), [first]);
    let own = t.db.usage(Some(ada.user), None, 10).await.unwrap();
    assert_eq!((own.len(), &own[0].username, own[0].key_id), (1, &None, ada.key));
    let unknown = t.db.usage(None, Some(UsageId(Uuid::new_v4())), 10).await;
    assert_eq!(unknown.unwrap_err().code, ErrorCode::NotFound);
    let totals = t.db.usage_summary(None, None).await.unwrap();
    let total = totals.total;
    assert_eq!((total.events, total.pages, total.cost, totals.groups), (3, 4, Some(2.0), None));
}

fn day(year: i16, month: i8, day: i8) -> GroupKey {
    GroupKey::Day(date(year, month, day))
}

async fn totals_are_grouped_by_day_latest_first(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    for (pages, moment) in [
        (1, "2023-11-14T23:59:59.999Z"),
        (2, "2023-11-15T00:00:00Z"),
        (4, "2023-11-15T23:59:59Z"),
        (1, "2024-02-29T12:00:00Z"),
    ] {
        run(&t, &ada, pages, moment.parse().unwrap(), "m").await;
    }
    run(&t, &t.client(), 1, at(0), "m").await;
    let days = [
        group(day(2024, 2, 29), None, 1, 1),
        group(day(2023, 11, 15), None, 2, 6),
        group(day(2023, 11, 14), None, 1, 1),
    ];
    assert_eq!(groups(&t, Some(&ada), Grouping::Day).await, days);
    assert_eq!(groups(&t, None, Grouping::Day).await[2], group(day(2023, 11, 14), None, 2, 2));
    assert_eq!(groups(&t, Some(&t.browser()), Grouping::Day).await.len(), 1);
}

fn model(name: &str) -> GroupKey {
    GroupKey::Model(name.to_owned())
}

async fn totals_are_grouped_by_model_with_the_most_pages_first(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    for (pages, model) in [(1, "a"), (3, "b"), (1, "c"), (1, "b")] {
        run(&t, &ada, pages, at(10), model).await;
    }
    let models = [group(model("b"), None, 2, 4), group(model("a"), None, 1, 1), group(model("c"), None, 1, 1)];
    assert_eq!(groups(&t, Some(&ada), Grouping::Model).await, models);
    assert_eq!(groups(&t, None, Grouping::Model).await, models);
    assert_eq!(groups(&t, Some(&t.client()), Grouping::Model).await, []);
}

async fn totals_are_grouped_by_key_with_its_name_even_if_it_is_revoked(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let id = UserId(ada.user);
    let key = new_key(id, "curl");
    t.db.add_key(key.clone(), 20, audit(AuditKind::KeyCreated)).await.unwrap();
    let with_key = Owner { key: Some(key.record.id), ..ada.clone() };
    run(&t, &with_key, 2, at(10), "m").await;
    run(&t, &ada, 1, at(10), "m").await;
    t.db.revoke_key(id, key.record.id, at(20), audit(AuditKind::KeyRevoked)).await.unwrap();
    let named = group(GroupKey::Key(Some(key.record.id)), Some("curl"), 1, 2);
    assert_eq!(groups(&t, Some(&ada), Grouping::Key).await, [named.clone(), group(GroupKey::Key(None), None, 1, 1)]);
    t.db.delete_user(id, audit(AuditKind::AccountDeleted)).await.unwrap();
    let nameless = UsageGroupRecord { label: None, ..named };
    assert_eq!(groups(&t, None, Grouping::Key).await, [nameless, group(GroupKey::Key(None), None, 1, 1)]);
}

async fn totals_are_grouped_by_user_with_the_name(t: TestDatabase) {
    let (ada, eve) = (t.signed_in("ada").await, t.signed_in("eve").await);
    run(&t, &ada, 1, at(10), "m").await;
    run(&t, &eve, 3, at(10), "m").await;
    run(&t, &t.browser(), 1, at(10), "m").await;
    run(&t, &t.browser(), 1, at(10), "m").await;
    t.db.delete_user(UserId(ada.user), audit(AuditKind::AccountDeleted)).await.unwrap();
    let users = [
        group(GroupKey::User(eve.user), Some("eve"), 1, 3),
        group(GroupKey::User(t.user), Some("anonymous"), 2, 2),
        group(GroupKey::User(ada.user), None, 1, 1),
    ];
    assert_eq!(groups(&t, None, Grouping::User).await, users);
}

async fn groups_are_bounded(t: TestDatabase) {
    let browser = t.browser();
    let document = t.document(&browser, 1).await;
    for n in 0..=MAX_GROUPS {
        let run = NewRun { model: format!("m{n}"), ..t.new_run(&browser, document, &[1]) };
        t.db.begin_run(run).await.unwrap();
    }
    assert_eq!(groups(&t, None, Grouping::Model).await.len(), MAX_GROUPS as usize);
    assert_eq!(t.db.usage_summary(None, None).await.unwrap().total.events, u64::from(MAX_GROUPS) + 1);
}

/// Deletes expired documents, and then the pages of their runs.
async fn delete_documents(t: &TestDatabase) {
    for document in t.db.expired_documents(Timestamp::MAX, 1_000).await.unwrap() {
        t.db.delete_document(document.id).await.unwrap();
    }
    t.db.prune_run_pages(1_000).await.unwrap();
}

async fn totals_and_groups_stay_when_old_rows_are_pruned(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let with_key = Owner { key: Some(ApiKeyId(Uuid::new_v4())), ..ada.clone() };
    for (owner, pages, day, model) in
        [(&ada, 1, 0, "a"), (&ada, 2, 0, "a"), (&with_key, 1, 0, "a"), (&ada, 3, 1, "a"), (&ada, 1, 1, "b")]
    {
        run(&t, owner, pages, at(day * 86_400), model).await;
    }
    let client = t.client();
    let free = t.begin(&client, t.document(&client, 1).await, &[1]).await;
    t.settle(free, RunStatus::Ok).await;
    let kept = run(&t, &ada, 1, at(2 * 86_400), "a").await;
    delete_documents(&t).await;
    let all = async || {
        let mut all = Vec::new();
        for by in [Grouping::Day, Grouping::Model, Grouping::Key, Grouping::User] {
            for owner in [None, Some(ada.user), Some(t.user)] {
                all.push(t.db.usage_summary(owner, Some(by)).await.unwrap());
            }
        }
        all
    };
    let before = all().await;
    // Prune in three batches, so that sums are added to existing sums.
    for left in [2, 2, 2, 0] {
        assert_eq!(t.db.prune_usage(at(2 * 86_400), 2).await.unwrap(), left);
        assert_eq!(all().await, before);
    }
    let rows = t.db.usage(None, None, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [kept]);
}

async fn rows_stay_on_the_ledger_while_their_document_or_run_lives(t: TestDatabase) {
    let browser = t.browser();
    let (document, gone) = (t.document(&browser, 1).await, t.document(&browser, 1).await);
    run(&t, &browser, 1, at(10), "m").await;
    let running = t.begin(&browser, gone, &[1]).await;
    t.begin(&browser, document, &[1]).await;
    t.db.delete_document(gone).await.unwrap();
    assert_eq!(t.db.prune_run_pages(10).await.unwrap(), 0, "what runs still writes them");
    assert_eq!(t.db.prune_usage(at(1_000), 10).await.unwrap(), 0);
    t.db.finish_page(done_page(running, gone, 1)).await.unwrap();
    assert_eq!(t.settle(running, RunStatus::Ok).await.pages, 1);
    assert_eq!(t.db.prune_run_pages(10).await.unwrap(), 1);
    assert_eq!(t.db.prune_run_pages(10).await.unwrap(), 0, "once");
    assert_eq!(t.db.finish_page(done_page(running, gone, 1)).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(t.db.prune_usage(at(10), 10).await.unwrap(), 0);
    assert_eq!(t.db.prune_usage(at(11), 10).await.unwrap(), 1);
    assert_eq!(t.db.usage_summary(None, None).await.unwrap().total.events, 3);
}

async fn two_servers_prune_each_row_once(t: TestDatabase) {
    let (second, ada) = (t.second_connection().await, t.signed_in("ada").await);
    for _ in 0..20 {
        run(&t, &ada, 1, at(10), "m").await;
    }
    for document in t.db.expired_documents(Timestamp::MAX, 1_000).await.unwrap() {
        t.db.delete_document(document.id).await.unwrap();
    }
    let pages = tokio::join!(t.db.prune_run_pages(100), second.prune_run_pages(100));
    assert!(pages.0.unwrap() + pages.1.unwrap() >= 20);
    let mut pruned = 0;
    while pruned < 20 {
        let (one, other) = tokio::join!(t.db.prune_usage(at(11), 7), second.prune_usage(at(11), 7));
        pruned += one.unwrap() + other.unwrap();
    }
    let total = t.db.usage_summary(None, None).await.unwrap().total;
    assert_eq!((pruned, total.events, total.pages, total.cost), (20, 20, 20, Some(10.0)));
}

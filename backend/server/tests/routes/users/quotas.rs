//! Monthly quotas and costs.

use futures::future::join_all;
use inkstream_core::{
    accounts::AuthPolicy,
    ports::Clock as _,
    prices::{Price, Prices},
    quota::{OperatorQuotas, QuotaLimits},
};
use inkstream_wire::{Account, ErrorCode, UsageEvent, UsageSummary};

use crate::{
    accounts::Tokens,
    fakes::IMAGE,
    harness::{Ask, Plan, Site, file},
};

/// A site where a user may read `pages` pages per month.
async fn limited(pages: u64) -> (Site, Tokens) {
    let quotas =
        OperatorQuotas { users: QuotaLimits { pages: Some(pages), tokens: None }, ..OperatorQuotas::default() };
    let policy = AuthPolicy { required: true, quotas, ..Plan::default().policy };
    let site = Site::with(Plan { policy, ..Plan::default() }).await;
    let tokens = site.user("ada").await;
    (site, tokens)
}

fn image(site: &Site, tokens: &Tokens) -> Ask {
    site.post("/api/ocr/image").bearer(&tokens.access).form(&[file("a.png", IMAGE)])
}

#[tokio::test]
async fn with_three_pages_left_a_pdf_of_five_is_refused_before_the_engine_is_called() {
    let (site, ada) = limited(3).await;
    let asked = site.engine.asked();
    let ask = site.post("/api/ocr/pdf").bearer(&ada.access).form(&[file("a.pdf", b"FAKE pdf 5")]);
    let answer = ask.send().await;
    let problem = answer.is_problem(ErrorCode::QuotaExceeded);
    assert!(problem.detail.contains('3'), "{}", problem.detail);
    assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 31 * 86_400);
    assert_eq!((site.engine.asked(), site.blobs().len()), (asked, 0));
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").bearer(&ada.access).send().await.json();
    assert_eq!(rows, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_concurrent_images_exactly_three_fit_a_quota_of_three() {
    let (site, ada) = limited(3).await;
    let answers = join_all((0..10).map(|_| image(&site, &ada).send())).await;
    let read = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((read, refused), (3, 7));
    site.settled().await;
    let account: Account = site.me(&ada.access).await.json();
    let pages = account.period.pages;
    assert_eq!((pages.used, pages.reserved, pages.limit), (3, 0, Some(3)));
}

#[tokio::test]
async fn tokens_are_metered_by_actual_use() {
    let quotas =
        OperatorQuotas { users: QuotaLimits { pages: None, tokens: Some(1_000) }, ..OperatorQuotas::default() };
    let policy = AuthPolicy { required: true, quotas, ..Plan::default().policy };
    let site = Site::with(Plan { policy, ..Plan::default() }).await;
    let ada = site.user("ada").await;
    image(&site, &ada).send().await.events();
    site.settled().await;
    let account: Account = site.me(&ada.access).await.json();
    assert_eq!((account.period.tokens.used, account.period.tokens.reserved), (11, 0));
    assert_eq!((account.period.tokens.limit, account.period.pages.limit), (Some(1_000), None));
}

#[tokio::test]
async fn all_anonymous_callers_share_one_smaller_quota() {
    let quotas =
        OperatorQuotas { anonymous: QuotaLimits { pages: Some(1), tokens: None }, ..OperatorQuotas::default() };
    let policy = AuthPolicy { required: true, anonymous_allowed: true, quotas, ..Plan::default().policy };
    let site = Site::with(Plan { policy, ..Plan::default() }).await;
    let ada = site.user("ada").await;
    let read = || site.post("/api/ocr/image").form(&[file("a.png", IMAGE)]).send();
    assert_eq!(read().await.status, 200);
    read().await.is_problem(ErrorCode::QuotaExceeded);
    assert_eq!(image(&site, &ada).send().await.status, 200);
}

#[tokio::test]
async fn costs_are_on_every_row_and_in_every_sum() {
    let price = Price { thousand_pages: 1_000.0, million_prompt_tokens: 0.0, million_completion_tokens: 250_000.0 };
    let prices = Prices { currency: Some("EUR".to_owned()), by_model: [("fake".to_owned(), price)].into() };
    let site = Site::with(Plan { prices, ..Plan::default() }).await;
    site.post("/api/ocr/pdf").form(&[file("a.pdf", b"FAKE pdf 2")]).send().await.events();
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").send().await.json();
    assert_eq!(rows[0].cost, Some(4.0), "two pages of 1, and four tokens each of 0.25");
    let summary: UsageSummary = site.get("/api/users/me/usage/summary?by=model").send().await.json();
    let groups = summary.groups.unwrap();
    assert_eq!((summary.cost, groups[0].cost, groups[0].group.as_str()), (Some(4.0), Some(4.0), "fake"));
}

#[tokio::test]
async fn totals_are_grouped_by_day_model_or_key_and_nothing_else() {
    let site = Site::with_accounts().await;
    let ada = site.user("ada").await;
    let key = site.key(&ada.access, &["ocr"]).await;
    site.post("/api/ocr/image").bearer(&key.key.0).form(&[file("a.png", IMAGE)]).send().await.events();
    image(&site, &ada).send().await.events();
    site.settled().await;
    let groups = async |by: &str| {
        let path = format!("/api/users/me/usage/summary?by={by}");
        let summary: UsageSummary = site.get(&path).bearer(&ada.access).send().await.json();
        assert_eq!((summary.events, summary.pages), (2, 2));
        summary.groups.unwrap()
    };
    let days = groups("day").await;
    assert_eq!((days.len(), days[0].pages), (1, 2));
    assert_eq!(days[0].group, site.clock.now().to_string()[..10]);
    assert_eq!(groups("model").await[0].group, "fake");
    let keys = groups("key").await;
    assert_eq!(keys.iter().map(|group| group.pages).collect::<Vec<_>>(), [1, 1]);
    let of_key = keys.iter().find(|group| group.group == key.row.id.to_string()).unwrap();
    assert_eq!(of_key.label.as_deref(), Some("a key"));
    for by in ["user", "hour", ""] {
        let path = format!("/api/users/me/usage/summary?by={by}");
        site.get(&path).bearer(&ada.access).send().await.is_problem(ErrorCode::InvalidOption);
    }
}

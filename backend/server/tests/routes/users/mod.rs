//! `/api/users/me`

mod keys;
mod own_account;
mod quotas;

use inkstream_wire::{Account, ErrorCode, RunStatus, UsageEvent, UsageSummary};

use crate::{
    fakes::{IMAGE, PDF},
    harness::{Site, file},
};

#[tokio::test]
async fn a_caller_without_a_token_is_the_anonymous_user() {
    let site = Site::new().await;
    let account: Account = site.get("/api/users/me").send().await.json();
    assert_eq!((account.user.username.as_str(), account.user.anonymous), ("anonymous", true));
}

#[tokio::test]
async fn a_wrong_token_is_401_everywhere_in_the_api() {
    let site = Site::new().await;
    for path in ["/api/users/me", "/api/users/me/usage", "/api/users/me/usage/summary", "/api/documents"] {
        let answer = site.get(path).header("authorization", "Bearer wrong").send().await;
        answer.is_problem(ErrorCode::Unauthorized);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let upload = site.post("/api/ocr/image").header("authorization", "bearer x").form(&[file("a.png", IMAGE)]);
    upload.send().await.is_problem(ErrorCode::Unauthorized);
}

#[tokio::test]
async fn the_ledger_has_one_row_per_run_latest_first() {
    let site = Site::new().await;
    site.post("/api/ocr/image").form(&[file("a.png", IMAGE)]).send().await.events();
    site.post("/api/ocr/pdf").form(&[file("a.pdf", PDF)]).send().await.events();
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").send().await.json();
    assert_eq!(rows.iter().map(|row| row.pages).collect::<Vec<_>>(), [3, 1]);
    assert!(rows.iter().all(|row| row.status == RunStatus::Ok && row.model == "fake"));
    let before: Vec<UsageEvent> = site.get(&format!("/api/users/me/usage?before={}", rows[0].id)).send().await.json();
    assert_eq!(before.iter().map(|row| row.id).collect::<Vec<_>>(), [rows[1].id]);
    let summary: UsageSummary = site.get("/api/users/me/usage/summary").send().await.json();
    assert_eq!((summary.events, summary.pages, summary.prompt_tokens, summary.total_tokens), (2, 4, 28, 44));
}

#[tokio::test]
async fn the_csv_ledger_has_a_header_row_even_when_empty() {
    let site = Site::new().await;
    let empty = site.get("/api/users/me/usage?format=csv").send().await;
    assert_eq!(empty.header("content-type"), "text/csv; charset=utf-8");
    site.post("/api/ocr/image").form(&[file("a.png", IMAGE)]).send().await.events();
    site.settled().await;
    let filled = site.get("/api/users/me/usage?format=csv").send().await;
    let lines: Vec<_> = filled.text().lines().collect();
    assert_eq!(lines[0], empty.text().trim_end());
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains(",image,fake,plain,ok,"), "{}", lines[1]);
    site.get("/api/users/me/usage?format=xml").send().await.is_problem(ErrorCode::InvalidOption);
    site.get("/api/users/me/usage?before=x").send().await.is_problem(ErrorCode::InvalidOption);
}

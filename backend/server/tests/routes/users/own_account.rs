//! Ownership of documents and runs, and the deletion of an account.

use http::Method;
use http_body_util::BodyExt as _;
use inkstream_core::accounts::AuthPolicy;
use inkstream_wire::{Document, DocumentDetail, Documents, ErrorCode, Stored, UsageEvent};
use serde_json::json;
use uuid::Uuid;

use crate::{
    accounts::PASSWORD,
    fakes::{IMAGE, PDF},
    harness::{Plan, Site, file},
};

async fn upload(site: &Site, token: &str) -> Stored {
    site.post("/api/documents").bearer(token).form(&[file("a.pdf", PDF)]).send().await.json()
}

#[tokio::test]
async fn without_a_token_every_route_of_the_api_is_401() {
    let site = Site::with_accounts().await;
    for (method, path) in [
        (Method::GET, "/api/users/me".to_owned()),
        (Method::GET, "/api/users/me/usage".to_owned()),
        (Method::GET, "/api/users/me/usage/summary".to_owned()),
        (Method::GET, "/api/users/me/api-keys".to_owned()),
        (Method::GET, "/api/documents".to_owned()),
        (Method::POST, "/api/documents".to_owned()),
        (Method::POST, "/api/ocr/image".to_owned()),
        (Method::POST, "/api/ocr/pdf".to_owned()),
        (Method::GET, format!("/api/documents/{}", Uuid::new_v4())),
        (Method::GET, format!("/api/documents/{}/pages/1/image", Uuid::new_v4())),
        (Method::GET, "/api/admin/users".to_owned()),
        (Method::GET, "/api/admin/usage".to_owned()),
        (Method::GET, "/api/admin/engines".to_owned()),
        (Method::GET, "/api/admin/audit".to_owned()),
    ] {
        site.ask(method, &path).send().await.is_problem(ErrorCode::Unauthorized);
    }
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn rows_of_another_user_are_404_by_id() {
    let site = Site::with_accounts().await;
    let [ada, eve] = [site.user("ada").await, site.user("eve").await];
    let id = upload(&site, &ada.access).await.document_id;
    let key = site.key(&ada.access, &["read"]).await.row.id;
    for (method, path, body) in [
        (Method::GET, format!("/api/documents/{id}"), json!(null)),
        (Method::DELETE, format!("/api/documents/{id}"), json!(null)),
        (Method::POST, format!("/api/documents/{id}/runs"), json!({})),
        (Method::GET, format!("/api/documents/{id}/result"), json!(null)),
        (Method::GET, format!("/api/documents/{id}/pages/1/image"), json!(null)),
        (Method::PATCH, format!("/api/documents/{id}/pages/1"), json!({"text": "mine"})),
        (Method::DELETE, format!("/api/users/me/api-keys/{key}"), json!(null)),
    ] {
        let answer = site.ask(method, &path).bearer(&eve.access).json(&body).send().await;
        answer.is_problem(ErrorCode::NotFound);
    }
    let hers: Documents = site.get("/api/documents").bearer(&eve.access).send().await.json();
    assert_eq!(hers.documents, []);
    let his: DocumentDetail = site.get(&format!("/api/documents/{id}")).bearer(&ada.access).send().await.json();
    assert_eq!(his.document.document_id, id);
}

#[tokio::test]
async fn a_signed_url_shows_its_image_and_no_other() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let id = upload(&site, &tokens.access).await.document_id;
    let detail: DocumentDetail = site.get(&format!("/api/documents/{id}")).bearer(&tokens.access).send().await.json();
    let image = detail.page_list[0].image_url.clone().unwrap();
    assert_eq!(site.get(&image).send().await.status, 200);
    assert_eq!(site.get(&format!("{image}&width=100")).send().await.status, 200);
    let result = detail.document.result_url.clone().unwrap();
    assert_eq!(site.get(&format!("{result}&format=md")).send().await.status, 200);
    let (path, query) = image.split_once('?').unwrap();
    let other_page = image.replace("/pages/1/", "/pages/2/");
    let longer = image.replace("exp=", "exp=9");
    for wrong in [&other_page, &longer, &format!("{}?{query}", result.split_once('?').unwrap().0), &format!("{image}x")]
    {
        site.get(wrong).send().await.is_problem(ErrorCode::NotFound);
    }
    site.get(path).send().await.is_problem(ErrorCode::Unauthorized);
    site.clock.forward(std::time::Duration::from_hours(3));
    site.get(&image).send().await.is_problem(ErrorCode::NotFound);
}

#[tokio::test]
async fn events_of_a_run_carry_the_urls_of_its_images() {
    let site = Site::with_accounts().await;
    let tokens = site.user("ada").await;
    let read = site.post("/api/ocr/pdf").bearer(&tokens.access).form(&[file("a.pdf", PDF)]).send().await;
    let addresses: Vec<String> = read
        .text()
        .lines()
        .filter_map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["image_url"].as_str().map(str::to_owned)
        })
        .collect();
    assert_eq!(addresses.len(), 3);
    assert_eq!(site.get(&addresses[2]).send().await.status, 200);
}

#[tokio::test]
async fn an_account_is_deleted_with_everything_it_owns_and_its_name_is_free_again() {
    let site = Site::with_accounts().await;
    let [ada, admin] = [site.user("ada").await, site.admin("root").await];
    let id = upload(&site, &ada.access).await.document_id;
    let key = site.key(&ada.access, &["read"]).await.key.0;
    site.post("/api/ocr/image").bearer(&ada.access).form(&[file("a.png", IMAGE)]).send().await.events();
    site.settled().await;
    let image = {
        let detail: DocumentDetail = site.get(&format!("/api/documents/{id}")).bearer(&ada.access).send().await.json();
        detail.page_list[0].image_url.clone().unwrap()
    };
    assert_eq!(site.blobs().len(), 2);

    let wrong = site.delete("/api/users/me").bearer(&ada.access).json(&json!({"password": "wrong horse"})).send().await;
    wrong.is_problem(ErrorCode::Unauthorized);
    let right = site.delete("/api/users/me").bearer(&ada.access).json(&json!({"password": PASSWORD})).send().await;
    assert_eq!(right.status, 204, "{}", right.text());

    for token in [&ada.access, &key] {
        site.me(token).await.is_problem(ErrorCode::Unauthorized);
    }
    site.refresh(&ada.refresh).await.is_problem(ErrorCode::Unauthorized);
    site.get(&image).send().await.is_problem(ErrorCode::NotFound);
    assert!(site.blobs().is_empty());
    let ledger: Vec<UsageEvent> = site.get("/api/admin/usage").bearer(&admin.access).send().await.json();
    assert_eq!((ledger.len(), &ledger[0].username), (1, &None), "the ledger stays, without a name");

    let again = site.user("ada").await;
    let documents: Documents = site.get("/api/documents").bearer(&again.access).send().await.json();
    assert_eq!(documents.documents, Vec::<Document>::new());
}

#[tokio::test]
async fn runs_of_an_account_are_cancelled_when_it_is_deleted() {
    let policy = AuthPolicy { required: true, ..Plan::default().policy };
    let site = Site::with(Plan { policy, lines: 1, ..Plan::default() }).await;
    let ada = site.user("ada").await;
    let running = site.post("/api/ocr/image").bearer(&ada.access).form(&[file("a.png", IMAGE)]).stream().await;
    let gone = site.delete("/api/users/me").bearer(&ada.access).json(&json!({"password": PASSWORD})).send().await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    let body = running.into_body().collect().await.unwrap().to_bytes();
    let last = body.trim_ascii_end().rsplit(|&byte| byte == b'\n').next().unwrap();
    let last: serde_json::Value = serde_json::from_slice(last).unwrap();
    assert_eq!((&last["type"], &last["error"]["code"]), (&json!("error"), &json!("aborted")));
}

#[tokio::test]
async fn runs_of_a_user_are_cancelled_when_it_is_disabled() {
    let policy = AuthPolicy { required: true, ..Plan::default().policy };
    let site = Site::with(Plan { policy, lines: 1, ..Plan::default() }).await;
    let (root, ada) = (site.admin("root").await, site.user("ada").await);
    let id = site.me(&ada.access).await.json::<inkstream_wire::Account>().user.id;
    let running = site.post("/api/ocr/image").bearer(&ada.access).form(&[file("a.png", IMAGE)]).stream().await;
    let path = format!("/api/admin/users/{id}");
    let disabled = site.patch(&path).bearer(&root.access).json(&json!({"disabled": true})).send().await;
    assert_eq!(disabled.status, 200, "{}", disabled.text());
    let body = running.into_body().collect().await.unwrap().to_bytes();
    assert!(std::str::from_utf8(&body).unwrap().contains("\"aborted\""));
}

#[tokio::test]
async fn anonymous_callers_and_users_work_side_by_side_if_both_are_allowed() {
    let policy = AuthPolicy { required: true, anonymous_allowed: true, ..Plan::default().policy };
    let site = Site::with(Plan { policy, ..Plan::default() }).await;
    let ada = site.user("ada").await;
    upload(&site, &ada.access).await;
    let [one, two] = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let stored = site.post("/api/documents").session(one).form(&[file("a.pdf", PDF)]).send().await;
    assert_eq!(stored.status, 201);
    let listed = |count: usize, documents: Documents| assert_eq!(documents.documents.len(), count);
    listed(1, site.get("/api/documents").session(one).send().await.json());
    listed(0, site.get("/api/documents").session(two).send().await.json());
    listed(1, site.get("/api/documents").bearer(&ada.access).session(one).send().await.json());
    let id = stored.json::<Stored>().document_id;
    site.get(&format!("/api/documents/{id}")).session(two).send().await.is_problem(ErrorCode::NotFound);
    site.get(&format!("/api/documents/{id}")).bearer(&ada.access).send().await.is_problem(ErrorCode::NotFound);
    site.get("/api/users/me/api-keys").session(one).send().await.is_problem(ErrorCode::Forbidden);
}

#[tokio::test]
async fn the_anonymous_user_cannot_change_an_account_or_call_admin_routes() {
    let site = Site::new().await;
    let passwords = json!({"current_password": "x", "new_password": "y"});
    for (method, path, body) in [
        (Method::GET, "/api/users/me/api-keys", json!(null)),
        (Method::POST, "/api/users/me/api-keys", json!({"name": "a"})),
        (Method::PATCH, "/api/users/me/password", passwords),
        (Method::DELETE, "/api/users/me", json!({"password": "x"})),
        (Method::GET, "/api/admin/users", json!(null)),
        (Method::GET, "/api/admin/usage/summary", json!(null)),
    ] {
        site.ask(method, path).json(&body).send().await.is_problem(ErrorCode::Forbidden);
    }
    site.signing_in("anonymous", "").send().await.is_problem(ErrorCode::Unauthorized);
}

//! `/api/admin`

use inkstream_wire::{
    Account, Accounts, AuditEvent, AuditKind, EngineState, ErrorCode, Quota, QuotaRule, Role, UsageEvent, UsageSummary,
};
use serde_json::json;

use crate::{
    fakes::IMAGE,
    harness::{Site, file},
};

#[tokio::test]
async fn only_admins_may_call_the_admin_routes() {
    let site = Site::with_accounts().await;
    let ada = site.user("ada").await;
    let user = site.me(&ada.access).await.json::<Account>().user;
    for path in ["users", "usage", "usage/summary", "engines", "audit"] {
        site.get(&format!("/api/admin/{path}")).bearer(&ada.access).send().await.is_problem(ErrorCode::Forbidden);
    }
    let path = format!("/api/admin/users/{}", user.id);
    let promoted = site.patch(&path).bearer(&ada.access).json(&json!({"role": "admin"})).send().await;
    promoted.is_problem(ErrorCode::Forbidden);
}

#[tokio::test]
async fn an_admin_sees_users_and_changes_role_state_and_quotas() {
    let site = Site::with_accounts().await;
    let (root, ada) = (site.admin("root").await, site.user("ada").await);
    let users: Accounts = site.get("/api/admin/users").bearer(&root.access).send().await.json();
    let names: Vec<_> = users.users.iter().map(|account| account.user.username.as_str()).collect();
    assert_eq!(names, ["ada", "anonymous", "root"]);
    assert_eq!(users.next, None);
    let id = users.users[0].user.id;
    let patch = async |body: serde_json::Value| {
        site.patch(&format!("/api/admin/users/{id}")).bearer(&root.access).json(&body).send().await
    };

    let account: Account = patch(json!({"quotas": {"pages": 2, "tokens": "unlimited"}})).await.json();
    assert_eq!((account.quotas.pages, account.quotas.tokens), (Quota::Limit(2), Quota::Rule(QuotaRule::Unlimited)));
    assert_eq!(account.period.pages.limit, Some(2));
    let three = site.post("/api/ocr/pdf").bearer(&ada.access).form(&[file("a.pdf", b"FAKE pdf 3")]).send().await;
    three.is_problem(ErrorCode::QuotaExceeded);

    let account: Account = patch(json!({"role": "admin"})).await.json();
    assert_eq!((account.user.role, account.quotas.pages), (Role::Admin, Quota::Limit(2)), "what is left out stays");
    assert_eq!(site.get("/api/admin/users").bearer(&ada.access).send().await.status, 200);

    let account: Account = patch(json!({"disabled": true})).await.json();
    assert!(account.user.disabled);
    site.me(&ada.access).await.is_problem(ErrorCode::Unauthorized);

    for wrong in [json!({"role": "king"}), json!({"quotas": {"pages": -1}}), json!({"username": "eve"})] {
        patch(wrong).await.is_problem(ErrorCode::BadRequest);
    }
    let nobody = format!("/api/admin/users/{}", uuid::Uuid::new_v4());
    let answer = site.patch(&nobody).bearer(&root.access).json(&json!({"disabled": true})).send().await;
    answer.is_problem(ErrorCode::NotFound);
}

#[tokio::test]
async fn the_last_admin_and_the_anonymous_user_cannot_be_changed() {
    let site = Site::with_accounts().await;
    let root = site.admin("root").await;
    let users: Accounts = site.get("/api/admin/users").bearer(&root.access).send().await.json();
    let id = |name: &str| users.users.iter().find(|account| account.user.username == name).unwrap().user.id;
    for (name, body) in [
        ("root", json!({"role": "user"})),
        ("root", json!({"disabled": true})),
        ("anonymous", json!({"role": "admin"})),
        ("anonymous", json!({"disabled": true})),
    ] {
        let path = format!("/api/admin/users/{}", id(name));
        site.patch(&path).bearer(&root.access).json(&body).send().await.is_problem(ErrorCode::Conflict);
    }
    let leave = site.delete("/api/users/me").bearer(&root.access).json(&json!({"password": crate::accounts::PASSWORD}));
    leave.send().await.is_problem(ErrorCode::Conflict);
    let quota = site.patch(&format!("/api/admin/users/{}", id("anonymous"))).bearer(&root.access);
    assert_eq!(quota.json(&json!({"quotas": {"pages": 9}})).send().await.status, 200);
}

#[tokio::test]
async fn the_ledger_of_all_has_names_and_sums_by_user() {
    let site = Site::with_accounts().await;
    let (root, ada) = (site.admin("root").await, site.user("ada").await);
    for token in [&root.access, &ada.access, &ada.access] {
        site.post("/api/ocr/image").bearer(token).form(&[file("a.png", IMAGE)]).send().await.events();
    }
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/admin/usage").bearer(&root.access).send().await.json();
    assert_eq!(rows.iter().filter(|row| row.username.as_deref() == Some("ada")).count(), 2);
    let own: Vec<UsageEvent> = site.get("/api/users/me/usage").bearer(&root.access).send().await.json();
    assert_eq!((own.len(), &own[0].username), (1, &None));
    let csv = site.get("/api/admin/usage?format=csv").bearer(&root.access).send().await;
    assert_eq!(csv.text().lines().count(), 4);
    let by_user: UsageSummary = site.get("/api/admin/usage/summary?by=user").bearer(&root.access).send().await.json();
    let groups = by_user.groups.unwrap();
    assert_eq!((groups[0].label.as_deref(), groups[0].pages, groups.len()), (Some("ada"), 2, 2));
    let page = format!("/api/admin/usage?before={}", rows[0].id);
    let older: Vec<UsageEvent> = site.get(&page).bearer(&root.access).send().await.json();
    assert_eq!(older, rows[1..]);
}

#[tokio::test]
async fn security_events_are_on_the_audit_trail() {
    let site = Site::with_accounts().await;
    let root = site.admin("root").await;
    let ada = site.user("ada").await;
    let user = site.me(&ada.access).await.json::<Account>().user;
    let key = site.key(&ada.access, &["read"]).await;
    let key_path = format!("/api/users/me/api-keys/{}", key.row.id);
    site.delete(&key_path).bearer(&ada.access).send().await;
    let path = format!("/api/admin/users/{}", user.id);
    let body = json!({"role": "admin", "disabled": true, "quotas": {"pages": 5}});
    site.patch(&path).bearer(&root.access).json(&body).send().await;
    site.post("/api/auth/logout").bearer(&ada.access).send().await;
    let answer = site.get("/api/admin/audit").bearer(&root.access).send().await;
    for secret in [&key.key.0, &ada.access, &ada.refresh, crate::accounts::PASSWORD] {
        assert!(!answer.text().contains(secret));
    }
    let events: Vec<AuditEvent> = answer.json();
    let kinds: Vec<AuditKind> = events.iter().map(|event| event.event).collect();
    for kind in [
        AuditKind::Registered,
        AuditKind::SignedIn,
        AuditKind::KeyCreated,
        AuditKind::KeyRevoked,
        AuditKind::RoleChanged,
        AuditKind::UserDisabled,
        AuditKind::QuotaChanged,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} is not in {kinds:?}");
    }
    let role = events.iter().find(|event| event.event == AuditKind::RoleChanged).unwrap();
    assert_eq!((role.actor.as_deref(), role.subject.as_deref()), (Some("root"), Some("ada")));
    assert_eq!(role.detail.as_deref(), Some("admin"));
    let before = format!("/api/admin/audit?before={}", events[0].id);
    let older: Vec<AuditEvent> = site.get(&before).bearer(&root.access).send().await.json();
    assert_eq!(older, events[1..]);
}

#[tokio::test]
async fn the_engines_are_listed_with_their_state() {
    let site = Site::with_accounts().await;
    let root = site.admin("root").await;
    let engines: Vec<EngineState> = site.get("/api/admin/engines").bearer(&root.access).send().await.json();
    assert_eq!((engines[0].model.as_str(), engines[0].ready, engines[0].default), ("fake", true, true));
}

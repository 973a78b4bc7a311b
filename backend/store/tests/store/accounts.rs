//! Users: created once, listed, changed, deleted with what they own.

use inkstream_core::{
    Error, Result,
    ports::{
        ApiKeyStore as _, AuditTrail as _, DocumentStore as _, PageResult, PageStore as _, PasswordStore as _,
        RunPageStore as _, RunStore as _, SessionStore as _, Settlement, UsageLedger as _, UserChange, UserStore as _,
    },
    quota::{MonthUsed, QuotaLimits},
};
use inkstream_wire::{AuditKind, ErrorCode, Quota, QuotaRule, Quotas, QuotasPatch, Role, RunStatus, UserId};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    api_keys::new_key,
    database::{PASSWORD_HASH, TestDatabase, at, audit, done_page, month, new_document, new_user, on_both_databases},
    sessions::new_session,
};

on_both_databases! {
    of_fifty_concurrent_users_with_one_name_one_is_created;
    names_that_look_alike_conflict;
    there_is_one_anonymous_user_and_its_name_is_not_an_accounts;
    the_first_admin_is_created_once;
    a_user_is_found_by_name_and_by_id;
    a_password_hash_is_upgraded_only_if_it_is_still_the_one_that_was_checked;
    users_are_listed_by_name_with_quotas_and_meter;
    fields_left_out_of_a_change_stay;
    the_last_enabled_admin_stays_even_if_two_are_removed_at_once;
    the_anonymous_user_keeps_its_role_and_state;
    deleting_a_user_leaves_only_the_ledger;
    a_run_of_a_deleted_user_is_settled;
    a_user_who_is_being_deleted_gains_no_rows;
    a_user_who_is_being_disabled_cannot_sign_in;
}

async fn of_fifty_concurrent_users_with_one_name_one_is_created(t: TestDatabase) {
    let mut users = JoinSet::new();
    for _ in 0..50 {
        let db = t.db.clone();
        users.spawn(async move { db.add_user(new_user("ada", Role::User), audit(AuditKind::Registered)).await });
    }
    let answers = users.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code == ErrorCode::Conflict));
    assert_eq!(t.db.accounts(None, 10, month()).await.unwrap().len(), 2);
    assert_eq!(t.db.audit(None, 100).await.unwrap().len(), 1, "who was not made is not on the trail");
}

async fn names_that_look_alike_conflict(t: TestDatabase) {
    t.user("scope").await;
    // All letters are Cyrillic.
    let twin = t.db.add_user(new_user("ѕсоре", Role::User), audit(AuditKind::Registered)).await;
    assert_eq!(twin.unwrap_err().code, ErrorCode::Conflict);
    assert!(t.db.credentials(&"ѕсоре".parse().unwrap()).await.unwrap().is_none());
}

async fn there_is_one_anonymous_user_and_its_name_is_not_an_accounts(t: TestDatabase) {
    let ensure = async |name: &str| t.db.ensure_anonymous(&name.parse().unwrap(), at(1)).await;
    assert_eq!(ensure("anonymous").await.unwrap(), UserId(t.user));
    t.user("ada").await;
    assert_eq!(ensure("ada").await.unwrap_err().code, ErrorCode::Conflict);
    let taken = t.db.add_user(new_user("anonymous", Role::User), audit(AuditKind::Registered)).await;
    assert_eq!(taken.unwrap_err().code, ErrorCode::Conflict);
    let guest = ensure("guest").await.unwrap();
    assert_ne!(guest, UserId(t.user));
    let credentials = t.db.credentials_of(guest).await.unwrap().unwrap();
    assert_eq!((credentials.user.anonymous, credentials.password_hash), (true, None));
}

async fn the_first_admin_is_created_once(t: TestDatabase) {
    t.user("eve").await;
    let taken = t.db.add_first_admin(new_user("eve", Role::Admin), audit(AuditKind::Registered)).await;
    assert_eq!(taken.unwrap_err().code, ErrorCode::Conflict);

    let mut admins = JoinSet::new();
    for n in 0..8 {
        let (db, name) = (t.db.clone(), format!("admin{n}"));
        admins.spawn(async move {
            db.add_first_admin(new_user(&name, Role::Admin), audit(AuditKind::Registered)).await.unwrap()
        });
    }
    assert_eq!(admins.join_all().await.into_iter().filter(|made| *made).count(), 1);
    // There is an admin already, so that not even a name conflict is checked.
    assert!(!t.db.add_first_admin(new_user("eve", Role::Admin), audit(AuditKind::Registered)).await.unwrap());
}

async fn a_user_is_found_by_name_and_by_id(t: TestDatabase) {
    let ada = t.user_as("ada", Role::Admin).await;
    let by_name = t.db.credentials(&"Ada".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((by_name.user.id, by_name.user.username.as_str()), (ada, "ada"));
    assert_eq!((by_name.user.role, by_name.user.anonymous, by_name.user.disabled), (Role::Admin, false, false));
    assert_eq!(by_name.user.created_at, at(0));
    assert_eq!(by_name.password_hash.as_deref(), Some(PASSWORD_HASH));
    assert_eq!(t.db.credentials_of(ada).await.unwrap().unwrap().user, by_name.user);
    assert!(t.db.credentials(&"eve".parse().unwrap()).await.unwrap().is_none());
    assert!(t.db.credentials_of(UserId(Uuid::new_v4())).await.unwrap().is_none());
}

async fn a_password_hash_is_upgraded_only_if_it_is_still_the_one_that_was_checked(t: TestDatabase) {
    let ada = t.user("ada").await;
    let hash = async || t.db.credentials_of(ada).await.unwrap().unwrap().password_hash.unwrap();
    t.db.upgrade_password(ada, PASSWORD_HASH, "better").await.unwrap();
    assert_eq!(hash().await, "better");
    t.db.set_password(ada, None, "another", audit(AuditKind::PasswordChanged)).await.unwrap();
    t.db.upgrade_password(ada, "better", "even better").await.unwrap();
    assert_eq!(hash().await, "another");
    for nobody in [UserId(t.user), UserId(Uuid::new_v4())] {
        let error = t.db.set_password(nobody, None, "x", audit(AuditKind::PasswordChanged)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound);
    }
}

async fn users_are_listed_by_name_with_quotas_and_meter(t: TestDatabase) {
    for name in ["zoë", "bob", "a_b", "ab"] {
        t.user(name).await;
    }
    let names = async |after: Option<&str>, limit| {
        let rows = t.db.accounts(after, limit, month()).await.unwrap();
        rows.into_iter().map(|row| row.user.username).collect::<Vec<_>>()
    };
    assert_eq!(names(None, 10).await, ["a_b", "ab", "anonymous", "bob", "zoë"]);
    assert_eq!(names(None, 2).await, ["a_b", "ab"]);
    assert_eq!(names(Some("ab"), 2).await, ["anonymous", "bob"]);
    assert_eq!(names(Some("bob\0"), 2).await, ["zoë"]);
    assert_eq!(names(Some("zoë"), 2).await, [] as [String; 0]);

    let browser = t.browser();
    let document = t.document(&browser, 2).await;
    let run = t.begin(&browser, document, &[1, 2]).await;
    t.db.finish_page(done_page(run, document, 1)).await.unwrap();
    let row = t.db.accounts(Some("ab"), 1, month()).await.unwrap().remove(0);
    assert_eq!(row.used, MonthUsed { pages_used: 1, pages_reserved: 1, tokens_used: 8, tokens_reserved: 0 });
    assert_eq!(row.quotas, Quotas::default());
    assert_eq!(t.db.account(UserId(Uuid::new_v4()), month()).await.unwrap_err().code, ErrorCode::NotFound);
}

async fn fields_left_out_of_a_change_stay(t: TestDatabase) {
    let ada = t.user("ada").await;
    let pages = QuotasPatch { pages: Some(Quota::Limit(300)), tokens: None };
    let row = t.db.change_user(ada, UserChange { quotas: pages, ..UserChange::default() }, month(), Vec::new()).await;
    assert_eq!(row.unwrap().quotas, Quotas { pages: Quota::Limit(300), tokens: Quota::Rule(QuotaRule::Default) });

    let tokens = QuotasPatch { pages: None, tokens: Some(Quota::Rule(QuotaRule::Unlimited)) };
    let change = UserChange { role: Some(Role::Admin), quotas: tokens, disabled: None };
    let audits = vec![audit(AuditKind::RoleChanged), audit(AuditKind::QuotaChanged)];
    let row = t.db.change_user(ada, change, month(), audits).await.unwrap();
    assert_eq!(row.quotas, Quotas { pages: Quota::Limit(300), tokens: Quota::Rule(QuotaRule::Unlimited) });
    assert_eq!((row.user.role, row.user.disabled), (Role::Admin, false));
    assert_eq!(t.db.audit(None, 10).await.unwrap().len(), 3);

    let default = QuotasPatch { pages: Some(Quota::default()), tokens: Some(Quota::Limit(0)) };
    let row = t.db.change_user(ada, UserChange { quotas: default, ..UserChange::default() }, month(), Vec::new()).await;
    assert_eq!(row.unwrap().quotas, Quotas { pages: Quota::default(), tokens: Quota::Limit(0) });
    let nobody = t.db.change_user(UserId(Uuid::new_v4()), UserChange::default(), month(), Vec::new()).await;
    assert_eq!(nobody.unwrap_err().code, ErrorCode::NotFound);
}

async fn the_last_enabled_admin_stays_even_if_two_are_removed_at_once(t: TestDatabase) {
    let mut admins = Vec::new();
    for n in 0..6 {
        admins.push(t.user_as(&format!("admin{n}"), Role::Admin).await);
    }
    let mut changes = JoinSet::new();
    for (n, admin) in admins.into_iter().enumerate() {
        let db = t.db.clone();
        changes.spawn(async move {
            let change = match n % 3 {
                0 => UserChange { role: Some(Role::User), ..UserChange::default() },
                1 => UserChange { disabled: Some(true), ..UserChange::default() },
                _ => return db.delete_user(admin, audit(AuditKind::AccountDeleted)).await.map(drop),
            };
            db.change_user(admin, change, month(), Vec::new()).await.map(drop)
        });
    }
    let answers = changes.join_all().await;
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).map(|error| error.code).collect();
    assert_eq!(refused, [ErrorCode::Conflict]);
    let left = t.db.accounts(None, 10, month()).await.unwrap();
    assert_eq!(left.iter().filter(|row| row.user.role == Role::Admin && !row.user.disabled).count(), 1);
}

async fn the_anonymous_user_keeps_its_role_and_state(t: TestDatabase) {
    let user = UserId(t.user);
    for change in [
        UserChange { role: Some(Role::Admin), ..UserChange::default() },
        UserChange { disabled: Some(true), ..UserChange::default() },
    ] {
        let error = t.db.change_user(user, change, month(), Vec::new()).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Conflict);
    }
    let quotas = QuotasPatch { pages: Some(Quota::Limit(3)), tokens: None };
    let row =
        t.db.change_user(user, UserChange { quotas, ..UserChange::default() }, month(), Vec::new()).await.unwrap();
    assert_eq!((row.user.role, row.user.disabled, row.quotas.pages), (Role::User, false, Quota::Limit(3)));
    let error = t.db.delete_user(user, audit(AuditKind::AccountDeleted)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
}

async fn deleting_a_user_leaves_only_the_ledger(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let id = UserId(ada.user);
    let (first, second) = (t.document(&ada, 1).await, t.document(&ada, 2).await);
    let of_another = t.document(&t.client(), 1).await;
    let run = t.begin(&ada, first, &[1]).await;
    t.db.finish_page(PageResult { cost: Some(0.5), ..done_page(run, first, 1) }).await.unwrap();
    t.settle(run, RunStatus::Ok).await;
    let session = new_session(id);
    t.db.open_session(session.clone(), audit(AuditKind::SignedIn)).await.unwrap();
    let key = new_key(id, "curl");
    t.db.add_key(key.clone(), 20, audit(AuditKind::KeyCreated)).await.unwrap();
    let mut blobs = Vec::new();
    for document in [first, second] {
        blobs.push(t.db.document(&ada, document, at(5)).await.unwrap().blob);
    }

    let mut gone = t.db.delete_user(id, audit(AuditKind::AccountDeleted)).await.unwrap();
    gone.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    blobs.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    assert_eq!(gone, blobs);
    assert_eq!(t.db.unknown_blobs(&blobs).await.unwrap(), blobs);
    assert_eq!(t.db.pages(first, 0, 10).await.unwrap(), []);
    assert_eq!(t.db.pages(of_another, 0, 10).await.unwrap().len(), 1);
    assert!(t.db.credentials_of(id).await.unwrap().is_none());
    assert_eq!(t.db.session_user(session.id, id, at(11)).await.unwrap(), None);
    assert!(t.db.known_key(key.hash, at(11)).await.unwrap().is_none());
    let again = t.db.delete_user(id, audit(AuditKind::AccountDeleted)).await;
    assert_eq!(again.unwrap_err().code, ErrorCode::NotFound);

    let row = t.db.usage(None, None, 10).await.unwrap().remove(0);
    assert_eq!((row.run_id, row.pages, row.cost, row.username), (run, 1, Some(0.5), None));
    let trail = t.db.audit(None, 10).await.unwrap();
    assert_eq!(trail.iter().filter(|row| row.event == AuditKind::AccountDeleted).count(), 1);

    // A new user with that name is another one.
    let second = new_user("ada", Role::User);
    t.db.add_user(second.clone(), audit(AuditKind::Registered)).await.unwrap();
    assert_eq!(t.db.usage(Some(second.id.0), None, 10).await.unwrap(), []);
    assert_eq!(t.db.account(second.id, month()).await.unwrap().used, MonthUsed::default());
}

async fn a_run_of_a_deleted_user_is_settled(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let document = t.document(&ada, 3).await;
    let run = t.begin(&ada, document, &[1, 2, 3]).await;
    t.db.reserve_tokens(run, 1, 100, QuotaLimits::default()).await.unwrap();
    t.db.delete_user(UserId(ada.user), audit(AuditKind::AccountDeleted)).await.unwrap();
    t.db.finish_page(done_page(run, document, 1)).await.unwrap();
    let late = t.db.reserve_tokens(run, 2, 100, QuotaLimits::default()).await;
    assert_eq!(late.unwrap_err().code, ErrorCode::NotFound);
    let row = t.settle(run, RunStatus::Aborted).await;
    assert_eq!((row.pages, row.usage.completion_tokens), (1, 5));
    let another = t.db.begin_run(t.new_run(&ada, document, &[1])).await;
    assert_eq!(another.unwrap_err().code, ErrorCode::NotFound);
}

async fn a_user_who_is_being_deleted_gains_no_rows(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let id = UserId(ada.user);
    let document = t.document(&ada, 2).await;
    let mut lives = JoinSet::new();
    for n in 0..40 {
        let (db, ada) = (t.db.clone(), ada.clone());
        let (run, added) = (t.new_run(&ada, document, &[1, 2]), new_document(&ada, 3, at(0)));
        lives.spawn(async move {
            let run_id = run.id;
            let settlement = Settlement { run: run_id, status: RunStatus::Aborted, ended_at: at(20) };
            match n % 5 {
                0 => db.add_document(added).await,
                1 => db.open_session(new_session(id), audit(AuditKind::SignedIn)).await,
                2 => db.add_key(new_key(id, "curl"), 20, audit(AuditKind::KeyCreated)).await,
                3 if n == 23 => db.delete_user(id, audit(AuditKind::AccountDeleted)).await.map(drop),
                _ => {
                    db.begin_run(run).await?;
                    db.reserve_tokens(run_id, 1, 10, QuotaLimits::default()).await.or_else(ignore_not_found)?;
                    db.finish_page(done_page(run_id, document, 1)).await?;
                    db.settle_run(settlement).await.map(drop)
                }
            }
        });
    }
    for answer in lives.join_all().await {
        answer.or_else(ignore_not_found).unwrap();
    }
    assert_eq!(t.db.documents(&ada, at(1), None, 10).await.unwrap(), []);
    assert_eq!(t.db.keys(id).await.unwrap(), []);
    assert_eq!(t.db.account(id, month()).await.unwrap_err().code, ErrorCode::NotFound);
}

/// Ignores that the user was deleted in the meantime.
fn ignore_not_found(error: Error) -> Result<()> {
    if error.code == ErrorCode::NotFound { Ok(()) } else { Err(error) }
}

async fn a_user_who_is_being_disabled_cannot_sign_in(t: TestDatabase) {
    let ada = t.user("ada").await;
    let mut sessions = Vec::new();
    let mut opening = JoinSet::new();
    for n in 0..20 {
        let (db, session) = (t.db.clone(), new_session(ada));
        sessions.push(session.id);
        opening.spawn(async move {
            if n == 10 {
                let change = UserChange { disabled: Some(true), ..UserChange::default() };
                return db.change_user(ada, change, month(), Vec::new()).await.map(drop);
            }
            db.open_session(session, audit(AuditKind::SignedIn)).await.or_else(ignore_not_found)
        });
    }
    assert!(opening.join_all().await.iter().all(Result::is_ok));
    let change = UserChange { disabled: Some(false), ..UserChange::default() };
    t.db.change_user(ada, change, month(), Vec::new()).await.unwrap();
    for session in sessions {
        assert_eq!(t.db.session_user(session, ada, at(20)).await.unwrap(), None);
    }
}

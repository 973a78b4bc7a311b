//! API keys.

use inkstream_core::ports::{ApiKeyRecord, ApiKeyStore as _, AuditTrail as _, NewKey, UserChange, UserStore as _};
use inkstream_wire::{ApiKeyId, AuditKind, ErrorCode, Scope, UserId};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    database::{TestDatabase, at, audit, month, on_both_databases},
    sessions::token,
};

on_both_databases! {
    a_key_is_listed_used_and_revoked;
    a_key_expires_and_is_deleted_with_its_user;
    a_user_has_no_more_keys_than_allowed_even_if_many_are_created_at_once;
    only_its_owner_revokes_a_key;
}

/// Made at second 10, for good.
pub(crate) fn new_key(user: UserId, name: &str) -> NewKey {
    let record = ApiKeyRecord {
        id: ApiKeyId(Uuid::new_v4()),
        name: name.to_owned(),
        prefix: "ink_abcdef".to_owned(),
        scopes: vec![Scope::Ocr, Scope::Read],
        created_at: at(10),
        last_used_at: None,
        expires_at: None,
    };
    NewKey { record, user, hash: token() }
}

async fn add(t: &TestDatabase, key: &NewKey) {
    t.db.add_key(key.clone(), 20, audit(AuditKind::KeyCreated)).await.unwrap();
}

async fn a_key_is_listed_used_and_revoked(t: TestDatabase) {
    let ada = t.user("ada").await;
    let first = new_key(ada, "curl");
    let mut second = new_key(ada, "a NUL\0");
    second.record.created_at = at(11);
    add(&t, &first).await;
    add(&t, &second).await;
    let rows = t.db.keys(ada).await.unwrap();
    assert_eq!(rows[1], first.record);
    assert_eq!((rows.len(), rows[0].name.as_str()), (2, "a NUL\u{fffd}"));

    let known = t.db.known_key(first.hash, at(20)).await.unwrap().unwrap();
    assert_eq!((known.id, known.user.id, known.last_used_at), (first.record.id, ada, None));
    assert_eq!(known.scopes, [Scope::Ocr, Scope::Read]);
    t.db.key_used(first.record.id, at(21)).await.unwrap();
    let known = t.db.known_key(first.hash, at(22)).await.unwrap().unwrap();
    assert_eq!(known.last_used_at, Some(at(21)));
    assert_eq!(t.db.keys(ada).await.unwrap()[1].last_used_at, Some(at(21)));

    t.db.revoke_key(ada, first.record.id, at(30), audit(AuditKind::KeyRevoked)).await.unwrap();
    assert!(t.db.known_key(first.hash, at(30)).await.unwrap().is_none());
    assert_eq!(t.db.keys(ada).await.unwrap().len(), 1);
    let again = t.db.revoke_key(ada, first.record.id, at(31), audit(AuditKind::KeyRevoked)).await;
    assert_eq!(again.unwrap_err().code, ErrorCode::NotFound);
    assert!(t.db.known_key(token(), at(30)).await.unwrap().is_none());
    let trail = t.db.audit(None, 10).await.unwrap();
    assert_eq!(trail.iter().filter(|row| row.event == AuditKind::KeyRevoked).count(), 1);
}

async fn a_key_expires_and_is_deleted_with_its_user(t: TestDatabase) {
    let ada = t.user("ada").await;
    let mut key = new_key(ada, "short");
    key.record.expires_at = Some(at(50));
    add(&t, &key).await;
    assert_eq!(t.db.keys(ada).await.unwrap()[0].expires_at, Some(at(50)));
    assert!(t.db.known_key(key.hash, at(49)).await.unwrap().is_some());
    assert!(t.db.known_key(key.hash, at(50)).await.unwrap().is_none());

    let disable = async |disabled| {
        let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
        t.db.change_user(ada, change, month(), Vec::new()).await.unwrap();
    };
    disable(true).await;
    assert!(t.db.known_key(key.hash, at(20)).await.unwrap().is_none());
    let refused = t.db.add_key(new_key(ada, "late"), 20, audit(AuditKind::KeyCreated)).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::NotFound);
    disable(false).await;
    assert!(t.db.known_key(key.hash, at(20)).await.unwrap().is_some());
}

async fn a_user_has_no_more_keys_than_allowed_even_if_many_are_created_at_once(t: TestDatabase) {
    let (ada, eve) = (t.user("ada").await, t.user("eve").await);
    add(&t, &new_key(eve, "hers")).await;
    let mut keys = JoinSet::new();
    for n in 0..30 {
        let (db, key) = (t.db.clone(), new_key(ada, &n.to_string()));
        keys.spawn(async move { db.add_key(key, 20, audit(AuditKind::KeyCreated)).await });
    }
    let answers = keys.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 20);
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code == ErrorCode::Conflict));
    let rows = t.db.keys(ada).await.unwrap();
    assert_eq!(rows.len(), 20);
    t.db.revoke_key(ada, rows[0].id, at(20), audit(AuditKind::KeyRevoked)).await.unwrap();
    add(&t, &new_key(ada, "in its place")).await;
}

async fn only_its_owner_revokes_a_key(t: TestDatabase) {
    let (ada, eve) = (t.user("ada").await, t.user("eve").await);
    let key = new_key(ada, "curl");
    add(&t, &key).await;
    assert_eq!(t.db.keys(eve).await.unwrap(), []);
    let refused = t.db.revoke_key(eve, key.record.id, at(20), audit(AuditKind::KeyRevoked)).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::NotFound);
    assert!(t.db.known_key(key.hash, at(21)).await.unwrap().is_some());
}

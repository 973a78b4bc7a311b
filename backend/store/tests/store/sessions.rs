//! Sessions: opening, renewing, races, ending.

use inkstream_core::ports::{
    AuditTrail as _, NewSession, PasswordStore as _, Rotation, SecretHash, SessionRef, SessionStore as _, UserChange,
    UserStore as _,
};
use inkstream_wire::{AuditKind, ErrorCode, Role, UserId};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::database::{PASSWORD_HASH, TestDatabase, at, audit, month, on_both_databases};

on_both_databases! {
    a_session_is_renewed_until_it_is_over;
    a_refresh_token_that_is_used_twice_ends_its_session;
    of_concurrent_uses_of_a_token_one_renews_the_session;
    a_session_is_closed_by_id_or_token_and_once;
    a_new_password_ends_every_session_of_its_user_only;
    a_disabled_user_is_refused_at_once_and_stays_signed_out;
    the_sweeper_deletes_expired_sessions_and_tokens;
}

/// Opened at second 10, over at second 110.
pub(crate) fn new_session(user: UserId) -> NewSession {
    NewSession {
        id: Uuid::new_v4(),
        user,
        password_hash: PASSWORD_HASH.to_owned(),
        token: token(),
        created_at: at(10),
        expires_at: at(110),
    }
}

pub(crate) fn token() -> SecretHash {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    hash
}

async fn open(t: &TestDatabase, user: UserId) -> NewSession {
    let session = new_session(user);
    t.db.open_session(session.clone(), audit(AuditKind::SignedIn)).await.unwrap();
    session
}

/// Renews at `second`, for another 100 seconds.
async fn rotate(t: &TestDatabase, old: SecretHash, new: SecretHash, second: i64) -> Rotation {
    t.db.rotate(old, new, at(second), at(second + 100), audit(AuditKind::TokenReused)).await.unwrap()
}

async fn alive(t: &TestDatabase, session: &NewSession, second: i64) -> bool {
    t.db.session_user(session.id, session.user, at(second)).await.unwrap().is_some()
}

async fn events(t: &TestDatabase, event: AuditKind) -> usize {
    t.db.audit(None, 200).await.unwrap().iter().filter(|row| row.event == event).count()
}

async fn a_session_is_renewed_until_it_is_over(t: TestDatabase) {
    let ada = t.user_as("ada", Role::Admin).await;
    let eve = t.user("eve").await;
    let session = open(&t, ada).await;
    let user = t.db.session_user(session.id, ada, at(20)).await.unwrap().unwrap();
    assert_eq!((user.id, user.username.as_str(), user.role), (ada, "ada", Role::Admin));
    assert_eq!(t.db.session_user(session.id, eve, at(20)).await.unwrap(), None, "it is not hers");
    assert!(!alive(&t, &session, 110).await);

    let second = token();
    assert_eq!(rotate(&t, session.token, second, 100).await, Rotation::Rotated { session: session.id, user });
    assert!(alive(&t, &session, 199).await);
    assert!(!alive(&t, &session, 200).await);
    assert_eq!(rotate(&t, second, token(), 200).await, Rotation::Refused, "expired");
    assert_eq!(rotate(&t, token(), token(), 20).await, Rotation::Refused, "unknown");
    assert_eq!(events(&t, AuditKind::TokenReused).await, 0);
    let nobody = new_session(UserId(Uuid::new_v4()));
    let error = t.db.open_session(nobody, audit(AuditKind::SignedIn)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

async fn a_refresh_token_that_is_used_twice_ends_its_session(t: TestDatabase) {
    let ada = t.user("ada").await;
    let (session, other) = (open(&t, ada).await, open(&t, ada).await);
    let second = token();
    assert!(matches!(rotate(&t, session.token, second, 20).await, Rotation::Rotated { .. }));
    assert_eq!(rotate(&t, session.token, token(), 30).await, Rotation::Reused);
    assert!(!alive(&t, &session, 31).await);
    assert_eq!(rotate(&t, second, token(), 32).await, Rotation::Refused, "the good one ends with it");
    assert!(alive(&t, &other, 33).await);
    let trail = t.db.audit(None, 10).await.unwrap();
    let reuse = trail.iter().find(|row| row.event == AuditKind::TokenReused).unwrap();
    assert_eq!((reuse.actor.as_deref(), reuse.subject.as_deref()), (None, Some("ada")));
}

async fn of_concurrent_uses_of_a_token_one_renews_the_session(t: TestDatabase) {
    let session = open(&t, t.user("ada").await).await;
    let mut rotations = JoinSet::new();
    for _ in 0..20 {
        let db = t.db.clone();
        rotations.spawn(async move {
            db.rotate(session.token, token(), at(20), at(120), audit(AuditKind::TokenReused)).await.unwrap()
        });
    }
    let answers = rotations.join_all().await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Rotation::Rotated { .. })).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Rotation::Reused).count(), 19);
    assert!(!alive(&t, &session, 21).await);
}

async fn a_session_is_closed_by_id_or_token_and_once(t: TestDatabase) {
    let ada = t.user("ada").await;
    let (first, second) = (open(&t, ada).await, open(&t, ada).await);
    let close = async |name, second| t.db.close_session(name, at(second), audit(AuditKind::SignedOut)).await.unwrap();
    assert!(close(SessionRef::Id(first.id), 20).await);
    assert!(!alive(&t, &first, 20).await);
    assert!(alive(&t, &second, 20).await);
    assert!(!close(SessionRef::Id(first.id), 21).await);
    assert!(!close(SessionRef::Token(first.token), 21).await);
    assert_eq!(rotate(&t, first.token, token(), 22).await, Rotation::Refused);
    assert!(!close(SessionRef::Token(token()), 22).await);
    assert!(!close(SessionRef::Token(second.token), 110).await, "it is over");
    assert!(close(SessionRef::Token(second.token), 109).await);
    let trail = t.db.audit(None, 10).await.unwrap();
    let closed: Vec<_> = trail.iter().filter(|row| row.event == AuditKind::SignedOut).collect();
    assert_eq!(closed.len(), 2);
    assert!(closed.iter().all(|row| (row.actor.as_deref(), row.subject.as_deref()) == (Some("ada"), Some("ada"))));
}

async fn a_new_password_ends_every_session_of_its_user_only(t: TestDatabase) {
    let (ada, eve) = (t.user("ada").await, t.user("eve").await);
    let (first, second, other) = (open(&t, ada).await, open(&t, ada).await, open(&t, eve).await);
    t.db.set_password(ada, Some(PASSWORD_HASH), "another hash", audit(AuditKind::PasswordChanged)).await.unwrap();
    let late = t.db.set_password(ada, Some(PASSWORD_HASH), "a third", audit(AuditKind::PasswordChanged)).await;
    assert_eq!(late.unwrap_err().code, ErrorCode::NotFound, "the password that was compared is gone");
    for session in [&first, &second] {
        assert!(!alive(&t, session, 20).await);
        assert_eq!(rotate(&t, session.token, token(), 20).await, Rotation::Refused);
    }
    assert!(alive(&t, &other, 20).await);
    let late = t.db.open_session(new_session(ada), audit(AuditKind::SignedIn)).await;
    assert_eq!(late.unwrap_err().code, ErrorCode::NotFound, "the password that was compared is the old one");
    let new = NewSession { password_hash: "another hash".to_owned(), ..new_session(ada) };
    t.db.open_session(new.clone(), audit(AuditKind::SignedIn)).await.unwrap();
    assert!(alive(&t, &new, 20).await);
    assert_eq!(events(&t, AuditKind::PasswordChanged).await, 1);
}

async fn a_disabled_user_is_refused_at_once_and_stays_signed_out(t: TestDatabase) {
    let ada = t.user("ada").await;
    let session = open(&t, ada).await;
    let disable = async |disabled| {
        let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
        t.db.change_user(ada, change, month(), vec![audit(AuditKind::UserDisabled)]).await.unwrap();
    };
    disable(true).await;
    assert!(!alive(&t, &session, 20).await);
    assert_eq!(rotate(&t, session.token, token(), 20).await, Rotation::Refused);
    let refused = t.db.open_session(new_session(ada), audit(AuditKind::SignedIn)).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::NotFound);
    assert!(t.db.credentials_of(ada).await.unwrap().unwrap().user.disabled);
    disable(false).await;
    assert!(!alive(&t, &session, 20).await, "an old session does not come back");
    assert!(alive(&t, &open(&t, ada).await, 20).await);
}

async fn the_sweeper_deletes_expired_sessions_and_tokens(t: TestDatabase) {
    let ada = t.user("ada").await;
    let (over, closed, renewed) = (open(&t, ada).await, open(&t, ada).await, open(&t, ada).await);
    t.db.close_session(SessionRef::Id(closed.id), at(20), audit(AuditKind::SignedOut)).await.unwrap();
    rotate(&t, renewed.token, token(), 100).await;
    assert_eq!(t.db.delete_ended_sessions(at(150)).await.unwrap(), 2);
    assert_eq!(rotate(&t, over.token, token(), 20).await, Rotation::Refused);
    assert!(alive(&t, &renewed, 150).await);
    // The renewed session's first token would have expired by now: it is no longer known.
    assert_eq!(rotate(&t, renewed.token, token(), 150).await, Rotation::Refused);
    assert!(alive(&t, &renewed, 151).await);
    let rows = t.db.audit(None, 200).await.unwrap().len() as u64;
    assert_eq!(t.db.prune_audit(at(11)).await.unwrap(), rows);
    assert_eq!(t.db.audit(None, 200).await.unwrap(), []);
}

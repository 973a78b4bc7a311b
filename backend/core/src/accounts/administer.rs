//! Operations of admins, on the web and on the command line.

use std::{net::IpAddr, sync::Arc};

use inkstream_wire::{AuditId, AuditKind, Quota, QuotaRule, Quotas, Role, UserId, UserPatch};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Accounts, Hasher, Password, Username, audit};
use crate::{
    Result,
    ports::{
        AccountRecord, AuditRecord, MAX_ROWS, NewAudit, NewUser, PasswordStore, UserChange, UserRecord, UserStore,
    },
    quota::{Month, Period},
};

/// An account to create.
pub struct NewAccount {
    /// The username.
    pub username: Username,
    /// The password.
    pub password: Password,
    /// The role.
    pub role: Role,
    /// The caller's address; none on the command line.
    pub address: Option<IpAddr>,
}

/// A user with quotas and what was used of them this month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: UserRecord,
    /// The user's own quotas.
    pub quotas: Quotas,
    /// This month's meter and limits.
    pub period: Period,
}

/// Creates an account. `Conflict` if the name, or a name that looks like it, is taken.
pub async fn make(store: &dyn UserStore, hasher: &Hasher, account: NewAccount, now: Timestamp) -> Result<UserRecord> {
    let (user, event) = prepare(hasher, account, now).await?;
    let made = to_record(&user);
    store.add_user(user, event).await?;
    Ok(made)
}

/// Creates the first admin unless there is an admin already. Returns whether it was created.
pub async fn make_first_admin(
    store: &dyn UserStore,
    hasher: &Hasher,
    username: Username,
    password: Password,
    now: Timestamp,
) -> Result<bool> {
    let account = NewAccount { username, password, role: Role::Admin, address: None };
    let (user, event) = prepare(hasher, account, now).await?;
    store.add_first_admin(user, event).await
}

/// Replaces a user's password and ends all sessions of the user.
pub async fn replace_password(
    store: &dyn PasswordStore,
    hasher: &Hasher,
    user: UserId,
    password: &Password,
    now: Timestamp,
) -> Result<()> {
    let hash = hasher.acquire().await?.hash(password).await?;
    store.set_password(user, None, &hash, audit::about(AuditKind::PasswordChanged, None, Some(user), None, now)).await
}

/// A user with quotas and this month's usage meter.
pub async fn account(accounts: &Accounts, user: UserId) -> Result<Account> {
    let now = accounts.clock.now();
    let row = accounts.store.account(user, Month::at(now)).await?;
    Ok(to_account(row, accounts, now))
}

/// At most [`MAX_ROWS`] users whose names follow `after`, sorted by name.
pub async fn accounts(accounts: &Accounts, after: Option<&str>) -> Result<Vec<Account>> {
    let now = accounts.clock.now();
    let rows = accounts.store.accounts(after, MAX_ROWS, Month::at(now)).await?;
    Ok(rows.into_iter().map(|row| to_account(row, accounts, now)).collect())
}

/// Changes role, state and quotas of a user. Cancels the runs of a user who is disabled. `Conflict` if no admin would be
/// left.
pub async fn change(
    accounts: &Arc<Accounts>,
    actor: Option<UserId>,
    user: UserId,
    patch: UserPatch,
    address: Option<IpAddr>,
) -> Result<Account> {
    let changing = Arc::clone(accounts);
    accounts
        .lifecycle
        .run_to_completion(async move {
            let accounts = &*changing;
            let now = accounts.clock.now();
            let row = alter(accounts.store.as_ref(), (actor, address), user, &patch, now).await?;
            if patch.disabled == Some(true) {
                accounts.live_runs.cancel_by_user(user.0);
            }
            Ok(to_account(row, accounts, now))
        })
        .await
}

/// Like [`change`], but changes only the database. `(actor, address)` is the caller; both are `None` on the command line.
pub async fn alter(
    store: &dyn UserStore,
    (actor, address): (Option<UserId>, Option<IpAddr>),
    user: UserId,
    patch: &UserPatch,
    now: Timestamp,
) -> Result<AccountRecord> {
    let old = store.account(user, Month::at(now)).await?;
    let quotas = patch.quotas.unwrap_or_default();
    let row = |event, detail: String| NewAudit {
        detail: Some(detail).filter(|detail| !detail.is_empty()),
        ..audit::about(event, actor, Some(user), address, now)
    };
    let mut events = Vec::new();
    // Record only what changes.
    if let Some(role) = patch.role.filter(|&role| role != old.user.role) {
        events.push(row(AuditKind::RoleChanged, role_text(role).to_owned()));
    }
    match patch.disabled.filter(|&disabled| disabled != old.user.disabled) {
        Some(true) => events.push(row(AuditKind::UserDisabled, String::new())),
        Some(false) => events.push(row(AuditKind::UserEnabled, String::new())),
        None => {}
    }
    for (name, quota, old_quota) in
        [("pages", quotas.pages, old.quotas.pages), ("tokens", quotas.tokens, old.quotas.tokens)]
    {
        if let Some(quota) = quota.filter(|&quota| quota != old_quota) {
            events.push(row(AuditKind::QuotaChanged, format!("{name}: {}", quota_text(quota))));
        }
    }
    let change = UserChange { role: patch.role, disabled: patch.disabled, quotas };
    store.change_user(user, change, Month::at(now), events).await
}

/// Deletes a user with documents, keys and sessions, and cancels the user's runs.
pub(super) async fn remove(accounts: &Arc<Accounts>, user: UserId, event: NewAudit) -> Result<()> {
    let removing = Arc::clone(accounts);
    accounts
        .lifecycle
        .run_to_completion(async move {
            let accounts = &*removing;
            let blobs = accounts.store.delete_user(user, event).await?;
            accounts.live_runs.cancel_by_user(user.0);
            for blob in blobs {
                // The rows are deleted already, so the sweeper finds a blob that cannot be deleted now as an orphan.
                if let Err(error) = accounts.blobs.delete(&blob).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a deleted user's file could not be deleted"
                    );
                }
            }
            Ok(())
        })
        .await
}

/// The audit trail, latest first, at most [`MAX_ROWS`].
pub async fn audit_trail(accounts: &Accounts, before: Option<AuditId>) -> Result<Vec<AuditRecord>> {
    accounts.store.audit(before, MAX_ROWS).await
}

async fn prepare(hasher: &Hasher, account: NewAccount, now: Timestamp) -> Result<(NewUser, NewAudit)> {
    let hash = hasher.acquire().await?.hash(&account.password).await?;
    let id = UserId(Uuid::new_v4());
    let NewAccount { username, role, address, .. } = account;
    // An account made on the command line has no address and no actor.
    let event = NewAudit {
        detail: (role == Role::Admin).then(|| role_text(role).to_owned()),
        ..audit::about(AuditKind::Registered, address.map(|_| id), Some(id), address, now)
    };
    Ok((NewUser { id, username, password_hash: Some(hash), role, created_at: now }, event))
}

fn to_record(user: &NewUser) -> UserRecord {
    UserRecord {
        id: user.id,
        username: user.username.to_string(),
        role: user.role,
        anonymous: false,
        disabled: false,
        created_at: user.created_at,
    }
}

fn to_account(row: AccountRecord, accounts: &Accounts, now: Timestamp) -> Account {
    let operators = accounts.auth.policy.quotas.limits_for(row.user.anonymous);
    let period = Period::new(row.used, operators.with(row.quotas), now);
    Account { user: row.user, quotas: row.quotas, period }
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Admin => "admin",
    }
}

fn quota_text(quota: Quota) -> String {
    match quota {
        Quota::Limit(limit) => limit.to_string(),
        Quota::Rule(QuotaRule::Default) => "default".to_owned(),
        Quota::Rule(QuotaRule::Unlimited) => "unlimited".to_owned(),
    }
}

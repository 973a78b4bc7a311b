use inkstream_core::{
    accounts::{self, Accounts, Username},
    ports::UserRecord,
    quota::Month,
};
use inkstream_wire::ErrorCode;

use super::StartError;
use crate::settings::FirstAdmin;

/// Loads the user that callers without an account belong to, and creates it at the first start.
pub(super) async fn anonymous(accounts: &Accounts, username: &Username) -> Result<UserRecord, StartError> {
    let now = accounts.clock.now();
    let id = accounts.store.ensure_anonymous(username, now).await.map_err(|error| match error.code {
        ErrorCode::Conflict => StartError::Setting("ANON_USERNAME: an account has this name".to_owned()),
        _ => error.into(),
    })?;
    Ok(accounts.store.account(id, Month::at(now)).await?.user)
}

/// Creates the first admin if there is none.
pub(super) async fn first_admin(accounts: &Accounts, admin: FirstAdmin) -> Result<(), StartError> {
    let FirstAdmin { username, password } = admin;
    let created =
        accounts::make_first_admin(&*accounts.store, &accounts.auth.hasher, username, password, accounts.clock.now())
            .await;
    let created = created.map_err(|error| match error.code {
        ErrorCode::Conflict => StartError::Setting(
            "BOOTSTRAP_USER: someone else has this name, or one that looks like it; inkstream user role makes an \
             account an admin's"
                .to_owned(),
        ),
        _ => error.into(),
    })?;
    if created {
        tracing::info!("the first admin was made, with the name in BOOTSTRAP_USER");
    }
    Ok(())
}

//! `/api/auth`

mod cookies;
mod gateways;
mod oauth2;
mod passwords;
mod registration;
mod sessions;

use inkstream_wire::AuthSettings;

use crate::harness::Site;

#[tokio::test]
async fn a_page_learns_the_sign_in_settings_without_signing_in() {
    let open: AuthSettings = Site::new().await.get("/api/auth/settings").send().await.json();
    assert!(!open.auth_enabled && open.anonymous_allowed);
    let closed: AuthSettings = Site::with_accounts().await.get("/api/auth/settings").send().await.json();
    assert!(closed.auth_enabled && !closed.anonymous_allowed && closed.registration_enabled);
}

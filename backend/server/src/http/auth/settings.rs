use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_wire::{AuthSettings, routes};

use crate::http::{Service, request_origin::RequestOrigin};

/// Says what a page must know before anyone signs in.
#[utoipa::path(get, path = routes::AUTH_SETTINGS, tag = "Accounts", operation_id = "auth_settings", security(()),
    responses((status = 200, description = "The settings", body = AuthSettings)))]
pub(in crate::http) async fn settings(State(service): State<Arc<Service>>, _: RequestOrigin) -> Json<AuthSettings> {
    let policy = &service.app.auth.policy;
    Json(AuthSettings {
        auth_enabled: policy.required,
        anonymous_allowed: policy.lets_anyone_in(),
        registration_enabled: policy.registration,
        currency: service.app.prices.currency.clone(),
    })
}

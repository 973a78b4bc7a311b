//! Requests about the caller's API keys.

use inkstream_wire::{ApiKey, ApiKeyId, CreatedApiKey, NewApiKey, routes};

use super::call::{Call, get, json};
use crate::state::Failure;

pub(crate) async fn keys() -> Result<Vec<ApiKey>, Failure> {
    get(routes::API_KEYS).await
}

pub(crate) async fn make_key(key: &NewApiKey) -> Result<CreatedApiKey, Failure> {
    json(Call::new("POST", routes::API_KEYS).json(key).send().await?).await
}

/// Revokes a key, also if the page is left meanwhile.
pub(crate) async fn revoke_key(id: ApiKeyId) -> Result<(), Failure> {
    Call::new("DELETE", &routes::api_key(id)).keepalive().send().await.map(drop)
}

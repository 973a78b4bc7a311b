//! API keys of the caller.

use inkstream_wire::{ApiKey, ApiKeyId, CreatedApiKey, NewApiKey, routes};

use super::{
    answer::{get, json},
    call::Call,
};
use crate::state::Failure;

/// The caller's keys.
pub(crate) async fn keys() -> Result<Vec<ApiKey>, Failure> {
    get(routes::API_KEYS).await
}

/// Makes a key.
pub(crate) async fn make_key(key: &NewApiKey) -> Result<CreatedApiKey, Failure> {
    json(Call::new("POST", routes::API_KEYS).json(key).send().await?).await
}

/// Revokes a key. The request outlives the page that sends it.
pub(crate) async fn revoke_key(id: ApiKeyId) -> Result<(), Failure> {
    Call::new("DELETE", &routes::api_key(id)).outliving().send().await.map(drop)
}

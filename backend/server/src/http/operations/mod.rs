//! Health and metrics, for operators.

pub(super) mod health;
pub(super) mod livez;
pub(super) mod metrics;
pub(super) mod readyz;

use std::time::Duration;

use super::Service;

/// How long a health route waits for the database.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

async fn database_answers(service: &Service) -> bool {
    matches!(tokio::time::timeout(PING_TIMEOUT, service.app.store.ping()).await, Ok(Ok(())))
}

use std::{fmt, sync::Arc};

use inkstream_core::{accounts::Accounts, documents::Documents, ports::UserRecord, runs::Runs};
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    body::BodyPolicy, caller::ClientLimits, export_file::WholeFiles, hosts::Hosts, rates::Rates,
    request_origin::Proxies,
};
use crate::{
    fetch::Fetcher,
    settings::{BasePath, Origins},
};

/// The state of all routes, built once by the composition root.
pub struct Service {
    /// Stored documents.
    pub documents: Arc<Documents>,
    /// Runs and the ledger.
    pub runs: Arc<Runs>,
    /// Users, sessions and API keys.
    pub accounts: Arc<Accounts>,
    /// The user that requests without a token belong to.
    pub anonymous: UserRecord,
    /// The operator's token for the micro-service's routes, if there is one.
    pub shared_token: Option<SharedToken>,
    /// Rate limits (requests per minute).
    pub rates: Rates,
    /// Limits on concurrent runs per client.
    pub clients: ClientLimits,
    /// The proxies whose forwarding headers are trusted.
    pub proxies: Proxies,
    /// The hosts whose requests are answered.
    pub hosts: Hosts,
    /// The path that all routes are beneath.
    pub base_path: BasePath,
    /// The other origins whose pages may call the API.
    pub origins: Origins,
    /// Bounds on request bodies.
    pub bodies: BodyPolicy,
    /// Fetches images by their URL; `None` unless the operator allows it.
    pub fetcher: Option<Fetcher>,
    /// Bounds the exports that are in memory.
    pub whole_files: WholeFiles,
    /// Renders the metrics.
    pub exporter: Exporter,
    /// Cancelled when the server begins to shut down; it is not ready from then on.
    pub draining: CancellationToken,
    /// Tasks that drain refused bodies after the response was sent; nothing waits for them.
    pub drain_tasks: TaskTracker,
}

/// The operator's token (`SHARED_TOKEN`).
#[derive(Debug, Clone)]
pub struct SharedToken(SecretString);

impl SharedToken {
    /// Wraps the token.
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }

    /// Compares in constant time, so that the time taken reveals nothing but the length.
    pub(super) fn matches(&self, given: &str) -> bool {
        given.as_bytes().ct_eq(self.0.expose_secret().as_bytes()).into()
    }
}

/// Renders the metrics, and holds the token that reading them requires.
pub struct Exporter {
    /// Renders Prometheus' text format.
    pub handle: PrometheusHandle,
    /// Collects the process' own metrics (CPU, memory, file descriptors).
    pub process: metrics_process::Collector,
    /// The token, if one is required.
    pub token: Option<String>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("origins", &self.origins).field("bodies", &self.bodies).finish_non_exhaustive()
    }
}

use std::{fmt, sync::Arc};

use inkstream_core::app::App;
use inkstream_wire::User;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{body::BodyPolicy, caller::ClientLimits, hosts::Hosts, rates::Rates, request_origin::Proxies};
use crate::{
    fetch::Fetcher,
    settings::{BasePath, Origins},
};

/// What the routes work with, made once by the composition root.
pub struct Service {
    /// The domain.
    pub app: Arc<App>,
    /// The user of requests without a token.
    pub anonymous: User,
    /// Lets programs use the micro-service's dialect without an account.
    pub shared_token: Option<SharedToken>,
    /// Requests a minute.
    pub rates: Rates,
    /// Runs at once.
    pub clients: ClientLimits,
    /// Whose word about a client's address counts.
    pub proxies: Proxies,
    /// Which hosts' requests are answered.
    pub hosts: Hosts,
    /// The path that all addresses are beneath.
    pub base_path: BasePath,
    /// Which other sites' pages may call.
    pub origins: Origins,
    /// How large and how slow a body may be.
    pub bodies: BodyPolicy,
    /// Gets pictures that are named by their address, where the operator allows it.
    pub fetcher: Option<Fetcher>,
    /// The metrics.
    pub exporter: Exporter,
    /// Cancelled when the server goes down: from then on it is not ready.
    pub draining: CancellationToken,
    /// Bodies that are read to their end although the answer is out; nobody waits for them.
    pub lingering: TaskTracker,
}

/// The operator's token (`SHARED_TOKEN`).
#[derive(Debug, Clone)]
pub struct SharedToken(SecretString);

impl SharedToken {
    /// This token.
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }

    /// Whether `given` is it; how long that takes tells nothing but its length.
    pub(super) fn is(&self, given: &str) -> bool {
        given.as_bytes().ct_eq(self.0.expose_secret().as_bytes()).into()
    }
}

/// The metrics' text, and the token that reading it takes.
pub struct Exporter {
    /// Renders the text.
    pub handle: PrometheusHandle,
    /// The process' own figures.
    pub process: metrics_process::Collector,
    /// The token, if one is asked for.
    pub token: Option<String>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("origins", &self.origins).field("bodies", &self.bodies).finish_non_exhaustive()
    }
}

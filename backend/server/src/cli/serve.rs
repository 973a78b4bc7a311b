use std::{process::ExitCode, sync::Arc, time::Duration};

use inkstream_core::{runs::Runs, sweep};
use inkstream_native::Native;
use inkstream_store::SetupError;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::{interval, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{WRONG_USAGE, output};
use crate::{
    bootstrap::{self, AccountParts, Composed, Parts, StartError},
    http::{self, BodyPolicy, ClientLimits, Hosts, Proxies, Rates, Service, SharedToken, WholeFiles},
    listener::{self, ListenerLimits},
    settings::Settings,
};

/// How long cancelled runs may take to write their rows.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often recorded durations are moved to their buckets. Without it they pile up while nobody scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);
/// How often idle clients are evicted from the rate limits.
const EVICTION_INTERVAL: Duration = Duration::from_mins(1);
/// How often engines are probed.
const PROBE_INTERVAL: Duration = Duration::from_secs(15);

/// Serves until SIGTERM or SIGINT.
pub(super) fn serve(settings: &Settings) -> ExitCode {
    settings.logs.start();
    super::block_on(1, async {
        match run(settings).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::print_error(&error);
                match error {
                    StartError::Store(SetupError::Url(_)) => ExitCode::from(WRONG_USAGE),
                    _ => ExitCode::FAILURE,
                }
            }
        }
    })
}

async fn run(settings: &Settings) -> Result<(), StartError> {
    let mut signals = Signals::new()?;
    let address = settings.server.address();
    let listener = TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))?;
    let exporter = bootstrap::install(settings.server.metrics_token())?;
    let composed = bootstrap::bootstrap(Parts {
        database: &settings.database,
        engine: &settings.engine,
        limits: &settings.limits,
        children: &settings.children,
        anonymous: &settings.server.anon_username,
        accounts: Some(AccountParts {
            required: settings.server.auth_enabled,
            settings: &settings.accounts,
            quotas: &settings.quotas,
            base_path: &settings.server.base_path,
        }),
    })
    .await?;
    let Composed { documents, runs, accounts, anonymous, native, database, .. } = composed;
    let (native, lifecycle) = (Arc::new(native), runs.lifecycle.clone());
    let service = Arc::new(Service {
        documents,
        runs: Arc::clone(&runs),
        accounts: Arc::clone(&accounts),
        anonymous,
        shared_token: settings.accounts.shared_token().map(SharedToken::new),
        rates: Rates::new(&settings.rates, settings.server.auth_enabled),
        clients: ClientLimits {
            auth: settings.server.auth_enabled,
            per_client: settings.limits.max_runs_per_client,
            per_address: settings.limits.max_runs_per_address,
            anonymous: settings.limits.max_runs_anonymous,
            queue_max_per_client: settings.limits.queue_max_per_client,
        },
        proxies: Proxies::new(settings.server.trusted_proxies.clone()),
        hosts: match settings.server.hosts(settings.accounts.anonymous_allowed) {
            Some(names) => Hosts::local_and(settings.server.host, names),
            None => Hosts::any(),
        },
        base_path: settings.server.base_path.clone(),
        origins: settings.server.cors_origins.clone(),
        bodies: BodyPolicy {
            max_upload: settings.limits.max_upload_bytes,
            idle: settings.uploads.upload_idle_timeout,
            grace: settings.uploads.upload_grace,
            min_rate: settings.uploads.upload_min_rate,
        },
        fetcher: bootstrap::fetcher(&settings.fetch)?,
        whole_files: WholeFiles::default(),
        exporter,
        draining: CancellationToken::new(),
        drain_tasks: TaskTracker::new(),
    });
    let draining = service.draining.clone();

    let background = TaskTracker::new();
    background.spawn(sweep::sweep_forever(Arc::clone(&runs), accounts));
    background.spawn(run_metrics_upkeep(Arc::clone(&service)));
    background.spawn(evict_idle_clients(Arc::clone(&service)));
    background.spawn(probe_engines(runs));
    background.spawn(warm_up(Arc::clone(&native)));
    background.spawn({
        let (draining, stopping) = (draining.clone(), lifecycle.stopping.clone());
        async move {
            signals.next().await;
            tracing::info!("going down: open requests have their grace; a second signal ends them now");
            draining.cancel();
            signals.next().await;
            stopping.cancel();
        }
    });

    announce(settings, &listener);
    let limits = ListenerLimits {
        connections: settings.server.max_connections,
        head: settings.server.header_timeout,
        stall: settings.limits.stream_stall_timeout,
        grace: settings.server.shutdown_grace,
    };
    listener::serve(listener, http::router(service), limits, draining, || lifecycle.stopping.cancel()).await;

    lifecycle.stopping.cancel();
    if timeout(SETTLE_TIMEOUT, lifecycle.settled()).await.is_err() {
        tracing::error!("runs did not settle in time; the next start settles them");
    }
    native.shutdown().await;
    database.close().await;
    tracing::info!("down");
    Ok(())
}

fn announce(settings: &Settings, listener: &TcpListener) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            "listening on http://{address}{}",
            settings.server.base_path
        );
    }
    if settings.server.is_open_to_everyone() {
        tracing::warn!(
            "THIS SERVER IS OPEN TO EVERYONE WHO REACHES IT: it listens on {} and asks nobody to sign in. Keep it \
             behind a firewall or a proxy that asks, or set HOST=127.0.0.1.",
            settings.server.host
        );
    }
}

/// Runs in the background, so that the server accepts requests meanwhile.
async fn warm_up(native: Arc<Native>) {
    if let Err(reason) = native.warm_up().await {
        tracing::warn!(reason, "the embedded engine is not ready");
    }
}

async fn run_metrics_upkeep(service: Arc<Service>) {
    let mut ticks = interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        service.exporter.handle.run_upkeep();
    }
}

async fn evict_idle_clients(service: Arc<Service>) {
    let mut ticks = interval(EVICTION_INTERVAL);
    loop {
        ticks.tick().await;
        service.rates.evict_idle();
    }
}

/// Probes the engines, so that their state is known before a page needs one.
async fn probe_engines(runs: Arc<Runs>) {
    let mut ticks = interval(PROBE_INTERVAL);
    loop {
        ticks.tick().await;
        runs.engines.probe_all(&*runs.clock).await;
    }
}

/// The signals that stop the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, StartError> {
        let listen = |kind| signal(kind).map_err(StartError::Signals);
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

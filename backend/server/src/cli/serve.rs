use std::{process::ExitCode, sync::Arc, time::Duration};

use inkstream_core::{app::App, sweep};
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
    bootstrap::{self, Accounts, Parts, StartError},
    http::{self, BodyPolicy, ClientLimits, Hosts, Proxies, Rates, Service, SharedToken},
    listener::{self, ListenerLimits},
    settings::Settings,
};

/// How long runs that were cancelled may take to write their rows.
const SETTLING: Duration = Duration::from_secs(5);
/// How often recorded durations are put into their buckets when nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(1);
/// How often callers who have been quiet are forgotten.
const TIDYING: Duration = Duration::from_mins(1);
/// How often engines are asked whether they are there.
const PROBING: Duration = Duration::from_secs(15);

/// Serves until SIGTERM or SIGINT.
pub(super) fn serve(settings: &Settings) -> ExitCode {
    settings.logs.start();
    super::block_on(1, async {
        match run(settings).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::complain(&error);
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
        accounts: Some(Accounts {
            required: settings.server.auth_enabled,
            settings: &settings.accounts,
            quotas: &settings.quotas,
            base_path: &settings.server.base_path,
        }),
    })
    .await?;
    let (app, native) = (composed.app, Arc::new(composed.native));
    let service = Arc::new(Service {
        app: Arc::clone(&app),
        anonymous: composed.anonymous,
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
        exporter,
        draining: CancellationToken::new(),
        lingering: TaskTracker::new(),
    });
    let draining = service.draining.clone();

    let chores = TaskTracker::new();
    chores.spawn(sweep::sweep_forever(Arc::clone(&app)));
    chores.spawn(upkeep(Arc::clone(&service)));
    chores.spawn(tidy(Arc::clone(&service)));
    chores.spawn(probe(Arc::clone(&app)));
    chores.spawn(warm_up(Arc::clone(&native)));
    chores.spawn({
        let (draining, stopping) = (draining.clone(), app.stopping.clone());
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
    listener::serve(listener, http::router(service), limits, draining, || app.stopping.cancel()).await;

    app.stopping.cancel();
    app.tasks.close();
    if timeout(SETTLING, app.tasks.wait()).await.is_err() {
        tracing::error!("runs did not settle in time; the next start settles them");
    }
    native.shutdown().await;
    composed.database.close().await;
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
    if settings.server.open_to_strangers() {
        tracing::warn!(
            "THIS SERVER IS OPEN TO EVERYONE WHO REACHES IT: it listens on {} and asks nobody to sign in. Keep it \
             behind a firewall or a proxy that asks, or set HOST=127.0.0.1.",
            settings.server.host
        );
    }
}

/// Beside the start, so that it takes no time of it.
async fn warm_up(native: Arc<Native>) {
    if let Err(reason) = native.warm_up().await {
        tracing::warn!(reason, "the embedded engine is not ready");
    }
}

async fn upkeep(service: Arc<Service>) {
    let mut turns = interval(UPKEEP);
    loop {
        turns.tick().await;
        service.exporter.handle.run_upkeep();
    }
}

async fn tidy(service: Arc<Service>) {
    let mut turns = interval(TIDYING);
    loop {
        turns.tick().await;
        service.rates.tidy();
    }
}

/// Asks the engines whether they are there, so that it is known before a page needs one.
async fn probe(app: Arc<App>) {
    let mut turns = interval(PROBING);
    loop {
        turns.tick().await;
        app.engines.probe_all(&*app.clock).await;
    }
}

/// What asks the server to stop.
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

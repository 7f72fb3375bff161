//! `mistok serve`: answers requests until it is told to stop.

use super::Outcome;
use crate::{
    app::{self, App},
    base::clock::Clock,
    config::{Serve, ServeOptions},
    db::migrate,
    work::{self, Work},
};
use secrecy::ExposeSecret;
use std::{
    net::{SocketAddr, TcpListener},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::signal::unix::{SignalKind, signal};

pub(super) const HELP: &str = "\
It refuses to start when its login owns the tables or sees past row-level security, when a migration is pending,
or when a setting is missing or wrong, and tells all of them at once. SIGTERM lets running requests end.

  export MISTOK_DATABASE_URL=postgresql://mistok_app:PASSWORD@HOST/mistok
  export MISTOK_SIGNING_KEYS=/etc/mistok/signing-key.pem MISTOK_MASTER_KEY_FILE=/etc/mistok/master-key
  export MISTOK_AUDIT_KEYS=/etc/mistok/audit-key.pem
  export MISTOK_ISSUER=https://mistok.example MISTOK_LISTEN=127.0.0.1:8080
  mistok serve

TLS is the reverse proxy's work. A PgBouncer before the database needs version 1.21 or newer.";

pub(super) async fn run(options: &ServeOptions) -> Outcome {
    let config = options.check()?;
    let listener = listen(config.listen)?;
    let url = config.database.direct_url.expose_secret();
    if config.replica { migrate::check_standby(url).await } else { migrate::check(url).await }?;
    let app = App::new(&config, Clock::default()).await?;
    let issuer = &config.issuer;
    until_stopped(app, listener, &config, |address| tracing::info!(%address, issuer, "serving")).await
}

/// Takes the port before any work is done: a taken one is told at once.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).map_err(|fault| format!("cannot listen on {address}: {fault}; choose another port"))
}

/// Serves, and says so as soon as it does; after SIGINT or SIGTERM running requests may end.
pub(super) async fn until_stopped(
    app: Arc<App>,
    listener: TcpListener,
    config: &Serve,
    ready: impl FnOnce(SocketAddr),
) -> Outcome {
    raise_files();
    // Ends with the program: it is asked until the last moment.
    if let Some(address) = config.metrics_listen {
        tokio::spawn(app::measure(app.clone(), listen(address)?)?);
    }
    // Listened to before anybody is told that the server runs.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let address = listener.local_addr()?;
    let work = match config.replica {
        true => Work::none(),
        false => work::all(app.db(), app.news(), app.roster(), app.direct_url(), app.min_cells(), app.outside(), app.seal())
            .signing(app.db(), app.audit_keys())
            .counting(app.db(), app.usage()),
    };
    let work = work.with(app.issuers());
    let server = app::serve(app.clone(), listener, config.workers)?;
    let handle = server.handle();
    let mut running = pin!(server);
    // Polled once, so that its threads are there.
    let early = tokio::time::timeout(Duration::ZERO, &mut running).await;
    if let Ok(ended) = early {
        return Ok(ended?);
    }
    ready(address);
    tokio::select! {
        ended = &mut running => return Ok(ended?),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: running requests may end");
    app.close();
    let (ended, (), ()) = tokio::join!(running, handle.stop(true), work.end());
    if let Err(fault) = app.usage().write(app.db()).await {
        tracing::warn!(?fault, "uses of what is deprecated, of the last seconds, were not counted");
    }
    Ok(ended?)
}

/// As many open files as the system lets this program have: each client that follows the feed is one, and many systems begin with 1,024.
fn raise_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(fault) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%fault, "the limit of open files stays as it is");
    }
}

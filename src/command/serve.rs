//! `mistok serve`: answers requests until it is told to stop.

use super::Outcome;
use mistok::{
    app::{self, App},
    base::clock::Clock,
    config::{Serve, ServeOptions},
    db::migrate,
};
use secrecy::ExposeSecret;
use std::net::{SocketAddr, TcpListener};
use tokio::signal::unix::{SignalKind, signal};

pub(super) const HELP: &str = "\
It refuses to start when its login owns the tables or sees past row-level security, when a migration is pending,
or when a setting is missing or wrong, and tells all of them at once. SIGTERM lets running requests end.

  export MISTOK_DATABASE_URL=postgresql://mistok_app:PASSWORD@HOST/mistok
  export MISTOK_SIGNING_KEYS=/etc/mistok/signing-key.pem MISTOK_MASTER_KEY_FILE=/etc/mistok/master-key
  export MISTOK_ISSUER=https://mistok.example MISTOK_LISTEN=127.0.0.1:8080
  mistok serve

TLS is the reverse proxy's work. A PgBouncer before the database needs version 1.21 or newer.";

pub(super) async fn run(options: &ServeOptions) -> Outcome {
    let config = options.check()?;
    let listener = listen(config.listen)?;
    migrate::check(config.database.url.expose_secret()).await?;
    until_stopped(listener, config, |address| tracing::info!(%address, "serving")).await
}

/// Takes the port before any work is done: a taken one is told at once.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).map_err(|fault| format!("cannot listen on {address}: {fault}; choose another port"))
}

/// Serves, and says so as soon as it does; returns after SIGINT or SIGTERM.
pub(super) async fn until_stopped(listener: TcpListener, config: Serve, ready: impl FnOnce(SocketAddr)) -> Outcome {
    let address = listener.local_addr()?;
    let server = app::serve(App::new(&config, Clock::default())?, listener, config.workers)?;
    let handle = server.handle();
    // Listened to before anybody is told that the server runs.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut running = tokio::spawn(server);
    ready(address);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        ended = &mut running => return Ok(ended??),
    }
    handle.stop(true).await;
    Ok(running.await??)
}

//! Opens the doors: binds, serves, and drains when told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use sidegate_engine::Engine;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::command::Stop;

/// How long open requests may take to finish after the word to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM, then finishes what it accepted.
/// `doors` makes what answers at the address, and `ready` is told the address once requests are taken.
pub(crate) fn serve(
    engine: &Engine,
    listen: SocketAddr,
    doors: impl FnOnce(SocketAddr) -> Router,
    ready: impl FnOnce(SocketAddr) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Stop::Failed(format!("the system gives no threads: {e}")))?;
    let done = runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(|e| {
            Stop::Failed(format!("{listen} cannot be listened on: {e}; stop what uses it or choose another port with --listen"))
        })?;
        let address = listener.local_addr().map_err(|e| Stop::Failed(e.to_string()))?;
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY cannot be set");
            }
        });
        // Before anyone is told the address: whoever reads it may send the word at once.
        let told_to_stop = stop_signal()
            .map_err(|e| Stop::Failed(format!("the system gives no signals: {e}")))?;
        engine.serves_at(&format!("http://{address}"));
        engine.work_in_background();
        ready(address)?;
        let (stop, stopping) = tokio::sync::watch::channel(());
        let service = doors(address).into_make_service_with_connect_info::<SocketAddr>();
        let mut told = stopping.clone();
        let server = axum::serve(listener, service).with_graceful_shutdown(async move {
            // An error means that the sender is gone, which is the word to stop as well.
            let _ = told.changed().await;
        });
        let server = tokio::spawn(server.into_future());
        told_to_stop.await;
        tracing::info!("stopping: finishing open requests");
        drop(stop);
        if tokio::time::timeout(DRAIN, server).await.is_err() {
            tracing::warn!("some requests did not finish in time and were cut off");
        }
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    engine.stop();
    done
}

/// The word to stop: from when this returns, Ctrl-C and SIGTERM no longer end the process at once.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Sends the log to stderr: lines for people, or JSON.
pub(crate) fn log(json: bool) {
    let filter = EnvFilter::try_from_env("SIDEGATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    if json {
        builder.json().init();
    } else {
        builder.init();
    }
}

//! Opens the doors: binds, serves, and drains when told to stop.

mod connection;
pub(crate) mod tls;
mod validity;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use sidegate_engine::Engine;
use sidegate_web::gate::Networks;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tracing_subscriber::EnvFilter;

use crate::command::Stop;

/// How long open requests may take to finish after the word to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a client may take to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait when the system gives no connection, as when too many files are open.
const BREATH: Duration = Duration::from_secs(1);
/// How often the log tells that connections have to wait.
const REMINDER: Duration = Duration::from_secs(60);

/// How many connections are open at once, unless the settings say otherwise: fewer than the 1024 files
/// that a process usually may have open.
pub(crate) const USUAL_CONNECTIONS: u32 = 512;

/// Where and how to listen.
pub(crate) struct Door {
    pub(crate) listen: SocketAddr,
    /// The flag that chooses another address.
    pub(crate) flag: &'static str,
    /// The certificate, where TLS is spoken.
    pub(crate) tls: Option<tls::Certificate>,
    /// The proxies; without TLS nobody else on other machines is listened to.
    pub(crate) proxies: Networks,
    /// Connections that are open at once; more wait.
    pub(crate) connections: u32,
}

impl Door {
    /// A door that this machine alone reaches.
    pub(crate) fn of_this_machine(listen: SocketAddr) -> Self {
        Self {
            listen,
            flag: "--listen",
            tls: None,
            proxies: Networks::default(),
            connections: USUAL_CONNECTIONS,
        }
    }

    /// Whether what a peer says cannot be read on the way here.
    fn listens_to(&self, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        self.tls.is_some() || address.is_loopback() || self.proxies.have(address)
    }
}

/// Serves until Ctrl-C or SIGTERM, then finishes what it accepted.
/// `routers` makes what answers at each door's address, and `ready` is told the addresses once requests are
/// taken. The server goes by the first.
pub(crate) fn serve(
    engine: &Engine,
    doors: Vec<Door>,
    routers: impl FnOnce(&[SocketAddr]) -> Vec<Router>,
    ready: impl FnOnce(&[SocketAddr]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Stop::Failed(format!("the system gives no threads: {e}")))?;
    let done = runtime.block_on(async {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for door in &doors {
            let (listener, address) = listen(door).await?;
            listeners.push(listener);
            addresses.push(address);
        }
        // Before anyone is told the address: whoever reads it may send the word at once.
        let told_to_stop =
            stop_signal().map_err(|e| Stop::Failed(format!("the system gives no signals: {e}")))?;
        if let (Some(door), Some(address)) = (doors.first(), addresses.first()) {
            let scheme = if door.tls.is_some() { "https" } else { "http" };
            engine.serves_at(&format!("{scheme}://{address}"));
        }
        engine.work_in_background();
        let routers = routers(&addresses);
        ready(&addresses)?;
        let (stop, stopping) = watch::channel(());
        let mut open = Vec::new();
        for ((door, listener), router) in doors.into_iter().zip(listeners).zip(routers) {
            let most = door.connections;
            let places = Arc::new(Semaphore::new(most as usize));
            let taking = take(
                listener,
                door,
                router,
                Arc::clone(&places),
                stopping.clone(),
            );
            open.push((tokio::spawn(taking), places, most));
        }
        drop(stopping);
        told_to_stop.await;
        tracing::info!("stopping: finishing open requests");
        drop(stop);
        // Every connection has a place: when all are free, all is done.
        let drained = async {
            for (taking, places, most) in open {
                let _ = taking.await;
                let _ = places.acquire_many(most).await;
            }
        };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("some requests did not finish in time and were cut off");
        }
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    engine.stop();
    done
}

/// Binds a door, and tells the address that it got.
async fn listen(door: &Door) -> Result<(TcpListener, SocketAddr), Stop> {
    let listen = door.listen;
    let flag = door.flag;
    let listener = TcpListener::bind(listen).await.map_err(|e| {
        Stop::Failed(format!("{listen} cannot be listened on: {e}; stop what uses it or choose another port with {flag}"))
    })?;
    let address = listener.local_addr();
    let address = address.map_err(|e| Stop::Failed(e.to_string()))?;
    Ok((listener, address))
}

/// Takes connections until the word to stop. Where all places are taken, the next connection waits with
/// the system, which costs us nothing, until one is free.
async fn take(
    listener: TcpListener,
    door: Door,
    router: Router,
    places: Arc<Semaphore>,
    stopping: watch::Receiver<()>,
) {
    let mut told = stopping.clone();
    let accepting = async {
        let acceptor = door.tls.as_ref().map(tls::Certificate::acceptor);
        let mut reminded: Option<Instant> = None;
        loop {
            if places.available_permits() == 0 && reminded.is_none_or(|at| at.elapsed() > REMINDER)
            {
                tracing::warn!(
                    connections = door.connections,
                    "all connections are in use; more have to wait (max_connections)"
                );
                reminded = Some(Instant::now());
            }
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let (stream, peer) = match listener.accept().await {
                Ok(taken) => taken,
                Err(error) if is_the_peers(&error) => continue,
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken; trying again in a second");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            if !door.listens_to(peer) {
                tracing::info!(%peer, "a connection that is neither TLS nor from a trusted proxy is closed");
                continue;
            }
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY cannot be set");
            }
            let (router, stopping) = (router.clone(), stopping.clone());
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                serve_one(stream, peer, acceptor, router, stopping).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        // An error means that the sender is gone, which is the word to stop as well.
        _ = told.changed() => {}
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    mut stopping: watch::Receiver<()>,
) {
    let Some(acceptor) = acceptor else {
        return connection::serve(stream, peer, router, stopping).await;
    };
    let shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream));
    let shaken = tokio::select! {
        shaken = shaken => shaken,
        _ = stopping.changed() => return,
    };
    match shaken {
        Ok(Ok(stream)) => connection::serve(stream, peer, router, stopping).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
    }
}

/// Whether a connection went away before it was taken.
fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_and_the_proxies_are_listened_to() {
        let door = Door {
            proxies: "10.0.0.0/8".parse().expect("a network"),
            ..Door::of_this_machine(SocketAddr::from(([0, 0, 0, 0], 0)))
        };
        for (peer, wanted) in [
            ("127.0.0.1:9", true),
            ("[::1]:9", true),
            ("10.1.2.3:9", true),
            ("[::ffff:10.1.2.3]:9", true),
            ("192.0.2.1:9", false),
            ("[::ffff:192.0.2.1]:9", false),
            ("[2001:db8::1]:9", false),
        ] {
            let peer = peer.parse().expect("an address");
            assert_eq!(door.listens_to(peer), wanted, "{peer}");
        }
    }
}

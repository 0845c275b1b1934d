//! One connection: HTTP/1.1 or HTTP/2 on a stream, and when silence ends it.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long the head of the first request may take.
const HEAD: Duration = Duration::from_secs(15);
/// How long a connection stays open on which no request is under way and no answer gets on.
/// Longer than the 60 seconds that nginx keeps its connections, so that it is not us who hang up first.
const IDLE: Duration = Duration::from_secs(75);
/// How long a silent connection may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves a connection until it ends, falls silent, or is done after the word to stop.
pub(super) async fn serve<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    mut stopping: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Arc::new(Pulse::new());
    let router = TowerToHyperService::new(router);
    let beating = Arc::clone(&pulse);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let under_way = UnderWay::on(&beating);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            drop(under_way);
            answer
        }
    });
    let stream = Watched {
        stream,
        pulse: Arc::clone(&pulse),
    };
    let http = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut silence = pin!(pulse.silence());
    let mut told = false;
    loop {
        tokio::select! {
            done = connection.as_mut() => {
                if let Err(error) = done {
                    tracing::debug!(%peer, %error, "a connection broke");
                }
                return;
            }
            () = silence.as_mut() => break,
            // An error means that the sender is gone, which is the word to stop as well.
            _ = stopping.changed(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
    tracing::debug!(%peer, "a connection was silent for too long and is closed");
    connection.as_mut().graceful_shutdown();
    // Whether it ends in peace or not, it ends here.
    let _ = tokio::time::timeout(GOODBYE, connection).await;
}

/// What moves on a connection.
struct Pulse {
    born: Instant,
    under_way: AtomicUsize,
    asked: AtomicBool,
    /// When something moved last, in milliseconds since it was born.
    moved: AtomicU64,
}

impl Pulse {
    fn new() -> Self {
        Self {
            born: Instant::now(),
            under_way: AtomicUsize::new(0),
            asked: AtomicBool::new(false),
            moved: AtomicU64::new(0),
        }
    }

    fn beat(&self) {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(now, Ordering::Release);
    }

    /// When silence has lasted too long, as far as is known now.
    fn due(&self) -> Instant {
        if self.under_way.load(Ordering::Acquire) > 0 {
            return Instant::now() + IDLE;
        }
        if self.asked.load(Ordering::Acquire) {
            let moved = Duration::from_millis(self.moved.load(Ordering::Acquire));
            return self.born + moved + IDLE;
        }
        self.born + HEAD
    }

    /// Ends when the connection was silent for too long.
    async fn silence(&self) {
        loop {
            let due = self.due();
            if due <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }
}

/// A request whose answer is not made yet.
struct UnderWay(Arc<Pulse>);

impl UnderWay {
    fn on(pulse: &Arc<Pulse>) -> Self {
        pulse.under_way.fetch_add(1, Ordering::AcqRel);
        pulse.asked.store(true, Ordering::Release);
        Self(Arc::clone(pulse))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.beat();
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A stream whose writing is noticed, so that a slow reader of a large answer is not taken for silent.
struct Watched<S> {
    stream: S,
    pulse: Arc<Pulse>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    fn noticed(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(_))) {
            self.pulse.beat();
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noticed(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.noticed(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    /// A server that answers `done` after 1000 seconds at `/slow` and at once elsewhere, and its client.
    fn served() -> (DuplexStream, watch::Sender<()>) {
        let slow = axum::routing::get(async || {
            tokio::time::sleep(Duration::from_secs(1000)).await;
            "done"
        });
        let router = Router::new().route("/slow", slow).fallback(async || "done");
        let (ours, theirs) = tokio::io::duplex(4096);
        let (stop, stopping) = watch::channel(());
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        tokio::spawn(serve(theirs, peer, router, stopping));
        (ours, stop)
    }

    const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";

    /// What comes until the end, and how many seconds pass until then.
    async fn rest(client: &mut DuplexStream) -> (String, u64) {
        let began = Instant::now();
        let mut text = String::new();
        client.read_to_string(&mut text).await.expect("text");
        (text, began.elapsed().as_secs())
    }

    fn in_paused_time(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime")
            .block_on(test);
    }

    #[test]
    fn a_head_that_does_not_come_ends_the_connection() {
        in_paused_time(async {
            for begun in [&b""[..], b"P", b"GET / HT", &WHOLE[..20]] {
                let (mut client, _stop) = served();
                client.write_all(begun).await.expect("it takes it");
                let (text, seconds) = rest(&mut client).await;
                assert!(!text.contains("200"), "{text}");
                assert!((15..18).contains(&seconds), "{seconds}");
            }
        });
    }

    #[test]
    fn a_connection_without_requests_ends_later() {
        in_paused_time(async {
            for begun in [&b""[..], &WHOLE[..20]] {
                let (mut client, _stop) = served();
                client.write_all(WHOLE).await.expect("it takes it");
                client.write_all(begun).await.expect("it takes it");
                let (text, seconds) = rest(&mut client).await;
                assert!(text.contains("200") && text.ends_with("done"), "{text}");
                assert!((75..78).contains(&seconds), "{seconds}");
            }
        });
    }

    #[test]
    fn a_request_that_is_under_way_is_not_silence() {
        in_paused_time(async {
            let (mut client, _stop) = served();
            client.write_all(SLOW).await.expect("it takes it");
            let (text, seconds) = rest(&mut client).await;
            assert!(text.contains("200") && text.ends_with("done"), "{text}");
            assert!((1075..1155).contains(&seconds), "{seconds}");
        });
    }

    #[test]
    fn the_word_to_stop_ends_what_is_idle_and_waits_for_what_is_not() {
        in_paused_time(async {
            for (request, wanted) in [(WHOLE, 0), (SLOW, 999)] {
                let (mut client, stop) = served();
                client.write_all(request).await.expect("it takes it");
                tokio::time::sleep(Duration::from_millis(10)).await;
                drop(stop);
                let (text, seconds) = rest(&mut client).await;
                assert!(text.contains("200") && text.ends_with("done"), "{text}");
                assert!((wanted..=wanted + 1).contains(&seconds), "{seconds}");
            }
        });
    }
}

//! The door: a bound address, connections on a thread of their own, their number and their time.
//!
//! A connection serves one request and ends; it ends in any case when its time is over, so that one who sends a byte a second
//! holds nothing. When there are too many, the oldest goes: whoever asks something is answered within milliseconds, so the
//! oldest are those who ask nothing. No body of a request is read.

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::TcpStream,
    task::AbortHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Most connections at once.
const CONNECTIONS_MAX: usize = 256;
/// Most bytes of a request's head, and most headers.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 64;
/// How long to wait when the machine has no room for another connection.
const ROOM: Duration = Duration::from_millis(100);
/// Threads for what is asked beside and may block.
const BLOCKING_MAX: usize = 32;

/// How long a connection may take, from its first moment to the last byte of the answer, unless said otherwise.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What is served until this is dropped.
#[derive(Debug)]
pub struct Served {
    /// Where.
    pub at: SocketAddr,
    _stop: DropGuard,
}

/// Binds an address, and listens. An error is a fragment that fits after "could not".
pub fn bind(at: SocketAddr) -> Result<TcpListener, String> {
    let failed = |error: io::Error| {
        let next = match error.kind() {
            io::ErrorKind::AddrInUse => "; another process listens there: end it, or give another port",
            io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
            io::ErrorKind::PermissionDenied => "; ports below 1024 want more rights: give one above",
            _ => "",
        };
        format!("listen on {at}: {error}{next}")
    };
    let listener = TcpListener::bind(at).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Serves on a thread of its own, with `beside` running on it too. A connection may take `patience` in all. An error is a fragment that fits after "could not".
pub fn serve(
    listener: TcpListener,
    routes: Router,
    patience: Duration,
    beside: impl Future<Output = ()> + Send + 'static,
) -> Result<Served, String> {
    let failed = |error: io::Error| format!("serve HTTP: {error}");
    let at = listener.local_addr().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_MAX)
        .thread_name("banto-web-ask")
        .build()
        .map_err(failed)?;
    let listener = {
        let _here = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(failed)?
    };
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let live = move || {
        runtime.block_on(async {
            tokio::spawn(beside);
            tokio::select! { biased;
                () = stopped.cancelled() => {}
                () = accept(listener, routes, patience) => {}
            }
        });
        // What hangs is not waited for.
        runtime.shutdown_background();
    };
    std::thread::Builder::new().name("banto-web".into()).spawn(live).map_err(failed)?;
    Ok(Served { at, _stop: stop.drop_guard() })
}

async fn accept(listener: tokio::net::TcpListener, routes: Router, patience: Duration) {
    let mut living: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not taken");
                sleep(ROOM).await;
                continue;
            }
        };
        living.retain(|one| !one.is_finished());
        if living.len() >= CONNECTIONS_MAX
            && let Some(oldest) = living.pop_front()
        {
            oldest.abort();
        }
        living.push_back(tokio::spawn(one(stream, routes.clone(), patience)).abort_handle());
    }
}

/// One connection, one request.
async fn one(stream: TcpStream, routes: Router, patience: Duration) {
    let mut http = http1::Builder::new();
    // Its own limit on the head's time is not asked for: the whole connection has one.
    http.keep_alive(false).max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    match timeout(patience, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        Err(_) => tracing::debug!("a connection was over its time"),
    }
}

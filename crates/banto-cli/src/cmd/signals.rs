//! Signals of a process that works: the first TERM or INT stops it gracefully, the second at once; HUP reloads.
//!
//! Heard on a thread of its own, for handlers that never await may hold every thread of the application's runtime.

use banto_engine::Stop;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, oneshot},
};

use crate::exit::{Exit, Failure};

/// What a signal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Stop gracefully; the signal's name.
    Stop(&'static str),
    /// Stop at once; the names of the first and of this one.
    Now(&'static str, &'static str),
    /// Read what is written down again.
    Reload,
}

impl Order {
    /// Why, for people.
    pub fn reason(self) -> String {
        match self {
            Order::Stop(name) => format!("{name} was received"),
            Order::Now(first, name) => format!("{first} was received, then {name}: it stops at once"),
            Order::Reload => "HUP was received".into(),
        }
    }
}

/// Orders by signal, until it is dropped.
pub(super) struct Signals {
    pub orders: mpsc::UnboundedReceiver<Order>,
    _until: oneshot::Sender<()>,
}

/// Listens for TERM and INT; for HUP too, if something can be reloaded.
pub(super) fn listen(reloads: bool) -> Result<Signals, Failure> {
    let (to, orders) = mpsc::unbounded_channel();
    let until = each(reloads, move |order| {
        let _ = to.send(order);
    })?;
    Ok(Signals { orders, _until: until })
}

/// Has `stop` obey TERM and INT, until the answer is dropped.
pub(super) fn obey(stop: Stop) -> Result<oneshot::Sender<()>, Failure> {
    each(false, move |order| match order {
        // First the deed, then the word: a log that nobody takes must not keep a worker.
        Order::Stop(signal) => {
            stop.graceful(order.reason());
            tracing::info!(signal, "told to stop; once more stops at once");
        }
        Order::Now(_, signal) => {
            stop.now(order.reason());
            tracing::warn!(signal, "told a second time: stopping at once");
        }
        Order::Reload => {}
    })
}

/// Tells each order, until the answer is dropped.
fn each(reloads: bool, tell: impl FnMut(Order) + Send + 'static) -> Result<oneshot::Sender<()>, Failure> {
    let failed = |error| Failure::new(Exit::Machine, format!("listen for signals: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let inside = runtime.enter();
    let term = signal(SignalKind::terminate()).map_err(failed)?;
    let int = signal(SignalKind::interrupt()).map_err(failed)?;
    let hup = if reloads { Some(signal(SignalKind::hangup()).map_err(failed)?) } else { None };
    drop(inside);
    let (until, ended) = oneshot::channel();
    let listen = move || {
        runtime.block_on(async {
            tokio::select! {
                _ = ended => {}
                () = heard(tell, term, int, hup) => {}
            }
        });
    };
    std::thread::Builder::new().name("banto-signals".into()).spawn(listen).map_err(failed)?;
    Ok(until)
}

async fn heard(mut tell: impl FnMut(Order), mut term: Signal, mut int: Signal, mut hup: Option<Signal>) {
    let mut asked = None;
    loop {
        let name = tokio::select! {
            _ = term.recv() => "TERM",
            _ = int.recv() => "INT",
            () = hung_up(&mut hup) => {
                tell(Order::Reload);
                continue;
            }
        };
        if let Some(first) = asked {
            return tell(Order::Now(first, name));
        }
        asked = Some(name);
        tell(Order::Stop(name));
    }
}

async fn hung_up(hup: &mut Option<Signal>) {
    match hup {
        Some(hup) => {
            hup.recv().await;
        }
        None => std::future::pending().await,
    }
}

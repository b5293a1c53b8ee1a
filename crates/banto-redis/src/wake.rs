//! Changes of other processes: one channel, listened to on a connection of its own.
//!
//! Nothing is ever taken from a list to be woken by, so a waiter that dies takes no job with it. A connection that broke is
//! made anew, and then all are woken once, for nobody knows what was missed; one that is silent is tried by a message to
//! itself. Where Redis lets nobody listen, everybody is woken once a second, and the store says so.

use std::{
    sync::{Arc, PoisonError, Weak},
    time::Duration,
};

use banto_store::StoreError;
use futures_util::StreamExt;
use redis::aio::PubSub;
use tokio::{sync::oneshot, task::AbortHandle, time::timeout};

use crate::{
    Options,
    address::{client, primary},
    error::{Result, fault},
    handle::Inner,
};

/// How often the ears are tried.
const PROBE: Duration = Duration::from_secs(5);
/// How long to wait before listening anew, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Begins to listen; tells once it listens, or has failed to for the first time.
pub(crate) fn listen(inner: &Arc<Inner>) -> (AbortHandle, oneshot::Receiver<()>) {
    let (first, begun) = oneshot::channel();
    let listening = tokio::spawn(hear_on(Arc::downgrade(inner), first));
    (listening.abort_handle(), begun)
}

async fn hear_on(store: Weak<Inner>, first: oneshot::Sender<()>) {
    let mut first = Some(first);
    let mut rest = AGAIN.0;
    loop {
        let Some(inner) = store.upgrade() else { return };
        let opened = open(&inner.options, &inner.who).await;
        set_deaf(&inner, opened.is_err());
        // Nobody knows what was missed.
        inner.news.send_modify(|number| *number += 1);
        if let Some(first) = first.take() {
            let _ = first.send(());
        }
        drop(inner);
        if let Ok(ears) = opened {
            rest = AGAIN.0;
            hear(&store, ears).await;
        } else {
            tokio::time::sleep(rest).await;
            rest = (rest * 2).min(AGAIN.1);
        }
    }
}

fn set_deaf(inner: &Inner, deaf: bool) {
    inner.found.lock().unwrap_or_else(PoisonError::into_inner).deaf = deaf;
}

async fn open(options: &Options, who: &str) -> Result<PubSub> {
    let host = primary(options).await?;
    let limit = Duration::from_millis(options.timeout_ms);
    let failed = |error| fault("listen for changes", &error, false);
    let late = |_| StoreError::new(banto_store::Fault::Gone, "listen for changes: the server does not answer");
    let opening = async {
        let mut ears = client(options, &host)?.get_async_pubsub().await?;
        ears.subscribe(options.prefix.news()).await?;
        ears.subscribe(options.prefix.probe(who)).await?;
        Ok(ears)
    };
    timeout(limit, opening).await.map_err(late)?.map_err(failed)
}

/// Hears until the connection breaks or does not bring back what was sent to it.
async fn hear(store: &Weak<Inner>, ears: PubSub) {
    let mut messages = ears.into_on_message();
    let mut heard = true;
    loop {
        let message = timeout(PROBE, messages.next()).await;
        let Some(inner) = store.upgrade() else { return };
        match message {
            Ok(Some(message)) => {
                heard = true;
                let own = message.get_payload_bytes() == inner.who.as_bytes();
                if !own {
                    inner.news.send_modify(|number| *number += 1);
                }
            }
            Ok(None) => return,
            Err(_) if !heard => return,
            Err(_) => {
                heard = false;
                let mut tell = redis::cmd("PUBLISH");
                tell.arg(inner.options.prefix.probe(&inner.who)).arg(&inner.who);
                // If it cannot be told, nothing will be heard, and the ears are made anew.
                let _ = inner.link.ask("try the ears", &tell).await;
            }
        }
    }
}

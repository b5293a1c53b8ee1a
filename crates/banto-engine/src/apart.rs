//! A thread of its own, with a runtime of its own.
//!
//! For loops that must go on whatever the application's runtime does: a handler that blocks every thread of it holds up neither
//! the renewal of leases nor a due instant.

use std::future::Future;

use tokio::sync::oneshot;

use crate::{preflight::Unfit, stop::Stop};

/// Does `work` on a thread called `name` and answers what it does. Fails when the machine has no thread left. To drop the future is to
/// tell `stop` to stop now.
pub(crate) async fn apart<T, Fut>(
    name: &str,
    stop: Stop,
    work: impl FnOnce() -> Fut + Send + 'static,
) -> Result<T, Unfit>
where
    T: Send + 'static,
    Fut: Future<Output = Result<T, Unfit>>,
{
    let _owner = Owner(stop);
    let (done, answer) = oneshot::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let answer = match runtime {
            Ok(runtime) => runtime.block_on(work()),
            Err(error) => Err(Unfit(vec![format!("start the engine's runtime: {error}")])),
        };
        let _ = done.send(answer);
    };
    let thread = std::thread::Builder::new().name(name.into()).spawn(work);
    thread.map_err(|error| Unfit(vec![format!("start the engine's thread: {error}")]))?;
    let silent = || Unfit(vec!["hear from the engine's thread: it ended without a word; this is a bug".into()]);
    answer.await.unwrap_or_else(|_| Err(silent()))
}

/// Whoever awaits the thread; when they go, it stops.
struct Owner(Stop);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.now("nobody waits for it any more");
    }
}

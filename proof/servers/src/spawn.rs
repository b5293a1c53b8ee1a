//! Starts processes from one thread that lives as long as this process.
//!
//! A server is told to die with its parent, and to the kernel the parent is a thread: started by a test's own thread it
//! would be gone when that test ends, under the hands of the others that share it.

use std::{
    process::{Child, Command},
    sync::{
        LazyLock,
        mpsc::{Sender, channel},
    },
    thread,
};

use crate::Told;

type Order = (Command, Sender<std::io::Result<Child>>);

static SPAWNER: LazyLock<Sender<Order>> = LazyLock::new(|| {
    let (orders, taken) = channel::<Order>();
    thread::spawn(move || {
        for (mut command, answer) in taken {
            // Whoever does not wait for the answer any more has no use for it.
            let _ = answer.send(command.spawn());
        }
    });
    orders
});

/// Starts `command`.
pub fn spawn(command: Command) -> Told<Child> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let (answer, answered) = channel();
    let lost = || format!("start {shown}: the thread that starts servers is gone");
    SPAWNER.send((command, answer)).map_err(|_| lost())?;
    answered.recv().map_err(|_| lost())?.map_err(|error| format!("start {shown}: {error}"))
}

//! Who asks: connects to every process that listens, asks each the same, and hears what it answers.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use banto_core::text::visible;
use rustix::process::geteuid;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    time::timeout,
};

use super::{
    check, shown, sockets,
    words::{ANSWER_BYTES_MAX, Answer, Ask, line},
};

/// How long a process may take to take a question, or to begin its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer may take that has work to do before it: a reload waits for programs to stop.
const WORK: Duration = Duration::from_secs(60);

/// A process that was reached.
pub(crate) struct Heard {
    reader: BufReader<UnixStream>,
    follow: bool,
    /// Its number, by what the kernel says.
    pub pid: Option<i32>,
}

/// Asks every process that listens in one of these folders. Empty if none does; what is left of dead ones is cleared away.
pub(crate) async fn all(folders: &[PathBuf], ask: &Ask) -> Result<Vec<Heard>, String> {
    let mut heard = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        check(folder)?;
        of(folder, ask, &mut heard).await?;
    }
    Ok(heard)
}

async fn of(folder: &Path, ask: &Ask, heard: &mut Vec<Heard>) -> Result<(), String> {
    for socket in sockets(folder) {
        match one(&socket, ask).await {
            Ok(reached) => heard.push(reached),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                // Who listened here is dead.
                let _ = std::fs::remove_file(&socket);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("ask the process at {}: {error}", shown(&socket))),
        }
    }
    Ok(())
}

async fn one(socket: &Path, ask: &Ask) -> io::Result<Heard> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it does not answer");
    let mut stream = timeout(PATIENCE, UnixStream::connect(socket)).await.map_err(late)??;
    let peer = stream.peer_cred()?;
    let ours = geteuid().as_raw();
    if peer.uid() != ours && peer.uid() != 0 && ours != 0 {
        let why = format!("another user listens there ({})", peer.uid());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    timeout(PATIENCE, stream.write_all(&line(ask))).await.map_err(late)??;
    let follow = matches!(ask, Ask::Logs { follow: true, .. });
    Ok(Heard { reader: BufReader::new(stream), follow, pid: peer.pid() })
}

impl Heard {
    /// The next answer; `None` when it ended without a word. What is no answer is an error.
    pub async fn next(&mut self) -> Result<Option<Answer>, String> {
        let mut bytes = Vec::new();
        let most = u64::try_from(ANSWER_BYTES_MAX).unwrap_or(u64::MAX);
        let mut bounded = (&mut self.reader).take(most);
        let reading = bounded.read_until(b'\n', &mut bytes);
        let read = if self.follow { reading.await } else { timeout(WORK, reading).await.map_err(|_| late())? };
        read.map_err(|error| format!("hear the answer: {error}"))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let odd = |why: String| Err(format!("understand the answer: {why}"));
        if !bytes.ends_with(b"\n") {
            return odd(format!("a line of it is cut, or longer than {ANSWER_BYTES_MAX} bytes"));
        }
        match serde_json::from_slice(&bytes) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => odd(visible(&error.to_string(), 200)),
        }
    }
}

fn late() -> String {
    format!("hear the answer: nothing came within {} s", WORK.as_secs())
}

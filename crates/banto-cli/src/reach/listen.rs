//! Who listens: takes connections of its own user, one short question each, and hands it on.

use std::{
    fs::Permissions,
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use banto_core::text::visible;
use rustix::process::geteuid;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};

use super::{
    SOCKET_BYTES_MAX, SUFFIX, make, shown, sockets,
    words::{ANSWER_BYTES_MAX, ASK_BYTES_MAX, Answer, Ask, line},
};

/// How long a question may take to come whole, and an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections at once; who comes above that is not heard.
const CONNECTIONS_MAX: usize = 32;
/// Answers that may wait for who asked.
const WAITING: usize = 64;

/// A question, and where the answers go. Whoever asked may be gone.
pub(crate) struct Asked {
    pub ask: Ask,
    pub answers: mpsc::Sender<Answer>,
}

/// A socket that is listened on until this is dropped.
pub(crate) struct Door {
    path: PathBuf,
    listening: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.listening.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Listens in a folder. An error is a fragment that fits after "could not".
pub(crate) async fn open(folder: &Path, to: mpsc::Sender<Asked>) -> Result<Door, String> {
    make(folder)?;
    clear(folder).await;
    let name = format!("{}-{:08x}{SUFFIX}", std::process::id(), fastrand::u32(..));
    let path = folder.join(name);
    if path.as_os_str().len() > SOCKET_BYTES_MAX {
        return Err(format!(
            "listen at {}: the path is longer than {SOCKET_BYTES_MAX} bytes; give a shorter --run-dir",
            shown(&path)
        ));
    }
    let failed = |error: io::Error| format!("listen at {}: {error}", shown(&path));
    let listener = UnixListener::bind(&path).map_err(failed)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
    let listening = tokio::spawn(listen(listener, to));
    Ok(Door { path, listening })
}

/// Clears away the sockets of processes that are dead.
async fn clear(folder: &Path) {
    for socket in sockets(folder) {
        let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        if UnixStream::connect(&socket).await.is_err_and(refused) {
            let _ = std::fs::remove_file(&socket);
        }
    }
}

async fn listen(listener: UnixListener, to: mpsc::Sender<Asked>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Ok(place) = room.clone().try_acquire_owned() else { continue };
                let to = to.clone();
                tokio::spawn(async move {
                    serve(stream, to).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to this process's socket was not taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: UnixStream, to: mpsc::Sender<Asked>) {
    let ours = geteuid().as_raw();
    let peer = match stream.peer_cred() {
        Ok(peer) if peer.uid() == ours || peer.uid() == 0 => peer,
        Ok(peer) => return tracing::warn!(uid = peer.uid(), "another user has come to this process's socket"),
        Err(error) => return tracing::warn!(%error, "who has come to this process's socket cannot be known"),
    };
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let ask = match timeout(PATIENCE, question(&mut reader)).await {
        Ok(Ok(ask)) => ask,
        Ok(Err(text)) => {
            let _ = say(&mut writer, &Answer::Fault { text, unknown: false }).await;
            return;
        }
        Err(_) => return,
    };
    tracing::debug!(pid = peer.pid(), ?ask, "asked");
    let (answers, mut heard) = mpsc::channel(WAITING);
    if to.send(Asked { ask, answers }).await.is_err() {
        return;
    }
    let mut rest = [0; 1];
    loop {
        tokio::select! { biased;
            // Whoever asked says nothing more: this is that they are gone, or no friend.
            _ = reader.read(&mut rest) => return,
            answer = heard.recv() => {
                let Some(answer) = answer else { return };
                if say(&mut writer, &answer).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// One line that is a question.
async fn question(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Result<Ask, String> {
    let mut bytes = Vec::new();
    let most = u64::try_from(ASK_BYTES_MAX).unwrap_or(u64::MAX);
    let read = reader.take(most).read_until(b'\n', &mut bytes).await;
    read.map_err(|error| format!("read the question: {error}"))?;
    if !bytes.ends_with(b"\n") {
        return Err(format!("take the question: it is one line of JSON, of {ASK_BYTES_MAX} bytes at most"));
    }
    serde_json::from_slice(&bytes).map_err(|error| format!("take the question: {}", visible(&error.to_string(), 200)))
}

async fn say(writer: &mut OwnedWriteHalf, answer: &Answer) -> io::Result<()> {
    let mut bytes = line(answer);
    if bytes.len() > ANSWER_BYTES_MAX {
        bytes = line(&Answer::Said { text: "(a line that is too long was left out)".into() });
    }
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    timeout(PATIENCE, writer.write_all(&bytes)).await.map_err(late)?
}

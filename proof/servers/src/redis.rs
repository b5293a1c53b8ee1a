//! One Redis server.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Settings, Shared, Told, daemon::Daemon, free_port, owned, shared};

/// The program that is taken instead, by its path.
const VARIABLE: &str = "BANTO_TEST_REDIS_SERVER";
/// How long an answer to what is typed may take; only a broken server takes it all.
const ANSWER: Duration = Duration::from_secs(20);
/// What the programs of a server are called; all are one program that looks by which name it was called. Debian's package
/// of tools holds it by the last name alone, and no service that would be started unasked.
const PROGRAMS: [&str; 4] = ["redis-server", "valkey-server", "redis-check-rdb", "valkey-check-rdb"];

/// A server of its own. What it keeps is what its settings say; by default, as Redis has it, snapshots now and then.
#[derive(Debug)]
pub struct Redis {
    // Before the folder: a server is ended before its data go.
    daemon: Option<Daemon>,
    name: &'static str,
    namespace: Option<String>,
    port: u16,
    settings: Vec<(String, String)>,
    folder: TempDir,
}

impl Redis {
    /// Starts a server with these settings (`appendonly`, `maxmemory`, …).
    pub fn start(settings: Settings<'_>) -> Told<Redis> {
        Redis::start_as("redis-server", settings)
    }

    /// Starts the same program by another of its names: `redis-sentinel`. A sentinel writes its own settings, so it gets
    /// them from a file in its folder, line by line.
    pub fn start_as(name: &'static str, settings: Settings<'_>) -> Told<Redis> {
        Redis::start_within(None, name, settings)
    }

    /// The same in that network namespace (`ip netns`), whose loopback is not this one.
    pub fn start_within(namespace: Option<&str>, name: &'static str, settings: Settings<'_>) -> Told<Redis> {
        let server = Redis::made(namespace, free_port()?, name, settings)?;
        match server.begun() {
            Err(told) if told.contains("already in use") => {
                Redis::made(namespace, free_port()?, name, settings)?.begun()
            }
            begun => begun,
        }
    }

    /// The same on that port.
    pub(crate) fn start_at(port: u16, name: &'static str, settings: Settings<'_>) -> Told<Redis> {
        Redis::made(None, port, name, settings)?.begun()
    }

    fn made(namespace: Option<&str>, port: u16, name: &'static str, settings: Settings<'_>) -> Told<Redis> {
        let namespace = namespace.map(str::to_owned);
        let folder = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
        symlink(program()?, folder.path().join(name)).map_err(|error| format!("name the server: {error}"))?;
        let server = Redis { daemon: None, name, namespace, port, settings: owned(settings), folder };
        server.write()?;
        Ok(server)
    }

    fn begun(mut self) -> Told<Redis> {
        self.begin()?;
        Ok(self)
    }

    /// The server that `cargo xtask test` has started for the whole run, or one for this process.
    pub fn shared() -> Told<Shared<Redis>> {
        shared::REDIS.get(|| Redis::start(&[("appendonly", "yes"), ("save", "")]))
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port on loopback for its own kind and for clients: the one for TLS, if it has one.
    pub fn door(&self) -> u16 {
        self.setting("tls-port").and_then(|port| port.parse().ok()).unwrap_or(self.port)
    }

    /// The password that it wants, if it wants one.
    pub(crate) fn password(&self) -> Option<&str> {
        self.setting("requirepass")
    }

    fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What it answers to a line that is typed at it, as it comes over the wire; by its password, if it wants one.
    pub fn says(&self, line: &str) -> Told<String> {
        let failed = |error: std::io::Error| format!("ask the server \"{line}\": {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(failed)?;
        stream.set_read_timeout(Some(ANSWER)).map_err(failed)?;
        let login = self.password().map(|password| format!("AUTH {password}\r\n")).unwrap_or_default();
        stream.write_all(format!("{login}{line}\r\n").as_bytes()).map_err(failed)?;
        stream.shutdown(Shutdown::Write).map_err(failed)?;
        let mut said = String::new();
        stream.read_to_string(&mut said).map_err(failed)?;
        match login.is_empty() {
            true => Ok(said),
            false => Ok(said.strip_prefix("+OK\r\n").unwrap_or(&said).to_owned()),
        }
    }

    /// Its port on loopback, where nothing is encrypted.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its data and its settings.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &str, value: &str) -> Told<()> {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self.write()
    }

    fn write(&self) -> Told<()> {
        let mut text = format!("port {}\nbind 127.0.0.1\ndir {}\n", self.port, self.folder.path().display());
        for (name, value) in &self.settings {
            let value = if value.is_empty() { "\"\"" } else { value };
            text += &format!("{name} {value}\n");
        }
        let file = self.folder.path().join("server.conf");
        std::fs::write(&file, text).map_err(|error| format!("write \"{}\": {error}", file.display()))
    }

    /// Starts it again on the same data and port, and waits until it answers.
    pub fn begin(&mut self) -> Told<()> {
        self.daemon = None;
        let mut command = Command::new(self.folder.path().join(self.name));
        command.arg(self.folder.path().join("server.conf")).current_dir(self.folder.path());
        let daemon = Daemon::start(&command, None, self.namespace.as_deref())?;
        let ready = if self.name.ends_with("sentinel") { "Sentinel ID is" } else { "Ready to accept connections" };
        daemon.hears(ready)?;
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Stops it as an operator would: what it keeps is written first.
    pub fn stop(&mut self) -> Told<()> {
        self.end(Signal::TERM)
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> Told<()> {
        self.end(Signal::KILL)
    }

    fn end(&mut self, signal: Signal) -> Told<()> {
        let Some(mut daemon) = self.daemon.take() else { return Ok(()) };
        daemon.signal(signal)?;
        daemon.ended().map(drop)
    }

    /// Freezes it (`STOP`), or lets it go on (`CONT`).
    pub fn signal(&self, signal: Signal) -> Told<()> {
        self.daemon
            .as_ref()
            .map_or_else(|| Err("signal a server that was stopped".into()), |daemon| daemon.signal(signal))
    }

    /// Waits until it has said that since it was started.
    pub fn hears(&self, message: &str) -> Told<()> {
        let stopped = || Err("listen to a server that was stopped".into());
        self.daemon.as_ref().map_or_else(stopped, |daemon| daemon.hears(message))
    }

    /// The last of what it said since it was started.
    pub fn log(&self) -> String {
        self.daemon.as_ref().map(Daemon::log).unwrap_or_default()
    }
}

fn program() -> Told<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        let missing = format!("find the server \"{}\" ({VARIABLE})", named.display());
        return if named.is_file() { Ok(named) } else { Err(missing) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = PROGRAMS
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file()));
    found.ok_or_else(|| "find redis-server: `cargo xtask test` installs it (Debian's package redis-tools)".into())
}

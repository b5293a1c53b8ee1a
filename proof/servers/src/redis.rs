//! One Redis server.

use std::{os::unix::fs::symlink, path::Path, process::Command};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Settings, Shared, Told, daemon::Daemon, free_port, owned, shared};

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
        let namespace = namespace.map(str::to_owned);
        let folder = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
        symlink(program()?, folder.path().join(name)).map_err(|error| format!("name the server: {error}"))?;
        let mut server = Redis { daemon: None, name, namespace, port: free_port()?, settings: owned(settings), folder };
        server.write()?;
        match server.begin() {
            Err(told) if told.contains("already in use") => {
                server.port = free_port()?;
                server.write()?;
                server.begin()?;
            }
            begun => begun?,
        }
        Ok(server)
    }

    /// The server that `cargo xtask test` has started for the whole run, or one for this process.
    pub fn shared() -> Told<Shared<Redis>> {
        shared::REDIS.get(|| Redis::start(&[("appendonly", "yes"), ("save", "")]))
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port on loopback.
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

fn program() -> Told<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = PROGRAMS
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file()));
    found.ok_or_else(|| "find redis-server: `cargo xtask test` installs it (Debian's package redis-tools)".into())
}

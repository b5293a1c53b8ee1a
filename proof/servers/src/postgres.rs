//! One PostgreSQL server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Signal, geteuid};
use tempfile::TempDir;

use crate::{Settings, Shared, Told, daemon::Daemon, free_port, owned, shared};

/// Who runs it where this is root: PostgreSQL refuses root.
pub(crate) const USER: &str = "postgres";
/// Where Debian keeps the programs that are not on the path, a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// After a `kill -9` its backends notice within moments that their parent is gone; until then the data are theirs.
const LOOKS: u32 = 200;

/// A server with a cluster of its own, durable as PostgreSQL is by default. Everybody on loopback is its superuser.
#[derive(Debug)]
pub struct Postgres {
    // Before the folder: a server is ended before its data go.
    daemon: Option<Daemon>,
    port: u16,
    settings: Vec<(String, String)>,
    folder: TempDir,
}

/// How a server is stopped (`pg_ctl -m`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Once every client has gone.
    Smart,
    /// Clients are cut off, transactions rolled back.
    Fast,
    /// As a crash: the next start recovers.
    Immediate,
}

impl Postgres {
    /// Makes a cluster and starts its server.
    pub fn start(settings: Settings<'_>) -> Told<Postgres> {
        Postgres::start_below(&std::env::temp_dir(), settings)
    }

    /// As [`Postgres::start`], with its data in a new folder below that one: on a disk of its own, say.
    pub fn start_below(place: &Path, settings: Settings<'_>) -> Told<Postgres> {
        let folder = tempfile::tempdir_in(place).map_err(|error| format!("make a folder: {error}"))?;
        owns(folder.path())?;
        let data = folder.path().join("data");
        let mut init = Command::new(program("initdb")?);
        init.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"]);
        init.arg(&data).current_dir(folder.path());
        carry_out(&init, "make a cluster")?;
        Postgres::on(folder, owned(settings))
    }

    /// Starts a standby with a copy of its data and with its settings, which follows it until it is promoted.
    pub fn standby(&self) -> Told<Postgres> {
        let folder = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
        owns(folder.path())?;
        let mut copy = Command::new(program("pg_basebackup")?);
        copy.args(["--no-sync", "--checkpoint=fast", "--write-recovery-conf", "-h", "127.0.0.1", "-U", "postgres"]);
        copy.arg("-p").arg(self.port.to_string()).arg("-D").arg(folder.path().join("data")).current_dir(folder.path());
        carry_out(&copy, "copy a cluster")?;
        Postgres::on(folder, self.settings.clone())
    }

    /// A standby follows nobody any more, and takes writes.
    pub fn promote(&self) -> Told<()> {
        let mut promote = Command::new(program("pg_ctl")?);
        promote.args(["promote", "--wait", "-D"]).arg(self.folder.path().join("data")).current_dir(self.folder.path());
        carry_out(&promote, "promote a standby")
    }

    /// What `pg_dump` keeps of a schema, put back into a new database of that name.
    pub fn put_back(&self, schema: &str, database: &str) -> Told<()> {
        let kept = self.folder.path().join(format!("{database}.sql"));
        let run = |name: &str, words: &[&str]| {
            let mut command = Command::new(program(name)?);
            command.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()]).args(words);
            carry_out(command.arg("--no-password").current_dir(self.folder.path()), name)
        };
        let file = kept.to_string_lossy();
        run("pg_dump", &["--schema", schema, "--file", &file, "postgres"])?;
        run("createdb", &[database])?;
        run("psql", &["-v", "ON_ERROR_STOP=1", "-q", "-f", &file, "-d", database])
    }

    /// Starts a server on the data in that folder, on a port that is free.
    fn on(folder: TempDir, settings: Vec<(String, String)>) -> Told<Postgres> {
        let mut server = Postgres { daemon: None, port: free_port()?, settings, folder };
        match server.begin() {
            Err(told) if told.contains("Address already in use") => {
                server.port = free_port()?;
                server.begin()?;
            }
            begun => begun?,
        }
        Ok(server)
    }

    /// The server that `cargo xtask test` has started for the whole run, or one for this process, without its fsync: for
    /// what is asked of answers, not of crashes.
    pub fn shared() -> Told<Shared<Postgres>> {
        shared::POSTGRES.get(|| Postgres::start(&[("fsync", "off"), ("max_connections", "400")]))
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it again on the same data and port, and waits until it answers.
    pub fn begin(&mut self) -> Told<()> {
        self.daemon = None;
        let mut command = Command::new(program("postgres")?);
        command.arg("-D").arg(self.folder.path().join("data")).arg("-p").arg(self.port.to_string());
        command.args(["-h", "127.0.0.1", "-k"]).arg(self.folder.path()).current_dir(self.folder.path());
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        for _ in 1..LOOKS {
            let daemon = Daemon::start(&command, Some(USER), None)?;
            match daemon.hears("ready to accept") {
                Err(told) if told.contains("is still in use") || told.contains("lock file") => {}
                heard => {
                    self.daemon = Some(daemon);
                    return heard;
                }
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Err("start the server again: backends of the one that was killed do not go".into())
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Stops it, and waits until it has ended.
    pub fn stop(&mut self, how: Stop) -> Told<()> {
        let signal = match how {
            Stop::Smart => Signal::TERM,
            Stop::Fast => Signal::INT,
            Stop::Immediate => Signal::QUIT,
        };
        self.end(signal)
    }

    /// `kill -9` of the server's first process.
    pub fn kill(&mut self) -> Told<()> {
        self.end(Signal::KILL)
    }

    fn end(&mut self, signal: Signal) -> Told<()> {
        let Some(mut daemon) = self.daemon.take() else { return Ok(()) };
        daemon.signal(signal)?;
        daemon.ended().map(drop)
    }

    /// The last of what it said since it was started.
    pub fn log(&self) -> String {
        self.daemon.as_ref().map(Daemon::log).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its backends end with it, which they would not do at once after a kill.
        let _ = self.stop(Stop::Immediate);
    }
}

/// A program of PostgreSQL: on the path, or the newest that Debian has put aside.
fn program(name: &str) -> Told<PathBuf> {
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let aside = versions.filter_map(|version| {
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        let path = version.path().join("bin").join(name);
        path.is_file().then_some((number, path))
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    on_path.or(aside.max().map(|(_, path)| path)).ok_or_else(|| {
        format!("find PostgreSQL's {name}: `cargo xtask test` installs it (Debian's package postgresql)")
    })
}

/// Gives a file or folder to whom the server runs as.
pub(crate) fn owns(path: &Path) -> Told<()> {
    if geteuid().is_root() { run(Command::new("chown").arg(USER).arg(path)) } else { Ok(()) }
}

/// Runs a program of PostgreSQL to its end.
fn carry_out(command: &Command, what: &str) -> Told<()> {
    let mut begun = Daemon::start(command, Some(USER), None)?;
    if begun.ended()?.success() { Ok(()) } else { Err(format!("{what}: {}", begun.log())) }
}

fn run(command: &mut Command) -> Told<()> {
    let shown = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("run {shown}: {status}")),
        Err(error) => Err(format!("run {shown}: {error}")),
    }
}

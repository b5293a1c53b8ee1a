//! A PgBouncer before a PostgreSQL.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    Settings, Told, begun,
    daemon::Daemon,
    free_port,
    postgres::{USER, owns},
};

/// Where Debian has put it, which is not on everybody's path.
const DEBIAN: &str = "/usr/sbin/pgbouncer";
/// How often it is begun on another port, if one was taken.
const BEGINS_MAX: usize = 5;

/// A pooler that lets everybody on loopback in, before one server.
#[derive(Debug)]
pub struct Pgbouncer {
    // Before the folder: it is ended before its settings go.
    _daemon: Daemon,
    port: u16,
    _folder: TempDir,
}

impl Pgbouncer {
    /// Starts one before the server at that port of loopback, with these settings (`pool_mode`, …). `None` where there is no PgBouncer.
    pub fn before(server: u16, settings: Settings<'_>) -> Told<Option<Pgbouncer>> {
        let Some(program) = program() else { return Ok(None) };
        begun(BEGINS_MAX, || begin(&program, server, settings)).map(Some)
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn begin(program: &Path, server: u16, settings: Settings<'_>) -> Told<Pgbouncer> {
    let folder = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
    let (port, users) = (free_port()?, folder.path().join("users.txt"));
    let mut text = format!(
        "[databases]\n* = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = trust\nauth_file = {}\n",
        users.display()
    );
    for (name, value) in settings {
        text += &format!("{name} = {value}\n");
    }
    let file = folder.path().join("pgbouncer.ini");
    for (path, text) in [(&users, "\"postgres\" \"\"\n"), (&file, text.as_str())] {
        std::fs::write(path, text).map_err(|error| format!("write \"{}\": {error}", path.display()))?;
        owns(path)?;
    }
    owns(folder.path())?;
    let mut command = Command::new(program);
    command.arg(&file).current_dir(folder.path());
    let daemon = Daemon::start(&command, Some(USER), None)?;
    daemon.hears("process up")?;
    Ok(Pgbouncer { _daemon: daemon, port, _folder: folder })
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("pgbouncer")).find(|path| path.is_file());
    on_path.or_else(|| Some(PathBuf::from(DEBIAN)).filter(|path| path.is_file()))
}

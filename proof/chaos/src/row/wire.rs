//! A server that is found from the other host too: what C1 and C2 begin with.

use std::{fs::OpenOptions, io::Write};

use crate::{
    Told,
    kept::Kept,
    net::HERE,
    server::Server,
    stage::{Scene, Stage},
};

/// A store on a server that listens on both sides of this host.
pub(super) fn across(stage: &Stage) -> Told<Scene<'_>> {
    if stage.kept == Kept::Redis {
        stage.serve(&[("bind", &format!("127.0.0.1 {HERE}")), ("protected-mode", "no")])?;
        return stage.scene("store");
    }
    stage.serve(&[("listen_addresses", &format!("127.0.0.1,{HERE}"))])?;
    let doors = stage.server(|server| match server {
        Server::Postgres(server) => Some(server.folder().join("data/pg_hba.conf")),
        Server::Redis(_) => None,
    })?;
    if let Some(doors) = doors {
        let added = OpenOptions::new()
            .append(true)
            .open(&doors)
            .and_then(|mut file| writeln!(file, "host all all 10.77.0.0/24 trust"));
        added.map_err(|error| format!("let the other host in: {error}"))?;
        stage.psql("SELECT pg_reload_conf()")?;
    }
    stage.scene("store")
}

/// Where the other host finds the server.
pub(super) fn far_side(stage: &Stage) -> Told<String> {
    Ok(format!("{HERE}:{}", stage.server(|server| server.port())?))
}

//! B1: Redis is killed under load, again and again, and started again on what it has kept.
//!
//! Promises: a Redis that keeps nothing, or only snapshots, is refused at the start; with an append-only file, synced each
//! second or always, nothing that was accepted is lost, and work goes on within 5 s.

use std::{thread::sleep, time::Duration};

use super::outage::{BACK_MS, Outages, under_load};
use crate::{
    Told, kept,
    report::{Check, Report},
    server::Down,
    stage::{Stage, mutated, now},
};

/// Settings under which an `Ok` would be worth nothing.
const NOTHING: [&[(&str, &str)]; 2] = [&[("appendonly", "no")], &[("appendonly", "no"), ("save", "60 1")]];
const MODES: [&str; 2] = ["everysec", "always"];

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let mut refused = 0;
    for settings in NOTHING {
        stage.serve(settings)?;
        let port = stage.server(|server| server.port())?;
        refused += u64::from(stage.wait(kept::open(&format!("redis://127.0.0.1:{port}"), true)).is_err());
    }
    let (mut all, kills) = (Outages::default(), stage.pick(2, 25));
    for mode in MODES {
        stage.serve(&[("appendfsync", mode)])?;
        let scene = stage.scene(mode)?;
        all.add(under_load(&scene, kills, |_| {
            stage.server(|server| server.down(Down::Kill))??;
            sleep(Duration::from_millis(stage.draw(100..=700)));
            stage.server(|server| server.begin())??;
            Ok(now())
        })?);
        let broken = scene.broken()?;
        if !broken.is_empty() && !mutated("fsync") {
            return Err(format!("find the store in order after the kills: {}", broken.join("; ")));
        }
    }
    let note = format!("{} kills of Redis, {} refusals were heard and asked again", 2 * kills, all.refused);
    Ok(all
        .report(BACK_MS)
        .check(Check::exactly("servers that keep nothing are refused", refused, "", NOTHING.len() as u64))
        .note(note))
}

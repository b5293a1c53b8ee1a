//! B2: the primary is killed, and a replica is promoted: by sentinels, of two Redises of which one was frozen before, so that
//! only one has the last writes; by an operator, a PostgreSQL whose copying had stopped a moment before.
//!
//! Promises: where each write waits for a replica (`WAIT`, a synchronous standby) nothing that was accepted is lost; work goes
//! on within 10 s. Where it does not, the row says how many were lost: that is what `wait=0`, or an asynchronous standby, is
//! worth.

use std::{thread::sleep, time::Duration};

use banto_servers::Redis;
use rustix::process::{Pid, Signal, kill_process};

use super::outage::{Outages, under_load};
use crate::{
    Told,
    kept::Kept,
    report::{Check, Report},
    server::{self, Down, Server},
    stage::{Stage, now},
};

/// How long work may take to go on once the primary is dead, in milliseconds.
const BACK_MS: u64 = 10_000;
const LIMIT: Duration = Duration::from_secs(40);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let fail_over = if stage.kept == Kept::Redis { fail_over_redis } else { fail_over_postgres };
    let mut all = Outages::default();
    for n in 0..stage.pick(1, 5) {
        all.add(fail_over(stage, &format!("waits-{n}"), true)?);
    }
    let without = fail_over(stage, "without", false)?.account;
    let (refused, kills) = (all.refused, all.waits.len());
    Ok(all
        .report(BACK_MS)
        .note(format!("{kills} failovers with writes that wait; {refused} refusals were heard and asked again"))
        .note(format!("where they do not wait {} of {} accepted jobs were lost", without.lost, without.acked))
        .check(Check::at_least("failovers", kills as f64, "", 1.0)))
}

/// A primary, two replicas and three sentinels.
pub(super) struct Group {
    /// The primary.
    pub primary: Redis,
    /// Its replicas.
    pub replicas: Vec<Redis>,
    sentinels: Vec<Redis>,
}

/// What every one of them is told, so that nothing waits in this row that need not.
const SERVER: [(&str, &str); 4] =
    [("appendonly", "yes"), ("save", ""), ("repl-diskless-sync-delay", "0"), ("repl-ping-replica-period", "1")];

impl Group {
    /// Starts them: the primary in that network namespace, if one is given, where the others find it at `far`, and it finds
    /// them at `near`.
    pub(super) fn start(namespace: Option<&str>, far: &str, near: &str) -> Told<Group> {
        let (bind_far, bind_near) = (bind(far), bind(near));
        let with = |more: &[(&str, &str)]| {
            let all = SERVER.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            all.collect::<Vec<_>>()
        };
        let settings = with(&[("bind", &bind_far), ("protected-mode", "no"), ("replica-announce-ip", far)]);
        let primary = Redis::start_within(namespace, "redis-server", &borrowed(&settings))?;
        let of = format!("{far} {}", primary.port());
        let settings =
            with(&[("bind", &bind_near), ("protected-mode", "no"), ("replica-announce-ip", near), ("replicaof", &of)]);
        let replicas = (0..2)
            .map(|_| Redis::start_within(None, "redis-server", &borrowed(&settings)))
            .collect::<Told<Vec<_>>>()?;
        let watch = format!("{of} 2");
        let settings = [
            ("bind", bind_near.as_str()),
            ("protected-mode", "no"),
            ("sentinel announce-ip", near),
            ("sentinel monitor chaos", &watch),
            ("sentinel down-after-milliseconds chaos", "1000"),
            ("sentinel failover-timeout chaos", "4000"),
        ];
        let sentinels =
            (0..3).map(|_| Redis::start_within(None, "redis-sentinel", &settings)).collect::<Told<Vec<_>>>()?;
        Ok(Group { primary, replicas, sentinels })
    }

    /// The address of a store of that name, through the sentinels.
    pub(super) fn address(&self, name: &str) -> String {
        let hosts: Vec<String> = self.sentinels.iter().map(|one| format!("127.0.0.1:{}", one.port())).collect();
        format!("redis+sentinel://{}/chaos?prefix={name}", hosts.join(","))
    }

    /// Waits until the replicas follow and the sentinels know of everybody.
    pub(super) fn ready(&self, stage: &Stage, primary: &str) -> Told<()> {
        stage.until("the group find together", LIMIT, || {
            let follows = server::redis(primary, &["INFO", "replication"])?.matches("state=online").count() == 2;
            let knows = |one: &Redis| {
                let at = format!("127.0.0.1:{}", one.port());
                let said = server::redis(&at, &["INFO", "sentinel"])?;
                Ok::<_, String>(said.contains("status=ok") && said.contains("slaves=2,sentinels=3"))
            };
            Ok(follows && self.sentinels.iter().map(knows).collect::<Told<Vec<_>>>()?.into_iter().all(|knows| knows))
        })?;
        Ok(())
    }
}

fn bind(address: &str) -> String {
    if address == "127.0.0.1" { address.to_owned() } else { format!("127.0.0.1 {address}") }
}

fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A PostgreSQL and its standby: the primary stops to send, and is killed a moment later.
fn fail_over_postgres(stage: &Stage, name: &str, waits: bool) -> Told<Outages> {
    stage.serve(&[])?;
    let standby = stage.server(|server| match server {
        Server::Postgres(primary) => primary.standby(),
        Server::Redis(_) => Err("find a PostgreSQL".into()),
    })??;
    let sending = || stage.psql("SELECT pid FROM pg_stat_replication WHERE state = 'streaming'");
    stage.until("the standby follow", LIMIT, || Ok(sending()?.len() == 1))?;
    let sender = sending()?.first().and_then(|pid| Pid::from_raw(pid.parse().ok()?)).ok_or("find who sends")?;
    if waits {
        stage.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        stage.psql("SELECT pg_reload_conf()")?;
        let in_step = || stage.psql("SELECT pid FROM pg_stat_replication WHERE sync_state = 'sync'");
        stage.until("writes wait for the standby", LIMIT, || Ok(in_step()?.len() == 1))?;
    }
    let mut scene = stage.scene(name)?;
    let address = stage.server(|primary| {
        primary.address(&format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port()), name)
    })?;
    scene.home = Some(address + "&target_session_attrs=read-write");
    let durability = scene.open()?.about().durability;
    if durability.contains("synchronous standbys") != waits {
        return Err(format!("find what the server keeps: it says \"{durability}\", and writes wait: {waits}"));
    }
    under_load(&scene, 1, |_| {
        kill_process(sender, Signal::STOP).map_err(|error| format!("stop who sends: {error}"))?;
        sleep(Duration::from_millis(300));
        stage.server(|primary| primary.down(Down::Kill))??;
        let dead = now();
        kill_process(sender, Signal::KILL).map_err(|error| format!("end who sends: {error}"))?;
        standby.promote()?;
        Ok(dead)
    })
}

fn fail_over_redis(stage: &Stage, name: &str, waits: bool) -> Told<Outages> {
    let mut group = Group::start(None, "127.0.0.1", "127.0.0.1")?;
    group.ready(stage, &format!("127.0.0.1:{}", group.primary.port()))?;
    let mut scene = stage.scene(name)?;
    scene.home = Some(group.address(name));
    scene.options = format!("wait={}&wait_ms=500&timeout_ms=1000", u8::from(waits));
    under_load(&scene, 1, |_| {
        let [first, second] = group.replicas.as_slice() else { return Err("find two replicas".into()) };
        second.signal(Signal::STOP)?;
        sleep(Duration::from_millis(400));
        // Without WAIT nobody notices that the other one has stopped to follow too.
        first.signal(Signal::STOP)?;
        sleep(Duration::from_millis(300));
        group.primary.kill()?;
        let dead = now();
        first.signal(Signal::CONT)?;
        second.signal(Signal::CONT)?;
        Ok(dead)
    })
}

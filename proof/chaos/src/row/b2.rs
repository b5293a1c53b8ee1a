//! B2: the primary Redis is killed, and sentinels promote a replica; another replica was frozen before, so that only one of
//! the two has the last writes.
//!
//! Promises: where each write waits for a replica (`WAIT`) nothing that was accepted is lost; work goes on within 10 s.
//! Where it does not, the row says how many were lost: that is what `wait=0` is worth.

use std::{thread::sleep, time::Duration};

use banto_servers::Redis;
use rustix::process::Signal;

use super::outage::{Outages, under_load};
use crate::{
    Told,
    report::{Check, Report},
    server,
    stage::{Stage, now},
};

/// How long work may take to go on once the primary is dead, in milliseconds.
const BACK_MS: u64 = 10_000;
const LIMIT: Duration = Duration::from_secs(40);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let mut all = Outages::default();
    for n in 0..stage.pick(1, 5) {
        all.add(fail_over(stage, &format!("waits-{n}"), 1)?);
    }
    let without = fail_over(stage, "without", 0)?.account;
    let (refused, kills) = (all.refused, all.waits.len());
    Ok(all
        .report(BACK_MS)
        .note(format!("{kills} failovers with WAIT; {refused} refusals were heard and asked again"))
        .note(format!("without WAIT {} of {} accepted jobs were lost", without.lost, without.acked))
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

fn fail_over(stage: &Stage, name: &str, wait: u32) -> Told<Outages> {
    let mut group = Group::start(None, "127.0.0.1", "127.0.0.1")?;
    group.ready(stage, &format!("127.0.0.1:{}", group.primary.port()))?;
    let mut scene = stage.scene(name)?;
    scene.home = Some(group.address(name));
    scene.options = format!("wait={wait}&wait_ms=500&timeout_ms=1000");
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

//! Servers of Redis that belong together: a primary with its replica and sentinels, and the nodes of a cluster.
//!
//! Each is ready when it is given: they know each other and the replica copies. With [`Papers`] they speak TLS to each other,
//! and it is their ports for TLS that are named.

use std::{
    net::TcpListener,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{Papers, Redis, Told, begun, free_port, owned};

/// What the sentinels call what they watch.
pub const SERVICE: &str = "main";
/// Far longer than anything takes; only to end a test.
const PATIENCE: Duration = Duration::from_secs(60);
/// How far above a node's port its second one is, by which nodes speak to each other.
const BUS: u16 = 10_000;
/// How often a node is begun that finds one of its ports taken.
const BEGINS_MAX: usize = 10;
/// How many looks at a cluster go by before its nodes are made known to each other again.
const MEET_AGAIN: u32 = 200;
/// How many slots a cluster has.
const SLOTS: u32 = 16_384;

/// A primary, its replica, and three sentinels that watch over them.
#[derive(Debug)]
pub struct Watched {
    /// The primary, as it begins.
    pub primary: Redis,
    /// Its replica.
    pub replica: Redis,
    /// Who promotes it.
    pub sentinels: Vec<Redis>,
}

impl Watched {
    /// Starts them with these settings of the servers, each durable; a password (`requirepass`) is also what they log in with.
    pub fn start(settings: &[(&str, &str)], papers: Option<&Papers>) -> Told<Watched> {
        let with = |more: &[(&str, &str)]| Member { settings, papers, more }.start("redis-server");
        let primary = with(&[])?;
        let at = format!("127.0.0.1 {}", primary.door());
        let replica = with(&[("replicaof", &at)])?;
        until("the replica copies", || Ok(primary.says("INFO replication")?.contains("state=online")))?;
        let watched = format!("monitor {SERVICE} {at} 2");
        let login = primary.password().map(|password| format!("auth-pass {SERVICE} {password}"));
        let (down, failover) =
            (format!("down-after-milliseconds {SERVICE} 500"), format!("failover-timeout {SERVICE} 3000"));
        let lines: Vec<(&str, &str)> = [Some(&watched), login.as_ref(), Some(&down), Some(&failover)]
            .into_iter()
            .flatten()
            .map(|line| ("sentinel", line.as_str()))
            .collect();
        let sentinel = || Member { settings: &[], papers, more: &lines }.start("redis-sentinel");
        let sentinels = vec![sentinel()?, sentinel()?, sentinel()?];
        for one in &sentinels {
            let port = replica.door().to_string();
            let whole = || {
                let replicas = one.says(&format!("SENTINEL REPLICAS {SERVICE}"))?;
                Ok(one.says(&format!("SENTINEL CKQUORUM {SERVICE}"))?.contains("OK 3") && replicas.contains(&port))
            };
            until("the sentinels know each other", whole)?;
        }
        Ok(Watched { primary, replica, sentinels })
    }

    /// Where the sentinels are, as an address has it.
    pub fn hosts(&self) -> String {
        hosts(&self.sentinels)
    }
}

/// The nodes of a cluster, of which the first three serve a third of its slots each.
#[derive(Debug)]
pub struct Cluster {
    /// The nodes.
    pub nodes: Vec<Redis>,
    settings: Vec<(String, String)>,
    papers: Option<Papers>,
}

impl Cluster {
    /// Starts three nodes with these settings, each durable; a password (`requirepass`) is also what they log in with.
    pub fn start(settings: &[(&str, &str)], papers: Option<&Papers>) -> Told<Cluster> {
        let mut cluster = Cluster { nodes: Vec::new(), settings: owned(settings), papers: papers.cloned() };
        for _ in 0..3 {
            cluster.nodes.push(cluster.node()?);
        }
        for (part, node) in (0_u32..).zip(&cluster.nodes) {
            let slots: Vec<String> = (part * SLOTS / 3..(part + 1) * SLOTS / 3).map(|slot| slot.to_string()).collect();
            node.says(&format!("CLUSTER ADDSLOTS {}", slots.join(" ")))?;
            if part > 0 {
                cluster.meet(node)?;
            }
        }
        cluster.whole()?;
        Ok(cluster)
    }

    /// Adds a node that copies the one of that number; gives its own.
    pub fn copies(&mut self, number: usize) -> Told<usize> {
        let node = self.node()?;
        self.meet(&node)?;
        self.nodes.push(node);
        self.whole()?;
        let (of, node) =
            (self.nodes.get(number).ok_or("find that node")?, self.nodes.last().ok_or("find the new node")?);
        let id = of.says("CLUSTER MYID")?.lines().last().unwrap_or_default().to_owned();
        until("the new node knows it", || Ok(node.says(&format!("CLUSTER REPLICATE {id}"))?.starts_with("+OK")))?;
        until("the new node copies", || Ok(of.says("INFO replication")?.contains("state=online")))?;
        Ok(self.nodes.len() - 1)
    }

    /// The number of the node that serves what carries that hash tag.
    pub fn home(&self, tag: &str) -> Told<usize> {
        let first = self.nodes.first().ok_or("find a node")?;
        let said = first.says(&format!("CLUSTER KEYSLOT {tag}"))?;
        let slot: u32 = said.trim().trim_start_matches(':').parse().map_err(|_| format!("read a slot in {said:?}"))?;
        (1..=3).position(|part| slot < part * SLOTS / 3).ok_or_else(|| format!("find who serves slot {slot}"))
    }

    /// Where the nodes are, as an address has it.
    pub fn hosts(&self) -> String {
        hosts(&self.nodes)
    }

    fn node(&self) -> Told<Redis> {
        let settings: Vec<(&str, &str)> = self.settings.iter().map(|(name, value)| (&**name, &**value)).collect();
        let more = [("cluster-enabled", "yes"), ("cluster-node-timeout", "2000")];
        Member { settings: &settings, papers: self.papers.as_ref(), more: &more }.start("redis-server")
    }

    fn meet(&self, node: &Redis) -> Told<()> {
        let first = self.nodes.first().ok_or("find a node")?;
        first.says(&format!("CLUSTER MEET 127.0.0.1 {}", node.door())).map(drop)
    }

    /// Waits until all know of all, and every slot is served.
    fn whole(&self) -> Told<()> {
        let known = format!("cluster_known_nodes:{}", self.nodes.len());
        let mut looks = 0_u32;
        until("the cluster is whole", || {
            looks += 1;
            if looks.is_multiple_of(MEET_AGAIN) {
                // A handshake that took too long is forgotten by both.
                self.nodes.iter().skip(1).try_for_each(|node| self.meet(node))?;
            }
            for node in &self.nodes {
                let info = node.says("CLUSTER INFO")?;
                if !(info.contains("cluster_state:ok") && info.contains(&known)) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }
}

/// One of several servers.
struct Member<'a> {
    settings: &'a [(&'a str, &'a str)],
    papers: Option<&'a Papers>,
    more: &'a [(&'a str, &'a str)],
}

impl Member<'_> {
    /// Starts it on ports that are free; again on others, if they were not any more.
    fn start(&self, program: &'static str) -> Told<Redis> {
        begun(BEGINS_MAX, || self.begin(program))
    }

    fn begin(&self, program: &'static str) -> Told<Redis> {
        let door = port()?.to_string();
        let password = self.settings.iter().find(|(name, _)| *name == "requirepass").map(|(_, value)| *value);
        let mut all = self.settings.to_vec();
        if program == "redis-server" {
            all.extend([("appendonly", "yes"), ("save", "")]);
            all.extend(password.map(|password| ("masterauth", password)));
        }
        if let Some(papers) = self.papers {
            all.extend([
                ("tls-port", door.as_str()),
                ("tls-cert-file", &papers.certificate),
                ("tls-key-file", &papers.key),
                ("tls-ca-cert-file", &papers.authority),
                ("tls-auth-clients", "no"),
                ("tls-replication", "yes"),
                ("tls-cluster", "yes"),
            ]);
        }
        all.extend(self.more);
        // Who speaks TLS has this port beside the other one, by which it is asked.
        Redis::start_at(if self.papers.is_some() { free_port()? } else { door.parse().unwrap_or(0) }, program, &all)
    }
}

/// A free port, with a free one for the bus above.
fn port() -> Told<u16> {
    let above = |port: &u16| port.checked_add(BUS).is_some_and(|bus| TcpListener::bind(("127.0.0.1", bus)).is_ok());
    let mut found = free_port()?;
    for _ in 0..1_000 {
        if above(&found) {
            return Ok(found);
        }
        found = free_port()?;
    }
    Err("find a free port with a free one above it".into())
}

fn hosts(servers: &[Redis]) -> String {
    let hosts: Vec<String> = servers.iter().map(|server| format!("127.0.0.1:{}", server.door())).collect();
    hosts.join(",")
}

/// Asks until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> Told<bool>) -> Told<()> {
    let since = Instant::now();
    while !is_so()? {
        if since.elapsed() > PATIENCE {
            return Err(format!("see that {what} within {} s", PATIENCE.as_secs()));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

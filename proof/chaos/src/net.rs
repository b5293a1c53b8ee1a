//! Two hosts and the wire between them, as network namespaces: a row moves into the one, and starts processes in the other.
//!
//! Each has addresses that it keeps whatever becomes of the wire, as a machine does whose cable is pulled. Wants root and
//! the program `ip`; whoever has neither is told so.

use std::{
    fs::File,
    os::fd::AsFd,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::Told;

/// Where the row itself is, and its servers.
pub const HERE: &str = "10.77.0.1";
/// The other side.
pub const THERE: &str = "10.77.0.2";

/// The two hosts; gone, with their wire, when this goes.
pub struct Net {
    here: String,
    there: String,
}

impl Net {
    /// Makes both, and moves this thread, and all that it starts from now on, to the one side. Says why it cannot.
    pub fn enter() -> Told<Net> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let (pid, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let [here, there] = ["a", "b"].map(|side| format!("banto-{pid}-{number}{side}"));
        let net = Net { here, there };
        for (name, address) in [(&net.here, HERE), (&net.there, THERE)] {
            run(&["netns", "add", name])?;
            run(&["-n", name, "link", "set", "lo", "up"])?;
            run(&["-n", name, "address", "add", &format!("{address}/32"), "dev", "lo"])?;
        }
        run(&["-n", &net.here, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", &net.there])?;
        run(&["-n", &net.there, "link", "set", "wire", "up"])?;
        run(&["-n", &net.there, "route", "add", HERE, "dev", "wire", "src", THERE])?;
        net.join()?;
        let path = format!("/run/netns/{}", net.here);
        let opened = File::open(&path).map_err(|error| format!("open \"{path}\": {error}"))?;
        move_into_link_name_space(opened.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(|error| format!("move into a network namespace: {error}"))?;
        Ok(net)
    }

    /// The words before a command that is to run on the other side.
    pub fn there(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.there]
    }

    /// The other side's name.
    pub fn name(&self) -> &str {
        &self.there
    }

    /// The wire is cut: nothing gets through in either direction, and nobody is told.
    pub fn cut(&self) -> Told<()> {
        run(&["-n", &self.here, "link", "set", "wire", "down"])
    }

    /// The wire is whole.
    pub fn join(&self) -> Told<()> {
        run(&["-n", &self.here, "link", "set", "wire", "up"])?;
        run(&["-n", &self.here, "route", "replace", THERE, "dev", "wire", "src", HERE])
    }

    /// What comes from the other side arrives, and every answer to it vanishes.
    pub fn swallow(&self) -> Told<()> {
        run(&["-n", &self.here, "route", "replace", "blackhole", THERE])
    }

    /// Answers get through again.
    pub fn answer(&self) -> Told<()> {
        run(&["-n", &self.here, "route", "delete", "blackhole", THERE])?;
        self.join()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for name in [&self.here, &self.there] {
            // One that was never made is gone already.
            let _gone = run(&["netns", "delete", name]);
        }
    }
}

/// Deletes what a row that was ended has left.
pub fn sweep(pid: u32) {
    let mine = format!("banto-{pid}-");
    for entry in std::fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        if let Some(name) = entry.file_name().to_str().filter(|name| name.starts_with(&mine)) {
            let _gone = run(&["netns", "delete", name]);
        }
    }
}

fn run(words: &[&str]) -> Told<()> {
    let ran = Command::new("ip").args(words).output().map_err(|error| format!("run ip: {error}"))?;
    match ran.status.success() {
        true => Ok(()),
        false => Err(format!("run ip {}: {}", words.join(" "), String::from_utf8_lossy(&ran.stderr).trim())),
    }
}

//! The scripts: constant text, put together when this is built, loaded once by each process, and again where a server does not know them.
//!
//! No word of a caller is ever pasted into one: what varies goes by KEYS and ARGV.

use std::{borrow::Cow, sync::OnceLock};

use crate::mutate;

/// One script.
#[derive(Debug)]
pub(crate) struct Script {
    /// What it is called: the verb.
    pub name: &'static str,
    /// Its text.
    pub source: &'static str,
    /// Whether it changes anything, so that a lost answer leaves doubt.
    pub writes: bool,
    sha: OnceLock<String>,
}

impl Script {
    const fn new(name: &'static str, source: &'static str, writes: bool) -> Script {
        Script { name, source, writes, sha: OnceLock::new() }
    }

    /// Its text as the server is taught it: all of it, but in the proofs.
    pub fn text(&self) -> Cow<'static, str> {
        mutate::text(self.name, self.source)
    }

    /// What the server calls it, once it has been loaded anywhere.
    pub fn sha(&self) -> &str {
        self.sha.get().map_or("", String::as_str)
    }

    /// The server has loaded it under that name, which follows from its text alone.
    pub fn loaded(&self, sha: String) {
        self.sha.get_or_init(|| sha);
    }
}

macro_rules! scripts {
    ($($name:ident: $verb:literal, $writes:literal, [$($part:literal),*];)*) => {
        $(pub(crate) static $name: Script = Script::new(
            $verb,
            concat!(include_str!("lua/desk.lua"), $(include_str!(concat!("lua/", $part, ".lua")),)* include_str!(concat!("lua/", $verb, ".lua"))),
            $writes,
        );)*
        /// All of them.
        pub(crate) static ALL: &[&Script] = &[$(&$name),*];
    };
}

scripts! {
    ENQUEUE: "enqueue", true, ["accept"];
    CLAIM: "claim", true, [];
    RENEW: "renew", true, [];
    FINISH: "finish", true, ["verdict"];
    EXPIRED: "expired", true, [];
    RESCUE: "rescue", true, ["verdict"];
    REGISTER: "register", true, [];
    FIRE: "fire", true, ["accept"];
    STEER: "steer", true, ["remove"];
    PAUSE: "pause", true, [];
    RESTART: "restart", true, [];
    PRUNE: "prune", true, ["remove"];
    RECORD: "record", true, [];
    BEAT: "beat", true, [];
    SETTLE: "settle", true, [];
    DAMAGE: "damage", true, [];
    RECOUNT: "recount", true, [];
    UNKEY: "unkey", true, [];
    STANDING: "standing", false, [];
    HELD: "held", false, [];
    TRAILS: "trails", false, [];
    ROWS: "rows", false, [];
    CARD: "card", false, [];
    WALK: "walk", false, [];
    SEATS: "seats", false, [];
    COUNTS: "counts", false, [];
    QUEUES: "queues", false, [];
    INSTANCES: "instances", false, [];
    BOARD: "board", false, [];
    FIRES: "fires", false, [];
    HOLDER: "holder", false, [];
    TALLY: "tally", false, [];
    CHECK: "check", false, [];
    TOTALS: "totals", false, [];
}

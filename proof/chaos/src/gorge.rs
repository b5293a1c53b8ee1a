//! A process that is handed far too much, and says how much memory it took to refuse it.
//!
//! For the row E1. Its input is made before it measures, so that only what the library takes counts.

use std::{path::PathBuf, process::ExitCode};

use banto_core::Payload;
use banto_engine::{Client, Job};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq};

use crate::{
    Told,
    command::peak_kib,
    kept,
    load::{Act, Errand},
    stage::write,
};

/// What it is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// A text of 100 MB, to be checked as a payload.
    Text,
    /// A job's value of 100 MB, to be enqueued.
    Value,
    /// A job's value that writes itself as 4 GiB, to be enqueued.
    Endless,
}

/// What it is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GorgeSpec {
    /// The store's address.
    pub url: String,
    /// What it is handed.
    pub feed: Feed,
    /// Where it says how it went.
    pub out: PathBuf,
}

/// How it went.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Went {
    /// What the library said, if it refused.
    pub refused: Option<String>,
    /// What it held more than before, at most, in KiB.
    pub grown_kib: u64,
}

/// Characters of the large feeds.
const LARGE: usize = 100_000_000;

/// Hands it over, and writes down how it went.
pub fn gorge(spec: &GorgeSpec) -> Told<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("start a runtime: {error}"))?;
    let client = Client::new(runtime.block_on(kept::open(&spec.url, true)).map_err(|error| error.to_string())?);
    let pad = if spec.feed == Feed::Endless { String::new() } else { "x".repeat(LARGE) };
    let large = Errand { act: Act::Sleep, ms: 1, index: 0, pad };
    let text = if spec.feed == Feed::Text { format!("{:?}", large.pad) } else { String::new() };
    let before = forget_peak()?;
    let refused = match spec.feed {
        Feed::Text => Payload::parse(&text).err().map(|refusal| refusal.to_string()),
        Feed::Value => runtime.block_on(client.enqueue(&large)).err().map(|error| error.to_string()),
        Feed::Endless => runtime.block_on(client.enqueue(&Endless)).err().map(|error| error.to_string()),
    };
    let went = Went { refused, grown_kib: peak_kib("self").saturating_sub(before) };
    let text = serde_json::to_vec(&went).map_err(|error| format!("say how it went: {error}"))?;
    write(&spec.out, &text)?;
    Ok(ExitCode::SUCCESS)
}

/// Lets the kernel count the peak anew, and gives it.
fn forget_peak() -> Told<u64> {
    std::fs::write("/proc/self/clear_refs", b"5").map_err(|error| format!("let the peak be counted anew: {error}"))?;
    Ok(peak_kib("self"))
}

/// A value that is small, and writes itself as 4 GiB of JSON.
#[derive(Debug, Deserialize)]
struct Endless;

impl Serialize for Endless {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let part = "x".repeat(65_534);
        let mut seq = to.serialize_seq(None)?;
        (0..65_536).try_for_each(|_| seq.serialize_element(&part))?;
        seq.end()
    }
}

impl Job for Endless {
    const KIND: &'static str = "chaos.endless";
}

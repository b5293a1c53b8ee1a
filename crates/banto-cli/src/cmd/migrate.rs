//! `migrate`: brings the store's schema up to this build, which opening it has done; says what that was, and what the store's
//! `Ok` is worth from now on.

use serde_json::json;

use super::Desk;
use crate::exit::{Exit, Failure};

pub(super) fn run(desk: &mut Desk<'_>, schema: Option<(usize, usize)>) -> Result<Exit, Failure> {
    let about = desk.store().about();
    if desk.print.json() {
        let (from, to) = schema.unzip();
        desk.print.object(&json!({ "store": about.store, "place": about.place, "from": from, "to": to, "durability": about.durability, "notices": about.notices }))?;
        return Ok(Exit::Well);
    }
    let done = match schema {
        Some((0, to)) => format!("made, with schema version {to}"),
        Some((from, to)) if from < to => format!("migrated from schema version {from} to {to}"),
        Some((_, to)) => format!("is up to date: schema version {to}"),
        None => "is open; it sees to its schema by itself".into(),
    };
    desk.print.say(format!("{} store {}: {done}", about.store, about.place));
    desk.print.say(format!("what is accepted survives: {}", about.durability));
    about.notices.iter().for_each(|notice| desk.print.say(format!("notice: {notice}")));
    Ok(Exit::Well)
}

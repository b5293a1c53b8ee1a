//! `store show`: what a store is, what its Ok is worth, what it holds, and whether it moves.

use banto_core::State;
use banto_engine::copy::{House, count};
use banto_store::{About, Standing};
use serde_json::json;

use super::super::Desk;
use crate::exit::{Exit, Failure};

pub(super) async fn run(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let house = count(&**desk.store()).await?;
    let standing = desk.store().standing().await?;
    let about = desk.store().about();
    if desk.print.json() {
        let About { store, place, durability, notices } = about;
        desk.print.object(&json!({
            "store": store, "place": place, "durability": durability, "notices": notices, "standing": standing, "house": house,
        }))?;
        return Ok(Exit::Well);
    }
    desk.print.say(format!("{} store {}", about.store, about.place));
    desk.print.say(format!("an Ok survives: {}", about.durability));
    desk.print.say(holds(&house));
    if let Some(standing) = standing {
        desk.print.say(stands(&standing));
    }
    for notice in about.notices {
        desk.print.say(format!("notice: {notice}"));
    }
    Ok(Exit::Well)
}

/// What a store holds, in words.
pub(super) fn holds(house: &House) -> String {
    let states = State::ALL.into_iter().zip(house.counts).filter(|(_, count)| *count > 0);
    let states: Vec<String> = states.map(|(state, count)| format!("{count} {state}")).collect();
    let states = if states.is_empty() { String::new() } else { format!(" ({})", states.join(", ")) };
    let House { jobs, queues, keys, schedules, fires, .. } = house;
    format!(
        "holds {jobs} jobs{states}, {queues} queues, {keys} unique keys, {schedules} schedules, {fires} rows of their ledger"
    )
}

fn stands(standing: &Standing) -> String {
    let Standing { id, stand, place, by, .. } = standing;
    format!("is {} in move {id} with \"{place}\", ordered by {by}", stand.word())
}

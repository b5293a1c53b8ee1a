//! Where a move is: what the two stores say of themselves, together.
//!
//! The destination is asked to arrive before the source leaves, under an id that is drawn for the two. So a source that leaves names a
//! move of which exactly one store can say that it arrives, and the copier never has to guess from addresses.

use banto_store::{MoveId, Stand, Standing, Store, StoreError};
use serde::Serialize;

use super::{again, refuse};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A move begins.
    Begin,
    /// This move goes on.
    GoOn(MoveId),
    /// This move is done: there is nothing to do.
    Done(MoveId),
}

/// What is to be done to move `from` to `to`. Refuses stores that take part in another move, and a destination that is not empty.
/// Changes nothing.
pub async fn way(from: &dyn Store, to: &dyn Store) -> Result<Way, StoreError> {
    let [source, destination] = stand(from, to).await?;
    if let Some(source) = source.filter(|source| !source.open()) {
        return on_its_way(from, to, &source, destination.as_ref());
    }
    let place = |standing: &Standing| banto_core::text::visible(&standing.place, 200);
    match destination.filter(|destination| !destination.open()) {
        Some(other) if matches!(other.stand, Stand::Leaving | Stand::Left) => {
            Err(refuse("the destination of a move", to, format!("it moves to \"{}\" itself", place(&other))))
        }
        Some(other) if other.stand == Stand::Clearing => {
            let what = format!("what came from \"{}\" is being deleted there; --undo goes on with that", place(&other));
            Err(refuse("the destination of a move", to, what))
        }
        Some(other) if !empty(to).await? => {
            Err(refuse("the destination of a move", to, format!("it is being filled from \"{}\"", place(&other))))
        }
        None if !empty(to).await? => Err(refuse(
            "the destination of a move",
            to,
            "it is not empty, and two houses cannot be made one: their keys and schedules could be the same",
        )),
        _ => Ok(Way::Begin),
    }
}

/// A source that takes part in a move already.
fn on_its_way(
    from: &dyn Store,
    to: &dyn Store,
    source: &Standing,
    destination: Option<&Standing>,
) -> Result<Way, StoreError> {
    let place = banto_core::text::visible(&source.place, 200);
    if !leaves(source) {
        return Err(refuse("the source of a move", from, format!("it is being filled from \"{place}\" itself")));
    }
    let own = destination.filter(|destination| destination.id == source.id);
    match own.map(|own| own.stand) {
        Some(Stand::Arriving) => Ok(Way::GoOn(source.id)),
        Some(Stand::Arrived) => Ok(Way::Done(source.id)),
        Some(_) => Err(refuse("the source of a move", from, "its move is being given up; --undo goes on with that")),
        None => {
            let what = format!("\"{}\" is not where it moves: that is \"{place}\"", to.about().place);
            Err(refuse("the source of a move", from, what))
        }
    }
}

/// What is to be done to give a move up: the destination is cleared first, then the source stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undo {
    pub clear: Option<MoveId>,
    pub stay: Option<MoveId>,
}

/// What is to be given up, if there is anything. A source that has left stays only where the destination says that it never opened;
/// one that is leaving always may, for nobody can open the destination without closing it first.
pub(super) async fn undo(from: &dyn Store, to: &dyn Store) -> Result<Option<Undo>, StoreError> {
    let [source, destination] = stand(from, to).await?;
    let source = source.filter(leaves);
    let Some(source) = source else {
        let left = destination.filter(|destination| destination.stand == Stand::Arriving);
        let Some(left) = left else { return Ok(None) };
        return match empty(to).await? {
            true => Ok(Some(Undo { clear: Some(left.id), stay: None })),
            false => Err(refuse("the source of a move", from, "it takes part in none, and the destination in another")),
        };
    };
    let stay = Some(source.id);
    match destination.filter(|destination| destination.id == source.id).map(|own| own.stand) {
        Some(Stand::Arriving | Stand::Clearing) => Ok(Some(Undo { clear: stay, stay })),
        Some(Stand::Cleared) => Ok(Some(Undo { clear: None, stay })),
        Some(_) => {
            let what = "the move is done, and what came may have run there; move it back the other way";
            Err(refuse("the source of a move to give up", from, what))
        }
        None if source.stand == Stand::Leaving => Ok(Some(Undo { clear: None, stay })),
        None => {
            let place = banto_core::text::visible(&source.place, 200);
            let what = format!("only its destination, \"{place}\", can say that nothing has run there");
            Err(refuse("the source of a move to give up", from, what))
        }
    }
}

fn leaves(standing: &Standing) -> bool {
    matches!(standing.stand, Stand::Leaving | Stand::Left)
}

async fn stand(from: &dyn Store, to: &dyn Store) -> Result<[Option<Standing>; 2], StoreError> {
    Ok([again(|| from.standing()).await?, again(|| to.standing()).await?])
}

/// Whether there is nothing in it that can be seen; the store itself has the last word.
async fn empty(store: &dyn Store) -> Result<bool, StoreError> {
    let board = again(|| store.schedules()).await?;
    let queues = again(|| store.queues()).await?;
    let keys = again(|| store.keys(None, 1)).await?;
    let schedules = board.services.is_empty() && board.schedules.is_empty() && board.ahead.is_empty();
    Ok(schedules && board.maintenance.is_none() && queues.is_empty() && keys.keys.is_empty())
}

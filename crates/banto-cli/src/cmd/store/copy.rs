//! `store copy`: moves all that a store holds into another one.

use std::sync::Arc;

use banto_engine::copy::{Copier, Moved, Told, Way, count, way};
use banto_store::{Seen, Store};
use serde_json::json;

use super::{
    super::{line, steer::who},
    show::holds,
};
use crate::{
    app::App,
    args::Copy,
    exit::{Exit, Failure},
    print::Print,
};

/// The two ends, as they are said.
struct Ends {
    from: String,
    to: String,
}

pub(crate) async fn run(app: &App, typed: &Copy, print: &mut Print) -> Result<Exit, Failure> {
    let from = open(app, &typed.from, false).await?;
    // One that is not there yet is made when it is meant; what else is wrong with its address is said then.
    let to = match open(app, &typed.to, false).await {
        Err(failure) if !typed.undo && failure.exit == Exit::Usage => None,
        opened => Some(opened?),
    };
    let mut ends =
        Ends { from: place(&*from), to: to.as_ref().map_or_else(|| "a new store".into(), |to| place(&**to)) };
    if typed.undo {
        let Some(to) = to else { return done(String::new(), &ends, print) };
        return undo(app, from, to, typed, &ends, print).await;
    }
    let way = match &to {
        Some(to) => way(&*from, &**to).await?,
        None => Way::Begin,
    };
    if let Way::Done(id) = way {
        return done(id.to_string(), &ends, print);
    }
    plan(&*from, way, &ends, typed, print).await?;
    if typed.sure.dry_run {
        return Ok(Exit::Well);
    }
    confirm(print, typed.sure.yes, "move the house")?;
    let to = match to {
        Some(to) => to,
        None => open(app, &typed.to, true).await?,
    };
    ends.to = place(&*to);
    let copier = Copier { from, to, clock: app.clock.clone(), history: !typed.without_history, by: who() };
    let mut last = None;
    let moved = copier.run(&mut |told| progress(&mut last, told, print)).await?;
    match moved {
        Some(moved) => tell(&moved, &ends, print),
        None => done(String::new(), &ends, print),
    }
}

/// Opens one end; only the destination of a move that is meant is made or migrated for it.
async fn open(app: &App, url: &str, migrate: bool) -> Result<Arc<dyn Store>, Failure> {
    Ok(app.open_at(crate::store::named(url)?, migrate).await?.0.store)
}

fn place(store: &dyn Store) -> String {
    let about = store.about();
    format!("{} {}", about.store, about.place)
}

/// What would be done, and with how much.
async fn plan(from: &dyn Store, way: Way, ends: &Ends, typed: &Copy, print: &mut Print) -> Result<(), Failure> {
    let house = count(from).await?;
    let living: Vec<Seen> = from.instances().await?.into_iter().filter(|seen| seen.living).collect();
    let dry_run = typed.sure.dry_run;
    if print.json() {
        if dry_run {
            print.object(&json!({
                "way": way, "from": ends.from, "to": ends.to, "house": house, "living": names(&living), "dry_run": true,
            }))?;
        }
        return Ok(());
    }
    let begins = match way {
        Way::GoOn(id) => format!("goes on with move {id}"),
        Way::Begin | Way::Done(_) => "begins".into(),
    };
    let words = [
        format!("the move from {} to {} {begins}", ends.from, ends.to),
        format!("{} {}", ends.from, holds(&house)),
        of_living(&living),
    ];
    for text in words.into_iter().filter(|text| !text.is_empty()) {
        match dry_run {
            true => print.say(text),
            false => print.note(text),
        }
    }
    Ok(())
}

fn of_living(living: &[Seen]) -> String {
    match living {
        [] => String::new(),
        living => format!("who lives there must be pointed at the new store: {}", names(living).join(", ")),
    }
}

fn names(living: &[Seen]) -> Vec<String> {
    let name = |seen: &Seen| format!("{} on {} ({})", seen.instance.name, seen.instance.host, seen.instance.pid);
    living.iter().map(name).collect()
}

fn confirm(print: &mut Print, yes: bool, what: &str) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::new(Exit::Unconfirmed, format!("{what}: {why}; nothing was changed")));
    if yes {
        return Ok(());
    }
    if !print.person() {
        return refuse("there is no terminal to ask on; add --yes if it is meant, or --dry-run to count");
    }
    if print.ask(&format!("{what}?")) { Ok(()) } else { refuse("the answer was not yes") }
}

/// A line now and then: a tenth of the way, or another step.
fn progress(last: &mut Option<String>, told: Told, print: &mut Print) {
    let text = match told {
        Told::Waits(0) => return,
        Told::Waits(running) => format!("{} still run at the source, and are waited for", line::jobs(running)),
        Told::Copied(there, of) => {
            let tenths = there.saturating_mul(10).checked_div(of).unwrap_or(10);
            format!("{}0 % of about {} are there", tenths.min(10), line::jobs(of))
        }
        Told::Closed => "the source takes no jobs any more; what came meanwhile is copied".into(),
        Told::Cleared(jobs) => format!("{} deleted at the destination", line::jobs(jobs)),
    };
    if last.as_ref() != Some(&text) {
        print.note(&text);
        *last = Some(text);
    }
}

fn tell(moved: &Moved, ends: &Ends, print: &mut Print) -> Result<Exit, Failure> {
    let exit = if moved.unreadable == 0 { Exit::Well } else { Exit::Found };
    if print.json() {
        let Moved { id, house, unreadable, sample, living } = moved;
        print.object(&json!({
            "move": id, "from": ends.from, "to": ends.to, "house": house, "unreadable": unreadable, "sample": sample,
            "living": names(living),
        }))?;
        return Ok(exit);
    }
    print.say(format!("moved: {} {}", ends.to, holds(&moved.house)));
    if moved.unreadable > 0 {
        let ids: Vec<String> = moved.sample.iter().map(ToString::to_string).collect();
        print.say(format!("{} rows cannot be read and stay at {}: {}", moved.unreadable, ends.from, ids.join(" ")));
    }
    print.say(format!("{} is closed and keeps what it had", ends.from));
    if !moved.living.is_empty() {
        print.say(of_living(&moved.living));
    }
    Ok(exit)
}

fn done(id: String, ends: &Ends, print: &mut Print) -> Result<Exit, Failure> {
    if print.json() {
        print.object(&json!({ "move": id, "from": ends.from, "to": ends.to, "done": true }))?;
    } else {
        print.say(format!("{} has moved to {} already; nothing was changed", ends.from, ends.to));
    }
    Ok(Exit::Well)
}

async fn undo(
    app: &App,
    from: Arc<dyn Store>,
    to: Arc<dyn Store>,
    typed: &Copy,
    ends: &Ends,
    print: &mut Print,
) -> Result<Exit, Failure> {
    confirm(print, typed.sure.yes, "give the move up, and delete what has come")?;
    let copier = Copier { from, to, clock: app.clock.clone(), history: true, by: who() };
    let mut last = None;
    let undone = copier.undo(&mut |told| progress(&mut last, told, print)).await?;
    if print.json() {
        print.object(&json!({ "from": ends.from, "to": ends.to, "undone": undone }))?;
    } else if undone {
        print.say(format!("given up: {} is empty, {} goes on as before", ends.to, ends.from));
    } else {
        print.say(format!("there is no move from {} to {}; nothing was changed", ends.from, ends.to));
    }
    Ok(Exit::Well)
}

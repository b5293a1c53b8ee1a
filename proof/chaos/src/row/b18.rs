//! B18: a store that a newer build has changed, migrators that are killed half-way, and many that migrate at once.
//!
//! Promises: a newer store is refused with both numbers and left as it is; after a kill at any moment the next one finds or
//! makes a whole store; of many at once each finds one whole store.

use std::{thread::sleep, time::Duration};

use banto_store::Fault;
use rusqlite::Connection;

use crate::{
    Told,
    kept::{self, Kept},
    report::{Check, Report},
    stage::{Scene, Stage},
};

const LIMIT: Duration = Duration::from_secs(40);
const AT_ONCE: usize = 8;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let (kills, races) = stage.pick((10, 2), (100, 20));
    let (mut broken, mut cut, mut account) = (Vec::new(), 0, crate::account::Account::default());
    for n in 0..kills {
        let scene = stage.scene(&format!("killed-{n}"))?;
        let client = scene.client("client", 1);
        let mut process = client.start(&scene)?;
        sleep(Duration::from_millis(stage.draw(0..=120)));
        process.kill()?;
        cut += u64::from(scene.acks()?.iter().all(|line| line.word != crate::ledger::Word::Acked));
        client.finish(&scene, LIMIT)?;
        broken.extend(scene.broken()?);
        account.add(&scene.account()?.0);
    }
    for n in 0..races {
        let scene = stage.scene(&format!("raced-{n}"))?;
        let names: Vec<String> = (0..AT_ONCE).map(|n| format!("racer-{n}")).collect();
        let mut racers = names.iter().map(|name| scene.client(name, 1).start(&scene)).collect::<Told<Vec<_>>>()?;
        racers.iter_mut().try_for_each(|racer| racer.succeed(LIMIT))?;
        broken.extend(scene.broken()?);
        let found = scene.account()?.0;
        if found.acked != AT_ONCE as u64 {
            broken.push(format!("{} of {AT_ONCE} who migrated at once were heard", found.acked));
        }
        account.add(&found);
    }
    let (refused, said, left) = newer(&stage.scene("newer")?)?;
    let rules = broken.len() as u64;
    let report = Report::of(account)
        .headed(Check::none("rules of the store that are broken", rules))
        .check(Check::exactly("a newer store is refused as such", u64::from(refused), "", 1))
        .check(Check::exactly("the refusal names both numbers", u64::from(said), "", 1))
        .check(Check::exactly("the newer store is left as it was", u64::from(left), "", 1))
        .check(Check::at_least("migrators killed before they were done", cut as f64, "", 1.0))
        .note(format!("{kills} migrators killed, {races} times {AT_ONCE} at once"));
    Ok(broken.into_iter().fold(report, Report::note))
}

/// Makes a store look as a newer build would leave it: whether it is refused as such, with both numbers, and left alone.
fn newer(scene: &Scene<'_>) -> Told<(bool, bool, bool)> {
    let store = scene.client("client", 1);
    store.finish(scene, LIMIT)?;
    let number = 1_000;
    change(scene, number)?;
    let before = looks(scene)?;
    let opened = scene.stage.wait(kept::open(&scene.url(), true));
    let error = opened.err().ok_or("see a newer store refused")?;
    let words = error.to_string();
    let numbers: Vec<u64> = words.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let both = numbers.contains(&number) && numbers.iter().any(|other| *other < number);
    Ok((*error.fault() == Fault::Newer, both, looks(scene)? == before))
}

fn change(scene: &Scene<'_>, number: u64) -> Told<()> {
    match scene.stage.kept {
        Kept::Sqlite => {
            let changed = Connection::open(&scene.db).and_then(|db| {
                db.execute("UPDATE banto_meta SET value = ?1 WHERE name = 'schema'", [number.to_string()])
            });
            changed.map(drop).map_err(|error| format!("change the schema's number: {error}"))
        }
        Kept::Postgres => {
            let sql =
                format!("UPDATE newer.meta SET value = '{number}' WHERE name IN ('schema', 'serves') RETURNING name");
            scene.stage.psql(&sql).map(drop)
        }
        Kept::Redis => scene.stage.redis(&["SET", "{newer}:form", &number.to_string()]).map(drop),
    }
}

/// All that is stored of it, in words.
fn looks(scene: &Scene<'_>) -> Told<String> {
    match scene.stage.kept {
        Kept::Sqlite => std::fs::read(&scene.db)
            .map(|bytes| format!("{} {:x?}", bytes.len(), bytes.get(..100)))
            .map_err(|error| format!("read \"{}\": {error}", scene.db.display())),
        Kept::Postgres => {
            let sql =
                "SELECT string_agg(name || value, ' ' ORDER BY name) FROM newer.meta; SELECT count(*) FROM newer.job";
            scene.stage.psql(sql).map(|said| said.join(" "))
        }
        Kept::Redis => scene.stage.redis(&["GET", "{newer}:form"]),
    }
}

//! A run that breaks off, at every place where it can: the worker dies in a call to a provider, or the store refuses one of
//! the writes. Wherever it was, the next attempt makes what is not there, nothing twice, and charges once.

use std::{collections::BTreeMap, sync::Arc};

use banto::{Config, Event, GivenClock, JobRecord, State};
use futures_util::{StreamExt, stream};
use myteacher::{
    event::CommentEvent,
    look::Look,
    order::{self, Ordered},
    work,
};

use crate::{
    desk::Desk,
    stage::{Stage, USER, config, house, house_by},
};

/// So many runs are broken side by side.
const AT_ONCE: usize = 4;

fn look(is_transparent: bool) -> Look {
    Look { is_transparent, ..Look::from_seed(3) }
}

/// Every call of a run that nothing disturbs, in order.
fn calls(look: &Look) -> Vec<String> {
    let pictures = look.pictures().into_iter().flat_map(|picture| {
        let cut = look.is_transparent.then(|| format!("{picture} cut out"));
        std::iter::once(picture.to_string()).chain(cut)
    });
    pictures.chain(CommentEvent::ALL.iter().map(|event| event.to_string())).collect()
}

/// What the run costs by the price list of the reference system.
fn price(look: &Look) -> i64 {
    let removal = if look.is_transparent { 50 } else { 0 };
    i64::try_from(look.pictures().len()).unwrap() * (1_000 + removal) + 22 * 2 + 10
}

async fn texts(stage: &Stage, sql: &'static str) -> Vec<String> {
    let rows = stage.app.read(move |db| {
        let mut find = db.prepare(sql)?;
        let rows = find.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<Vec<String>, _>>()?)
    });
    rows.await.unwrap()
}

/// All is there once, by the books and on the disk; `twice` is what had to be asked for again.
async fn assert_whole(stage: &Stage, desk: &Desk, look: &Look, twice: Option<&str>, told: &str) {
    let avatar = stage.avatar(1).await;
    assert_eq!((avatar.status.as_str(), avatar.shown.as_ref()), ("completed", Some(&avatar.run)), "{told}: {avatar:?}");
    let mut asked = BTreeMap::<String, usize>::new();
    for item in desk.asked() {
        *asked.entry(item).or_default() += 1;
    }
    let wanted = calls(look).into_iter().map(|item| (item.clone(), if Some(item.as_str()) == twice { 2 } else { 1 }));
    assert_eq!(asked, wanted.collect(), "{told}: what was asked of the providers");

    let mut events: Vec<String> = CommentEvent::ALL.iter().map(|event| format!("{event} {}", event.moment())).collect();
    events.sort();
    let said = texts(stage, "SELECT event_type || ' ' || comment_text FROM avatar_comments ORDER BY event_type").await;
    assert_eq!(said, events, "{told}: one comment an event, each its own");
    let paths = texts(stage, "SELECT path FROM avatar_images ORDER BY id").await;
    assert_eq!(paths.len(), look.pictures().len(), "{told}");
    for (path, picture) in paths.iter().zip(look.pictures()) {
        let file = std::fs::read_to_string(stage.folder.path().join("pictures").join(path)).unwrap();
        let wanted = if look.is_transparent { format!("{picture} cut out") } else { picture.to_string() };
        assert_eq!(file, wanted, "{told}: {path}");
    }
    let mut used = texts(stage, "SELECT item FROM ai_usage_logs ORDER BY id").await;
    let mut wanted = calls(look);
    used.sort();
    wanted.sort();
    assert_eq!(used, wanted, "{told}: what is paid for");

    for (sql, count) in [
        ("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'", 1),
        ("SELECT count(*) FROM notification_templates", 1),
        ("SELECT count(*) FROM user_notifications", 1),
        ("SELECT count(*) FROM token_holds", 0),
        ("SELECT count(*) FROM avatar_drawings", 0),
        ("SELECT count(*) FROM banto_job", 1),
    ] {
        assert_eq!(stage.count(sql).await, count, "{told}: {sql}");
    }
    let balance = stage.balance().await;
    assert_eq!((balance.free, balance.paid), (10_000 - price(look), 100_000), "{told}");
}

/// Works until that job has ended, well or badly.
async fn work_it_off(stage: &Stage, ordered: Ordered) -> JobRecord {
    let worker = work::worker(&stage.app, Config { stop_when_empty: false, ..config() });
    let (mut events, stop) = (worker.events().subscribe(), worker.stop());
    let until = async {
        while !matches!(events.recv().await.unwrap(), Event::Ended { job, .. } if job == ordered.job) {}
        stop.graceful("it ended");
    };
    let (report, ()) = tokio::join!(work::work(&stage.app, worker), until);
    report.unwrap();
    stage.job(ordered).await
}

/// The lease of a worker that is to die, in milliseconds.
const LEASE_MS: u64 = 3_600_000;

/// A worker that dies in that call, as by `kill -9`: nothing is handed back, its lease runs out.
async fn killed_in(look: Look, call: usize, item: String) {
    let told = format!("killed in call {call}, {item}");
    let (clock, desk) = (Arc::new(GivenClock::at(1_000_000)), Desk::default());
    let providers = (Arc::new(desk.clone()), Arc::new(desk.clone()));
    let stage = Stage::set_by(clock.clone(), house_by(clock.clone()), providers.0, providers.1, None).await;
    let ordered = order::create(&stage.app, USER, look).await.unwrap();
    desk.sticks_at(Some(call));
    // It neither beats nor renews while the test lasts, however slow the machine: a store in this process would still carry out
    // what the dead has sent, after the clock has moved on, and take it for alive.
    let dies = Config { lease_ms: LEASE_MS, renew_ms: LEASE_MS / 4, ..config() };
    let worker = work::worker(&stage.app, dies);
    tokio::select! {
        ended = worker.run() => panic!("{told}: it ended: {ended:?}"),
        () = desk.reached() => {} // and the worker is dropped where it stands
    }
    let job = stage.job(ordered).await;
    assert_eq!((job.state, stage.avatar(1).await.status.as_str()), (State::Running, "generating"), "{told}");
    assert_eq!(stage.balance().await.held, price(&look), "{told}");

    desk.sticks_at(None);
    clock.pass(LEASE_MS + 1_000);
    let job = work_it_off(&stage, ordered).await;
    let trail = stage.app.store().job(ordered.job).await.unwrap().unwrap().trail;
    assert_eq!(
        (job.state, job.attempt, job.crashes),
        (State::Done, 1, 1),
        "{told}: a crash burns no attempt: {trail:?}"
    );
    assert_whole(&stage, &desk, &look, Some(&item), &told).await;
}

async fn each<F: Future<Output = ()>>(cases: impl IntoIterator<Item = F>) {
    stream::iter(cases).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_any_call_costs_that_call_and_nothing_else() {
    for look in [look(false), look(true)] {
        each(calls(&look).into_iter().enumerate().map(|(call, item)| killed_in(look, call, item))).await;
    }
}

/// A write that the store refuses, and the call whose work is lost with it.
struct Refusal {
    trigger: String,
    lost: Option<String>,
}

/// Refuses what `when` says of that table.
fn refuse(event: &str, table: &str, when: &str, lost: Option<String>) -> Refusal {
    let trigger = format!(
        "CREATE TRIGGER refusal BEFORE {event} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'the disk says no'); END"
    );
    Refusal { trigger, lost }
}

/// Every write of a run, in order.
fn refusals(look: &Look) -> Vec<Refusal> {
    let mut all = vec![
        refuse("INSERT", "token_holds", "true", None),
        refuse("UPDATE", "teacher_avatars", "new.generation_status = 'generating'", None),
    ];
    for item in calls(look) {
        all.push(refuse("INSERT", "ai_usage_logs", &format!("new.item = '{item}'"), Some(item)));
    }
    for picture in look.pictures() {
        let is_it = format!("new.image_type || '_' || new.expression_type = '{picture}'");
        let last = if look.is_transparent { format!("{picture} cut out") } else { picture.to_string() };
        all.push(refuse("INSERT", "avatar_images", &is_it, Some(last.clone())));
        if look.is_transparent {
            let drawn = picture.to_string();
            all.push(refuse("INSERT", "avatar_drawings", &format!("new.picture = '{drawn}'"), Some(drawn)));
            // It goes in the same step as its cut-out is noted.
            all.push(refuse("DELETE", "avatar_drawings", &format!("old.picture = '{picture}'"), Some(last)));
        }
    }
    for event in CommentEvent::ALL {
        all.push(refuse("INSERT", "avatar_comments", &format!("new.event_type = '{event}'"), Some(event.to_string())));
    }
    all.extend([
        refuse("UPDATE", "teacher_avatars", "new.generation_status = 'completed'", None),
        refuse("DELETE", "token_holds", "true", None),
        refuse("UPDATE", "token_balances", "true", None),
        refuse("INSERT", "token_transactions", "new.type = 'ai_usage'", None),
        refuse("INSERT", "notification_templates", "true", None),
        refuse("INSERT", "user_notifications", "true", None),
    ]);
    all
}

async fn refused_at(look: Look, refusal: Refusal) {
    let (told, desk) = (refusal.trigger.clone(), Desk::default());
    let stage = Stage::set(house(), Arc::new(desk.clone()), Arc::new(desk.clone()), None).await;
    let ordered = order::create(&stage.app, USER, look).await.unwrap();
    stage.app.write(move |db| Ok(db.execute_batch(&refusal.trigger)?)).await.unwrap();
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Scheduled, 1), "{told}: {:?}", job.error);
    assert!(job.error.clone().unwrap().contains("the disk says no"), "{told}: {:?}", job.error);
    // Each step was taken whole or not at all.
    assert_eq!(stage.count("SELECT count(*) FROM token_transactions WHERE run IS NOT NULL").await, 0, "{told}");
    assert_eq!(stage.count("SELECT count(*) FROM notification_templates").await, 0, "{told}");
    let (noted, used) = (
        "SELECT (SELECT count(*) FROM avatar_comments) + (SELECT count(*) FROM avatar_images)
           + (SELECT count(*) FROM avatar_drawings)",
        "SELECT count(*) FROM ai_usage_logs l WHERE NOT EXISTS
           (SELECT 1 FROM ai_usage_logs cut WHERE cut.item = l.item || ' cut out')",
    );
    assert_eq!(stage.count(noted).await, stage.count(used).await, "{told}: noted is paid for, and paid for is noted");

    stage.sql("DROP TRIGGER refusal").await;
    stage.run_now(ordered).await;
    assert_eq!(stage.job(ordered).await.state, State::Done, "{told}");
    assert_whole(&stage, &desk, &look, refusal.lost.as_deref(), &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_refused_anywhere_is_made_up_for_and_nothing_is_paid_twice() {
    for look in [look(false), look(true)] {
        each(refusals(&look).into_iter().map(|refusal| refused_at(look, refusal))).await;
    }
}

/// The end of a failed run is one step too: what of it cannot be written leaves the row to the next reconcile.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_cannot_be_written_down_is_written_down_later_and_once() {
    let refusals = [
        refuse("UPDATE", "teacher_avatars", "new.generation_status = 'failed'", None),
        refuse("DELETE", "token_holds", "true", None),
        refuse("INSERT", "notification_templates", "true", None),
        refuse("INSERT", "user_notifications", "true", None),
    ];
    for Refusal { trigger, .. } in refusals {
        let (told, desk) = (trigger.clone(), Desk::default());
        let stage = Stage::set(house(), Arc::new(desk.clone()), Arc::new(desk.clone()), None).await;
        let ordered = order::create(&stage.app, USER, look(false)).await.unwrap();
        desk.panics_at(Some("login"));
        stage.work().await;
        stage.run_now(ordered).await;
        stage.app.write(move |db| Ok(db.execute_batch(&trigger)?)).await.unwrap();
        let order = banto::steer::Order::Retry(banto::Select::ids([ordered.job]));
        stage.app.store().steer(banto::Steer { order, by: "test".into(), preview: false }).await.unwrap();
        assert!(work::work(&stage.app, work::worker(&stage.app, config())).await.is_err(), "{told}: it is not hidden");
        assert_eq!(stage.job(ordered).await.state, State::Dead, "{told}");
        assert_eq!(stage.avatar(1).await.status, "generating", "{told}");
        assert_eq!(stage.balance().await.held, 6_054, "{told}");

        stage.sql("DROP TRIGGER refusal").await;
        for mended in [1, 0] {
            let counts = myteacher::reconcile::reconcile(&stage.app, false).await.unwrap();
            assert_eq!((counts.failed, counts.enqueued), (mended, 0), "{told}");
            assert_eq!((stage.avatar(1).await.status.as_str(), stage.balance().await.held), ("failed", 0), "{told}");
            assert_eq!(stage.count("SELECT count(*) FROM user_notifications").await, 1, "{told}");
        }
    }
}

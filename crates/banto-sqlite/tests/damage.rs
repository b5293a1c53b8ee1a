//! Somebody wrote into the file: that job is set aside with the reason, and the others run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bench;

use banto_core::{Cause, JobId, State};
use banto_sqlite::{Read, Sqlite, Store};
use banto_store::{Fault, MoveId, Order, Other, Prune, Select, Settle, Steer, Step, suite::settle::unlike_a_standing};
use bench::{Bench, claim, done, job, jobs, retry};

/// What somebody might write into a row of banto_job.
const WRITTEN: [&str; 37] = [
    "kind = 'a b'",
    "kind = ''",
    "kind = char(27) || '[2J'",
    "kind = CAST(x'ff' AS TEXT)",
    "version = 0",
    "version = 70000",
    "queue = '../x'",
    "priority = 10",
    "priority = -1",
    "state = 2",
    "state = 7",
    "state = -1",
    "state = 9223372036854775807",
    "attempts_max = -1",
    "attempt = -1",
    "crashes = 70000",
    "fence = -1",
    "fence = 1099511627776",
    "payload = '{\"to\":'",
    "payload = ''",
    // All of this could be; only the sum knows that it was not so.
    "payload = '{\"to\":\"eve\"}'",
    "kind = 'other'",
    "version = 2",
    "attempts_max = 9",
    "key = 'a', hold = 1",
    "enqueued_at = 5",
    "payload = CAST(x'22ff22' AS TEXT)",
    "payload = replace(hex(zeroblob(101)), '00', '[') || replace(hex(zeroblob(101)), '00', ']')",
    "options = '{'",
    "options = '{\"run\":\"rm\"}'",
    "key = '', hold = 1",
    "key = 'a', hold = 9",
    "key = 'a', hold = 2, hold_ms = -1",
    "cause = 'odd'",
    "progress = '{\"done\":-1}'",
    "cancel_asked = 5",
    "error = CAST(x'ff' AS TEXT)",
];

fn write(bench: &Bench, change: &str, id: JobId) {
    let changed = bench.tool().execute(&format!("UPDATE banto_job SET {change} WHERE id = ?1"), [id.bytes()]);
    assert_eq!(changed.unwrap(), 1, "{change}");
}

async fn set_aside(store: &Sqlite, id: JobId, change: &str) {
    let card = store.job(id).await.unwrap().unwrap_or_else(|| panic!("{change}: it is not listed"));
    assert_eq!(card.job.state, State::Parked, "{change}");
    let park = card.job.park.unwrap();
    assert_eq!(park.cause, Cause::Damaged, "{change}");
    assert!(!park.text.is_empty(), "{change}");
    if change.starts_with("state") || change.starts_with("cause") {
        return; // Parking it has written over all that was wrong.
    }
    let raw = card.raw.unwrap_or_else(|| panic!("{change}: what is stored is not shown"));
    assert!(raw.contains("payload = ") && !raw.contains('\u{1b}'), "{change}: {raw}");
}

#[tokio::test]
async fn whatever_is_written_into_a_row_its_neighbours_are_handed_out() {
    for change in WRITTEN {
        let bench = Bench::new();
        let store = bench.inline();
        let new = jobs(5);
        store.enqueue(new.clone().into()).await.unwrap();
        write(&bench, change, new[2].id);
        let claimed = claim(&store, 10).await;
        assert_eq!(claimed.damaged, [new[2].id], "{change}");
        assert_eq!(claimed.jobs.len(), 4, "{change}");
        assert!(claim(&store, 10).await.damaged.is_empty(), "{change}: it is named once");
        set_aside(&store, new[2].id, change).await;
        let all = store.jobs(Select::default(), None).await.unwrap().jobs;
        assert_eq!(all.len(), 5, "{change}");
        let parked = store.jobs(Select { cause: Some(Cause::Damaged), ..Select::default() }, None).await.unwrap().jobs;
        assert_eq!(parked.len(), 1, "{change}");
        store.queues().await.unwrap();
        store.census().await.unwrap();
        store.finish(claimed.jobs.iter().map(done).collect()).await.unwrap();
        // The cure that the cause names: cancel it.
        let order = Order::Cancel(Select::ids([new[2].id]));
        let steered = store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap();
        assert_eq!(steered.count, 1, "{change}");
        let listed = store.jobs(Select::default(), None).await.unwrap().jobs;
        assert!(listed.iter().all(|job| job.state != State::Parked), "{change}: {listed:?}");
        assert!(store.census().await.unwrap().is_empty(), "{change}");
        let order = Order::Forget(Select::ids([new[2].id]));
        let steered = store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap();
        assert_eq!(steered.count, 1, "{change}");
        bench::sound(&store).await;
    }
}

#[tokio::test]
async fn a_damaged_row_in_line_can_be_cancelled_cannot_be_released_and_is_pruned_in_its_time() {
    for change in WRITTEN {
        let bench = Bench::new();
        let store = bench.inline();
        let new = jobs(2);
        store.enqueue(new.clone().into()).await.unwrap();
        write(&bench, change, new[0].id);
        if change.starts_with("state") || change.starts_with("priority") {
            continue; // Not in line, or not where it says: whoever meets it first mends that.
        }
        let order = |order| Steer { order, by: "ann".into(), preview: false };
        let released = store.steer(order(Order::Release(Select::ids([new[0].id])))).await.unwrap();
        assert_eq!(released.count, 0, "{change}");
        assert_eq!(store.steer(order(Order::Cancel(Select::ids([new[0].id])))).await.unwrap().count, 1, "{change}");
        let card = store.job(new[0].id).await.unwrap().unwrap();
        assert_eq!((card.job.state, card.job.error.is_some()), (State::Cancelled, true), "{change}");
        let claimed = claim(&store, 5).await;
        assert_eq!((claimed.jobs.len(), claimed.damaged.len()), (1, 0), "{change}");
        store.finish(claimed.jobs.iter().map(done).collect()).await.unwrap();
        bench.clock.pass(1_000);
        let all = Prune { done_ms: 0, cancelled_ms: 0, ..Prune::default() };
        assert_eq!(store.prune(all).await.unwrap().jobs, 2, "{change}");
        bench::sound(&store).await;
    }
}

#[tokio::test]
async fn a_job_whose_queue_or_kind_was_written_over_is_counted_under_a_stand_in() {
    for change in ["queue = '../x'", "kind = 'a b'", "queue = 'elsewhere'", "kind = 'other'"] {
        let bench = Bench::new();
        let store = bench.inline();
        let new = jobs(3);
        store.enqueue(new.clone().into()).await.unwrap();
        write(&bench, &format!("{change}, payload = '{{'"), new[0].id);
        assert_eq!(claim(&store, 3).await.damaged, [new[0].id], "{change}");
        let sum = |census: &[banto_store::Census], state| -> u64 {
            census.iter().filter(|one| one.state == state).map(|one| one.jobs).sum()
        };
        let census = store.census().await.unwrap();
        let counted = [State::Ready, State::Running, State::Parked].map(|state| sum(&census, state));
        assert_eq!(counted, [0, 2, 1], "{change}: {census:?}");
        let views = store.queues().await.unwrap();
        let all: u64 = State::ALL.iter().map(|state| views.iter().map(|view| view.count(*state)).sum::<u64>()).sum();
        assert_eq!(all, 3, "{change}: {views:?}");
    }
}

#[tokio::test]
async fn an_id_of_the_wrong_length_is_mended_so_that_the_row_can_be_named() {
    for bytes in ["x''", "x'0102'", "x'00112233445566778899aabbccddeeff00'"] {
        let bench = Bench::new();
        let store = bench.inline();
        let new = jobs(2);
        store.enqueue(new.clone().into()).await.unwrap();
        write(&bench, &format!("id = {bytes}"), new[0].id);
        let claimed = claim(&store, 10).await;
        assert_eq!((claimed.jobs.len(), claimed.damaged.len()), (1, 1), "{bytes}");
        let card = store.job(claimed.damaged[0]).await.unwrap().unwrap();
        assert_eq!(card.job.state, State::Parked);
    }
}

#[tokio::test]
async fn a_place_in_line_that_leads_nowhere_stops_nobody() {
    let bench = Bench::new();
    let store = bench.inline();
    let new = jobs(3);
    store.enqueue(new.clone().into()).await.unwrap();
    bench.tool().execute("DELETE FROM banto_job WHERE id = ?1", [new[0].id.bytes()]).unwrap();
    write(&bench, "state = 5, finished_at = 1", new[1].id);
    let claimed = claim(&store, 10).await;
    assert_eq!((claimed.jobs.len(), claimed.damaged.len()), (1, 0));
    assert!(claim(&store, 10).await.jobs.is_empty());
}

#[tokio::test]
async fn a_job_that_is_damaged_while_it_runs_can_end_well_and_is_set_aside_otherwise() {
    let bench = Bench::new();
    let store = bench.inline();
    store.enqueue(jobs(2).into()).await.unwrap();
    let running = claim(&store, 2).await.jobs;
    for (job, _) in &running {
        write(&bench, "payload = '{'", job.id);
    }
    assert_eq!(store.finish(vec![done(&running[0])]).await.unwrap(), [banto_store::Finished::Written]);
    assert_eq!(store.finish(vec![retry(&running[1])]).await.unwrap(), [banto_store::Finished::Late]);
    set_aside(&store, running[1].0.id, "payload").await;
}

#[tokio::test]
async fn the_sweep_finds_what_nobody_would_stumble_on() {
    let bench = Bench::new();
    let store = bench.inline();
    store.enqueue(jobs(4).into()).await.unwrap();
    let running = claim(&store, 2).await.jobs;
    let waiting = store.jobs(Select::states([State::Ready]), None).await.unwrap().jobs;
    write(&bench, "state = 4", waiting[0].id);
    write(&bench, "state = 99", waiting[1].id);
    write(&bench, "payload = '{'", running[0].0.id);
    bench.tool().execute("DELETE FROM banto_job WHERE id = ?1", [running[1].0.id.bytes()]).unwrap();
    store.prune(Prune::default()).await.unwrap();
    set_aside(&store, waiting[0].id, "state = 4").await;
    set_aside(&store, waiting[1].id, "state = 99").await;
    assert_eq!(bench.number("SELECT count(*) FROM banto_lease"), 1, "its lease is not over yet");
    bench.clock.pass(10_001);
    assert!(store.expired(9).await.unwrap().is_empty(), "what cannot be read is left to the sweep");
    store.prune(Prune::default()).await.unwrap();
    set_aside(&store, running[0].0.id, "payload").await;
    assert_eq!(bench.number("SELECT count(*) FROM banto_lease"), 0);
}

#[tokio::test]
async fn nonsense_in_the_small_tables_panics_nobody() {
    let bench = Bench::new();
    let store = bench.inline();
    store.enqueue([job()].into()).await.unwrap();
    bench
        .tool()
        .execute_batch(
            "INSERT INTO banto_instance VALUES (1, '{', 0, 0, 0, 0, NULL);
             INSERT INTO banto_pause VALUES ('a b', 'x', 'y', 0, NULL);
             INSERT INTO banto_count VALUES ('a b', '', -1, 99, -5);
             INSERT INTO banto_count VALUES ('ok', 'ok', 1, 1, -5);
             INSERT INTO banto_key VALUES ('', x'', NULL);
             INSERT INTO banto_line VALUES (1, 1, 0, -1, CAST(x'ff' AS TEXT), CAST(x'ff' AS TEXT));",
        )
        .unwrap();
    assert!(store.instances().await.unwrap().is_empty());
    assert_eq!(store.queues().await.unwrap().len(), 1);
    assert_eq!(store.census().await.unwrap().len(), 1);
    assert_eq!(claim(&store, 5).await.jobs.len(), 1);
    store.prune(Prune::default()).await.unwrap();
    store.jobs(Select::default(), None).await.unwrap();
}

/// How the store stands in a move cannot be read: nobody is let in who might run what has run elsewhere, nothing is lost, and once
/// it is put right all goes on.
#[tokio::test]
async fn a_standing_that_cannot_be_read_lets_nobody_in_and_loses_nothing() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(3).into()).await.unwrap();
    let running = claim(&store, 1).await.jobs.remove(0);
    let step = async |step: Step| store.settle(Settle { id: MoveId(7), step }).await;
    step(Step::Leave(Other { place: "there".into(), by: "ann".into() })).await.unwrap();
    let (tool, before) = (bench.tool(), store.standing().await.unwrap());
    let (read, write) = (
        "SELECT value FROM banto_meta WHERE name = 'standing'",
        "UPDATE banto_meta SET value = ? WHERE name = 'standing'",
    );
    let text: String = tool.query_row(read, [], |row| row.get(0)).unwrap();
    let cut = format!("'{}'", &text[..text.len() - 1]);
    let unlike: Vec<String> = unlike_a_standing().iter().map(|words| format!("'{words}'")).collect();
    let odds = [&cut, "''", "'x'", "'null'", "'{}'", "'{\"stand\":\"left\"}'", "5", "CAST(x'ff' AS TEXT)"];
    for odd in odds.into_iter().chain(unlike.iter().map(String::as_str)) {
        assert_eq!(tool.execute(&write.replace('?', odd), []).unwrap(), 1);
        let order = Steer { order: Order::Cancel(Select::default()), by: "ann".into(), preview: false };
        for refused in [
            store.standing().await.map(drop),
            store.claim(bench::asks(9)).await.map(drop),
            store.enqueue(jobs(1).into()).await.map(drop),
            store.steer(order).await.map(drop),
            step(Step::Stay).await.map(drop),
            step(Step::Close).await.map(drop),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(*refused.fault(), Fault::Damaged, "{odd}: {refused}");
            assert!(refused.to_string().contains("how the store stands"), "{odd}: {refused}");
        }
        assert_eq!(store.renew(vec![running.1], 10_000).await.unwrap().len(), 1, "{odd}: what runs goes on");
    }
    store.finish(vec![done(&running)]).await.unwrap();
    tool.execute(write, [text]).unwrap();
    assert_eq!(store.standing().await.unwrap(), before);
    step(Step::Stay).await.unwrap();
    assert_eq!(claim(&store, 9).await.jobs.len(), 2);
    assert_eq!(store.jobs(Select::default(), None).await.unwrap().jobs.len(), 3);
}

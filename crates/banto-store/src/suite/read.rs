//! Promises about the questions: complete, bounded, in order.

use std::collections::BTreeSet;

use banto_core::{Cause, Due, JobId, NewJob, Options, Outcome, Park, State, limits::PAGE_MAX};

use super::{
    Stage,
    stage::{START_MS, label, name, queue},
};
use crate::{Census, Order, Select, read::LATELY_MS};

fn park(cause: Cause) -> Outcome {
    Outcome::Park(Park { cause, text: "t".into(), build: "b".into() })
}

async fn ids(stage: &Stage, select: Select) -> Vec<JobId> {
    stage.list(select).await.iter().map(|job| job.id).collect()
}

/// A store says what it is, and what its `Ok` is worth.
pub async fn a_store_says_what_it_is(stage: Stage) {
    let about = stage.store.about();
    assert!(!about.store.is_empty() && !about.place.is_empty() && !about.durability.is_empty(), "{about:?}");
    assert_eq!(about.notices, Vec::<String>::new(), "a new store has nothing to confess");
}

/// An empty store answers every question.
pub async fn an_empty_store_answers(stage: Stage) {
    let store = &stage.store;
    assert!(store.job(stage.id()).await.unwrap().is_none());
    assert_eq!(store.jobs(Select::default(), None).await.unwrap(), Default::default());
    assert!(store.queues().await.unwrap().is_empty());
    assert!(store.census().await.unwrap().is_empty());
    assert!(store.instances().await.unwrap().is_empty());
    assert_eq!(store.tally().await.unwrap(), Default::default());
}

/// The newest come first, whatever order they were sent in, and a listing shows what the card shows.
pub async fn a_listing_shows_the_newest_first(stage: Stage) {
    let mut jobs: Vec<NewJob> = (0..6).map(|_| stage.job()).collect();
    jobs.swap(1, 4);
    stage.enqueue_all(jobs.clone()).await;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
    let listed = stage.list(Select::default()).await;
    assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), jobs.iter().map(|job| job.id).collect::<Vec<_>>());
    for job in listed {
        assert_eq!(stage.see(job.id).await, job);
    }
}

/// Page by page each job is shown once.
pub async fn paging_shows_each_job_once(stage: Stage) {
    let mut expected = stage.enqueue_all((0..25).map(|_| stage.job())).await;
    expected.reverse();
    let (mut before, mut shown, mut sizes) = (None, Vec::new(), Vec::new());
    loop {
        let page = stage.store.jobs(Select { limit: 10, ..Select::default() }, before).await.unwrap();
        sizes.push(page.jobs.len());
        before = page.jobs.last().map(|job| job.id);
        shown.extend(page.jobs.iter().map(|job| job.id));
        if !page.more {
            break;
        }
    }
    assert_eq!((sizes, shown), (vec![10, 10, 5], expected));
}

/// However many fit, and however many neighbours stand among them: a listing finds every one, and so does an order.
pub async fn all_that_fit_are_found_among_their_neighbours(stage: Stage) {
    const FIT: usize = 21_000;
    let other = async |count: usize, kind: &str| {
        for _ in 0..count / 1_000 {
            stage.enqueue_all((0..1_000).map(|_| NewJob { kind: name(kind), ..stage.job() })).await;
        }
    };
    other(11_000, "neighbour").await;
    other(FIT, "wanted").await;
    other(11_000, "neighbour").await;
    let kind = Select { kind: Some(name("wanted")), limit: usize::MAX, ..Select::default() };
    assert_eq!(stage.steer(Order::Cancel(kind)).await.count, FIT);
    let wanted = Select { queue: Some(queue()), limit: PAGE_MAX, ..Select::states([State::Cancelled]) };
    let (mut before, mut found) = (None, 0);
    loop {
        let page = stage.store.jobs(wanted.clone(), before).await.unwrap();
        found += page.jobs.len();
        before = page.jobs.last().map(|job| job.id);
        if !page.more {
            break;
        }
    }
    assert_eq!(found, FIT, "listed");
    let retried = stage.steer(Order::Retry(Select { limit: usize::MAX, ..wanted })).await;
    assert_eq!(retried.count, FIT, "ordered");
}

/// A page is never longer than `PAGE_MAX`, however much is asked.
pub async fn a_page_is_bounded(stage: Stage) {
    stage.enqueue_all((0..PAGE_MAX + 1).map(|_| stage.job())).await;
    let page = stage.store.jobs(Select::default(), None).await.unwrap();
    assert_eq!((page.jobs.len(), page.more), (PAGE_MAX, true));
    let last = page.jobs.last().map(|job| job.id);
    let page = stage.store.jobs(Select::default(), last).await.unwrap();
    assert_eq!((page.jobs.len(), page.more), (1, false));
}

/// A page that just fits has nothing after it.
pub async fn a_page_that_just_fits_is_the_last(stage: Stage) {
    stage.enqueue_all((0..10).map(|_| stage.job())).await;
    let page = stage.store.jobs(Select { limit: 10, ..Select::default() }, None).await.unwrap();
    assert_eq!((page.jobs.len(), page.more), (10, false));
}

/// Each condition alone picks what it names.
pub async fn each_condition_selects(stage: Stage) {
    let tagged = NewJob {
        options: Options { tags: vec![label("vip"), label("番")], ..Options::default() },
        kind: name("paint"),
        ..stage.job()
    };
    let other = NewJob { queue: name("other"), ..stage.job() };
    let late = NewJob { due: Due::In(1_000), ..stage.job() };
    let ids_of = stage.enqueue_all([tagged, other, late]).await;
    let [tagged, other, late] = [ids_of[0], ids_of[1], ids_of[2]];
    let select = Select::default;
    for (select, expected) in [
        (select(), vec![late, other, tagged]),
        (Select::ids([other, tagged]), vec![other, tagged]),
        (Select { queue: Some(name("other")), ..select() }, vec![other]),
        (Select { kind: Some(name("paint")), ..select() }, vec![tagged]),
        (Select::states([State::Scheduled]), vec![late]),
        (Select::states([State::Scheduled, State::Ready]), vec![late, other, tagged]),
        (Select { tag: Some(label("番")), ..select() }, vec![tagged]),
        (Select { tag: Some(label("vi")), ..select() }, vec![]),
        (Select { cause: Some(Cause::Missing), ..select() }, vec![]),
        (Select { limit: 1, ..select() }, vec![late]),
        (Select { limit: 0, ..select() }, vec![]),
    ] {
        let shown = format!("{select:?}");
        assert_eq!(ids(&stage, select).await, expected, "{shown}");
    }
}

/// Conditions together pick what fits all of them, also over pages.
pub async fn conditions_together_select(stage: Stage) {
    let mut wanted = Vec::new();
    for number in 0..60 {
        let queue = name(if number % 2 == 0 { "even" } else { "odd" });
        let kind = name(if number % 3 == 0 { "third" } else { "send" });
        let id = stage.enqueue(NewJob { queue, kind, ..stage.job() }).await.id;
        if number % 6 == 0 {
            wanted.push(id);
        }
    }
    wanted.reverse();
    let select =
        Select { queue: Some(name("even")), kind: Some(name("third")), limit: 4, ..Select::states([State::Ready]) };
    let first = stage.store.jobs(select.clone(), None).await.unwrap();
    assert_eq!((first.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), first.more), (wanted[..4].to_vec(), true));
    assert_eq!(
        stage
            .store
            .jobs(Select { limit: 50, ..select }, Some(wanted[3]))
            .await
            .unwrap()
            .jobs
            .iter()
            .map(|job| job.id)
            .collect::<Vec<_>>(),
        wanted[4..]
    );
}

/// Parked jobs are found by their cause, ended ones by their age.
pub async fn causes_and_ends_select(stage: Stage) {
    let missing = stage.ended(park(Cause::Missing)).await;
    let newer = stage.ended(park(Cause::NewerVersion)).await;
    let done = stage.ended(Outcome::Done).await;
    stage.clock.pass(10);
    let dead = stage.ended(Outcome::Dead { error: "e".into() }).await;
    stage.one().await;
    let cause = |cause| Select { cause: Some(cause), ..Select::default() };
    assert_eq!(ids(&stage, cause(Cause::Missing)).await, [missing]);
    assert_eq!(ids(&stage, cause(Cause::NewerVersion)).await, [newer]);
    let before = |at| Select { ended_before: Some(at), ..Select::default() };
    assert_eq!(ids(&stage, before(START_MS)).await, []);
    assert_eq!(ids(&stage, before(START_MS + 1)).await, [done]);
    assert_eq!(ids(&stage, before(START_MS + 11)).await, [dead, done]);
}

/// A long list of ids is a selection like any other.
pub async fn a_thousand_ids_select(stage: Stage) {
    let all = stage.enqueue_all((0..1_200).map(|_| stage.job())).await;
    let some: Vec<JobId> = all.iter().step_by(2).copied().chain((0..400).map(|_| stage.id())).collect();
    assert_eq!(ids(&stage, Select::ids(some)).await.len(), 600);
}

/// Each queue is shown with its counts, in the order of their names.
pub async fn queues_are_counted_by_state(stage: Stage) {
    stage.ended(Outcome::Done).await;
    stage.ended(Outcome::Dead { error: "e".into() }).await;
    stage.ended(Outcome::Cancel { reason: "r".into() }).await;
    stage.ended(park(Cause::Missing)).await;
    stage.running().await;
    stage.enqueue(NewJob { due: Due::In(1_000), ..stage.job() }).await;
    stage.enqueue_all([stage.job(), stage.job(), NewJob { queue: name("art"), ..stage.job() }]).await;
    stage.pause(&name("zoo")).await;
    let queues = stage.store.queues().await.unwrap();
    let shown: Vec<_> = queues.iter().map(|view| (view.queue.as_str(), view.counts, view.pause.is_some())).collect();
    let expected =
        [("art", [0, 1, 0, 0, 0, 0, 0], false), ("mail", [1, 2, 1, 1, 1, 1, 1], false), ("zoo", [0; 7], true)];
    assert_eq!(shown, expected);
}

/// How long a queue has made its oldest job wait is told, whatever that job's urgency.
pub async fn the_oldest_waiting_job_is_told(stage: Stage) {
    let late = NewJob { priority: 9, due: Due::At(START_MS - 7_000), ..stage.job() };
    stage.enqueue_all([stage.job(), late, NewJob { due: Due::In(1), ..stage.job() }]).await;
    let oldest = async || stage.store.queues().await.unwrap()[0].oldest_at;
    assert_eq!(oldest().await, Some(START_MS - 7_000));
    let jobs = stage.claim(2).await;
    assert_eq!(jobs.len(), 2);
    assert_eq!(oldest().await, None);
}

/// How many jobs of a queue died within the last hour is told; those that died before, or run again, are not among them.
pub async fn who_died_lately_is_counted(stage: Stage) {
    let dead = || Outcome::Dead { error: "e".into() };
    stage.ended(dead()).await;
    stage.clock.pass(LATELY_MS - 1);
    stage.ended(Outcome::Cancel { reason: "r".into() }).await;
    let again = stage.ended(dead()).await;
    let died = async || stage.store.queues().await.unwrap()[0].died_lately;
    assert_eq!(died().await, 2);
    stage.clock.pass(1);
    assert_eq!(died().await, 1, "the first is an hour ago");
    stage.steer(Order::Retry(Select::ids([again]))).await;
    assert_eq!(died().await, 0);
}

/// A scheduled job that has come due is counted as due, although nobody has claimed from its queue since.
pub async fn what_came_due_unseen_is_told(stage: Stage) {
    let in_ms = |ms| NewJob { due: Due::In(ms), ..stage.job() };
    stage.enqueue_all([in_ms(1_000), in_ms(2_000), in_ms(60_000)]).await;
    let seen = async || {
        let view = stage.store.queues().await.unwrap().remove(0);
        (view.due, view.oldest_at, view.count(State::Scheduled))
    };
    assert_eq!(seen().await, (0, None, 3));
    stage.clock.pass(2_000);
    assert_eq!(seen().await, (2, Some(START_MS + 1_000), 3));
    stage.claim(1).await;
    assert_eq!(seen().await, (0, Some(START_MS + 2_000), 1));
}

/// Jobs that have not ended are counted by what they are.
pub async fn a_census_counts_what_is_alike(stage: Stage) {
    stage.ended(park(Cause::UnknownKind)).await;
    stage.ended(park(Cause::Missing)).await;
    stage.ended(Outcome::Done).await;
    stage.enqueue_all([stage.job(), stage.job(), NewJob { version: 2, ..stage.job() }]).await;
    stage.enqueue_all([NewJob { kind: name("paint"), queue: name("art"), ..stage.job() }]).await;
    let line = |queue: &str, kind: &str, version, state, cause, jobs| Census {
        queue: name(queue),
        kind: name(kind),
        version,
        state,
        cause,
        jobs,
    };
    let expected = [
        line("art", "paint", 1, State::Ready, None, 1),
        line("mail", "send", 1, State::Ready, None, 2),
        line("mail", "send", 1, State::Parked, Some(Cause::UnknownKind), 1),
        line("mail", "send", 1, State::Parked, Some(Cause::Missing), 1),
        line("mail", "send", 2, State::Ready, None, 1),
    ];
    assert_eq!(stage.store.census().await.unwrap(), expected);
}

/// Queues differ by case and by every letter.
pub async fn queues_differ_by_every_letter(stage: Stage) {
    let names = ["mail", "Mail", "mail.", "mail-", "mail_", "m\\ail", "mai"];
    for queue in names {
        stage.enqueue(NewJob { queue: name(queue), ..stage.job() }).await;
    }
    let shown: BTreeSet<String> =
        stage.store.queues().await.unwrap().iter().map(|view| view.queue.to_string()).collect();
    assert_eq!(shown.len(), names.len());
    assert_eq!(stage.claim(100).await.len(), 1);
    assert_eq!(stage.list(Select { queue: Some(queue()), ..Select::default() }).await.len(), 1);
}

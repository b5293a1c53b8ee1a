//! The account must see what it is there to see: a lost job, a second run, a finish by the wrong holder.

use banto_core::{Ids, Name, NewJob, Payload};

use super::*;

fn ids(count: usize) -> Vec<JobId> {
    let mut ids = Ids::new(1);
    (0..count).map(|_| ids.make(1_000)).collect()
}

fn line(at: u64, pid: u32, word: Word, job: JobId, fence: u32, note: &str) -> Line {
    Line { at, pid, word, job, fence, note: note.into() }
}

fn job(id: JobId, state: State, fence: u32) -> Job {
    let name = |text| Name::new(text).unwrap();
    let new = NewJob::new(id, name("a"), name("q"), Payload::parse("1").unwrap());
    Job { state, attempt: 1, fence, ..new.accepted(0) }
}

/// One run of a job by the process, from its claim at `at` to its end.
fn run(at: u64, pid: u32, id: JobId, fence: u32) -> Vec<Line> {
    vec![
        line(at, pid, Word::Claimed, id, fence, "-"),
        line(at + 1, pid, Word::Begin, id, fence, "1"),
        line(at + 9, pid, Word::End, id, fence, "-"),
        line(at + 11, pid, Word::Wrote, id, fence, &format!("done {}", at + 10)),
    ]
}

#[test]
fn a_job_that_ran_once_is_in_order() {
    let id = ids(1)[0];
    let acks = [line(1, 9, Word::Sent, id, 0, "0"), line(2, 9, Word::Acked, id, 0, "0")];
    let account = Account::of(&acks, &run(10, 1, id, 1), &[job(id, State::Done, 1)]);
    assert_eq!(account, Account { submitted: 1, acked: 1, run: 1, ..Account::default() });
}

#[test]
fn a_lost_job_is_seen() {
    let ids = ids(3);
    let acks: Vec<Line> = ids.iter().map(|id| line(1, 9, Word::Acked, *id, 0, "0")).collect();
    // The first is listed; the second was finished and pruned; nobody knows of the third.
    let account = Account::of(&acks, &run(10, 1, ids[1], 1), &[job(ids[0], State::Ready, 0)]);
    assert_eq!((account.acked, account.lost, account.open), (3, 1, 1));
    // A run that began and never ended does not make it found.
    let begun = [line(10, 1, Word::Begin, ids[2], 1, "1"), line(11, 1, Word::Late, ids[2], 1, "done 10")];
    assert_eq!(Account::of(&acks, &begun, &[]).lost, 3);
}

#[test]
fn a_duplicated_run_is_seen() {
    let id = ids(1)[0];
    let runs = [run(10, 1, id, 1), run(50, 2, id, 2)].concat();
    let account = Account::of(&[], &runs, &[]);
    assert_eq!((account.run, account.duplicated_runs), (2, 1));
    // The second run of a job that had ended is also a wrong finish.
    assert_eq!(account.wrong, 1);
}

#[test]
fn a_finish_after_a_newer_claim_is_wrong_and_one_under_way_is_not() {
    let id = ids(1)[0];
    let with = |asked: u64| {
        let runs = [
            line(10, 1, Word::Claimed, id, 1, "-"),
            line(50, 2, Word::Claimed, id, 2, "-"),
            line(70, 1, Word::Wrote, id, 1, &format!("done {asked}")),
        ];
        Account::of(&[], &runs, &[]).wrong
    };
    assert_eq!(with(60), 1);
    // Asked for before the claim: the answer was only written down later.
    assert_eq!(with(40), 0);
}

#[test]
fn a_rerun_after_a_crash_is_neither_wrong_nor_lost() {
    let id = ids(1)[0];
    let mut runs = run(10, 1, id, 1);
    runs.truncate(2);
    runs.push(line(40, 2, Word::Rescued, id, 1, "ready 40"));
    runs.extend(run(50, 2, id, 2));
    let account = Account::of(&[line(1, 9, Word::Acked, id, 0, "0")], &runs, &[]);
    assert_eq!((account.lost, account.duplicated_runs, account.wrong), (0, 1, 0));
}

#[test]
fn recovery_is_from_the_kill_to_the_next_run() {
    let ids = ids(4);
    let mut runs = run(10, 1, ids[0], 1); // durable before the kill
    runs.push(line(25, 1, Word::Begin, ids[1], 1, "1"));
    runs.push(line(26, 1, Word::Begin, ids[2], 1, "1"));
    runs.push(line(27, 1, Word::Begin, ids[3], 1, "1"));
    runs.extend(run(500, 2, ids[1], 2));
    // The third was committed in the very moment: no line, but the store knows.
    let listed = [job(ids[2], State::Done, 1), job(ids[3], State::Running, 1)];
    let mut found = recoveries(&runs, &[Kill { pid: 1, at: 30 }, Kill { pid: 7, at: 1 }], &listed);
    found.sort();
    assert_eq!(found, [None, Some(471)]);
}

#[test]
fn recovery_counts_from_the_last_death_under_which_the_job_was_held() {
    let id = JobId::of_bytes([1; 16]);
    let begun =
        |at, pid, fence| [line(at, pid, Word::Claimed, id, fence, "-"), line(at + 1, pid, Word::Begin, id, fence, "1")];
    let mut runs = begun(10, 1, 1).to_vec();
    // Held by one that was killed before it began, then by one that handed it back and was killed later.
    runs.push(line(100, 2, Word::Claimed, id, 2, "-"));
    runs.push(line(200, 3, Word::Claimed, id, 3, "-"));
    runs.push(line(201, 3, Word::Wrote, id, 3, "scheduled 200"));
    runs.extend(begun(499, 4, 4));
    let kills = [(1, 30), (2, 110), (3, 300)].map(|(pid, at)| Kill { pid, at });
    assert_eq!(recoveries(&runs, &kills, &[]), [Some(390)]);
    // Held by one that was killed before it could note that.
    let ended = LEASE_MS + 250;
    runs.insert(5, line(ended, 9, Word::Rescued, id, 3, "ready 0"));
    runs.retain(|line| line.pid != 3);
    runs.iter_mut().filter(|line| line.fence == 4).for_each(|line| line.at = ended + 5);
    assert_eq!(recoveries(&runs, &kills, &[]), [Some(ended + 5 - 300)]);
}

#[test]
fn percentiles_are_of_the_values() {
    let mut values: Vec<u64> = (1..=100).rev().collect();
    assert_eq!((percentile(&mut values, 0.99), percentile(&mut values, 0.5)), (99, 50));
    assert_eq!((percentile(&mut [7], 0.99), percentile(&mut [], 0.99)), (7, 0));
}

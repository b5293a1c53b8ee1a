//! B13: the disk fails: an fsync with EIO, a write with EIO, a write that takes nothing; for a moment, and for good.
//!
//! The faults are put into the client's system calls from outside (strace). Promises: what was acknowledged is there; while
//! the disk fails nothing is acknowledged; when it works again, so does the store, on a file that was opened anew.

use std::{process::Command, time::Duration};

use rusqlite::Connection;

use crate::{
    Told,
    account::{Account, count},
    ledger::Word,
    process::Start,
    report::{Check, Report},
    stage::{Scene, Stage},
};

const LIMIT: Duration = Duration::from_secs(60);

/// A fault: its name, the system call, what it answers, and for how many calls; 0 is for good.
const FAULTS: [(&str, &str, &str, u64); 4] = [
    ("fsync-fails", "fsync", "error=EIO", 3),
    ("write-fails", "pwrite64", "error=EIO", 3),
    ("write-takes-nothing", "pwrite64", "retval=0", 3),
    ("fsync-fails-for-good", "fsync", "error=EIO", 0),
];

pub(super) fn play(stage: &Stage) -> Told<Report> {
    if let Err(error) = Command::new("strace").arg("--version").output() {
        return Ok(Report::skipped(format!("strace cannot be run: {error}")));
    }
    let (mut account, mut report) = (Account::default(), Report::default());
    for round in 0..stage.pick(1, 10) {
        for (name, call, answer, calls) in FAULTS {
            let scene = stage.scene(&format!("{name}-{round}"))?;
            let found = fail(&scene, call, answer, calls)?;
            account.add(&found.account);
            report = found.checks(report, name, calls == 0);
        }
    }
    let Report { checks, notes, .. } = report;
    let mut report = Report::of(account);
    report.checks.extend(checks);
    Ok(Report { notes, ..report })
}

/// What one fault did.
struct Found {
    account: Account,
    refused: u64,
    acked_after: u64,
    reopened: bool,
    sound: bool,
}

fn fail(scene: &Scene<'_>, call: &str, answer: &str, calls: u64) -> Told<Found> {
    // The first calls make the store; after them come a few commits that are well.
    let first = scene.stage.draw(if call == "fsync" { 8..=20 } else { 60..=120 });
    let when = if calls == 0 { format!("{first}+") } else { format!("{first}..{}", first + calls - 1) };
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{answer}:when={when}"));
    let mut client = scene.client("client", 200);
    (client.batch, client.direct, client.patience_ms) = (4, true, if calls == 0 { 0 } else { 20_000 });
    let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    let mut process = Start::new("client", "client", &client)?.under(&words).start(scene)?;
    let status = process.wait(LIMIT)?;
    // A client that has given up is no failure of this row, one that died is.
    if !matches!(status.code(), Some(0 | 3)) {
        return Err(format!("bring the client through {inject}: it {status}"));
    }
    let acks = scene.acks()?;
    // Looked at before anybody works, so that a job can only be known if it was stored.
    let (account, _, _) = scene.account()?;
    let after = acks.iter().skip_while(|line| line.word != Word::Refused);
    let acked_after = after.filter(|line| line.word == Word::Acked).count() as u64;
    let sound = Connection::open(&scene.db).and_then(|db| {
        db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).map(|said| said == "ok")
    });
    let reopened = acks.iter().any(|line| line.word == Word::Note && line.note.contains("opened_anew"));
    let refused = count(&acks, Word::Refused);
    Ok(Found { account, refused, acked_after, reopened, sound: sound.unwrap_or(false) })
}

impl Found {
    fn checks(&self, report: Report, name: &str, for_good: bool) -> Report {
        let report = report
            .check(Check::at_least(format!("{name}: refusals"), self.refused as f64, "", 1.0))
            .check(Check::none(format!("{name}: acked and not stored"), self.account.lost))
            .check(Check::exactly(format!("{name}: the file is sound"), u64::from(self.sound), "", 1));
        match for_good {
            true => report.check(Check::none(format!("{name}: acked after the first error"), self.acked_after)),
            false => report
                .check(Check::at_least(format!("{name}: acked again afterwards"), self.acked_after as f64, "", 1.0))
                .check(Check::exactly(format!("{name}: the file was opened anew"), u64::from(self.reopened), "", 1)),
        }
    }
}

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

/// A fault.
struct Fault {
    name: &'static str,
    call: &'static str,
    answer: &'static str,
    /// For how many calls; 0 is for good.
    calls: u64,
    /// Whether the file is not to be trusted after it, and so opened anew. A disk that takes nothing is full, no more.
    distrust: bool,
}

const FAULTS: [Fault; 4] = [
    Fault { name: "fsync fails", call: "fsync", answer: "error=EIO", calls: 3, distrust: true },
    Fault { name: "write fails", call: "pwrite64", answer: "error=EIO", calls: 3, distrust: true },
    Fault { name: "write takes nothing", call: "pwrite64", answer: "retval=0", calls: 3, distrust: false },
    Fault { name: "fsync fails for good", call: "fsync", answer: "error=EIO", calls: 0, distrust: true },
];

pub(super) fn play(stage: &Stage) -> Told<Report> {
    if let Err(error) = Command::new("strace").arg("--version").output() {
        return Ok(Report::skipped(format!("strace cannot be run: {error}")));
    }
    let (mut account, mut report) = (Account::default(), Report::default());
    for round in 0..stage.pick(1, 10) {
        for fault in &FAULTS {
            let scene = stage.scene(&format!("{}-{round}", fault.name.replace(' ', "-")))?;
            let found = fail(&scene, fault)?;
            account.add(&found.account);
            report = found.checks(report, fault);
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

fn fail(scene: &Scene<'_>, fault: &Fault) -> Told<Found> {
    let Fault { call, answer, calls, .. } = *fault;
    // The store is made before: how many calls that takes is another matter. After those that open it come a few commits that are well.
    drop(scene.open()?);
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
    fn checks(&self, report: Report, fault: &Fault) -> Report {
        let name = fault.name;
        let report = report
            .check(Check::at_least(format!("{name}: refusals"), self.refused as f64, "", 1.0))
            .check(Check::none(format!("{name}: acked and not stored"), self.account.lost))
            .check(Check::exactly(format!("{name}: the file is sound"), u64::from(self.sound), "", 1));
        if fault.calls == 0 {
            return report.check(Check::none(format!("{name}: acked after the first error"), self.acked_after));
        }
        let (again, anew) = (format!("{name}: acked again afterwards"), format!("{name}: the file was opened anew"));
        report.check(Check::at_least(again, self.acked_after as f64, "", 1.0)).check(Check::exactly(
            anew,
            u64::from(self.reopened),
            "",
            fault.distrust.into(),
        ))
    }
}

//! A15: the loop that the reference system's container began with, beside `banto up`: the same children, which end as
//! children do.
//!
//! Theirs is a sub-shell under `set -e`: the first end that is no 0 is its own end too, and nothing says so. Promises: ours
//! starts each child again each time, says how it ended, and the child beside them notices nothing.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{
    Told,
    report::{Check, Report},
    stage::{Scene, Stage},
    up::{Up, marked},
};

/// As it was, with the pause of five seconds shortened.
const THEIRS: &str = r#"
set -e
(
  while true; do
    echo "starting queue worker"
    sh -c "$CHILD"
    echo "queue worker stopped, restarting in 5 seconds"
    sleep 0.02
  done
) &
wait $!
"#;

/// Each child is started, and ends in its way.
const CHILDREN: [(&str, &str); 10] = [
    ("exits 0", "exit 0"),
    ("exits 1", "exit 1"),
    ("exits 12, over its memory", "exit 12"),
    ("exits 137, over its time", "exit 137"),
    ("is killed", "kill -9 $$"),
    ("is terminated by somebody", "kill -TERM $$"),
    ("crashes", "kill -SEGV $$"),
    ("forks, leaks and fails", "sleep 3600 & exit 1"),
    ("floods and fails", "seq 20000; exit 3"),
    ("asks a question", "printf 'Continue? '; read answer || exit 1"),
];

/// Whoever was started so often is started again each time.
const STARTS: usize = 4;
const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let (theirs, ours) = (stage.scene("theirs")?, stage.scene("ours")?);
    let ends = theirs_end(&theirs)?;
    let mut process = Up::new(&ours, &file(&ours)?)?.start("up")?;
    let all = || Ok((0..CHILDREN.len()).all(|n| starts(&folder(&ours, n)) >= STARTS));
    // Who was not started again is seen below, by name.
    let _seen = stage.until("every child started again and again", LIMIT, all);
    let alive = process.ended()?.is_none();
    process.signal(Signal::TERM)?;
    let well = alive && process.wait(Duration::from_secs(40))?.success();
    let neighbour = starts(&folder(&ours, CHILDREN.len())) as u64;
    Ok(beside(&theirs, &ends, &ours)
        .check(Check::exactly("ours lives until it is told to stop", u64::from(well), "", 1))
        .check(Check::exactly("starts of the child beside them", neighbour, "", 1))
        .check(Check::none("processes left behind", marked(&ours)?.len() as u64)))
}

/// What became of each child under theirs, of which `ends` says whether it has ended, and under ours.
fn beside(theirs: &Scene<'_>, ends: &[bool], ours: &Scene<'_>) -> Report {
    let log = std::fs::read_to_string(ours.dir.join("up.log")).unwrap_or_default();
    let (mut again, mut silent, mut report) = (0, 0, Report::default());
    for ((n, (what, _)), ended) in CHILDREN.iter().enumerate().zip(ends) {
        let (once, often) = (starts(&folder(theirs, n)), starts(&folder(ours, n)));
        let said = log.lines().filter(|line| says_end(line, n)).count();
        again += u64::from(often >= STARTS);
        // The last one may still have run.
        silent += u64::from(said + 1 < often);
        let how = if *ended { "ended with it" } else { "went on" };
        report = report.note(format!("a child that {what}: theirs {how} after {once}, ours started it {often} times"));
    }
    let (children, died) = (CHILDREN.len() as u64, ends.iter().filter(|ended| **ended).count() as u64);
    report
        .check(Check::exactly("children that ours starts again each time", again, "", children))
        .check(Check::exactly("children that were the end of theirs", died, "", children - 1))
        .check(Check::none("children whose ends ours did not say", silent))
}

/// Whether that line of the log says how the child of that number has ended.
fn says_end(line: &str, n: usize) -> bool {
    let ended = line.contains("the program has failed: ") || line.contains("the program has ended: ");
    ended && line.contains(&format!("\"child-{n}\""))
}

/// What the child of that number does, after it has written down that it was started.
fn child(text: &str) -> String {
    format!("echo $$ >>starts; {text}")
}

/// Where the child of that number runs.
fn folder(scene: &Scene<'_>, n: usize) -> PathBuf {
    scene.dir.join(format!("child-{n}"))
}

fn starts(dir: &Path) -> usize {
    std::fs::read_to_string(dir.join("starts")).unwrap_or_default().lines().count()
}

fn make(dir: &Path) -> Told<()> {
    std::fs::create_dir_all(dir).map_err(|error| format!("make \"{}\": {error}", dir.display()))
}

/// Every child under ours, and one beside them that only runs.
fn file(scene: &Scene<'_>) -> Told<String> {
    let mark = Up::mark(scene);
    let mut text = String::new();
    for (n, act) in CHILDREN.iter().map(|(_, act)| *act).chain(["exec sleep 3600"]).enumerate() {
        make(&folder(scene, n))?;
        let run = child(act);
        text += &format!(
            "[[program]]\nname = \"child-{n}\"\ndir = \"child-{n}\"\nrun = [\"sh\", \"-c\", '''{run}''']\n\
             backoff = [\"50ms\"]\nbrake = {{ starts = 1000, within = \"1s\" }}\n{mark}\n"
        );
    }
    Ok(text)
}

/// Runs their loop around each child until it has ended, or the child was started again and again; says which have ended.
fn theirs_end(scene: &Scene<'_>) -> Told<Vec<bool>> {
    let start = |(n, (_, act)): (usize, &(&str, &str))| Theirs::start(&folder(scene, n), act);
    let mut loops = CHILDREN.iter().enumerate().map(start).collect::<Told<Vec<_>>>()?;
    scene.stage.until("theirs end, or go on", LIMIT, || {
        let mut open = 0;
        for (n, one) in loops.iter_mut().enumerate() {
            open += usize::from(!one.ended()? && starts(&folder(scene, n)) < STARTS);
        }
        Ok(open == 0)
    })?;
    // One that goes on is seen to go on a little longer.
    sleep(Duration::from_millis(200));
    loops.iter_mut().map(Theirs::ended).collect()
}

/// Their loop, with a child; what it leaves behind is ended with it.
struct Theirs(Child);

impl Theirs {
    fn start(dir: &Path, act: &str) -> Told<Theirs> {
        make(dir)?;
        // In a group of its own, which ends even if nobody is left to end it.
        let mut command = Command::new("timeout");
        command.args(["120", "sh", "-c", THEIRS]).env("CHILD", child(act)).current_dir(dir);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Theirs).map_err(|error| format!("start their loop: {error}"))
    }

    fn ended(&mut self) -> Told<bool> {
        self.0.try_wait().map(|status| status.is_some()).map_err(|error| format!("wait for their loop: {error}"))
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _gone = kill_process_group(group, Signal::KILL);
        }
        let _reaped = self.0.wait();
    }
}

//! `schedule …`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{NO_REASON, Shared};

/// Where schedules and programs are written down.
#[derive(Debug, Clone, Default, Args)]
pub struct Source {
    /// The file that schedules and programs are written down in [default: ./banto.toml, if it is there]
    #[arg(long, global = true, env = "BANTO_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The environment that this process runs in; schedules for others are left out [default: production]
    #[arg(long, global = true, env = "BANTO_ENV", hide_env_values = true, value_name = "NAME")]
    pub environment: Option<String>,
}

/// `schedule …`
#[derive(Debug, Clone, Args)]
#[command(after_help = crate::exit::help())]
pub struct Schedule {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// Where schedules are written down.
    #[command(flatten)]
    pub source: Source,
    /// What to do.
    #[command(subcommand)]
    pub verb: ScheduleVerb,
}

/// What can be done with schedules.
#[derive(Debug, Clone, Subcommand)]
pub enum ScheduleVerb {
    /// List schedules: when each is due, what became of it last, and what is unusual about it.
    List(ListSchedules),
    /// Fire what is due now and run it, as cron would call it each minute. Exits 1 when a run failed.
    #[command(
        after_help = "Commands and functions of this tick run here, and it ends when each of them has ended; jobs of a kind are left to\ntheir workers. What nobody was there for since the last tick is made up for as each schedule says. In a crontab it stands behind * * * * *.\n\nEXAMPLE:\n  schedule run --config /etc/banto.toml --store /var/lib/app/jobs.db"
    )]
    Run(RunSchedules),
    /// Fire schedules when they are due, and run them, until told to stop. TERM or INT stops gracefully, a second one
    /// stops at once; HUP takes up a changed file, valid or not at all.
    #[command(
        after_help = "As many may run as you like: a due instant fires once. Jobs of a kind are left to their workers.\n\nEXAMPLES:\n  schedule work\n  schedule work --config /etc/banto.toml --name clock-1 --concurrency 4"
    )]
    Work(Box<WorkSchedules>),
    /// Run one now, in the foreground, outside of its due instants: nothing of it is written into the store.
    #[command(
        after_help = "What a command prints is printed here. Exits 0 when it ended well, and 1 when it did not. Neither pauses nor overlaps\nare asked for, and it is not tried again.\n\nEXAMPLE:\n  schedule test redis:monitor"
    )]
    Test(OneSchedule),
    /// Show what became of its due instants, the latest first.
    #[command(
        after_help = "EXAMPLES:\n  schedule history redis:monitor --limit 5 --output\n  schedule history redis:monitor --fate skipped,missed"
    )]
    History(History),
    /// Let schedules fire no more; what runs goes on. --all is maintenance: all but those that run even then.
    #[command(
        after_help = "Due instants of a paused schedule are skipped, and its history says so.\n\nEXAMPLES:\n  schedule pause redis:monitor --reason 'redis moves' --until 2h\n  schedule pause --group reports\n  schedule pause --all --reason 'the database is copied'"
    )]
    Pause(PauseSchedules),
    /// Let paused schedules fire again.
    #[command(after_help = "EXAMPLES:\n  schedule resume redis:monitor\n  schedule resume --all")]
    Resume(WhichSchedules),
    /// Name who holds back schedules that do not overlap.
    #[command(after_help = "EXAMPLE:\n  schedule locks")]
    Locks(Locks),
    /// Show when one is due, and what clock changes and days off do to that; or what would be made up for.
    #[command(
        after_help = "EXAMPLES:\n  schedule preview redis:monitor --count 3\n  schedule preview redis:monitor --through-next-dst\n  schedule preview --missed\n  schedule preview redis:monitor --missed-since 2026-11-28T21:00:00Z"
    )]
    Preview(Preview),
    /// Hold beside each other what is written down, what is registered, and what was done. Exits 1 when they differ.
    #[command(after_help = "EXAMPLE:\n  schedule diff")]
    Diff,
    /// Say what may not be what was meant: never due, a time that does not exist on a date, dates that are over. Exits 1
    /// when there is something to say.
    #[command(after_help = "EXAMPLE:\n  schedule lint --config banto.toml")]
    Lint,
}

/// In whose local time.
#[derive(Debug, Clone, Default, Args)]
pub struct InZone {
    /// In the local time of that zone, as Europe/Berlin; in each schedule's own unless said
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
}

/// `schedule list`
#[derive(Debug, Clone, Args)]
#[command(after_help = "EXAMPLES:\n  schedule list\n  schedule list --next 3 --timezone Asia/Tokyo")]
pub struct ListSchedules {
    /// How many of the next due instants to show of each
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<usize>, default_value_t = 1)]
    pub next: usize,
    /// In whose local time.
    #[command(flatten)]
    pub zone: InZone,
}

/// `schedule run`
#[derive(Debug, Clone, Args)]
pub struct RunSchedules {
    /// How to run what is fired.
    #[command(flatten)]
    pub how: HowToRun,
}

/// How runs of schedules are worked on.
#[derive(Debug, Clone, Default, Args)]
pub struct HowToRun {
    /// Go on although there is no schedule
    #[arg(long)]
    pub allow_empty: bool,
    /// Runs at once [default: 10]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<usize>)]
    pub concurrency: Option<usize>,
    /// How long runs may go on after TERM [default: 15]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub grace: Option<String>,
    /// What people call this process; the program's name unless said
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Say when each run begins and ends
    #[arg(long, short)]
    pub verbose: bool,
}

/// `schedule work`
#[derive(Debug, Clone, Default, Args)]
pub struct WorkSchedules {
    /// How to run what is fired.
    #[command(flatten)]
    pub how: HowToRun,
    /// Where it can be reached.
    #[command(flatten)]
    pub reach: super::up::Reach,
    /// Where it says how it is.
    #[command(flatten)]
    pub health: super::up::Health,
    /// Where its lines are kept.
    #[command(flatten)]
    pub log: super::work::LogTo,
}

/// One schedule.
#[derive(Debug, Clone, Args)]
pub struct OneSchedule {
    /// The schedule, as `schedule list` prints it
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// `schedule history`
#[derive(Debug, Clone, Args)]
pub struct History {
    /// The schedule, as `schedule list` prints it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Most due instants to show
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<usize>, default_value_t = 20)]
    pub limit: usize,
    /// Only with these fates, parted by commas: fired, skipped, missed
    #[arg(long, value_name = "FATE", value_delimiter = ',')]
    pub fate: Vec<String>,
    /// Show the end of what each run printed
    #[arg(long)]
    pub output: bool,
    /// In whose local time.
    #[command(flatten)]
    pub zone: InZone,
}

/// The schedules an order is for.
#[derive(Debug, Clone, Default, Args)]
pub struct WhichSchedules {
    /// The schedule, as `schedule list` prints it
    #[arg(value_name = "NAME", required_unless_present_any = ["group", "all"], conflicts_with_all = ["group", "all"])]
    pub name: Option<String>,
    /// Every schedule of this group
    #[arg(long, value_name = "GROUP", conflicts_with = "all")]
    pub group: Option<String>,
    /// Everything
    #[arg(long)]
    pub all: bool,
}

/// `schedule pause`
#[derive(Debug, Clone, Args)]
pub struct PauseSchedules {
    /// Which.
    #[command(flatten)]
    pub which: WhichSchedules,
    /// Pause a name that neither this build nor the store has: for a build that is still to come
    #[arg(long, conflicts_with_all = ["group", "all"])]
    pub anyway: bool,
    /// Why, as it is shown to whoever asks
    #[arg(long, value_name = "TEXT", default_value = NO_REASON)]
    pub reason: String,
    /// Until then: a time with its offset (2026-12-01T09:00:00+09:00), or a span from now (30m). For ever unless said
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub until: Option<String>,
}

/// `schedule locks`
#[derive(Debug, Clone, Default, Args)]
pub struct Locks {
    /// In whose local time.
    #[command(flatten)]
    pub zone: InZone,
}

/// `schedule preview`
#[derive(Debug, Clone, Args)]
pub struct Preview {
    /// The schedule, as `schedule list` prints it
    #[arg(value_name = "NAME", required_unless_present = "missed")]
    pub name: Option<String>,
    /// From that time on, with its offset (2026-12-01T09:00:00+09:00); from now unless said
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, conflicts_with = "missed_since")]
    pub from: Option<String>,
    /// How many due instants to show; with --through-next-dst, on each side of the clock change
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<usize>, default_value_t = 10)]
    pub count: usize,
    /// Show those around the next clock change of its zone
    #[arg(long, conflicts_with = "missed_since")]
    pub through_next_dst: bool,
    /// Show what a scheduler that came now would make of what nobody has accounted for; of all schedules, unless one is named
    #[arg(long, conflicts_with_all = ["from", "through_next_dst", "missed_since"])]
    pub missed: bool,
    /// Show what would become now of what was due since that time, if nobody had been there
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub missed_since: Option<String>,
    /// In whose local time.
    #[command(flatten)]
    pub zone: InZone,
}

//! What was typed: every command and flag, as text and numbers, nothing meant yet.
//!
//! For clap, which reads it and writes the help from these very lines. A flag is given its meaning in `mean`; this file
//! opens no store and decides nothing.

use clap::{Args, Subcommand};

pub mod choose;
pub mod enqueue;
pub mod health;
pub mod import;
pub mod init;
pub mod program;
pub mod schedule;
pub mod store;
pub mod up;
pub mod work;

pub use choose::{Choose, ChooseParked, ChooseSurely, Failed, Filter, List, Sure};
pub use enqueue::Enqueue;
pub use health::AskHealth;
pub use import::Import;
pub use init::Init;
pub use program::Program;
pub use schedule::Schedule;
pub use store::{Copy, StoreVerb};
pub use up::{Reload, Up};
pub use work::Work;

/// Everything that the command set knows. An application flattens it beside its own commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Commands {
    /// Work on jobs, look at them, steer them.
    Queue(Queue),
    /// Fire schedules, look at them, steer them.
    Schedule(Schedule),
    /// Keep everything running: schedules, programs, workers. A container's entry point.
    Up(Box<Up>),
    /// Look at the programs of a running `up`, and steer them.
    Program(Program),
    /// Have each running `up` and `schedule work` take up its changed file.
    Reload(Reload),
    /// Ask a running process how it is. Exits 0 when it is well.
    Health(AskHealth),
    /// Write a first banto.toml, with a comment on everything.
    Init(Init),
    /// Print the banto.toml that stands for a crontab or a Laravel schedule.
    Import(Import),
    /// Look at a store as a whole, and move all that it holds into another.
    Store(store::Store),
    /// Ask whether this build would strand any job of a live store.
    Deploy(Deploy),
    /// Bring the store's schema up to this build; doing it twice changes nothing.
    #[command(after_help = "EXAMPLE:\n  migrate --store sqlite:///var/lib/app/jobs.db")]
    Migrate(Migrate),
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Shared {
    /// The store's address: sqlite:///var/lib/app/jobs.db, postgres://app@db/app, redis://cache:6379. Everybody on this machine can
    /// read what is typed: an address with a password belongs into BANTO_STORE, or into a file that BANTO_STORE_FILE names
    #[arg(long, global = true, env = "BANTO_STORE", hide_env_values = true, value_name = "URL")]
    pub store: Option<String>,
    /// Print JSON: listings one object a line, everything else one document. Times are milliseconds since 1970
    #[arg(long, global = true)]
    pub json: bool,
}

/// `queue …`
#[derive(Debug, Clone, Args)]
#[command(after_help = crate::exit::help())]
pub struct Queue {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// `deploy …`
#[derive(Debug, Clone, Args)]
pub struct Deploy {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do.
    #[command(subcommand)]
    pub verb: DeployVerb,
}

/// `migrate`
#[derive(Debug, Clone, Args)]
pub struct Migrate {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
}

/// What can be done about a roll-out.
#[derive(Debug, Clone, Subcommand)]
pub enum DeployVerb {
    /// Try out every job that has not ended, without running it. Exits 1 and names kind, version, cause, count and cure
    /// when this build would strand some.
    #[command(
        after_help = "EXAMPLE, before a roll-out, with the new build against the live store:\n  deploy check --store sqlite:///var/lib/app/jobs.db && roll-out"
    )]
    Check,
}

/// What can be done with a queue and its jobs.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Run jobs until told to stop. TERM or INT stops gracefully, a second one stops at once.
    Work(Box<Work>),
    /// Accept a job; prints its id once it is durable.
    Enqueue(Box<Enqueue>),
    /// List jobs, newest first.
    List(List),
    /// Show one job: its record, payload and trail.
    Show(One),
    /// Say why a job is not running, or who holds a key.
    #[command(
        after_help = "EXAMPLES:\n  queue explain 0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11\n  queue explain --key avatar:42"
    )]
    Explain(Explain),
    /// List dead jobs: those that will not run again by themselves.
    Failed(Failed),
    /// Run jobs again, or now: dead, cancelled and scheduled ones become ready.
    #[command(
        after_help = "EXAMPLES:\n  queue retry 0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11\n  queue retry --all                   every dead job\n  queue retry --kind avatar.generate  the dead jobs of one kind"
    )]
    Retry(Choose),
    /// Delete jobs that have ended, with their trails. Without ids it counts first, and asks; see --yes.
    #[command(
        after_help = "EXAMPLES:\n  queue forget 0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11\n  queue forget --state done --queue mail --yes"
    )]
    Forget(ChooseSurely),
    /// Delete dead jobs, and nothing else. Counts first, and asks; without a terminal it wants --yes.
    #[command(
        after_help = "Waiting, running and parked jobs are not touched: see `queue clear` for those that wait.\n\nEXAMPLES:\n  queue flush --dry-run\n  queue flush --hours 48 --export dead.jsonl --yes"
    )]
    Flush(Flush),
    /// Cancel a queue's waiting jobs (scheduled and ready). Counts first, and asks; without a terminal it wants --yes.
    #[command(
        after_help = "Running, parked and dead jobs are not touched: see `queue cancel`, `queue flush`.\n\nEXAMPLE:\n  queue clear --queue mail --export mail.jsonl --yes"
    )]
    Clear(Clear),
    /// Stop jobs: waiting and parked ones are cancelled at once, running ones are asked to stop. Without ids it counts
    /// first, and asks; see --yes.
    #[command(
        after_help = "EXAMPLES:\n  queue cancel 0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11\n  queue cancel --tag import --yes"
    )]
    Cancel(ChooseSurely),
    /// Say how the queues are: counts, ages, pauses, workers, parked jobs. Exits 1 when something needs a person.
    #[command(
        after_help = "EXIT CODE 1, when a queue is over --max-waiting, --max-age or --max-dead; a queue has jobs that are due and\nno living worker, or none that knows their kind; jobs are parked; accepted jobs are missing from the store; the store\ntakes no more (the disk is full); a queue that was named is known to nobody.\n\nEXAMPLES:\n  queue monitor --max-waiting 1000 --max-age 5m\n  queue monitor --queue mail,avatars --watch"
    )]
    Monitor(Monitor),
    /// Let a queue give no jobs to workers. What runs goes on.
    Pause(Pause),
    /// Let a paused queue give jobs again.
    Resume(OneQueue),
    /// Have every registered worker stop gracefully, so that its supervisor starts it anew.
    Restart,
    /// List parked jobs by kind and cause, each with its cure.
    Parked(Parked),
    /// Make parked jobs ready again.
    #[command(
        after_help = "A worker that can run a parked job takes it back by itself; release is for when you know better.\n\nEXAMPLES:\n  queue release --cause missing\n  queue release --kind avatar.generate"
    )]
    Release(ChooseParked),
}

/// One job.
#[derive(Debug, Clone, Args)]
pub struct One {
    /// The job's id, as `queue list` prints it
    #[arg(value_name = "ID")]
    pub id: String,
}

/// `queue explain`
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// The job's id, as `queue list` prints it
    #[arg(value_name = "ID", required_unless_present = "key", conflicts_with = "key")]
    pub id: Option<String>,
    /// Say who holds this unique key
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

/// `queue flush`
#[derive(Debug, Clone, Args)]
pub struct Flush {
    /// Only those that died longer ago than this many hours
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub hours: Option<String>,
    /// Only those of this queue
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// Whether it is meant.
    #[command(flatten)]
    pub sure: Sure,
    /// Write them to this new file first, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub export: Option<std::path::PathBuf>,
}

/// `queue clear`
#[derive(Debug, Clone, Args)]
pub struct Clear {
    /// The queue to clear
    #[arg(long, value_name = "QUEUE", default_value = "default")]
    pub queue: String,
    /// Whether it is meant.
    #[command(flatten)]
    pub sure: Sure,
    /// Write them to this new file first, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub export: Option<std::path::PathBuf>,
}

/// `queue monitor`
#[derive(Debug, Clone, Args)]
pub struct Monitor {
    /// Only these queues, parted by commas
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub queue: Vec<String>,
    /// Most waiting jobs (ready, or scheduled and due) in a queue before it is a finding
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub max_waiting: Option<u64>,
    /// Longest wait of a job that is due before it is a finding: seconds, or 90s, 5m, 1h30m
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub max_age: Option<String>,
    /// Most dead jobs in a queue before it is a finding
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub max_dead: Option<u64>,
    /// Look again every so often (2 s unless said) until INT
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true, num_args = 0..=1, default_missing_value = "2s")]
    pub watch: Option<String>,
}

/// The reason of a pause that has none.
pub(crate) const NO_REASON: &str = "no reason was given";

/// `queue pause`
#[derive(Debug, Clone, Args)]
pub struct Pause {
    /// The queue
    #[arg(value_name = "QUEUE")]
    pub queue: String,
    /// Why, as it is shown to whoever asks
    #[arg(long, value_name = "TEXT", default_value = NO_REASON)]
    pub reason: String,
    /// Until then: a time with its offset (2026-12-01T09:00:00+09:00), or a span from now (30m). For ever unless said
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub until: Option<String>,
}

/// One queue.
#[derive(Debug, Clone, Args)]
pub struct OneQueue {
    /// The queue
    #[arg(value_name = "QUEUE")]
    pub queue: String,
}

/// `queue parked`
#[derive(Debug, Clone, Args)]
pub struct Parked {
    /// Only those of this queue
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
}

/// A whole number. Clap's own words for what is none ("invalid digit found in string") say nothing that is allowed.
fn whole<T: std::str::FromStr>(typed: &str) -> Result<T, &'static str> {
    typed.trim().parse().map_err(|_| "a whole number is wanted, 0 or more")
}

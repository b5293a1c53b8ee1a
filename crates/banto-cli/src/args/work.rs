//! `queue work`, as typed.

use std::path::PathBuf;

use clap::Args;

/// Where lines are kept besides the standard output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct LogTo {
    /// Keep the lines in files of this folder too: queue-YYYYMMDD.log, scheduler-…, program-…; - is in none
    #[arg(long, env = "BANTO_LOG_DIR", hide_env_values = true, value_name = "FOLDER")]
    pub log_dir: Option<PathBuf>,
    /// The time zone at whose midnight these files turn, as Asia/Tokyo
    #[arg(long, env = "BANTO_LOG_ZONE", hide_env_values = true, value_name = "ZONE")]
    pub log_zone: Option<String>,
}

/// How to work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(
    after_help = "Spans are seconds, or 90s, 5m, 1h30m.\n\nEXAMPLES:\n  queue work                                       every queue that this program's kinds name\n  queue work --queue urgent,mail --concurrency 4   urgent strictly first\n  queue work --queue urgent=9,mail=1               urgent first nine times in ten\n  queue work --once --verbose                      one job, then stop\n  queue work --stop-when-empty --max-time 1h       for a nightly run"
)]
pub struct Work {
    /// Queues to take from, parted by commas: in strict order (a,b), or by weight (a=3,b=1)
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub queue: Vec<String>,
    /// Jobs to run at once [default: 10]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<usize>)]
    pub concurrency: Option<usize>,
    /// Run one job and stop; stop at once when none is due
    #[arg(long)]
    pub once: bool,
    /// Stop when nothing is due
    #[arg(long)]
    pub stop_when_empty: bool,
    /// Longest sleep between two looks for work; new work wakes the worker before [default: 1]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub sleep: Option<String>,
    /// Pause between two jobs of one slot [default: 0]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub rest: Option<String>,
    /// Attempts before a job is dead, if neither it nor its kind asks for a number [default: 3]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub tries: Option<String>,
    /// Longest run of an attempt whose job and kind do not say [default: 15m]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub timeout: Option<String>,
    /// Stop after that many jobs
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<u64>)]
    pub max_jobs: Option<u64>,
    /// Stop after that long
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub max_time: Option<String>,
    /// Stop, with exit code 12, when the process holds more than that many MiB
    #[arg(long, value_name = "MIB", allow_negative_numbers = true, value_parser = super::whole::<u64>)]
    pub memory: Option<u64>,
    /// Waits between attempts, parted by commas, for kinds that do not say; the last one stays
    #[arg(long, value_name = "SPAN,…", allow_negative_numbers = true, value_delimiter = ',')]
    pub backoff: Vec<String>,
    /// Say when each job begins and ends
    #[arg(long, short)]
    pub verbose: bool,
    /// What people call this worker; the program's name unless said
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How long running jobs may go on after TERM [default: 25]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub grace: Option<String>,
    /// How long done jobs stay listed [default: 1d]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub keep_done: Option<String>,
    /// How long cancelled jobs stay listed [default: 1d]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub keep_cancelled: Option<String>,
    /// How long dead jobs stay listed [default: 30d]
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub keep_dead: Option<String>,
    /// Start although a kind lacks something; its jobs are parked, the others run
    #[arg(long)]
    pub start_anyway: bool,
    /// Where it says how it is.
    #[command(flatten)]
    pub health: super::up::Health,
    /// Where its lines are kept.
    #[command(flatten)]
    pub log: LogTo,
}

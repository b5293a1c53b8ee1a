//! `queue enqueue`, as typed.

use clap::Args;

/// A job to accept.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The payload is JSON of at most 1 MiB, kept byte for byte. A program that knows the kind reads it first, and gives the\njob its kind's key, tags and numbers unless other ones are typed.\n\nEXAMPLES:\n  queue enqueue avatar.generate --payload '{\"avatar_id\":42}' --unique avatar:42\n  queue enqueue report --payload @report.json --at 2026-12-01T09:00:00+09:00\n  generate | queue enqueue mail.send --payload - --delay 10m --once signup:42"
)]
pub struct Enqueue {
    /// What is to be done: the name that a worker knows
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// With what: JSON, @FILE, or - for the standard input
    #[arg(long, value_name = "JSON", default_value = "{}", allow_hyphen_values = true)]
    pub payload: String,
    /// The version of the payload's form; this build's, or 1, unless said
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub version: Option<String>,
    /// Into this queue; the kind's own, or "default", unless said
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// Urgency: 0 (first) to 9 (last)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub priority: Option<String>,
    /// Due after that long: seconds, or 90s, 5m, 1h30m, 2d
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true, conflicts_with = "at")]
    pub delay: Option<String>,
    /// Due at that time, with its offset: 2026-12-01T09:00:00+09:00
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub at: Option<String>,
    /// Attempts before the job is dead: 1 to 1000
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub attempts: Option<String>,
    /// Longest run of one attempt
    #[arg(long, value_name = "SPAN", allow_negative_numbers = true)]
    pub timeout: Option<String>,
    /// Waits between attempts, parted by commas; the last one stays
    #[arg(long, value_name = "SPAN,…", allow_negative_numbers = true, value_delimiter = ',')]
    pub backoff: Vec<String>,
    /// A label to find it by; may be given several times
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Once for this key: no second job for it until 24 h after the end of the first
    #[arg(long, value_name = "KEY", conflicts_with_all = ["unique", "unique_for"])]
    pub once: Option<String>,
    /// No second job with this key while it is held
    #[arg(long, value_name = "KEY")]
    pub unique: Option<String>,
    /// How long --unique is held: "queued" (until it is claimed), "done" (until it has ended), or a span from now
    #[arg(long, value_name = "HOLD", allow_negative_numbers = true, requires = "unique", default_value = "done")]
    pub unique_for: String,
    /// So many equal jobs
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<usize>, default_value_t = 1)]
    pub count: usize,
    /// Accept it although this program knows the kind and could not run it; it gets no key and no tags of its kind
    #[arg(long)]
    pub anyway: bool,
}

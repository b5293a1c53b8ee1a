//! `import`, as typed.

use clap::{Args, Subcommand};

use super::Shared;

/// `import …`
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// From where.
    #[command(subcommand)]
    pub from: From,
}

/// From where schedules are taken over.
#[derive(Debug, Clone, Subcommand)]
pub enum From {
    /// Print the banto.toml that stands for a crontab. Exits 1 when something could not be taken over; it says what.
    Crontab(Crontab),
    /// Print the banto.toml that stands for a Laravel application's schedule. Exits 1 when something could not be taken
    /// over; it says what, and the cure.
    Laravel(Laravel),
}

/// `import crontab`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "EXAMPLES:\n  crontab -l | import crontab - --out banto.toml\n  import crontab /etc/cron.d/shop --form system\n  import crontab ./crontab --form supercronic --timezone Asia/Tokyo"
)]
pub struct Crontab {
    /// The crontab, or - for the standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Whose rules it is written by: user (crontab -e), system (with a user in each line) or supercronic; system where FILE is in /etc, else user
    #[arg(long, value_name = "FORM")]
    pub form: Option<String>,
    /// The time zone of lines that say none; that of this machine unless said
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// The file to write, in place of the standard output; one that is there is never touched
    #[arg(long, value_name = "FILE")]
    pub out: Option<String>,
}

/// `import laravel`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Laravel's schedule is PHP, so PHP must read it out. Without --run nothing of it runs: the exporter is printed for you to\nlook at and to run. With --run it is run: `php -r EXPORTER` in DIR, which boots the application and runs none of its\nschedule.\n\nEXAMPLES:\n  import laravel .                                       prints the exporter: save it, look at it, run it with php\n  import laravel . --exported schedule.jsonl --out banto.toml\n  import laravel /srv/shop --run --out banto.toml"
)]
pub struct Laravel {
    /// The application's folder: where its artisan is
    #[arg(value_name = "DIR")]
    pub dir: String,
    /// What the exporter printed, or - for the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "run")]
    pub exported: Option<String>,
    /// Run the exporter: it boots the application and runs none of its schedule
    #[arg(long)]
    pub run: bool,
    /// The PHP to run
    #[arg(long, value_name = "PROGRAM", default_value = "php", requires = "run")]
    pub php: String,
    /// The file to write, in place of the standard output; one that is there is never touched
    #[arg(long, value_name = "FILE")]
    pub out: Option<String>,
}

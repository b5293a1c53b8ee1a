//! The commands of MyTeacher's own: what was typed is done, and shown.

use std::process::ExitCode;

use banto::{Fault, StoreError, sqlite::Sqlite};
use banto_cli::{Wanted, exit::Failure};
use comfy_table::{Table, presets};
use serde_json::json;

use crate::{
    app::App,
    args::{Avatars, Place},
    avatar::{self, Avatar},
    choose,
    demo::{self, Demo},
    error::Error,
    files::Files,
    order, reconcile,
};

/// A command that was typed wrongly, or asked for what cannot be.
const USAGE: u8 = 2;
/// A command that found something wrong.
const FOUND: u8 = 1;

/// The store when nobody names another.
pub const STORE: &str = "sqlite://storage/myteacher.db";

/// Opens everything that `place` names.
async fn open(place: &Place) -> Result<App, Error> {
    app_of(open_store(&place.store)?, place).await
}

/// Opens the store for a command of MyTeacher's own, which may make it.
pub fn open_store(url: &str) -> Result<Sqlite, StoreError> {
    open_wanted(&Wanted { url: url.to_owned(), migrate: true })
}

/// Opens the store. The folder of the usual one is made if it is not there and may be: a newcomer has none yet.
pub fn open_wanted(wanted: &Wanted) -> Result<Sqlite, StoreError> {
    if wanted.url == STORE && wanted.migrate {
        let made = std::fs::create_dir_all("storage");
        made.map_err(|error| StoreError::new(Fault::Config, format!("make the folder \"storage\": {error}")))?;
    }
    wanted.sqlite(banto::clock())
}

/// The application on an open store, with the providers and files that `place` names.
pub async fn app_of(store: Sqlite, place: &Place) -> Result<App, Error> {
    let (painter, writer) = (choose::painter(place.painter)?, choose::writer(place.writer)?);
    let files = Files::open(&place.files)?;
    App::new(store, banto::clock(), painter, writer, files).await
}

/// `myteacher demo`.
pub async fn demo(typed: &crate::args::Demo) -> Result<ExitCode, Error> {
    let app = open(&typed.place).await?;
    let demo = demo::demo(&app, typed.look.look(), !typed.place.json).await?;
    if typed.place.json {
        print(&json!({ "demo": demo, "files": typed.place.files, "store": typed.place.store }));
    } else {
        print_demo(&demo, &typed.place);
    }
    Ok(if demo.avatar.status == "completed" { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

fn print_demo(demo: &Demo, place: &Place) {
    let mut table = table(["file", "size"]);
    for (_, path, bytes) in &demo.made.pictures {
        table.add_row([format!("{}/{path}", place.files), format!("{:.1} KiB", *bytes as f64 / 1024.0)]);
    }
    line(&table);
    let mut table = self::table(["avatar", "pictures", "comments", "tokens", "attempts", "time", "status"]);
    let seconds = demo.took_ms as f64 / 1_000.0;
    table.add_row([
        demo.avatar.id.to_string(),
        demo.made.pictures.len().to_string(),
        demo.made.comments.len().to_string(),
        demo.charged.to_string(),
        demo.attempts.to_string(),
        format!("{seconds:.2} s"),
        demo.avatar.status.clone(),
    ]);
    line(&table);
    if let Some(reason) = &demo.avatar.failure {
        line(&format!("It failed: {}", banto::text::visible(reason, 500)));
    }
    if let Some((title, message)) = &demo.notification {
        line(&format!("Notification: {title} ({message})"));
    }
    let store = if place.store == STORE { String::new() } else { format!(" --store {}", place.store) };
    let program = std::env::args().next().unwrap_or_else(|| "myteacher".into());
    line("\nWhere to look next:");
    for (command, what) in [
        (format!("avatars show {}", demo.avatar.id), "the comments"),
        (format!("queue show {}", demo.job), "what the job did"),
        ("queue monitor".to_owned(), "how the queues stand"),
        ("queue work --queue avatars".to_owned(), "a worker that stays"),
    ] {
        line(&format!("  {program} {command}{store}   # {what}"));
    }
}

/// `myteacher avatars …`.
pub async fn avatars(typed: &Avatars) -> Result<ExitCode, Error> {
    match typed {
        Avatars::Create { user, look, place } => {
            let app = open(place).await?;
            ordered(order::create(&app, *user, look.look()).await?, place);
        }
        Avatars::Regenerate { id, place } => {
            let app = open(place).await?;
            ordered(order::regenerate(&app, *id, None).await?, place);
        }
        Avatars::List { user, limit, place } => list(&open(place).await?, *user, *limit, place).await?,
        Avatars::Show { id, place } => return show(&open(place).await?, *id, place).await,
        Avatars::Reconcile { dry_run, place } => {
            let counts = reconcile::reconcile(&open(place).await?, *dry_run).await?;
            if place.json {
                print(&json!({ "reconciled": counts, "dry_run": dry_run }));
            } else {
                let done = if *dry_run { "would be" } else { "were" };
                let (all, alive) = (counts.looked_at, counts.alive);
                line(&format!("{all} avatars are unfinished: {alive} have a living job"));
                line(&format!(
                    "{} {done} enqueued again, {} {done} failed with the reason",
                    counts.enqueued, counts.failed
                ));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn ordered(ordered: order::Ordered, place: &Place) {
    if place.json {
        return print(&json!(ordered));
    }
    let word = if ordered.fresh { "enqueued as" } else { "is being made already by" };
    line(&format!("avatar {} {word} job {}", ordered.avatar, ordered.job));
}

async fn list(app: &App, user: Option<i64>, limit: u32, place: &Place) -> Result<(), Error> {
    let rows: Vec<Avatar> = app.read(move |db| Ok(avatar::list(db, user, limit)?)).await?;
    if place.json {
        print(&json!({ "avatars": rows }));
        return Ok(());
    }
    let mut table = table(["avatar", "user", "status", "seed", "job", "reason"]);
    for row in rows {
        let reason = banto::text::visible(row.failure.as_deref().unwrap_or_default(), 80);
        table.add_row([
            row.id.to_string(),
            row.user.to_string(),
            row.status,
            row.look.seed.to_string(),
            row.job,
            reason,
        ]);
    }
    line(&table);
    Ok(())
}

async fn show(app: &App, id: i64, place: &Place) -> Result<ExitCode, Error> {
    let found = app.read(move |db| {
        let row = avatar::find(db, id)?;
        let made = row.as_ref().map(|row| avatar::made(db, row)).transpose()?;
        Ok(row.zip(made))
    });
    let Some((row, made)) = found.await? else {
        return Err(Error::Asked(format!("show avatar {id}: there is none; see `myteacher avatars list`")));
    };
    if place.json {
        print(&json!({ "avatar": row, "made": made }));
        return Ok(ExitCode::SUCCESS);
    }
    line(&format!("avatar {} of user {}: {}, job {}", row.id, row.user, row.status, row.job));
    if let Some(reason) = &row.failure {
        line(&format!("reason: {}", banto::text::visible(reason, 500)));
    }
    let mut table = table(["picture", "file"]);
    for (name, path, _) in made.pictures {
        table.add_row([name, format!("{}/{path}", place.files)]);
    }
    line(&table);
    let mut table = self::table(["event", "comment"]);
    for (event, text) in made.comments {
        table.add_row([event, banto::text::visible(&text, 100)]);
    }
    line(&table);
    Ok(ExitCode::SUCCESS)
}

/// Says in one line what could not be done, and answers the exit code.
pub fn complain(error: &Error) -> ExitCode {
    use std::io::Write;
    let text = banto::text::visible(&error.to_string(), 2_000);
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(std::io::stderr(), "myteacher: could not {text}");
    match error {
        Error::Asked(_) | Error::Refused(_) => ExitCode::from(USAGE),
        Error::Files(error) if !error.again() => ExitCode::from(USAGE),
        Error::Store(error) => ExitCode::from(Failure::from(error.clone()).exit.code()),
        Error::Banto(_) | Error::Table(_) | Error::Files(_) => ExitCode::from(FOUND),
    }
}

fn table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.map(str::to_uppercase));
    table
}

fn print(value: &serde_json::Value) {
    line(value);
}

fn line(text: &(impl std::fmt::Display + ?Sized)) {
    use std::io::Write;
    // Whoever reads through a pipe may have heard enough (`… | head`); that is no failure.
    let _ = writeln!(std::io::stdout(), "{text}");
}

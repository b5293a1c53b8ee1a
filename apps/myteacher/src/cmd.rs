//! The commands of MyTeacher's own: what was typed is done, and shown.
//!
//! # Layout
//! - `demo`: what a demo made, and where to look next. `show`: avatars as they stand.

mod demo;
mod show;

use std::{path::Path, process::ExitCode};

use banto::{
    Fault, StoreError,
    sqlite::{Options, Sqlite},
    text::count_of,
};
use banto_cli::{Address, Found, Wanted};
use serde_json::json;

use crate::{
    app::App,
    args::{Avatars, Place, Stores},
    choose,
    chore::Chore,
    error::Error,
    files::Files,
    jobs::Jobs,
    order,
    print::{line, object},
    reconcile,
    table::Tables,
    token,
};

pub use demo::demo;

/// A command that found something wrong.
const FOUND: u8 = 1;

/// The store when nobody names another.
pub const STORE: &str = "sqlite://storage/myteacher.db";
/// The file of the tables when the store is none and nobody names one.
const DATA: &str = "storage/myteacher.db";

/// Opens everything that `place` names, for a command that may make it.
async fn open(place: &Place) -> Result<App, Error> {
    let wanted = Wanted { url: place.stores.url()?, migrate: true };
    let (jobs, _) = open_jobs(&wanted, &place.stores).await?;
    app_of(jobs, place).await
}

/// Opens the store, and says what that did to it.
pub async fn open_jobs(wanted: &Wanted, stores: &Stores) -> Result<(Jobs, Found), StoreError> {
    if wanted.migrate
        && let Some(file) = wanted.address()?.file()
    {
        make_usual(file)?;
    }
    Jobs::open(wanted, stores.data()?.as_ref(), banto::clock()).await
}

/// Opens the tables in a file of their own: `named`, or the usual one.
async fn open_tables(named: Option<Options>) -> Result<Tables, Error> {
    let options = named.unwrap_or_else(|| Options::of(DATA));
    make_usual(&options.path)?;
    Tables::open(Sqlite::open_aside(options, banto::clock()).await?, banto::clock()).await
}

/// The folder of the usual file is made if it is not there and may be: a newcomer has none yet.
fn make_usual(file: &Path) -> Result<(), StoreError> {
    if file != Path::new(DATA) {
        return Ok(());
    }
    make_folder("storage")
        .map_err(|fault| StoreError::new(Fault::Config, format!("{fault}; or name a store with --store")))
}

/// Makes a folder that MyTeacher keeps things in, unless it is there. An error is a fragment that fits after "could not".
pub fn make_folder(folder: &str) -> Result<(), String> {
    let made = std::fs::create_dir_all(folder);
    made.map_err(|error| format!("make the folder {folder:?}: {error}; go to a folder that you may write to"))
}

/// The tables that belong to these jobs, brought up to date.
pub async fn tables_of(jobs: &Jobs, stores: &Stores) -> Result<Tables, Error> {
    match jobs {
        Jobs::Together(store) => Tables::open(store.clone(), banto::clock()).await,
        Jobs::Apart(_) => open_tables(stores.data()?).await,
    }
}

/// The application on an open store, with the tables, providers and files that `place` names.
pub async fn app_of(jobs: Jobs, place: &Place) -> Result<App, Error> {
    let (painter, writer) = (choose::painter(place.painter)?, choose::writer(place.writer)?);
    let files = Files::open(&place.files)?;
    let tables = tables_of(&jobs, &place.stores).await?;
    Ok(App::on(jobs, tables, painter, writer, files))
}

/// A chore, and its report. It needs the tables alone. What it logs (an alert) goes to the standard error, as a worker's
/// lines do.
pub async fn chore(typed: &Chore) -> Result<ExitCode, Error> {
    banto_cli::begin_log(banto::clock(), "myteacher");
    let stores = &typed.at().stores;
    // As a worker's are: those of a store that is a SQLite file lie in it.
    let file = match (stores.data()?, Address::typed(&stores.url()?)?) {
        (None, Address::Sqlite(options)) => Some(options),
        (named, _) => named,
    };
    let tables = open_tables(file).await?;
    typed.carry_out(&tables).await?.print(typed.at().json)
}

/// `myteacher avatars …`.
pub async fn avatars(typed: &Avatars) -> Result<ExitCode, Error> {
    let app = open(typed.place()).await?;
    match typed {
        Avatars::Create { user, look, place } => ordered(order::create(&app, *user, look.look()).await?, place)?,
        Avatars::Regenerate { id, place } => ordered(order::regenerate(&app, *id, None).await?, place)?,
        Avatars::List { user, limit, place } => show::list(&app, *user, *limit, place).await?,
        Avatars::Show { id, place } => show::one(&app, *id, place).await?,
        Avatars::Grant { user, tokens, place } => grant(&app, *user, *tokens, place).await?,
        Avatars::Reconcile { dry_run, place } => reconciled(&app, *dry_run, place).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn ordered(ordered: order::Ordered, place: &Place) -> Result<(), Error> {
    if place.json {
        return object(&json!(ordered));
    }
    let word = if ordered.fresh { "enqueued as" } else { "is being made already by" };
    line(&format!("avatar {} {word} job {}", ordered.avatar, ordered.job))
}

async fn grant(app: &App, user: i64, tokens: i64, place: &Place) -> Result<(), Error> {
    let now = app.now();
    let given = app.write(move |db| {
        let name = format!("user {user}");
        db.execute("INSERT INTO users (id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING", (user, name))?;
        token::grant(db, user, tokens, 0, "given by an operator", now)?;
        Ok(token::balance(db, user)?)
    });
    let balance = given.await?;
    if place.json {
        return object(&json!({ "user": user, "granted": tokens, "balance": balance }));
    }
    line(&format!("user {user} has {} tokens to spend, {tokens} of them new", balance.available()))
}

async fn reconciled(app: &App, dry_run: bool, place: &Place) -> Result<(), Error> {
    let counts = reconcile::reconcile(app, dry_run).await?;
    if place.json {
        return object(&json!({ "reconciled": counts, "dry_run": dry_run }));
    }
    let done = |of| if dry_run { count_of(of, "would be", "would be") } else { count_of(of, "was", "were") };
    let (unfinished, alive) =
        (count_of(counts.looked_at, "avatar is", "avatars are"), count_of(counts.alive, "has", "have"));
    line(&format!("{unfinished} unfinished: {alive} a living job"))?;
    line(&format!("{} enqueued again, {} failed with the reason", done(counts.enqueued), done(counts.failed)))
}

//! Users are deleted for good: rows, followers, pictures; each user apart, so that one that cannot go keeps no other.
//!
//! First all of it is written away (rows as JSON lines, pictures as they are), then the rows go in one transaction, if they
//! still are what was written; it also notes that the pictures are doomed. Pictures go last. A crash anywhere leaves either
//! everything, or a note by which the next run deletes what is left. Payments stay, for they are the law's to keep
//! ([`crate::books`]); they say that who paid is gone.

use banto::{
    sqlite::rusqlite::{Connection, params, params_from_iter},
    text::count_of,
};
use clap::Args;
use serde_json::json;

use crate::{
    args::FILES,
    error::Error,
    export::{self, Export, Kept, with_followers},
    files::Files,
    report::Report,
    table::Tables,
};

/// Where pictures are, and where exports go.
#[derive(Debug, Clone, Args)]
pub struct Places {
    /// Where pictures are: a folder, or s3://bucket/prefix (feature s3).
    #[arg(long, env = "MYTEACHER_FILES", default_value = FILES, value_name = "DIR")]
    files: String,
    /// Where exports go.
    #[command(flatten)]
    to: export::To,
}

/// Which users: SQL that answers their ids, and its values.
#[derive(Debug, Clone)]
pub struct Due {
    /// `SELECT id FROM users …`
    pub sql: &'static str,
    /// `?1`, `?2`, …
    pub values: Vec<i64>,
}

impl Due {
    /// The users that are due.
    pub async fn users(&self, tables: &Tables) -> Result<Vec<i64>, Error> {
        let Due { sql, values } = self.clone();
        let found = tables.read(move |db| {
            let mut asked = db.prepare(sql)?;
            let found = asked.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(found)
        });
        found.await
    }
}

/// What was done so far.
#[derive(Default)]
struct Purged {
    users: usize,
    rows: usize,
    pictures: usize,
    failures: Vec<String>,
}

/// Deletes these users for good, and says so. `what` names the export ("inactive-users").
pub async fn purge(tables: &Tables, places: &Places, users: Vec<i64>, what: &str) -> Result<Report, Error> {
    let files = Files::open(&places.files)?;
    let mut export = Export::new(&places.to, what, tables.now());
    let (due, mut purged) = (users.len(), Purged::default());
    for user in users {
        match one(tables, &files, places, &mut export, user).await {
            Ok(rows) => {
                purged.users += usize::from(rows > 0);
                purged.rows += rows;
            }
            Err(error) => purged.failures.push(format!("delete user {user}: {error}")),
        }
    }
    forget_doomed(tables, &files, &mut purged).await?;
    let Purged { users, rows, pictures, failures } = purged;
    let export = export.path().map(|path| path.to_string_lossy().into_owned());
    let mut said = vec![format!(
        "{} deleted, with {} and {} in all",
        count_of(users, "user was", "users were"),
        count_of(rows, "row", "rows"),
        count_of(pictures, "picture", "pictures")
    )];
    said.extend(export.iter().map(|path| format!("they are in {path}")));
    let object = json!({ "due": due, "deleted": users, "rows": rows, "pictures": pictures, "export": export,
                         "dry_run": false });
    Ok(Report::well(said, object).but(&failures))
}

/// Answers how many rows went; none if somebody else was quicker.
async fn one(tables: &Tables, files: &Files, places: &Places, export: &mut Export, user: i64) -> Result<usize, Error> {
    let kept = tables.read(move |db| Ok(with_followers(db, "users", user)?)).await?;
    if kept.is_empty() {
        return Ok(0);
    }
    export.write(&kept).await?;
    let copied = copy_pictures(files, places, user).await?;
    let now = tables.now();
    tables.write(move |db| delete(db, user, &kept, &copied, now)).await
}

/// Answers the paths of the pictures, all of which are copied now.
async fn copy_pictures(files: &Files, places: &Places, user: i64) -> Result<Vec<String>, Error> {
    let pictures = files.of_user(user).await?;
    if pictures.is_empty() {
        return Ok(pictures);
    }
    let copies = Files::open(&places.to.folder.to_string_lossy())?;
    for path in &pictures {
        if let Some(bytes) = files.get(path).await? {
            copies.put(path, bytes).await?;
        }
    }
    Ok(pictures)
}

/// Deletes the user with all that follows, if all of it still is what was written away.
fn delete(db: &Connection, user: i64, kept: &[Kept], pictures: &[String], now: i64) -> Result<usize, Error> {
    let there = with_followers(db, "users", user)?;
    if there.is_empty() {
        return Ok(0);
    }
    if there != kept {
        return Err(Error::Asked("it changed while it was written away; the next run looks again".into()));
    }
    for path in pictures {
        let sql = "INSERT INTO doomed_pictures (path, since) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        db.execute(sql, params![path, now])?;
    }
    let sql = "UPDATE payment_histories SET payable_type = 'gone_user' WHERE payable_type = 'user' AND payable_id = ?1";
    db.execute(sql, [user])?;
    db.execute("DELETE FROM users WHERE id = ?1", [user])?;
    Ok(kept.len())
}

/// Deletes the pictures of users that are gone, those that an earlier run left too.
async fn forget_doomed(tables: &Tables, files: &Files, purged: &mut Purged) -> Result<(), Error> {
    let doomed = tables.read(|db| {
        let mut asked = db.prepare("SELECT path FROM doomed_pictures ORDER BY path")?;
        let paths: Vec<String> = asked.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(paths)
    });
    for path in doomed.await? {
        match files.delete(&path).await {
            Ok(()) => {
                let strike = move |db: &Connection| db.execute("DELETE FROM doomed_pictures WHERE path = ?1", [path]);
                purged.pictures += tables.write(move |db| Ok(strike(db)?)).await?;
            }
            Err(error) => purged.failures.push(format!("delete the picture {path}: {error}")),
        }
    }
    Ok(())
}

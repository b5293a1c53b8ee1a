//! What a row takes with it when it is deleted: every row that refers to it with `ON DELETE CASCADE`, and so on.
//!
//! Read from the schema itself, so that a table that is added later is exported with its owner without being named here.

use std::collections::{HashMap, HashSet, VecDeque};

use banto::sqlite::rusqlite::{self, Connection, params};
use serde_json::Value;

use super::{Kept, named, rows};

/// A table that refers to another one: its name, its column, and the column that it refers to.
struct Reference {
    table: String,
    from: String,
    to: String,
}

/// The row of `table` with that `id`, and all that is deleted with it; nothing if it is not there.
pub fn with_followers(db: &Connection, table: &str, id: i64) -> rusqlite::Result<Vec<Kept>> {
    let (mut all, mut seen, mut known) = (Vec::new(), HashSet::new(), HashMap::new());
    let mut open: VecDeque<Kept> = found(db, table, "id", &id.into())?.into();
    while let Some(kept) = open.pop_front() {
        if !seen.insert(kept.line()) {
            continue; // two ways lead to it
        }
        if !known.contains_key(&kept.table) {
            known.insert(kept.table.clone(), referring(db, &kept.table)?);
        }
        for reference in known.get(&kept.table).into_iter().flatten() {
            let to = kept.row.get(&reference.to).unwrap_or(&Value::Null);
            open.extend(found(db, &reference.table, &reference.from, to)?);
        }
        all.push(kept);
    }
    Ok(all)
}

fn referring(db: &Connection, table: &str) -> rusqlite::Result<Vec<Reference>> {
    let sql =
        "SELECT m.name, f.\"from\", coalesce(f.\"to\", 'id') FROM sqlite_master m, pragma_foreign_key_list(m.name) f
               WHERE m.type = 'table' AND f.\"table\" = ?1 AND f.on_delete = 'CASCADE' ORDER BY m.name, f.id, f.seq";
    let read = |row: &rusqlite::Row<'_>| Ok(Reference { table: row.get(0)?, from: row.get(1)?, to: row.get(2)? });
    db.prepare_cached(sql)?.query_map([table], read)?.collect()
}

fn found(db: &Connection, table: &str, column: &str, value: &Value) -> rusqlite::Result<Vec<Kept>> {
    let sql = format!("SELECT * FROM {} WHERE {} = ?1", named(table), named(column));
    let found = match value {
        Value::Number(number) => rows(db, &sql, params![number.as_i64()])?,
        Value::String(text) => rows(db, &sql, params![text])?,
        _ => Vec::new(),
    };
    Ok(found.into_iter().map(|row| Kept { table: table.to_owned(), row }).collect())
}

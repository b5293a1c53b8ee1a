//! A row that cannot be read: it is shown and told of, the others run, and what can be done with it is said.

use serde_json::json;

use super::house::House;

/// Three jobs, of which the payload of one is overwritten; gives its id.
fn with_a_damaged_job(house: &House) -> String {
    let damaged = house.enqueue("greet --queue mail");
    house.types("queue enqueue greet --queue mail --count 2").ends(0);
    let db = banto_sqlite::rusqlite::Connection::open(house.file()).unwrap();
    let payload = "{\"name\":\"\u{1b}[2J\u{202e}";
    let sql = "UPDATE banto_job SET payload = ?1 WHERE hex(id) = upper(replace(?2, '-', ''))";
    assert_eq!(db.execute(sql, [payload, &damaged]).unwrap(), 1);
    damaged
}

#[test]
fn a_damaged_row_is_told_of_everywhere_and_stops_nobody() {
    let house = House::new();
    let id = with_a_damaged_job(&house);
    let report = house.types("queue work --stop-when-empty --queue mail --json").ends(0).object();
    assert_eq!(report["ended"], json!({ "done": 2 }));
    let parked = house.types("queue parked --json").ends(0).object();
    assert_eq!((&parked["cause"], &parked["jobs"]), (&json!("damaged"), &json!(1)));
    assert!(house.types("queue monitor").ends(1).out.contains("1 job of kind \"greet\" parked for damaged"));
    let check = house.types("deploy check --json").ends(1).object();
    assert_eq!((&check["stranded"][0]["cause"], &check["stranded"][0]["sample"]), (&json!("damaged"), &json!(id)));
    let said = house.types(&format!("queue explain {id} --json")).ends(0).object();
    assert!(said["answer"].as_str().unwrap().starts_with("it is parked: "), "{said}");
    assert!(said["cure"].as_str().unwrap().contains("queue show"), "{said}");
}

#[test]
fn what_is_stored_of_it_is_shown_and_nothing_in_it_is_obeyed() {
    let house = House::new();
    let id = with_a_damaged_job(&house);
    let shown = house.types(&format!("queue show {id}")).ends(0).out;
    assert!(shown.contains("\nstored ") && shown.contains(r#"{"name":"\u{1b}[2J\u{202e}"#), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains("(build )"), "{shown}");
    let card = house.types(&format!("queue show {id} --json")).ends(0).object();
    assert_eq!((&card["job"]["state"], &card["job"]["payload"]), (&json!("parked"), &json!(null)));
    assert!(card["raw"].as_str().unwrap().contains("kind = \"greet\""), "{card}");
    let listed = house.types("queue list --json").ends(0).objects();
    let parked: Vec<_> = listed.iter().filter(|job| job["state"] == "parked").map(|job| job["id"].clone()).collect();
    assert_eq!((listed.len(), parked), (3, vec![json!(id)]), "it is shown among the others");
}

#[test]
fn it_can_be_cancelled_and_then_forgotten_and_nothing_else() {
    let house = House::new();
    let id = with_a_damaged_job(&house);
    for typed in ["release", "retry", "forget"] {
        let said = house.types(&format!("queue {typed} {id}")).ends(1);
        assert!(said.out.starts_with("0 jobs "), "{typed}: {said:?}");
        let why = format!("job {id} cannot be read, so it can only be cancelled, then forgotten\n");
        assert!(said.err.ends_with(&why), "{typed}: {}", said.err);
    }
    assert_eq!(house.types("queue release --cause damaged").ends(0).out, "0 jobs released\n");
    assert_eq!(house.types(&format!("queue cancel {id}")).ends(0).out, "1 job cancelled\n");
    assert!(house.types(&format!("queue retry {id}")).ends(1).err.contains("cannot be read"));
    assert_eq!(house.types(&format!("queue forget {id}")).ends(0).out, "1 job forgotten\n");
    house.types(&format!("queue show {id}")).ends(8);
    assert_eq!(house.types("queue list --json").ends(0).objects().len(), 2, "the others are still there");
}

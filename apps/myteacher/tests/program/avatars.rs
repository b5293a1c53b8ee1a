//! `myteacher avatars …` and the command set beside it: ordered, worked, looked at, reconciled.

use serde_json::json;

use super::house::{House, Said};

#[test]
fn an_avatar_is_ordered_worked_and_shown() {
    let house = House::lived_in();
    let (id, job) = house.create("--seed 3 --hair-color red");
    assert_eq!(id, 2);
    assert_eq!(house.avatar(id)["avatar"]["status"], "pending");
    let list = house.types("avatars list").ends(0).out;
    assert!(list.contains("pending") && list.contains("completed") && list.contains(&job), "{list}");

    let worked = house.types("queue work --once --json").ends(0);
    assert_eq!(worked.json()["ended"], json!({ "done": 1 }));
    let logs = std::fs::read_dir(house.path().join("storage/logs")).unwrap();
    let logs: Vec<String> = logs.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(logs.len() == 1 && logs[0].contains("\"message\":\"stopped\""), "each worker's lines are kept: {logs:?}");
    let shown = house.avatar(id);
    assert_eq!(
        (&shown["avatar"]["status"], &shown["avatar"]["look"]["hair_color"]),
        (&json!("completed"), &json!("red"))
    );
    let made = &shown["made"];
    assert_eq!((made["pictures"].as_array().unwrap().len(), made["comments"].as_array().unwrap().len()), (6, 22));
    assert_eq!(house.one::<i64>("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'"), 2);
    let said = house.types(&format!("avatars show {id}")).ends(0).out;
    assert!(said.contains("avatar 2 of user 1: completed") && said.contains("bust_happy"), "{said}");
    let own = house.types("avatars list --user 1 --limit 1 --json").ends(0).json();
    assert_eq!(own["avatars"].as_array().unwrap().len(), 1);
    assert_eq!(house.types("avatars list --user 2 --json").ends(0).json(), json!({ "avatars": [] }));
}

#[test]
fn an_order_while_one_is_under_way_is_the_one_under_way() {
    let house = House::lived_in();
    let (id, job) = house.create("");
    let again = house.types(&format!("avatars regenerate {id} --json")).ends(0).json();
    assert_eq!(again, json!({ "avatar": id, "job": job, "fresh": false }));
    house.types("queue work --stop-when-empty").ends(0);
    let anew = house.types(&format!("avatars regenerate {id} --json")).ends(0).json();
    assert_eq!(anew["fresh"], true);
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.avatar(id)["avatar"]["status"], "completed");
    assert_eq!(house.pictures("storage/pictures").len(), 12, "six of each avatar, none of the earlier run");
}

#[test]
fn who_cannot_pay_is_told_how_much_is_missing_and_gets_nothing() {
    let house = House::new();
    let err = house.types("avatars create --seed 3").refused(2);
    assert!(err.contains("it may cost 6054 tokens and user 1 has 0 to spend"), "{err}");
    assert_eq!(house.one::<i64>("SELECT count(*) FROM teacher_avatars"), 0);
    assert_eq!(house.types("queue list --json").ends(0).out, "");
}

#[test]
fn on_a_fresh_machine_the_message_names_the_step_that_is_missing() {
    let house = House::new();
    let err = house.types("avatars create --seed 7").refused(2);
    let step = err.split('`').nth(1).unwrap().replace('N', "60000");
    let granted = house.types(&format!("{step} --json")).ends(0).json();
    assert_eq!((&granted["user"], &granted["granted"]), (&json!(1), &json!(60_000)));
    let (id, _) = house.create("--seed 7");
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.avatar(id)["avatar"]["status"], "completed");
    let said = house.types("avatars grant --user 1 --tokens 6").ends(0).out;
    assert!(said.contains("user 1 has 53952 tokens to spend, 6 of them new"), "{said}");
    for wrong in ["0", "-5", "x", "1000000001"] {
        let err = house.types(&format!("avatars grant --tokens={wrong}")).refused(2);
        assert!(err.contains("allowed are the whole numbers from 1 to 1000000000"), "{wrong}: {err}");
    }
}

/// A newer build's attribute, or a slip of somebody's hand.
#[test]
fn a_row_that_cannot_be_read_is_marked_and_the_others_are_listed() {
    let house = House::lived_in();
    let (id, job) = house.create("--seed 3");
    let (other, _) = house.create("--seed 4");
    let sql = format!(r#"UPDATE teacher_avatars SET look = '{{"seed":3,"scarf":"red"}}' WHERE id = {id}"#);
    house.db().execute(&sql, []).unwrap();
    let list = house.types("avatars list").ends(0).out;
    assert!(list.lines().count() == 4 && list.contains("its look cannot be read: unknown field `scarf`"), "{list}");
    let shown = house.types(&format!("avatars show {id}")).ends(0).out;
    assert!(shown.contains("unknown field `scarf`") && shown.contains("use the build that wrote it"), "{shown}");
    assert!(house.avatar(id)["avatar"]["look"]["unreadable"].as_str().unwrap().contains("scarf"));

    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.avatar(other)["avatar"]["status"], "completed");
    let explained = house.types(&format!("queue explain {job}")).ends(0).out;
    assert!(
        explained.contains("is parked: read the look of avatar 2") && explained.contains("what to do"),
        "{explained}"
    );
    house.types(&format!("queue cancel {job}")).ends(0);
    assert_eq!(house.types("avatars reconcile --json").ends(0).json()["reconciled"]["failed"], 1);
    assert_eq!(house.avatar(id)["avatar"]["status"], "failed");
}

#[test]
fn what_could_not_be_done_is_one_object_under_json() {
    let house = House::new();
    for (typed, exit, part) in [
        ("avatars create --seed 3 --json", 2, "user 1 has 0 to spend"),
        ("avatars show 9 --json", 2, "there is none"),
        ("avatars list --json --store sqlite://no/such/x.db", 2, "there is no folder"),
        ("demo --json --files gs://b", 2, "allowed"),
    ] {
        let said = house.types(typed).ends(exit);
        assert_eq!((said.err.lines().count(), said.out.as_str()), (1, ""), "{said:?}");
        let error: serde_json::Value = serde_json::from_str(&said.err).unwrap();
        assert_eq!(error["exit"], exit, "{typed}");
        let text = error["error"].as_str().unwrap();
        assert!(text.starts_with("myteacher: could not ") && text.contains(part), "{text}");
    }
}

/// A row that lost its job, as a flushed queue leaves it.
fn orphan(house: &House) -> i64 {
    let (id, job) = house.create("--seed 3");
    house.types(&format!("queue cancel {job}")).ends(0);
    house.types(&format!("queue forget {job}")).ends(0);
    id
}

#[test]
fn reconcile_counts_mends_and_doubles_nothing() {
    let house = House::lived_in();
    let id = orphan(&house);
    let dry = house.types("avatars reconcile --dry-run --json").ends(0).json();
    let counts = |alive: u8, enqueued: u8, failed: u8| json!({ "looked_at": 1, "alive": alive, "enqueued": enqueued, "failed": failed });
    assert_eq!(dry, json!({ "reconciled": counts(0, 1, 0), "dry_run": true }));
    assert_eq!(house.types("queue list --state ready --json").ends(0).out, "");

    // Two at once, in the form that people bring along.
    let both: Vec<_> = (0..2)
        .map(|_| house.command("avatars:reconcile --json").stdout(std::process::Stdio::piped()).spawn().unwrap())
        .collect();
    let said: Vec<Said> = both.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect();
    let enqueued = said.into_iter().map(|said| said.ends(0).json()["reconciled"]["enqueued"].as_u64().unwrap());
    assert_eq!(enqueued.sum::<u64>(), 1, "each counts what it did itself");
    let third = house.types("avatar:reconcile --json").ends(0).json();
    assert_eq!(third["reconciled"], counts(1, 0, 0));
    assert_eq!(house.types("queue list --state ready --json").ends(0).out.lines().count(), 1);
    house.types("queue:work --stop-when-empty").ends(0);
    assert_eq!(house.avatar(id)["avatar"]["status"], "completed");
    let said = house.types("avatars reconcile").ends(0).out;
    assert!(said.contains("0 avatars are unfinished"), "{said}");
}

#[test]
fn one_avatar_is_counted_as_one() {
    let house = House::lived_in();
    orphan(&house);
    for said in [
        "1 avatar is unfinished: 0 have a living job\n1 was enqueued again, 0 were failed with the reason\n",
        "1 avatar is unfinished: 1 has a living job\n0 were enqueued again, 0 were failed with the reason\n",
    ] {
        assert_eq!(house.types("avatars reconcile").ends(0).out, said);
    }
}

#[test]
fn a_worker_mends_by_itself_what_lost_its_job() {
    let house = House::lived_in();
    let id = orphan(&house);
    let mut worker = house.worker("");
    assert_eq!(worker.hears("mended")["enqueued"], 1);
    worker.hears("ended");
    worker.stops();
    assert_eq!(house.avatar(id)["avatar"]["status"], "completed");
}

#[test]
fn a_cancelled_job_fails_its_row_with_the_reason() {
    let house = House::lived_in();
    let (id, job) = house.create("--seed 3");
    house.types(&format!("queue cancel {job}")).ends(0);
    let counts = house.types("avatars reconcile --json").ends(0).json();
    assert_eq!(counts["reconciled"]["failed"], 1);
    let avatar = house.avatar(id)["avatar"].clone();
    assert_eq!(avatar["status"], "failed");
    assert!(avatar["detail"].as_str().unwrap().starts_with("cancelled by "), "{avatar}");
}

/// `--once` stops the worker with its one job: what lives beside it may not have seen that job end.
#[test]
fn a_worker_for_one_job_leaves_no_row_generating() {
    let house = House::lived_in();
    let (id, job) = house.create("--seed 3");
    house.db().execute("UPDATE token_balances SET free_balance = 5, paid_balance = 0", []).unwrap();
    house.types("queue work --once").ends(0);
    assert_eq!(house.job(&job)["state"], "dead");
    let avatar = house.avatar(id)["avatar"].clone();
    assert_eq!(avatar["status"], "failed");
    assert!(avatar["detail"].as_str().unwrap().contains("nothing was painted"), "{avatar}");
}

#[test]
fn explain_says_why_an_ordered_avatar_is_not_painted() {
    let house = House::lived_in();
    let (id, job) = house.create("");
    let said = house.types(&format!("queue explain {job}")).ends(0).out;
    assert!(said.contains("avatar.generate") && said.contains("no living worker"), "{said}");
    let said = house.types(&format!("queue:explain --key avatar:{id}")).ends(0).out;
    assert!(said.contains(&job), "{said}");
    house.types("queue pause avatars --reason inventory").ends(0);
    let said = house.types(&format!("queue explain {job}")).ends(0).out;
    assert!(said.contains("paused") && said.contains("inventory"), "{said}");
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.avatar(id)["avatar"]["status"], "pending");
}

#[test]
fn a_build_is_checked_against_the_store_before_it_is_rolled_out() {
    let house = House::lived_in();
    house.create("");
    house.types("deploy check").ends(0);
    house.types("queue enqueue App\\Jobs\\GenerateAvatarImagesJob --queue avatars --payload {\"avatar_id\":1}").ends(0);
    house.types("deploy:check").ends(0);
    house.types("queue enqueue avatar.repaint --queue avatars --payload {\"avatar_id\":1}").ends(0);
    let said = house.types("deploy check --json").ends(1).json();
    let stranded = said["stranded"].as_array().unwrap();
    assert_eq!((stranded.len(), &stranded[0]["kind"], &stranded[0]["jobs"]), (1, &json!("avatar.repaint"), &json!(1)));
}

//! The whole of MyTeacher with its jobs on real servers: rows stay in the SQLite file, jobs are elsewhere.

use std::process::Stdio;

use banto::postgres::tokio_postgres::{self, NoTls};
use banto_servers::{Postgres, Redis};

use super::house::{House, Said, Worker};

/// A house whose jobs are on a server.
struct Apart {
    house: House,
    url: String,
}

impl Apart {
    fn on(url: &str, apart: &str) -> Apart {
        let own = format!("t{:x}_{:08x}", std::process::id(), fastrand::u32(..));
        Apart { house: House::new(), url: format!("{url}?{apart}={own}") }
    }

    fn command(&self, typed: &str) -> std::process::Command {
        let mut command = self.house.command(typed);
        command.env("BANTO_STORE", &self.url).env("XDG_STATE_HOME", self.house.path().join("state"));
        command
    }

    fn types(&self, typed: &str) -> Said {
        self.command(typed).output().unwrap().into()
    }

    /// The schema or the prefix.
    fn own(&self) -> &str {
        self.url.rsplit_once('=').unwrap().1
    }

    fn status(&self, avatar: i64) -> String {
        self.types(&format!("avatars show {avatar} --json")).ends(0).json()["avatar"]["status"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// How many jobs are listed.
    fn listed(&self) -> usize {
        self.types("queue list --json").ends(0).out.lines().count()
    }
}

/// Not flushed, for it is shared: which is asked for by name.
const POSTGRES: &str = "durability=memory&schema";

fn demo(apart: &Apart, store: &str) {
    let said = apart.types("demo --seed 7 --json").ends(0).json();
    assert_eq!(
        (said["demo"]["avatar"]["status"].as_str(), said["demo"]["state"].as_str()),
        (Some("completed"), Some("done"))
    );
    assert!(said["store"].as_str().unwrap().starts_with(&format!("{store}://127.0.0.1:")), "{}", said["store"]);
    assert_eq!(said["demo"]["made"]["comments"].as_array().unwrap().len(), 22);
    assert_eq!(apart.listed(), 1, "the job is on the server");
    assert_eq!(apart.house.one::<i64>("SELECT count(*) FROM teacher_avatars"), 1, "the row is in the file");
    assert_eq!(apart.house.one::<i64>("SELECT accepted FROM banto_tally"), 0, "and no job is");

    let out = apart.types("demo --seed 8").ends(0).out;
    assert!(out.contains("BANTO_STORE") && !out.contains(apart.own()), "its address may hold a password: {out}");
    let next = out.lines().skip_while(|line| *line != "Where to look next:").nth(2).unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", next.split("   #").next().unwrap()]).current_dir(apart.house.path()).stdin(Stdio::null());
    let shown: Said = shell.env("BANTO_STORE", &apart.url).output().unwrap().into();
    assert!(shown.ends(0).out.contains("avatar.generate"), "{next}");
}

#[test]
fn a_demo_on_postgres_is_made_end_to_end() {
    let server = Postgres::shared().unwrap();
    demo(&Apart::on(server.url(), POSTGRES), "postgres");
}

#[test]
fn a_demo_on_redis_is_made_end_to_end() {
    let server = Redis::shared().unwrap();
    demo(&Apart::on(server.url(), "prefix"), "redis");
}

#[test]
fn up_on_postgres_paints_and_its_chores_know_the_store_by_no_argument() {
    let server = Postgres::shared().unwrap();
    let apart = Apart::on(server.url(), POSTGRES);
    apart.types("migrate").ends(0);
    apart.types("avatars grant").ends(0);
    let mut up = Worker::of(apart.command("up --health 127.0.0.1:0").stdout(Stdio::piped()));
    up.hears("working");
    let ordered = apart.types("avatars create --seed 7 --json").ends(0).json();
    let avatar = ordered["avatar"].as_i64().unwrap();
    for _ in 0..1_200 {
        if apart.status(avatar) == "completed" {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    assert_eq!(apart.status(avatar), "completed");
    let listed = apart.types("schedule list --json").ends(0).out;
    assert!(listed.contains("avatars:reconcile") && !listed.contains(apart.own()), "{listed}");
    let test = apart.types("schedule test avatars:reconcile --json").ends(0).json();
    assert!(test["tail"].to_string().contains("0 avatars are unfinished"), "the chore found the store: {test}");
    up.stops();
}

async fn connected(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_its_row_and_its_job_an_order_is_kept_and_painted_once() {
    let server = Postgres::shared().unwrap();
    let apart = Apart::on(server.url(), POSTGRES);
    apart.types("migrate").ends(0);
    apart.types("avatars grant").ends(0);
    // One lets nobody enqueue; the other watches, for a transaction sees the same activity for as long as it lives.
    let (lock, eye) = (connected(server.url()).await, connected(server.url()).await);
    lock.batch_execute(&format!("BEGIN; LOCK TABLE {}.job IN ACCESS EXCLUSIVE MODE", apart.own())).await.unwrap();
    let mut ordering = apart.command("avatars create --seed 3").spawn().unwrap();
    let waits = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{}.%'",
        apart.own()
    );
    while eye.query_one(&waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(ordering.try_wait().unwrap().is_none(), "it ended before it could be killed");
    }
    assert_eq!(apart.house.one::<i64>("SELECT count(*) FROM teacher_avatars WHERE generation_status = 'pending'"), 1);
    ordering.kill().unwrap();
    ordering.wait().unwrap();
    // What it had asked for would go on without it otherwise.
    let ends = waits.replace("count(*)", "count(pg_terminate_backend(pid))");
    eye.query_one(&ends, &[]).await.unwrap();
    lock.batch_execute("ROLLBACK").await.unwrap();

    assert_eq!(apart.listed(), 0, "the row is there and its job is not");
    let mended = apart.types("avatars reconcile --json").ends(0).json();
    assert_eq!(mended["reconciled"]["enqueued"], 1);
    assert_eq!(apart.types("avatars reconcile --json").ends(0).json()["reconciled"]["enqueued"], 0);
    apart.types("queue work --stop-when-empty").ends(0);
    let avatar: i64 = apart.house.one("SELECT id FROM teacher_avatars");
    assert_eq!(apart.status(avatar), "completed");
    assert_eq!(apart.house.one::<i64>("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'"), 1);
    assert_eq!(apart.listed(), 1);
}

/// C21: a deployment had its migration step, and columns were missing at run time.
#[test]
fn c21_migrate_brings_up_the_applications_own_tables_too() {
    let house = House::new();
    house.types("migrate").ends(0);
    let tables: i64 = house.one("SELECT count(*) FROM sqlite_master WHERE name IN ('users', 'tasks', 'redis_metrics')");
    assert_eq!(tables, 3);
    let data = house.path().join("rows.db");
    let mut command = house.command("migrate --store sqlite://jobs.db");
    Said::from(command.env("MYTEACHER_DATA", &data).output().unwrap()).ends(0);
    assert!(data.exists(), "where jobs are apart, too");
}

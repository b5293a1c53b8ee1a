//! Rows in one store and jobs in another: the row is committed first, then its job is enqueued, and whatever happens in
//! between ends with one job for the row.

#![expect(clippy::unwrap_used, reason = "test code")]

#[expect(dead_code, reason = "other tests look at who was asked")]
#[path = "stage/desk.rs"]
mod desk;
#[expect(dead_code, reason = "other tests need more of a stage")]
mod stage;

use std::{ops::Deref, sync::Arc};

use banto::{Fault, Read, Select, Store, memory::Memory};
use banto_store::faulty::{Faulty, Strike, Verb};
use myteacher::{
    app::App,
    error::Error,
    files::Files,
    jobs::Jobs,
    look::Look,
    order,
    reconcile::{self, Reconciled},
    table::Tables,
};
use stage::{Stage, USER};
use tempfile::TempDir;

/// A stage whose jobs are in another store than its tables, and whose next process can be started.
struct Apart {
    stage: Stage,
    jobs: Faulty,
    tables: Tables,
    desk: desk::Desk,
}

impl Apart {
    async fn new() -> Apart {
        let (folder, file) = stage::house();
        let desk = desk::Desk::default();
        let (painter, writer) = (Arc::new(desk.clone()), Arc::new(desk.clone()));
        // It grants tokens and makes the user, as every stage does.
        let together = Stage::set((folder.clone(), file), painter, writer, None).await;
        let tables = together.app.tables.clone();
        let jobs = Faulty::new(Arc::new(Memory::new(banto::clock(), 7)), 7);
        let app = process(&jobs, &tables, &desk, &folder);
        Apart { stage: Stage { app, folder }, jobs, tables, desk }
    }

    /// The next process on the same stores, as after a crash of the one before.
    fn restarted(self) -> Apart {
        self.jobs.heal();
        let app = process(&self.jobs, &self.tables, &self.desk, &self.stage.folder);
        Apart { stage: Stage { app, folder: self.stage.folder.clone() }, ..self }
    }

    async fn reconciled(&self) -> Reconciled {
        reconcile::reconcile(&self.app, false).await.unwrap()
    }

    /// Every job that is listed.
    async fn listed(&self) -> Vec<String> {
        let page = self.jobs.jobs(Select { limit: 10, ..Select::default() }, None).await.unwrap();
        page.jobs.iter().map(|job| job.id.to_string()).collect()
    }

    /// That the one job that is listed is the row's, and makes it.
    async fn ends_well(&self, avatar: i64) {
        assert_eq!(self.listed().await, [self.avatar(avatar).await.job]);
        self.work().await;
        assert_eq!(self.avatar(avatar).await.status, "completed");
        assert_eq!(self.count("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'").await, 1);
        assert_eq!(self.reconciled().await, Reconciled::default());
    }
}

impl Deref for Apart {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

fn process(jobs: &Faulty, tables: &Tables, desk: &desk::Desk, folder: &TempDir) -> App {
    let files = Files::open(folder.path().join("pictures").to_str().unwrap()).unwrap();
    let jobs: Arc<dyn Store> = Arc::new(jobs.clone());
    App::on(Jobs::Apart(jobs), tables.clone(), Arc::new(desk.clone()), Arc::new(desk.clone()), files)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_is_made_although_its_job_is_in_another_store() {
    let stage = Apart::new().await;
    let ordered = stage.order().await;
    assert!(ordered.fresh);
    stage.ends_well(ordered.avatar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_row_and_job_the_next_sweep_enqueues_it_once() {
    let stage = Apart::new().await;
    stage.jobs.hold(Verb::Enqueue);
    let app = stage.app.clone();
    let dying = tokio::spawn(async move { order::create(&app, USER, Look::from_seed(3)).await });
    stage.jobs.until_held(Verb::Enqueue, 1).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled(), "it died between the two");

    let stage = stage.restarted();
    let avatar = stage.count("SELECT id FROM teacher_avatars").await;
    assert_eq!(stage.avatar(avatar).await.status, "pending");
    assert_eq!(stage.listed().await, Vec::<String>::new(), "the row is there and its job is not");
    let dry = reconcile::reconcile(&stage.app, true).await.unwrap();
    assert_eq!((dry.looked_at, dry.enqueued), (1, 1));
    assert_eq!(stage.listed().await, Vec::<String>::new(), "a dry run changes nothing");
    assert_eq!(stage.reconciled().await.enqueued, 1);
    let again = stage.reconciled().await;
    assert_eq!((again.alive, again.enqueued), (1, 0));
    stage.ends_well(avatar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_gone_leaves_a_row_that_says_so_and_is_mended_later() {
    let stage = Apart::new().await;
    stage.jobs.strike_next(Verb::Enqueue, Strike::Before(Fault::Full));
    let error = order::create(&stage.app, USER, Look::from_seed(3)).await.unwrap_err();
    let Error::Later { avatar, .. } = &error else { panic!("{error:?}") };
    let said = error.to_string();
    assert!(said.starts_with(&format!("enqueue the job of avatar {avatar} now: ")), "{said}");
    assert!(said.ends_with("its row is kept, and a worker's next sweep enqueues it"), "{said}");
    assert_eq!(stage.reconciled().await.enqueued, 1);
    stage.ends_well(*avatar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_doubles_nothing() {
    let stage = Apart::new().await;
    stage.jobs.strike_next(Verb::Enqueue, Strike::After);
    let ordered = stage.order().await;
    stage.ends_well(ordered.avatar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_between_row_and_job_and_the_order_agree_on_one_job() {
    let stage = Apart::new().await;
    stage.jobs.hold(Verb::Enqueue);
    let (app, sweeping) = (stage.app.clone(), stage.app.clone());
    let order = tokio::spawn(async move { order::create(&app, USER, Look::from_seed(3)).await.unwrap() });
    stage.jobs.until_held(Verb::Enqueue, 1).await;
    let sweep = tokio::spawn(async move { reconcile::reconcile(&sweeping, false).await.unwrap() });
    stage.jobs.until_held(Verb::Enqueue, 2).await;
    stage.jobs.let_go(Verb::Enqueue);
    let (ordered, swept) = (order.await.unwrap(), sweep.await.unwrap());
    assert_eq!(usize::from(ordered.fresh) + swept.enqueued, 1, "one of the two was first: {ordered:?} {swept:?}");
    assert_eq!(stage.listed().await, [ordered.job.to_string()]);
    stage.ends_well(ordered.avatar).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_order_is_answered_with_the_first_and_leaves_its_run_alone() {
    let stage = Apart::new().await;
    let ordered = stage.order().await;
    let before = stage.avatar(ordered.avatar).await;
    let again = order::regenerate(&stage.app, ordered.avatar, Some(Look::from_seed(9))).await.unwrap();
    assert_eq!((again.job, again.fresh), (ordered.job, false));
    assert_eq!(stage.avatar(ordered.avatar).await, before);
    stage.ends_well(ordered.avatar).await;
    let anew = order::regenerate(&stage.app, ordered.avatar, None).await.unwrap();
    assert!(anew.fresh);
    stage.work().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!(stage.count("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_refused_writes_nothing_anywhere() {
    let stage = Apart::new().await;
    stage.sql("UPDATE token_balances SET free_balance = 0, paid_balance = 0").await;
    let error = order::create(&stage.app, USER, Look::from_seed(3)).await.unwrap_err();
    assert!(error.to_string().starts_with("pay for the avatar: "), "{error}");
    assert_eq!(stage.count("SELECT count(*) FROM teacher_avatars").await, 0);
    assert_eq!(stage.listed().await, Vec::<String>::new());
}

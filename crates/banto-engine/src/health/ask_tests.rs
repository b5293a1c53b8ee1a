//! What becomes of answers, of none, and of panics; in given time, tokio's.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{sync::Notify, time::Instant};

use super::*;

/// A clock that goes with tokio's.
struct Going(Instant);

impl Clock for Going {
    fn wall_ms(&self) -> i64 {
        i64::try_from(self.steady_ms()).unwrap()
    }
    fn steady_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
    fn boot(&self) -> String {
        "this one".into()
    }
}

const PACE: Pace = Pace { every_ms: 1_000, deadline_ms: 500 };

/// The last answer with its age, and the trouble with its age.
type Seen = (Option<(u32, u64)>, Option<(u64, String)>);

struct Stage {
    clock: Arc<Going>,
    ask: Ask<u32>,
}

impl Stage {
    fn new() -> Stage {
        let clock = Arc::new(Going(Instant::now()));
        let ask = Ask::new(PACE, Moment::now(&*clock));
        Stage { clock, ask }
    }

    /// Asks from now on.
    fn asks<F>(&self, question: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<u32, String>> + Send + 'static,
    {
        let (ask, clock) = (self.ask.clone(), self.clock.clone());
        tokio::spawn(async move { ask.again_and_again(&*clock, || tokio::spawn(question())).await });
    }

    fn last(&self) -> Seen {
        let now = Moment::now(&*self.clock);
        let (good, trouble) = self.ask.last(now);
        (
            good.map(|good| (*good.answer, good.at.ago(now))),
            trouble.map(|trouble| (trouble.since.ago(now), trouble.why)),
        )
    }
}

async fn pass(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_is_kept_with_its_age() {
    let stage = Stage::new();
    assert_eq!(stage.last(), (None, Some((0, "it has not answered yet".into()))));
    let asked = AtomicUsize::new(0);
    stage.asks(move || {
        let count = asked.fetch_add(1, Ordering::SeqCst);
        async move { Ok(u32::try_from(count).unwrap()) }
    });
    pass(10).await;
    assert_eq!(stage.last(), (Some((0, 10)), None));
    pass(1_500).await;
    assert_eq!(stage.last(), (Some((1, 510)), None));
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_told_and_no_second_question_is_asked_beside_it() {
    let stage = Stage::new();
    let (asked, let_go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (count, gate) = (asked.clone(), let_go.clone());
    stage.asks(move || {
        let (nth, gate) = (count.fetch_add(1, Ordering::SeqCst), gate.clone());
        async move {
            if nth == 1 {
                gate.notified().await;
            }
            Ok(u32::try_from(nth).unwrap())
        }
    });
    pass(1_400).await;
    assert_eq!(stage.last(), (Some((0, 1_400)), None), "within its deadline");
    pass(10_000).await;
    let told = (Some((0, 11_400)), Some((10_400, "no answer within 500 ms".into())));
    assert_eq!((stage.last(), asked.load(Ordering::SeqCst)), (told, 2));
    let_go.notify_one();
    pass(1).await;
    let (good, trouble) = stage.last();
    assert_eq!(good, Some((1, 1)), "what it said at last counts");
    assert!(trouble.unwrap().1.contains("the last answer took 10 s"), "and it is not well before it is quick again");
    pass(1_000).await;
    assert_eq!(stage.last(), (Some((2, 1)), None));
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_for_ever_is_asked_anew_after_a_minute() {
    let stage = Stage::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    stage.asks(move || {
        let nth = count.fetch_add(1, Ordering::SeqCst);
        async move { if nth == 0 { std::future::pending().await } else { Ok(7) } }
    });
    pass(60_000).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    pass(2_000).await;
    assert_eq!((stage.last().0.map(|(answer, _)| answer), stage.last().1), (Some(7), None));
}

#[tokio::test(start_paused = true)]
async fn one_that_panics_or_fails_is_told_since_the_first_time_and_asked_again() {
    let stage = Stage::new();
    let asked = AtomicUsize::new(0);
    stage.asks(move || {
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        async move {
            match nth {
                0 => panic!("on \x1b[2J purpose"),
                1 => Err("no redis at redis://me:hunter2@10.0.0.1:6379/0".into()),
                _ => Ok(1),
            }
        }
    });
    pass(10).await;
    assert_eq!(stage.last(), (None, Some((10, "it panicked: on \\u{1b}[2J purpose".into()))));
    pass(1_000).await;
    assert_eq!(stage.last(), (None, Some((1_010, "no redis at redis://…@10.0.0.1:6379/0".into()))));
    pass(1_000).await;
    assert_eq!(stage.last(), (Some((1, 10)), None));
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_stay_good_when_nobody_asks_any_more() {
    let stage = Stage::new();
    let first = tokio::spawn(async { Ok(1) });
    stage.ask.once(&*stage.clock, first).await;
    pass(3_500).await;
    assert_eq!(stage.last(), (Some((1, 3_500)), None));
    pass(1).await;
    assert_eq!(stage.last().1, Some((3_501, "it was not asked for 3 s 501 ms".into())));
}

#[test]
fn whoever_is_named_before_a_host_is_left_out() {
    for (text, shown) in [
        ("plain", "plain"),
        ("at postgres://u:p@db:5432/x now", "at postgres://…@db:5432/x now"),
        ("\"redis://:p@s@h\" and https://h/a@b", "\"redis://…@h\" and https://h/a@b"),
        ("a://", "a://"),
        ("://u@", "://…@"),
        ("s3://key:se/cret@b", "s3://key:se/cret@b"),
    ] {
        assert_eq!(without_passwords(text), shown);
    }
}

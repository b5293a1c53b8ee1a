//! What is refused before anything is started.

use std::sync::Arc;

use banto_engine::supervise::{Brake, How, Probe, Program, Supervisor, Then};
use banto_process::Spec;
use banto_store::SystemClock;

use super::house::name;

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once() {
    let gone = Program::new(name("gone"), Spec::argv(["no-such-program-anywhere"]));
    let brake = Brake { starts_max: 0, within_ms: 1, then: Then::Slowly { every_ms: 0 } };
    let probe = Some(Probe::new(How::Tcp("8.8.8.8:53".parse().unwrap())));
    let odd = Program { brake, probe, after: vec![name("nobody")], ..Program::new(name("odd"), Spec::argv(["sh"])) };
    let unfit = Supervisor::new(vec![gone, odd], Arc::new(SystemClock)).unwrap_err();
    assert_eq!(unfit.0.len(), 5, "{:#?}", unfit.0);
    let text = unfit.to_string();
    assert!(
        text.starts_with("supervise the programs: could not run the program gone: could not find \"no-such"),
        "{text}"
    );
    assert!(text.contains("; could not start odd after nobody: there is no program of that name"), "{text}");
}

//! Programs through a change of their file, with real ones.

use banto_process::Spec;
use banto_store::SystemClock;

use super::*;

fn program(name: &str, argv: &[&str]) -> Program {
    Program::new(name.parse().unwrap(), Spec::argv(argv.iter().copied()))
}

fn sleeper(name: &str) -> Program {
    program(name, &["sleep", "3600"])
}

fn names(list: &[Name]) -> Vec<&str> {
    list.iter().map(Name::as_str).collect()
}

#[test]
fn a_change_is_what_is_new_what_is_otherwise_and_what_is_gone() {
    let old = [sleeper("a"), sleeper("b"), sleeper("c")];
    let new = [sleeper("b"), program("c", &["sleep", "1800"]), sleeper("d")];
    let change = Change::between(&old, &new);
    assert_eq!((names(&change.new), names(&change.changed), names(&change.dropped)), (vec!["d"], vec!["c"], vec!["a"]));
    assert_eq!(Change::between(&old, &old), Change::default());
}

async fn running(programs: &Programs, name: &str) -> u32 {
    let name: Name = name.parse().unwrap();
    loop {
        let found = programs.status().into_iter().find(|status| status.name == name).and_then(|status| status.pid);
        match found {
            Some(pid) => return pid,
            None => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn what_stays_the_same_runs_on_through_a_change_and_the_rest_is_exchanged() {
    let mut programs = Programs::none(Arc::new(SystemClock));
    programs.become_these(vec![sleeper("stays"), sleeper("goes"), sleeper("changes")]).await.unwrap();
    let (stays, changes) = (running(&programs, "stays").await, running(&programs, "changes").await);
    let mut after = program("changes", &["sleep", "1800"]);
    after.after = vec!["stays".parse().unwrap()];
    let change = programs.become_these(vec![sleeper("stays"), after, sleeper("comes")]).await.unwrap();
    assert_eq!(names(&change.dropped), ["goes"]);
    let listed: Vec<String> = programs.status().iter().map(|status| status.name.to_string()).collect();
    assert_eq!(listed, ["stays", "changes", "comes"]);
    assert_eq!(running(&programs, "stays").await, stays, "it was not touched");
    assert_ne!(running(&programs, "changes").await, changes, "it was started anew");
    running(&programs, "comes").await;
    let gone = programs.with(&"goes".parse().unwrap(), |_| ()).unwrap_err().to_string();
    assert!(gone.contains("there are stays, changes, comes"), "{gone}");
    programs.stop_all(true);
    programs.ended().await;
    assert!(programs.status().is_empty());
}

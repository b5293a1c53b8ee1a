//! Memory limits, and what is said of a program that wants more.

use banto_process::{Exit, Held, Oom, Signal, Spec};

use super::house::{run, sh};

/// Holds 200 MB at once: `tail` keeps what it may have to print.
const HUNGRY: &str = "head -c 200000000 /dev/zero | tail -c 190000000 >/dev/null";

#[tokio::test]
async fn over_its_memory_a_program_ends_and_the_report_says_why() {
    let spec = Spec { memory_max_bytes: Some(60 << 20), ..sh(HUNGRY) };
    let ended = run(&spec).await;
    match ended.memory_held {
        // Where cgroups can be written, the kernel kills, and says so.
        Held::Cgroup => {
            assert_eq!(ended.oom, Oom::Yes);
            assert!(ended.memory_peak_bytes.is_some_and(|peak| peak <= 61 << 20), "{ended:?}");
            assert!(
                ended.words().contains("the kernel killed it for want of memory (its limit is 60 MiB)"),
                "{}",
                ended.words()
            );
        }
        // Elsewhere the program is refused the memory, and says so itself.
        Held::AddressSpace => assert!(ended.tail.contains("memory exhausted"), "{}", ended.tail),
        Held::None => panic!("a limit was asked for"),
    }
    assert!(!ended.is_success(&spec));
}

#[tokio::test]
async fn within_its_memory_it_lives() {
    let spec = Spec { memory_max_bytes: Some(400 << 20), ..sh(HUNGRY) };
    let ended = run(&spec).await;
    assert!(ended.is_success(&spec) && ended.oom == Oom::No, "{ended:?}");
    assert_ne!(ended.memory_held, Held::None);
    assert_eq!(run(&sh("exit 0")).await.memory_held, Held::None);
}

#[tokio::test]
async fn killed_by_hand_is_not_called_want_of_memory() {
    let ended = run(&Spec { memory_max_bytes: Some(400 << 20), ..sh("kill -9 $$") }).await;
    assert_eq!((ended.exit, ended.oom), (Exit::Signal(Signal::KILL), Oom::No));
}

#[tokio::test]
async fn no_cgroup_is_left_behind() {
    for text in ["exit 0", "sleep 3600 & exit 0", HUNGRY] {
        run(&Spec { memory_max_bytes: Some(60 << 20), ..sh(text) }).await;
    }
    let ours = format!("banto-{}-", std::process::id());
    let cgroups = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    for path in cgroups.lines().filter_map(|line| line.splitn(3, ':').nth(2)) {
        let dir = format!("/sys/fs/cgroup/memory{path}");
        // Other tests of this process may run programs at this moment: theirs go in a moment too.
        super::house::until(|| {
            let left = std::fs::read_dir(&dir).into_iter().flatten().flatten();
            (left.filter(|one| one.file_name().to_string_lossy().starts_with(&ours)).count() == 0).then_some(())
        })
        .await;
    }
}

//! What a program inherits, and what stays data.

use banto_process::{Env, Sink, Spec};

use super::house::{run, runner, sh};

#[tokio::test]
async fn shell_metacharacters_in_arguments_directories_and_variables_stay_data() {
    let dir = tempfile::tempdir().unwrap();
    let odd = dir.path().join("; touch pwned #");
    std::fs::create_dir(&odd).unwrap();
    for text in
        ["; touch pwned", "$(touch pwned)", "`touch pwned`", "| touch pwned", "&& touch pwned\n", "' ; touch pwned '"]
    {
        let env = Env { set: [("X".into(), text.into()), ("IFS".into(), text.into())].into(), ..Env::default() };
        let spec = Spec { dir: Some(odd.clone()), env, ..Spec::argv(["printf", "%s\\n", text]) };
        let ended = run(&spec).await;
        assert!(ended.is_success(&spec));
        assert_eq!(ended.tail.trim_end(), text.trim_end());
        assert_eq!(std::fs::read_dir(&odd).unwrap().count(), 0, "{text}");
    }
    // What a shell would do with it, to know that this test could see it.
    run(&Spec { dir: Some(odd.clone()), ..Spec::shell("true; touch pwned") }).await;
    assert!(odd.join("pwned").exists());
}

#[tokio::test]
async fn nothing_is_inherited_that_is_not_allowed() {
    // The test's own environment has more than is allowed (cargo sets dozens).
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let ended = run(&Spec::argv(["env"])).await;
    let names: Vec<&str> = ended.tail.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let known = |name: &&str| banto_process::env::ALLOWED.contains(name) || name.starts_with("LC_");
    assert!(names.contains(&"PATH") && names.iter().all(known), "{names:?}");
    let env = Env { pass: vec!["CARGO_MANIFEST_DIR".into()], set: [("APP".into(), "x y".into())].into() };
    let ended = run(&Spec { env, ..Spec::argv(["env"]) }).await;
    assert!(ended.tail.contains("CARGO_MANIFEST_DIR=") && ended.tail.contains("APP=x y\n"), "{}", ended.tail);
}

/// `LD_PRELOAD` and its like in our own environment do not reach the program: shown with a process that has them.
#[tokio::test]
async fn what_would_change_every_program_is_not_handed_on() {
    let exe = std::env::current_exe().unwrap();
    let given =
        ["LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PS4", "NODE_OPTIONS", "RUBYOPT", "PHP_INI_SCAN_DIR"];
    let mut command = std::process::Command::new(exe);
    command.args(["--ignored", "--exact", "--nocapture", "process::environment::shows_what_a_program_sees"]);
    for name in given {
        command.env(name, "planted-by-this-test");
    }
    let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(out.contains("PATH="), "{out}");
    assert!(!out.contains("planted-by-this-test"), "{out}");
}

#[tokio::test]
#[ignore = "run by what_would_change_every_program_is_not_handed_on, in a process of its own"]
async fn shows_what_a_program_sees() {
    println!("{}", run(&Spec::argv(["env"])).await.tail);
}

#[tokio::test]
async fn a_program_is_looked_for_in_the_path_it_will_have() {
    let dir = tempfile::tempdir().unwrap();
    let tool = dir.path().join("banto-test-tool");
    std::fs::write(&tool, "#!/bin/sh\necho \"$0 in $PWD\"\n").unwrap();
    let path = std::env::join_paths([dir.path().into(), "/usr/bin".into(), std::path::PathBuf::from("/bin")]).unwrap();
    let env = Env { set: [("PATH".into(), path.into_string().unwrap())].into(), ..Env::default() };
    let spec = Spec { env, dir: Some(dir.path().into()), ..Spec::argv(["banto-test-tool"]) };
    let faults = spec.check().unwrap_err().to_string();
    assert!(faults.contains("it is not executable"), "{faults}");
    std::fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let tail = run(&spec).await.tail;
    assert_eq!(tail, format!("{} in {}\n", tool.display(), dir.path().display()));
    assert!(Spec::argv(["banto-test-tool"]).check().is_err());
}

#[tokio::test]
async fn all_that_can_be_known_before_is_said_at_once() {
    let spec = Spec {
        dir: Some("/no/such/folder".into()),
        user: Some("no-such-user".into()),
        file: Some(banto_process::OutputFile::new("/no/such/folder/x.log")),
        nice: Some(50),
        timeout_ms: Some(0),
        memory_max_bytes: Some(1),
        success: vec![],
        ..Spec::argv(["no-such-program-anywhere", "a\0b"])
    };
    let faults = spec.check().unwrap_err();
    assert_eq!(faults.list.len(), 9, "{:#?}", faults.list);
    assert_eq!(runner().start(&spec, Sink::none()).await.unwrap_err(), faults);
}

#[tokio::test]
async fn another_user_niceness_and_no_terminal() {
    let spec = Spec {
        nice: Some(7),
        ..sh("nice; (echo x >/dev/tty) 2>/dev/null || echo no terminal; ps -o pgid= -o sid= -o pid= -p $$")
    };
    let ended = run(&spec).await;
    let mut lines = ended.tail.lines();
    assert_eq!((lines.next(), lines.next()), (Some("7"), Some("no terminal")));
    let ids: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    let pid = ended.pid.to_string();
    assert_eq!(ids, [&pid; 3]);
    let spec =
        Spec { user: Some("nobody".into()), ..sh("id -un; id -G; echo $HOME $USER; grep ^CapEff /proc/self/status") };
    if !rustix::process::geteuid().is_root() {
        let faults = spec.check().unwrap_err().to_string();
        assert!(faults.contains("only root can run as another user"), "{faults}");
        return;
    }
    let tail = run(&spec).await.tail;
    assert!(tail.starts_with("nobody\n65534\n/nonexistent nobody\n"), "{tail}");
    assert!(tail.ends_with("CapEff:\t0000000000000000\n"), "{tail}");
}

/// A signal that we ignore (as under nohup), a mask, and files that are open without close-on-exec are not inherited.
#[tokio::test]
async fn no_disposition_mask_or_file_is_inherited() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(dir.path().join("left-open")).unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let ended = run(&sh("ls -l /proc/self/fd; grep -E '^Sig(Blk|Ign)' /proc/self/status")).await;
    assert!(!ended.tail.contains("left-open"), "{}", ended.tail);
    assert!(ended.tail.contains("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"), "{}", ended.tail);
}

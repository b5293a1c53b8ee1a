//! Servers that let nobody in, or not far enough; and the program as it is typed, whose exit code a schedule reads.

use std::process::Command;

use super::house::{House, Server, free_port};

#[tokio::test]
async fn a_password_that_is_missing_or_wrong_is_said_and_the_right_one_never_shown() {
    let (house, server) = (House::new().await, Server::start("--requirepass hunter2"));
    let with = |who: &str| format!("redis://{who}127.0.0.1:{}", server.port);
    house.looks(&with(""), "").await.unreachable("it wants a password: put it into REDIS_URL");
    for wrong in [":hunter3@", "default:hunter3@", "nobody:hunter2@"] {
        let said = house.looks(&with(wrong), "").await.unreachable("set those of its own in REDIS_URL");
        assert!(!said.contains("hunter"), "{said}");
    }
    let looked = house.looks(&with(":hunter2@"), "").await.ends(0);
    let kept = house.types("redis history").await;
    assert!(!format!("{looked:?}{kept:?}").contains("hunter"), "{looked:?} {kept:?}");
}

#[tokio::test]
async fn a_user_that_may_not_look_is_told_what_to_allow() {
    let (house, server) = (House::new().await, Server::start(""));
    let mut client = server.client();
    assert_eq!(client.says("ACL SETUSER eye on >pw ~* +ping +client +auth"), "+OK");
    let url = format!("redis://eye:pw@127.0.0.1:{}", server.port);
    house.looks(&url, "").await.unreachable("+info +slowlog|get");
    assert_eq!(client.says("ACL SETUSER eye +info"), "+OK");
    house.looks(&url, "").await.ends(1).finds("slow log", "warning", "it cannot be read");
    assert_eq!(client.says("ACL SETUSER eye +slowlog|get"), "+OK");
    house.looks(&url, "").await.ends(0);
}

#[tokio::test]
async fn a_port_on_which_nobody_listens_is_said() {
    let url = format!("redis://127.0.0.1:{}", free_port());
    House::new()
        .await
        .looks(&url, "")
        .await
        .unreachable("nothing listens there: is it running, and is the port right?");
}

#[test]
fn the_program_ends_with_the_code_that_tells_and_keeps_the_password_to_itself() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start("--requirepass hunter2"));
    let run = |words: &[&str], url: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_myteacher"));
        command.args(words).current_dir(folder.path()).env("REDIS_URL", url).env_remove("BANTO_STORE");
        let output = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("hunter"), "{said}");
        (output.status.code().unwrap(), said)
    };
    let with = |who: &str| format!("redis://{who}127.0.0.1:{}", server.port);
    for (words, url, exit, part) in [
        (&["redis:monitor"][..], with(":hunter2@"), 0, ": well"),
        (&["redis:monitor", "--replicas", "2"], with(":hunter2@"), 1, "warning: replication"),
        (&["redis", "monitor"], with(":hunter3@"), 2, "cannot be reached"),
        (&["redis", "monitor", "--json"], with(":hunter3@"), 2, "\"verdict\":\"unreachable\""),
        (&["redis", "monitor"], "rediss://:hunter2@cache".to_owned(), 2, "does not speak TLS"),
        (&["redis", "monitor"], "hunter2".to_owned(), 2, "could not read the address of Redis"),
        (&["redis", "monitor", "--help"], with(":hunter2@"), 0, "REDIS_URL"),
        (&["redis", "monitor", "--memory", "101"], with(":hunter2@"), 2, "from 0 to 100"),
        (&["redis", "history"], with(":hunter2@"), 0, "unreachable"),
    ] {
        let (ended, said) = run(words, &url);
        assert!(ended == exit && said.contains(part), "{words:?}: {ended} {said}");
    }
}

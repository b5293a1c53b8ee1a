//! The folder, the socket and what comes through it.

use std::{
    fs::{Permissions, set_permissions},
    os::unix::fs::{PermissionsExt, symlink},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::mpsc,
};

use super::{
    listen::{Asked, Door},
    words::{Answer, Ask, Order, line},
    *,
};

/// Somebody who listens in a folder of their own, and answers each question so.
async fn somebody(answers: Vec<Answer>) -> (TempDir, PathBuf, Door, mpsc::UnboundedReceiver<Ask>) {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("jobs.db.run");
    let (to, mut asked) = mpsc::channel::<Asked>(4);
    let door = listen::open(&folder, to).await.unwrap();
    let (tell, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Asked { ask, answers: to }) = asked.recv().await {
            tell.send(ask).unwrap();
            for answer in answers.clone() {
                let _ = to.send(answer).await;
            }
        }
    });
    (home, folder, door, heard)
}

fn said(text: &str) -> Answer {
    Answer::Said { text: text.into() }
}

#[tokio::test]
async fn a_question_reaches_who_listens_and_the_answers_come_back_in_order() {
    let (_home, folder, door, mut heard) = somebody(vec![said("one"), said("\u{1b}[2J\ntwo"), Answer::End {}]).await;
    let ask = Ask::Steer { program: "web".parse().unwrap(), order: Order::Restart };
    let mut reached = ask::all(std::slice::from_ref(&folder), &ask).await.unwrap();
    assert_eq!((reached.len(), reached[0].pid), (1, Some(std::process::id().cast_signed())));
    let mut answers = Vec::new();
    while let Some(answer) = reached[0].next().await.unwrap() {
        answers.push(answer);
    }
    assert_eq!(answers, [said("one"), said("\u{1b}[2J\ntwo"), Answer::End {}]);
    assert_eq!(heard.recv().await, Some(ask));
    drop(door);
    assert!(sockets(&folder).is_empty(), "nothing is left");
    assert!(ask::all(std::slice::from_ref(&folder), &Ask::Programs {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_that_listen_are_both_asked_and_what_a_dead_one_left_is_cleared_away() {
    let (_home, folder, _door, _heard) = somebody(vec![Answer::End {}]).await;
    let (to, mut asked) = mpsc::channel(4);
    let _other = listen::open(&folder, to).await.unwrap();
    tokio::spawn(async move {
        while let Some(Asked { answers, .. }) = asked.recv().await {
            let _ = answers.send(Answer::End {}).await;
        }
    });
    let dead = folder.join("1-dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    assert!(dead.exists());
    assert_eq!(ask::all(std::slice::from_ref(&folder), &Ask::Programs {}).await.unwrap().len(), 2);
    assert!(!dead.exists());
}

#[tokio::test]
async fn only_its_owner_may_look_in() {
    let (home, folder, _door, _heard) = somebody(Vec::new()).await;
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&sockets(&folder)[0])), (0o700, 0o600));
    set_permissions(&folder, Permissions::from_mode(0o750)).unwrap();
    let refused = ask::all(std::slice::from_ref(&folder), &Ask::Programs {}).await.err().unwrap();
    assert!(refused.contains("others may look into it"), "{refused}");
    let (to, _asked) = mpsc::channel(1);
    assert!(listen::open(&folder, to.clone()).await.err().unwrap().contains("chmod 700"));
    set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    let link = home.path().join("link");
    symlink(&folder, &link).unwrap();
    assert!(listen::open(&link, to.clone()).await.err().unwrap().contains("no folder of its own"));
    let long = home.path().join("x".repeat(120));
    assert!(listen::open(&long, to).await.err().unwrap().contains("give a shorter --run-dir"));
}

/// What is answered to these bytes.
async fn answered(folder: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(&sockets(folder)[0]).await.unwrap();
    // Who is not heard out may be hung up on.
    let _ = stream.write_all(bytes).await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn what_is_no_question_is_refused_and_harms_nobody() {
    let (_home, folder, _door, mut heard) = somebody(vec![Answer::End {}]).await;
    let long = [b"{\"ask\":\"programs\"".as_slice(), &[b' '; 8 << 10], b"}\n"].concat();
    for bytes in [
        b"GET / HTTP/1.1\r\n".as_slice(),
        b"{\"ask\":\"programs\",\"more\":1}\n",
        b"{\"ask\":\"burn\"}\n",
        b"{\"ask\":\"steer\",\"program\":\"a/b\",\"order\":\"stop\"}\n",
        b"{\"ask\":\"steer\",\"program\":\"web\",\"order\":\"kill\"}\n",
        b"\xff\xfe\n",
    ] {
        let answer = answered(&folder, bytes).await;
        assert!(answer.contains("\"is\":\"fault\"") && answer.contains("take the question"), "{bytes:?}: {answer}");
    }
    // Who says more than is read may be hung up on before the answer is there.
    let answer = answered(&folder, &long).await;
    assert!(answer.is_empty() || answer.contains("take the question"), "{answer}");
    assert!(heard.try_recv().is_err(), "none was handed on");
    assert_eq!(answered(&folder, &line(&Ask::Programs {})).await, "{\"is\":\"end\"}\n");
}

#[tokio::test]
async fn what_is_no_answer_is_told_and_not_believed() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("run");
    make(&folder).unwrap();
    for bytes in [b"{\"is\":\"end\"".to_vec(), b"{\"is\":\"gold\"}\n".to_vec(), vec![b'x'; words::ANSWER_BYTES_MAX + 9]]
    {
        let socket = folder.join("odd.sock");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 64];
            let _ = stream.read(&mut question).await;
            let _ = stream.write_all(&bytes).await;
        });
        let mut reached = ask::all(std::slice::from_ref(&folder), &Ask::Programs {}).await.unwrap();
        let odd = reached[0].next().await.unwrap_err();
        assert!(odd.starts_with("understand the answer: "), "{odd}");
        fs::remove_file(&socket).unwrap();
    }
}

#[test]
fn the_folder_stands_beside_the_stores_file_unless_it_is_named() {
    let of = |named: Option<&str>, url: &str| {
        let found = folders(named.map(Path::new), url);
        found.map(|all| all.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" "))
    };
    for (url, beside) in [
        ("sqlite:///var/lib/app/jobs.db", "/var/lib/app/jobs.db.run"),
        ("sqlite://jobs.db?busy_ms=50", "jobs.db.run"),
        ("jobs.db", "jobs.db.run"),
    ] {
        assert_eq!(of(None, url).as_deref(), Ok(beside));
    }
    assert_eq!(of(Some("/run/app"), "memory:").as_deref(), Ok("/run/app"));
    assert!(of(None, "memory:").unwrap_err().contains("--run-dir"));
    assert!(of(Some(""), "").unwrap_err().contains("--run-dir"));
}

//! Things that listen and are no Redis, or one in a state that cannot be had at will.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use super::house::House;

/// Listens, reads what comes and says the same to each; `Answers` ends with the test's process.
fn says(answer: impl Into<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let answer = answer.into();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            thread::spawn(move || {
                let mut heard = [0; 4096];
                while stream.read(&mut heard).is_ok_and(|bytes| bytes > 0) {
                    if stream.write_all(&answer).is_err() {
                        break;
                    }
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_server_that_is_loading_is_said() {
    // One for each of the two words of the client's greeting, and one for INFO.
    let url = says("-LOADING Redis is loading the dataset in memory\r\n".repeat(2));
    House::new().await.looks(&url, "").await.unreachable("it reads its data back from the disk");
}

#[tokio::test]
async fn what_is_no_redis_is_said() {
    let house = House::new().await;
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"220 mail.example.com ESMTP\r\n",
        b"+OK\r\n+OK\r\n",
        b"$5\r\nhello\r\n$5\r\nhello\r\n",
        b"*-1\r\n*-1\r\n",
    ] {
        house.looks(&says(answer), "--timeout-ms 2000").await.unreachable("no Redis");
    }
}

#[tokio::test]
async fn a_line_that_is_closed_at_once_or_never_ends_is_said() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().for_each(drop));
    house.looks(&url, "").await.unreachable("it closed the connection");
    for half in [&b"$999999999\r\nredis_version:7"[..], b"*1000000000\r\n", b"+half a line"] {
        house.looks(&says(half), "--timeout-ms 300").await.unreachable("");
    }
}

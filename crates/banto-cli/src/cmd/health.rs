//! `health`: asks a running process how it is, and says so by its exit code.
//!
//! For the health check of a container that has no curl, and for people. It opens no store, starts nothing, and reads of
//! `banto.toml` only where to ask; what is told comes from the process itself.

use std::{net::SocketAddr, time::Duration};

use banto_core::text::visible;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    args::AskHealth,
    exit::{Exit, Failure},
    file::File,
    given, mean,
    print::Print,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// Asks, and tells.
pub(super) async fn run(typed: &AskHealth, print: &mut Print) -> Result<Exit, Failure> {
    let page = mean::health::page(&typed.what)?;
    let at = mean::health::asked_at(listens(typed)?)?;
    let unheard = |why: String| Failure::new(Exit::Unheard, format!("ask {at} for {page}: {why}"));
    let answer = timeout(PATIENCE, get(at, page)).await;
    let answer = answer.unwrap_or_else(|_| Err(format!("there is no answer within {} s", PATIENCE.as_secs())));
    let (status, body) = answer.map_err(unheard)?;
    let exit = match status {
        200 => Exit::Well,
        503 => Exit::Found,
        404 => return Err(unheard(format!("this process has no {}", typed.what))),
        other => return Err(unheard(format!("it answers {other}: is it banto's address?"))),
    };
    match print.json() {
        true => print.object(&body)?,
        false => told(&body, print),
    }
    Ok(exit)
}

/// Where the process listens: as it was typed, else as the file says.
fn listens(typed: &AskHealth) -> Result<SocketAddr, Failure> {
    let at = match typed.at.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => mean::health::address("--at", text)?,
        None => {
            let file = given::file(typed.config.clone(), true);
            file.map(|path| File::health_in(&path)).transpose()?.flatten()
        }
    };
    let nowhere = "know where to ask: give --at ADDR, set BANTO_HEALTH, or say listen in [health] of banto.toml";
    at.ok_or_else(|| Failure::usage(nowhere))
}

/// RFC 9112: one request, one answer, then the connection ends. Answers its status and its JSON.
async fn get(at: SocketAddr, page: &str) -> Result<(u16, Value), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(at).await.map_err(failed)?;
    let request = format!("GET {page} HTTP/1.0\r\nHost: {at}\r\nUser-Agent: banto\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await.map_err(failed)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let line = head.lines().next().unwrap_or_default();
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let status =
        status.ok_or_else(|| format!("it answers with something else than HTTP: \"{}\"", visible(line, 80)))?;
    let body = serde_json::from_str(body).ok().filter(|body: &Value| body["status"].is_string());
    match (status, body) {
        (200 | 503, None) => Err("its answer is not one of banto's".into()),
        (status, body) => Ok((status, body.unwrap_or_default())),
    }
}

/// The answer for people: how it is, and why.
fn told(body: &Value, print: &mut Print) {
    let text = |value: &Value| visible(value.as_str().unwrap_or("?"), 500);
    let process = &body["process"];
    print.say(format!("{} (pid {}) is {}", text(&process["name"]), process["pid"], text(&body["status"])));
    for reason in body["reasons"].as_array().into_iter().flatten() {
        print.say(format!("- {}", text(reason)));
    }
}

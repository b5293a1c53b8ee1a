//! A small server that speaks S3's format (path style) as far as pictures need it: PUT, GET, HEAD, ListObjectsV2, DeleteObjects.
//! It knows one key and one bucket, and fails when it is told to.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::form_urlencoded;

/// The bucket there is, and the key that may use it.
pub const BUCKET: &str = "pictures";
pub const KEY: &str = "AKIDRIGHT";

#[derive(Default)]
pub struct State {
    /// What is stored, by key.
    pub objects: BTreeMap<String, Vec<u8>>,
    /// Method and path of every request.
    pub requests: Vec<String>,
    /// Statuses to answer with instead, by method, one a request; `None` answers as usual.
    pub script: BTreeMap<&'static str, VecDeque<Option<u16>>>,
}

pub struct Server {
    url: String,
    state: Arc<Mutex<State>>,
}

struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    key: String,
    body: Vec<u8>,
}

impl Server {
    pub async fn start() -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Server { url, state }
    }

    /// What an environment would hold for a user with that key.
    pub fn settings(&self, key: &str) -> Vec<(String, String)> {
        let pairs = [
            ("AWS_ENDPOINT", self.url.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "ap-northeast-1"),
            ("AWS_ACCESS_KEY_ID", key),
            ("AWS_SECRET_ACCESS_KEY", "very-secret"),
            ("REGION", "of something else"),
            ("PATH", "/bin"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    /// How many requests of that method were answered.
    pub fn asked(&self, method: &str) -> usize {
        self.with(|state| state.requests.iter().filter(|request| request.starts_with(method)).count())
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(request) = read(&mut stream).await else { return };
    let answer = answer(&mut state.lock().unwrap(), &request);
    let _ = stream.write_all(&answer).await; // who has gone away need not hear it
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let header = |name: &str| {
        let mut named = head.lines().filter_map(|line| line.split_once(": "));
        named.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let mut first = head.lines().next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let signed = header("authorization").unwrap_or_default();
    let key = signed.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(key, _)| key);
    Some(Request {
        method,
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        key: key.to_owned(),
        body: bytes[end..].to_vec(),
    })
}

/// What is told about every object.
const ABOUT: &str = "ETag: \"1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

fn answer(state: &mut State, request: &Request) -> Vec<u8> {
    let Request { method, path, query, key, body } = request;
    state.requests.push(format!("{method} {path}"));
    let scripted = state.script.iter_mut().find(|(own, _)| *own == method).and_then(|(_, script)| script.pop_front());
    if let Some(Some(status)) = scripted {
        return refused(method, status, if status < 500 { "NotForYou" } else { "SlowDown" });
    }
    if key != KEY {
        return refused(method, 403, "InvalidAccessKeyId");
    }
    let (bucket, object) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if bucket != BUCKET {
        return refused(method, 404, "NoSuchBucket");
    }
    match method.as_str() {
        "PUT" => {
            state.objects.insert(object.to_owned(), body.clone());
            said(200, "ETag: \"1\"\r\n", "")
        }
        "HEAD" => match state.objects.get(object) {
            Some(bytes) => {
                let about = ABOUT;
                let length = bytes.len();
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{about}content-length: {length}\r\n\r\n").into()
            }
            None => refused(method, 404, "NoSuchKey"),
        },
        "GET" if !object.is_empty() => match state.objects.get(object) {
            Some(bytes) => said(200, ABOUT, bytes),
            None => refused(method, 404, "NoSuchKey"),
        },
        "GET" => said(200, "", list(&state.objects, query.get("prefix").map_or("", String::as_str))),
        "POST" if query.contains_key("delete") => {
            let body = String::from_utf8_lossy(body);
            let keys = body.split("<Key>").skip(1).filter_map(|part| part.split_once("</Key>")).map(|(key, _)| key);
            let gone: String = keys
                .map(|key| {
                    state.objects.remove(key);
                    format!("<Deleted><Key>{key}</Key></Deleted>")
                })
                .collect();
            said(200, "", format!("<DeleteResult>{gone}</DeleteResult>"))
        }
        _ => refused(method, 501, "NotImplemented"),
    }
}

fn list(objects: &BTreeMap<String, Vec<u8>>, prefix: &str) -> String {
    let contents: String = objects
        .iter()
        .filter(|(key, _)| key.starts_with(prefix))
        .map(|(key, bytes)| {
            let (size, modified) = (bytes.len(), "2026-01-02T03:04:05.000Z");
            format!("<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>{modified}</LastModified></Contents>")
        })
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
}

/// A refusal; one of a HEAD has no words.
fn refused(method: &str, status: u16, code: &str) -> Vec<u8> {
    let words = format!("<Error><Code>{code}</Code><Message>It is refused.</Message></Error>");
    said(status, "", if method == "HEAD" { "" } else { &words })
}

fn said(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = body.as_ref().len();
    let head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body.as_ref()].concat()
}

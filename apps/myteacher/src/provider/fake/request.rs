//! A request as it came over the wire, kept for the test to look at.

use serde_json::Value;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

const BYTES_MAX: usize = 32 * 1024 * 1024;

/// What somebody asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header; the name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether it asks for a route such as `GET /v1/predictions/*`, where `*` stands for one segment. A third word is one
    /// that its body must have: `POST /v1/predictions rembg`.
    pub fn is_to(&self, route: &str) -> bool {
        let Some((method, path)) = route.split_once(' ') else { return false };
        let (path, word) = path.split_once(' ').unwrap_or((path, ""));
        let (own, wanted) = (self.path.split('/'), path.split('/'));
        self.method == method
            && own.clone().count() == wanted.clone().count()
            && own.zip(wanted).all(|(own, wanted)| wanted == "*" || wanted == own)
            && (word.is_empty() || self.body.windows(word.len()).any(|part| part == word.as_bytes()))
    }

    /// Reads one request; `None` if the other side hung up before it was whole.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        loop {
            if let Some(request) = Self::parsed(&bytes) {
                return Ok(Some(request));
            }
            if bytes.len() > BYTES_MAX || stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn parsed(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = bytes.split_at_checked(end + 4)?;
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut request = Self { method, path, headers, body: Vec::new() };
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        request.body = body.get(..length)?.to_vec();
        Some(request)
    }
}

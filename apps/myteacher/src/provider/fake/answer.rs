//! What the server answers: a proper answer, or one of the ways in which answers break.

use serde_json::Value;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    breaks: Break,
    held: Option<CancellationToken>,
    has_length: bool,
}

/// Where an answer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    Nowhere,
    BeforeTheStart,
    Halfway,
    Never,
    HalfwayInSilence,
}

impl Answer {
    /// JSON with this status.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string())
    }

    /// Any bytes with this status and content type.
    pub fn bytes(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into(), breaks: Break::Nowhere, held: None, has_length: true }
    }

    /// A move to another address.
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::bytes(status, "text/plain", "").header("location", to)
    }

    /// The connection stands, and nothing ever comes.
    pub fn hang() -> Self {
        Self { breaks: Break::Never, ..Self::bytes(200, "text/plain", "") }
    }

    /// The connection is closed without a word.
    pub fn hang_up() -> Self {
        Self { breaks: Break::BeforeTheStart, ..Self::bytes(200, "text/plain", "") }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer, closed after half of the body that its length promises.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        self.breaks = Break::Halfway;
        self
    }

    /// The same answer, silent for ever after half of its body.
    #[must_use]
    pub fn stalled(mut self) -> Self {
        self.breaks = Break::HalfwayInSilence;
        self
    }

    /// The same answer without its length: it ends when the connection does.
    #[must_use]
    pub fn without_length(mut self) -> Self {
        self.has_length = false;
        self
    }

    /// The same answer, held back until the token fires.
    #[must_use]
    pub fn held(mut self, until: CancellationToken) -> Self {
        self.held = Some(until);
        self
    }

    pub(super) async fn send(&self, stream: &mut TcpStream) -> io::Result<()> {
        if let Some(until) = &self.held {
            until.cancelled().await;
        }
        let half = self.body.get(..self.body.len() / 2).unwrap_or_default();
        match self.breaks {
            Break::BeforeTheStart => {}
            Break::Never => silence(stream).await?,
            Break::Nowhere => self.write(stream, &self.body).await?,
            Break::Halfway => self.write(stream, half).await?,
            Break::HalfwayInSilence => {
                self.write(stream, half).await?;
                silence(stream).await?;
            }
        }
        stream.shutdown().await
    }

    async fn write(&self, stream: &mut TcpStream, body: &[u8]) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Answer\r\nconnection: close\r\n", self.status);
        if self.has_length {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        stream.flush().await
    }
}

/// Until the other side hangs up.
async fn silence(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

//! One exchange with a provider: what is sent, how long it may take, how much may come back, and what it meant.
//!
//! For the providers, which give it a request and the shape of the answer. Every end but an answer is a [`Failure`]:
//! a connection that fails or breaks off is an outage, silence a time-out, a refusal whatever its status and words say
//! ([`refusal`]). A request that carries the key is never redirected and never leaves in clear; the key itself is
//! struck out of everything a server says. It never tries twice.

pub(super) mod refusal;
#[cfg(test)]
mod tests;
pub(super) mod wait;

use super::Now;
use super::settings::{Address, Patience, Secret};
use crate::failure::Failure;
use crate::said::Said;
use refusal::Words;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;

/// The most bytes of a refusal that are read: its words, not a page.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;
/// A picture's address may move so often.
const DOWNLOAD_MOVES_MAX: usize = 3;

/// A provider's HTTP client.
#[derive(Clone)]
pub(super) struct Http {
    keyed: Client,
    open: Client,
    address: Address,
    patience: Patience,
    secret: Option<Secret>,
    now: Now,
    words: fn(&[u8]) -> Words,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Http {
    /// A client for one provider; `words` reads what the provider says when it refuses.
    pub(super) fn new(
        address: &Address,
        patience: Patience,
        secret: Option<&Secret>,
        now: Now,
        words: fn(&[u8]) -> Words,
    ) -> Result<Self, Failure> {
        let keyed = client(address, patience, redirect::Policy::none())?;
        let trusted = address.clone();
        let moves = redirect::Policy::custom(move |next| {
            if next.previous().len() <= DOWNLOAD_MOVES_MAX && trusted.trusts(next.url()) {
                next.follow()
            } else {
                next.stop()
            }
        });
        let open = client(address, patience, moves)?;
        Ok(Self { keyed, open, address: address.clone(), patience, secret: secret.cloned(), now, words })
    }

    /// A `GET` below the provider's address, with the key.
    #[cfg(feature = "replicate")]
    pub(super) fn get(&self, path: &[&str]) -> RequestBuilder {
        self.with_key(self.keyed.get(self.address.below(path)))
    }

    /// A `POST` below the provider's address, with the key.
    pub(super) fn post(&self, path: &[&str]) -> RequestBuilder {
        self.with_key(self.keyed.post(self.address.below(path)))
    }

    /// A `POST` of JSON below the provider's address, with the key.
    pub(super) fn post_json(&self, path: &[&str], body: &impl Serialize) -> RequestBuilder {
        self.post(path).json(body)
    }

    /// Sends a request and reads the JSON of its answer; fields that are not asked for are ignored.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        bytes_max: usize,
    ) -> Result<T, Failure> {
        let answer = self.exchange(request, bytes_max).await?;
        if !answer.status.is_success() {
            return Err(self.refused(&answer));
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            self.outage(format!("the answer is not the JSON we know ({error}): {}", lossy(&answer.body)))
        })
    }

    /// Loads a file that the provider named, without the key.
    pub(super) async fn download(&self, address: &str, bytes_max: usize) -> Result<Vec<u8>, Failure> {
        let url = Url::parse(address).ok().filter(|url| self.address.trusts(url));
        let Some(url) = url else {
            return Err(self.outage(format!("it names a file that is not loaded by https: {address}")));
        };
        let answer = self.exchange(self.open.get(url), bytes_max).await?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        // A store of files refuses for reasons of its own: nothing is wrong with our key or our order.
        Err(self.outage(format!("loading the file was answered with {}: {}", answer.status, lossy(&answer.body))))
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        let Some(secret) = &self.secret else { return request };
        match HeaderValue::from_str(&format!("Bearer {}", secret.reveal())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            // Never: a secret has only characters that a header may carry. Without it the provider answers 401.
            Err(_) => request,
        }
    }

    async fn exchange(&self, request: RequestBuilder, bytes_max: usize) -> Result<Answer, Failure> {
        let total = self.patience.total;
        match tokio::time::timeout(total, self.send(request, bytes_max)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Timeout { after: total }),
        }
    }

    async fn send(&self, request: RequestBuilder, bytes_max: usize) -> Result<Answer, Failure> {
        let mut response = request.send().await.map_err(|error| self.broken(error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        if !status.is_success() {
            // The status is the message: words that break off, or go on and on, take nothing away from it.
            while let Ok(Some(chunk)) = response.chunk().await {
                body.extend_from_slice(&chunk);
                if body.len() >= REFUSAL_BYTES_MAX {
                    break;
                }
            }
            return Ok(Answer { status, headers, body });
        }
        let too_large = || self.outage(format!("the answer is larger than {bytes_max} bytes"));
        if response.content_length().is_some_and(|length| length > bytes_max as u64) {
            return Err(too_large());
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > bytes_max {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    fn refused(&self, answer: &Answer) -> Failure {
        if let Some(to) = answer.headers.get(LOCATION).filter(|_| answer.status.is_redirection()) {
            let to = String::from_utf8_lossy(to.as_bytes());
            return self.outage(format!("{}: it sends us to {to}, where our key does not go", answer.status));
        }
        let mut words = (self.words)(&answer.body);
        words.text = self.without_key(&words.text);
        refusal::meaning(answer.status, &answer.headers, &words, (self.now)())
    }

    fn broken(&self, error: reqwest::Error) -> Failure {
        if error.is_timeout() {
            let after = if error.is_connect() { self.patience.connect } else { self.patience.read };
            return Failure::Timeout { after };
        }
        self.outage(chain(&error.without_url()))
    }

    fn outage(&self, what: String) -> Failure {
        Failure::Outage { what: self.without_key(&what).into() }
    }

    fn without_key(&self, words: &str) -> String {
        match &self.secret {
            Some(secret) => words.replace(secret.reveal(), "***"),
            None => words.to_owned(),
        }
    }
}

fn client(address: &Address, patience: Patience, moves: redirect::Policy) -> Result<Client, Failure> {
    let mut client = Client::builder()
        .user_agent(concat!("myteacher/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .redirect(moves);
    // What is on this machine is not reached through a proxy; everything else is reached by TLS or not at all.
    client = if address.is_loopback() { client.no_proxy() } else { client.https_only(true) };
    client.build().map_err(|error| Failure::Outage { what: format!("no TLS on our side: {}", chain(&error)).into() })
}

/// An error and its causes, each said once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

fn lossy(body: &[u8]) -> Said {
    Said::new(String::from_utf8_lossy(body.get(..REFUSAL_BYTES_MAX).unwrap_or(body)))
}

//! A local server that speaks Replicate's and OpenAI's public wire formats, for tests (feature `fake-providers`).
//!
//! It listens on a free loopback port and behaves like both providers at once: predictions start, run and succeed,
//! chats answer in Japanese, pictures come back. A test scripts what shall go wrong, route by route ([`Fake::script`]),
//! and reads what was asked ([`Fake::requests`], [`Fake::seen`]). It knows no clock and waits for nobody; it is not for
//! anything but tests.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use myteacher::provider::fake::{Answer, Fake};
//! let fake = Fake::start().await?;
//! fake.script("POST /v1/predictions", [Answer::json(429, &serde_json::json!({})).header("retry-after", "30")]);
//! let settings = [("REPLICATE_API_BASE_URL", fake.url()), ("OPENAI_BASE_URL", format!("{}/v1", fake.url()))];
//! # drop(settings); Ok(())
//! # }
//! ```

mod answer;
mod openai;
mod picture;
mod replicate;
mod request;

pub use answer::Answer;
pub use picture::{black_png, picture_png};
pub use request::Request;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The server; dropped, it closes its port and every connection.
#[derive(Debug)]
pub struct Fake {
    address: SocketAddr,
    house: Arc<House>,
    stop: CancellationToken,
}

/// What all connections share.
#[derive(Debug)]
struct House {
    url: String,
    scripts: Mutex<HashMap<String, VecDeque<Answer>>>,
    requests: watch::Sender<Vec<Request>>,
    predictions: replicate::Predictions,
}

impl Fake {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let house = Arc::new(House {
            url: format!("http://{address}"),
            scripts: Mutex::default(),
            requests: watch::Sender::new(Vec::new()),
            predictions: replicate::Predictions::default(),
        });
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(listener, Arc::clone(&house), stop.clone())));
        Ok(Self { address, house, stop })
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> String {
        self.house.url.clone()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Queues answers for a route, each given once and before the usual behaviour: `POST /v1/predictions`. A `*` stands
    /// for one segment: `GET /v1/predictions/*`.
    pub fn script(&self, route: &str, answers: impl IntoIterator<Item = Answer>) {
        locked(&self.house.scripts).entry(route.to_owned()).or_default().extend(answers);
    }

    /// From now on a prediction is seen running this many times before it succeeds; at first it is once.
    pub fn slow_predictions(&self, looks: u32) {
        self.house.predictions.run_for(looks);
    }

    /// The statuses of all predictions, in the order of their creation.
    pub fn predictions(&self) -> Vec<String> {
        self.house.predictions.statuses()
    }

    /// Everything that was asked so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.house.requests.borrow().clone()
    }

    /// What was asked of one route so far.
    pub fn requests_to(&self, route: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.is_to(route)).collect()
    }

    /// Waits until a route was asked `count` times, and gives what was asked.
    pub async fn seen(&self, route: &str, count: usize) -> Vec<Request> {
        let mut requests = self.house.requests.subscribe();
        let enough = |all: &Vec<Request>| all.iter().filter(|request| request.is_to(route)).count() >= count;
        // Never `Err`: the sender lives as long as the house.
        let _ = requests.wait_for(enough).await;
        self.requests_to(route)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, house: Arc<House>, stop: CancellationToken) {
    while let Ok((stream, _)) = listener.accept().await {
        let serve = serve(stream, Arc::clone(&house));
        tokio::spawn(stop.clone().run_until_cancelled_owned(serve));
    }
}

/// One request a connection, which keeps broken answers apart from each other.
async fn serve(mut stream: TcpStream, house: Arc<House>) {
    let Ok(Some(request)) = Request::read(&mut stream).await else { return };
    let answer = house.answer(&request);
    house.requests.send_modify(|all| all.push(request));
    // Whoever asked may have gone already; that is theirs to decide.
    let _ = answer.send(&mut stream).await;
}

impl House {
    fn answer(&self, request: &Request) -> Answer {
        self.scripted(request)
            .or_else(|| replicate::answer(self, request))
            .or_else(|| openai::answer(self, request))
            .unwrap_or_else(|| {
                Answer::json(404, &serde_json::json!({"detail": "The requested resource could not be found."}))
            })
    }

    fn scripted(&self, request: &Request) -> Option<Answer> {
        let mut scripts = locked(&self.scripts);
        scripts.iter_mut().filter(|(route, _)| request.is_to(route)).find_map(|(_, answers)| answers.pop_front())
    }
}

/// A test that fails while it holds a lock must not hide its own failure behind another.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

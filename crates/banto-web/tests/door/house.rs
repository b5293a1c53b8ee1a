//! A process whose health is asked for, and those who ask.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use banto_engine::health::{Health, Limits, Parts};
use banto_store::{SystemClock, memory::Memory};
use banto_web::Served;
use tokio::runtime::Runtime;

/// How long anything here may take. It is never waited for in full unless something is wrong.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct House {
    pub served: Served,
    _application: Runtime,
}

/// An answer: its status, its head in small letters, its body.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Said {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

impl House {
    pub fn new() -> House {
        House::with(banto_web::PATIENCE)
    }

    pub fn with(patience: Duration) -> House {
        let application = Runtime::new().unwrap();
        let clock = Arc::new(SystemClock);
        let health = Health::new(Parts {
            name: "shop".parse().unwrap(),
            build: "b1".into(),
            clock: clock.clone(),
            store: Arc::new(Memory::new(clock, 1)),
            folders: Vec::new(),
            schedules: None,
            programs: None,
            handlers: application.handle().clone(),
            checks: Vec::new(),
            limits: Limits::default(),
        });
        let listener = banto_web::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let routes = banto_web::routes(health.clone(), vec!["app".into()]);
        let served = banto_web::serve(listener, routes, patience, health.watch()).unwrap();
        let house = House { served, _application: application };
        while house.get("/health").status != 200 {}
        house
    }

    pub fn at(&self) -> SocketAddr {
        self.served.at
    }

    pub fn connects(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends these very bytes; gives all that comes back until the other side ends.
    pub fn sends(&self, bytes: &[u8]) -> String {
        let mut stream = self.connects();
        // One that is refused early is not read to its end.
        let _ = stream.write_all(bytes);
        rest(&mut stream)
    }

    pub fn asks(&self, method: &str, path: &str, more: &str) -> Said {
        let said = self.sends(format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n").as_bytes());
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {said}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Said { status, head: head.to_lowercase(), body: body.into() }
    }

    pub fn get(&self, path: &str) -> Said {
        self.asks("GET", path, "")
    }
}

/// All that comes until the other side ends, however it does.
pub fn rest(stream: &mut TcpStream) -> String {
    let (mut all, mut some) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut some) {
            Ok(0) => break,
            Ok(read) => all.extend_from_slice(&some[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("it neither answers nor ends"),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

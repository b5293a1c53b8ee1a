//! A Redis server of the test's own, and looks at it by a clock of the test's own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

use banto::{GivenClock, sqlite::Sqlite};
use clap::Parser;
use myteacher::{
    args::{Typed, Verb},
    report::Report,
    table::Tables,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A server that runs; dropped, it is killed.
pub struct Server {
    pub port: u16,
    pub folder: TempDir,
    child: Child,
    log: BufReader<ChildStdout>,
    heard: String,
}

/// The server by its name; or Debian's package of tools, which holds the same program by another name and no service.
fn program(arguments: &[String]) -> Child {
    let start = |name: &str| {
        let mut command = Command::new(name);
        command.arg0("redis-server").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn()
    };
    start("redis-server")
        .or_else(|_| start("redis-check-rdb"))
        .expect("a redis-server is needed: `cargo xtask test` installs it (Debian: redis-tools)")
}

impl Server {
    pub fn start(flags: &str) -> Server {
        Server::start_in(tempfile::tempdir().unwrap(), None, flags)
    }

    /// Starts one, on that port or on a free one; somebody may have taken it meanwhile, then on another.
    fn start_in(folder: TempDir, port: Option<u16>, flags: &str) -> Server {
        let chosen = port.unwrap_or_else(free_port);
        let mut arguments: Vec<String> =
            ["--port", &chosen.to_string(), "--bind", "127.0.0.1", "--dir"].map(str::to_owned).into();
        arguments.push(folder.path().to_str().unwrap().to_owned());
        arguments.extend(flags.split_ascii_whitespace().map(|word| if word == "''" { "" } else { word }.to_owned()));
        let mut child = program(&arguments);
        let log = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server { port: chosen, folder, child, log, heard: String::new() };
        if server.hears_or_ends("Ready to accept connections") {
            return server;
        }
        assert!(server.heard.contains("Address already in use"), "it did not start: {}", server.heard);
        let folder = std::mem::replace(&mut server.folder, tempfile::tempdir().unwrap());
        Server::start_in(folder, port, flags)
    }

    fn hears_or_ends(&mut self, message: &str) -> bool {
        let mut line = String::new();
        while !line.contains(message) {
            line.clear();
            if self.log.read_line(&mut line).unwrap() == 0 {
                return false;
            }
            self.heard += &line;
        }
        true
    }

    /// Waits until it has written that to its log.
    #[track_caller]
    pub fn hears(&mut self, message: &str) {
        assert!(self.hears_or_ends(message), "\"{message}\" was never said: {}", self.heard);
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Stops it, and starts it again at the same place.
    pub fn restarted(mut self, flags: &str) -> Server {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Server::start_in(folder, Some(self.port), flags)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn client(&self) -> Wire {
        Wire::new(self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A bare connection: commands as words, answers as lines.
pub struct Wire(BufReader<TcpStream>);

impl Wire {
    pub fn new(port: u16) -> Wire {
        Wire(BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap()))
    }

    /// The first line of the answer.
    pub fn says(&mut self, command: &str) -> String {
        self.0.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
        self.line()
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Many commands at once, each with a first line for an answer that has no more.
    pub fn all(&mut self, commands: impl Iterator<Item = String>) {
        let commands: Vec<String> = commands.collect();
        self.0.get_mut().write_all(commands.join("").as_bytes()).unwrap();
        for _ in &commands {
            self.line();
        }
    }

    /// Waits until the server has let go of the connection.
    pub fn quits(mut self) {
        assert_eq!(self.says("QUIT"), "+OK");
        assert_eq!(self.0.read(&mut [0; 1]).unwrap(), 0);
    }
}

/// The application's tables, and the time.
pub struct House {
    pub clock: GivenClock,
    pub tables: Tables,
    _folder: TempDir,
}

impl House {
    pub async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let clock = GivenClock::at(banto::clock().wall_ms()); // near the server's, whose times are compared with it
        let store = Sqlite::open(folder.path().join("jobs.db").to_str().unwrap(), Arc::new(clock.clone())).unwrap();
        let tables = Tables::open(store, Arc::new(clock.clone())).await.unwrap();
        House { clock, tables, _folder: folder }
    }

    /// Carries out a chore as it is typed.
    pub async fn types(&self, words: &str) -> Report {
        let typed = Typed::parse_from(["myteacher"].into_iter().chain(words.split_ascii_whitespace()));
        let Verb::Chore(chore) = typed.verb else { panic!("{words} is no chore") };
        chore.carry_out(&self.tables).await.unwrap()
    }

    /// A look, five minutes after the one before.
    pub async fn looks(&self, url: &str, flags: &str) -> Looked {
        self.clock.pass(300_000);
        Looked(self.types(&format!("redis monitor --redis {url} {flags}")).await)
    }
}

/// What a look said.
#[derive(Debug)]
pub struct Looked(pub Report);

impl Looked {
    #[track_caller]
    pub fn ends(self, exit: u8) -> Looked {
        assert_eq!(self.0.exit, exit, "{:#?}", self.0);
        self
    }

    /// How a thing stands: its level, and its words.
    #[track_caller]
    pub fn row(&self, what: &str) -> (String, String) {
        let rows = self.0.object["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("{what}: {:#?}", self.0));
        let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        (word("level"), format!("{}; {}", word("stands"), word("why")))
    }

    #[track_caller]
    pub fn finds(&self, what: &str, level: &str, part: &str) {
        let (found, words) = self.row(what);
        assert!(found == level && words.contains(part), "{what} should be {level}, \"{part}\": {:#?}", self.0);
        let listed = format!("{level}: {what}: ");
        assert_eq!(self.0.lines.iter().any(|line| line.starts_with(&listed)), level != "well", "{:#?}", self.0.lines);
    }

    /// It did not get there: why, and what to do.
    #[track_caller]
    pub fn unreachable(self, part: &str) -> String {
        let looked = self.ends(2);
        assert_eq!(looked.0.object["verdict"], "unreachable", "{:#?}", looked.0);
        let said = looked.0.lines.join("\n");
        assert!(said.contains(part), "\"{part}\" is not in {said}");
        said
    }

    pub fn since(&self) -> Value {
        self.0.object["since"].clone()
    }
}

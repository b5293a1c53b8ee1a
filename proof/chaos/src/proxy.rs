//! A wire between a store and its server that can be cut, delayed, and made to speak twice: a TCP proxy, by seed.
//!
//! It lives on threads of the row's own process, and ends with it. Nothing that passes is changed, only withheld: a reply is
//! delayed, is cut in the middle with its connection, or never comes.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crate::Told;

/// What befalls replies, each by so many of a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ill {
    /// The connection ends before the reply.
    pub dropped: u64,
    /// It ends in the middle of the reply.
    pub cut: u64,
    /// It comes late, by up to so many milliseconds.
    pub delay_ms: u64,
    /// Instead of any reply, this is said to each request.
    pub says: Option<&'static [u8]>,
}

/// The proxy.
pub struct Proxy {
    port: u16,
    inner: Arc<Inner>,
}

struct Inner {
    to: u16,
    ill: Mutex<Ill>,
    draws: Mutex<fastrand::Rng>,
    replies: AtomicU64,
    harmed: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Stands before the server at that port on loopback. It begins healthy.
    pub fn before(to: u16, seed: u64) -> Told<Proxy> {
        let failed = |error: std::io::Error| format!("open a proxy: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let (ill, draws, open) = (Mutex::default(), Mutex::new(fastrand::Rng::with_seed(seed)), Mutex::default());
        let inner = Arc::new(Inner { to, ill, draws, replies: AtomicU64::new(0), harmed: AtomicU64::new(0), open });
        let accepting = inner.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|client| accepting.clone().join(client)));
        Ok(Proxy { port, inner })
    }

    /// Where it answers.
    pub fn at(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// From now on this befalls replies.
    pub fn be(&self, ill: Ill) {
        *self.inner.ill.lock().unwrap_or_else(PoisonError::into_inner) = ill;
    }

    /// Ends every connection.
    pub fn cut_all(&self) {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        for connection in open.drain(..) {
            let _gone = connection.shutdown(Shutdown::Both);
        }
    }

    /// Replies that passed, and those that were harmed, delays apart.
    pub fn counts(&self) -> (u64, u64) {
        (self.inner.replies.load(Ordering::Relaxed), self.inner.harmed.load(Ordering::Relaxed))
    }
}

impl Inner {
    /// Passes on what a client and the server say to each other, on two threads.
    fn join(self: Arc<Inner>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.to)) else { return };
        let (Ok(asks), Ok(asked)) = (client.try_clone(), server.try_clone()) else { return };
        let (Ok(one), Ok(two)) = (client.try_clone(), server.try_clone()) else { return };
        let _quick = (client.set_nodelay(true), server.set_nodelay(true));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).extend([one, two]);
        let asking = self.clone();
        thread::spawn(move || asking.requests(asks, asked));
        thread::spawn(move || self.replies(server, client));
    }

    fn ill(&self) -> Ill {
        *self.ill.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, below: u64) -> u64 {
        self.draws.lock().unwrap_or_else(PoisonError::into_inner).u64(0..below.max(1))
    }

    fn requests(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            let chunk = bytes.get(..read).unwrap_or_default();
            let passed = match self.ill().says {
                Some(words) => {
                    self.harmed.fetch_add(1, Ordering::Relaxed);
                    // One word for each command: each begins with a star at the start of a line.
                    let commands = chunk.windows(2).filter(|two| two == b"\n*").count() + 1;
                    (0..commands).try_for_each(|_| (&from).write_all(words))
                }
                None => to.write_all(chunk),
            };
            if passed.is_err() {
                break;
            }
        }
        close(&from, &to);
    }

    fn replies(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            let ill = self.ill();
            self.replies.fetch_add(1, Ordering::Relaxed);
            if ill.delay_ms > 0 {
                thread::sleep(Duration::from_millis(self.draw(ill.delay_ms + 1)));
            }
            let fate = self.draw(1_000);
            let through = match fate {
                fate if fate < ill.dropped => 0,
                fate if fate < ill.dropped + ill.cut => read / 2,
                _ => read,
            };
            if to.write_all(bytes.get(..through).unwrap_or_default()).is_err() {
                break;
            }
            if through < read {
                self.harmed.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
        close(&from, &to);
    }
}

fn close(one: &TcpStream, other: &TcpStream) {
    let _gone = (one.shutdown(Shutdown::Both), other.shutdown(Shutdown::Both));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that repeats what it hears.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut bytes = [0; 64];
                    while let Ok(read @ 1..) = stream.read(&mut bytes) {
                        stream.write_all(&bytes[..read]).unwrap();
                    }
                });
            }
        });
        port
    }

    /// What comes back for eight bytes, until there are so many or the connection ends.
    fn said(proxy: &Proxy, bytes: u64) -> Vec<u8> {
        let mut stream = TcpStream::connect(proxy.at()).unwrap();
        stream.write_all(b"12345678").unwrap();
        let mut heard = Vec::new();
        let _ended = stream.take(bytes).read_to_end(&mut heard);
        heard
    }

    #[test]
    fn what_passes_is_whole_and_what_is_cut_is_half() {
        let proxy = Proxy::before(echo(), 1).unwrap();
        assert_eq!(said(&proxy, 8), b"12345678");
        proxy.be(Ill { cut: 1_000, ..Ill::default() });
        assert_eq!(said(&proxy, 8), b"1234");
        proxy.be(Ill { dropped: 1_000, ..Ill::default() });
        assert_eq!(said(&proxy, 8), b"");
        proxy.be(Ill { says: Some(b"no"), ..Ill::default() });
        assert_eq!(said(&proxy, 2), b"no");
        proxy.be(Ill::default());
        assert_eq!(said(&proxy, 8), b"12345678");
        assert_eq!(proxy.counts().1, 3);
    }
}
